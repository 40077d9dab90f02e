"""What the samples of a window say: passing ones among those that are due, day by day (FIX-5).

A sample that was due and is not there is a fail: thirty days are never counted from holes. An outage is what lies
between two answers: samples without an answer, or missing, one after the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

import sqlalchemy as sa

from loopdesk.desk.acceptance.bars import DAY, HUNDRED, Bars, of_kept
from loopdesk.desk.acceptance.gates import RUNNING, Gate
from loopdesk.desk.acceptance.tables import sample_
from loopdesk.engine.tx import Tx

ATTAINMENT, RECOVERY = "attainment", "recovery"
PASSED, SLOW, DOWN = "passed", "slow", "down"


@dataclass(frozen=True, slots=True)
class Day:
    """24 hours of the window, counted from its start; ``due`` are those whose time has come."""

    number: int
    begins: datetime
    due: int
    passed: int
    slow: int
    down: int
    missing: int

    @property
    def failed(self) -> int:
        """Slow, unanswered or missing."""
        return self.due - self.passed

    @property
    def seen(self) -> int:
        """Those that came and failed."""
        return self.slow + self.down

    @property
    def percent(self) -> str:
        """Passing among due, in per cent, never rounded up; empty where none is due yet."""
        return share(self.passed, self.due)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a round stands at a moment.

    ``outage`` and ``fails`` count what is missing, as at the end; ``seen`` and ``certain`` what was received alone, for
    the rest may still come.
    """

    days: Sequence[Day]
    due: int
    passed: int
    missing: int
    whole: int
    outage: timedelta
    fails: Sequence[str]
    seen: timedelta
    certain: Sequence[str]

    @property
    def lost(self) -> bool:
        """Whether nothing that may still come can reach the bars."""
        return bool(self.certain)

    @property
    def percent(self) -> str:
        """Passing among those that are due by now, in per cent."""
        return share(self.passed, self.due)


def share(passed: int, due: int) -> str:
    """Per cent with two digits, cut off: 99.499 is no 99.50. Empty for none."""
    if not due:
        return ""
    return str((Decimal(passed) * HUNDRED / Decimal(due)).quantize(Decimal("0.01"), ROUND_FLOOR))


def standing(tx: Tx, gate: Gate) -> Standing | None:
    """How the gate's present round stands now; None before it has begun."""
    if gate.from_at is None:
        return None
    bars = of_kept(gate.bars)
    query = sa.select(sample_.c.slot, sample_.c.ok, sample_.c.ms).where(
        sample_.c.gate == gate.id, sample_.c.round == gate.round
    )
    known = {slot: _verdict(ok, ms, bars) for slot, ok, ms in tx.conn.execute(query)}
    return count(bars, gate.from_at, known, tx.now)


def shares(tx: Tx, gates: Iterable[Gate]) -> dict[str, str]:
    """Per cent passing among due by the id of each gate of monitoring; the database counts, no samples are read.

    A round that is decided has what it came to.
    """
    begun = [one for one in gates if one.from_at is not None]
    found = {one.id: str(one.figures.get(ATTAINMENT, "")) for one in begun if one.state != RUNNING}
    due = {one.id: _due(of_kept(one.bars), one.from_at, tx.now) for one in begun if one.id not in found and one.from_at}
    passing = [_passing(one, due[one.id]) for one in begun if one.id in due]
    counted = sa.select(sample_.c.gate, sa.func.count()).where(sa.or_(sa.false(), *passing)).group_by(sample_.c.gate)
    passed = {row[0]: int(row[1]) for row in tx.conn.execute(counted)} if passing else {}
    return found | {gate: share(passed.get(gate, 0), slots) for gate, slots in due.items()}


def _passing(gate: Gate, due: int) -> sa.ColumnElement[bool]:
    answered = sample_.c.ok & (sample_.c.ms <= of_kept(gate.bars).response // timedelta(milliseconds=1))
    return (sample_.c.gate == gate.id) & (sample_.c.round == gate.round) & (sample_.c.slot < due) & answered


def _due(bars: Bars, start: datetime, now: datetime) -> int:
    return min(max((now - start) // bars.interval, 0), bars.slots)


def count(bars: Bars, start: datetime, known: dict[int, str], now: datetime) -> Standing:
    """The standing of a window that began at ``start``, with a verdict for each slot that a sample came for."""
    due = _due(bars, start, now)
    days = list(_days(bars, start, known, due))
    passed = sum(day.passed for day in days)
    missing = sum(day.missing for day in days)
    outage = _longest(known, due, missing=True) * bars.interval
    seen = _longest(known, bars.slots, missing=False) * bars.interval
    received = sum(1 for verdict in known.values() if verdict != PASSED)
    fails, certain = _fails(bars, passed, outage), _fails(bars, bars.slots - received, seen)
    return Standing(days, due, passed, missing, bars.slots, outage, fails, seen, certain)


def _fails(bars: Bars, passed: int, outage: timedelta) -> list[str]:
    fails = [] if bars.reached(passed, bars.slots) else [ATTAINMENT]
    return fails + ([RECOVERY] if outage > bars.recovery else [])


def _days(bars: Bars, start: datetime, known: dict[int, str], due: int) -> Iterator[Day]:
    for number in range(bars.window // DAY):
        first = number * bars.daily
        slots = range(first, min(first + bars.daily, due))
        found = [known.get(slot, "") for slot in slots]
        kinds = {kind: found.count(kind) for kind in (PASSED, SLOW, DOWN)}
        yield Day(number + 1, start + number * DAY, len(slots), missing=found.count(""), **kinds)


def _longest(known: dict[int, str], until: int, *, missing: bool) -> int:
    """The longest run of slots without an answer; with ``missing`` those that no sample came for are part of it."""
    longest = run = 0
    for slot in range(until):
        verdict = known.get(slot, DOWN if missing else "")
        run = run + 1 if verdict == DOWN else 0
        longest = max(longest, run)
    return longest


def _verdict(ok: bool, ms: int | None, bars: Bars) -> str:
    if not ok or ms is None:
        return DOWN
    return PASSED if timedelta(milliseconds=ms) <= bars.response else SLOW
