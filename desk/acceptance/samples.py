"""Samples of the customer's monitoring: each is kept once, each that cannot be kept is answered with why (FIX-5)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.acceptance import attainment, gates
from loopdesk.desk.acceptance.bars import Bars, of_kept
from loopdesk.desk.acceptance.gates import LOST, MONITORING, RUNNING, WAITING, Gate
from loopdesk.desk.acceptance.tables import sample_
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid
from loopdesk.engine.tx import Tx

MOST = 1000
"""Samples of one batch."""
KEPT, AGAIN, NOT_KEPT = "kept", "again", "refused"
LONGEST = timedelta(days=1)
"""No response takes longer; a greater number is a mistake in the unit."""
KEYS = ("at", "seconds", "ok")
"""What a sample says; with ``ok`` false it is a fail, whatever ``seconds`` an error page took."""
_ANEW = N_("They changed nothing. When the window begins anew, samples from its start on count.")
_HOW_LONG = N_("Write seconds as a number such as 0.42; leave them out where nothing answered, with ok: false.")
_WHEN = N_("Write it like 2026-03-02T10:05:00+08:00.")


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: when, whether the system answered, and after how many milliseconds."""

    at: datetime
    ok: bool
    ms: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one sample of a batch, by its place in it (from 0)."""

    index: int
    at: str
    state: str
    error: Invalid | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a whole batch, and how the round stands with it."""

    answers: Sequence[Answer]
    standing: attainment.Standing

    def count(self, state: str) -> int:
        """How many samples are ``kept``, came ``again``, or were ``refused``."""
        return sum(1 for one in self.answers if one.state == state)


def add(actor: Actor, tx: Tx, acceptance_id: str, given: Sequence[Any]) -> Batch:
    """Keep a batch, sample by sample: one that cannot be kept does not hold up the others, and says why.

    Raises `Conflict` for a window that is over or has not begun, `Invalid` for a batch that is too long.
    """
    require(actor, "acceptance.sample")
    if len(given) > MOST:
        raise Invalid("A batch has at most %(most)s samples.", remedy=N_("Send it in parts."), most=MOST)
    gate = gates.one(tx, gates.of_kind(tx, acceptance_id, MONITORING).id, lock=True)
    bars, start = _open(tx, gate)
    read: dict[int, tuple[int, Sample]] = {}
    answers: dict[int, Answer] = {}
    for index, one in enumerate(given):
        try:
            sample = _sample(one)
            slot = _slot(bars, start, sample.at, tx.now)
            _once(read, index, slot, sample, answers)
        except Invalid as error:
            answers[index] = Answer(index, _at(one), NOT_KEPT, error)
    answers |= _keep(tx, gate, read)
    standing = attainment.standing(tx, gate)
    assert standing is not None
    if standing.lost and gate.lost_at is None:
        _lose(actor, tx, gate, standing)
    return Batch([answers[index] for index in sorted(answers)], standing)


def _open(tx: Tx, gate: Gate) -> tuple[Bars, datetime]:
    if gate.state == WAITING:
        raise Conflict(
            "This acceptance has not begun yet.",
            remedy=N_("It begins once the fix is confirmed; samples count from then on."),
        )
    if gate.from_at is None or gate.until_at is None:
        raise Conflict("This acceptance has not begun yet.", remedy=N_("Send the samples again in a minute."))
    bars = of_kept(gate.bars)
    over = gates.get(tx, gate.acceptance).state != RUNNING or gate.state != RUNNING
    if over and tx.now < gate.until_at:
        raise Conflict("This window is decided before its end; these samples come too late.", remedy=_ANEW)
    if over or tx.now > gate.until_at + bars.grace:
        raise Conflict(
            "This window ended at %(until)s and is decided; these samples come too late.",
            remedy=_ANEW,
            until=gate.until_at.isoformat(),
        )
    return bars, gate.from_at


def _sample(given: Any) -> Sample:
    if not isinstance(given, Mapping):
        raise Invalid("This is no sample.", remedy=N_("Write {at, seconds, ok}."))
    if unknown := [str(key)[:40] for key in given if key not in KEYS]:
        raise Invalid("A sample has no “%(key)s”.", remedy=N_("Write {at, seconds, ok}."), key=unknown[0])
    at, ok, seconds = _moment(given.get("at")), given.get("ok", True), given.get("seconds")
    if not isinstance(ok, bool):
        raise Invalid("“ok” is true or false.", remedy=N_("Write true where the system answered."))
    if seconds is None and not ok:
        return Sample(at, ok, None)
    if seconds is None:
        raise Invalid("“%(key)s” is missing in this sample.", remedy=_HOW_LONG, key="seconds")
    number = seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else math.nan
    if not 0 <= number <= LONGEST.total_seconds():
        raise Invalid("“%(seconds)s” is no response time.", remedy=_HOW_LONG, seconds=str(seconds)[:40])
    return Sample(at, ok, math.ceil(round(number * 1000, 6)))


def _moment(text: Any) -> datetime:
    if text is None:
        raise Invalid("“%(key)s” is missing in this sample.", remedy=_WHEN, key="at")
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
        utc = at.astimezone(UTC) if at is not None else None
    except (ValueError, OverflowError):  # The first and the last day of the calendar have no other zone.
        at = utc = None
    if at is None or utc is None:
        raise Invalid("“%(at)s” is no moment.", remedy=_WHEN, at=str(text)[:40])
    if at.tzinfo is None:
        raise Invalid(
            "“%(at)s” does not say its zone.",
            remedy=N_("Write the offset with it, such as 2026-03-02T10:05:00+08:00, or Z for UTC."),
            at=str(text)[:40],
        )
    return utc


def _slot(bars: Bars, start: datetime, at: datetime, now: datetime) -> int:
    if at > now + bars.skew:
        raise Invalid(
            "%(at)s lies in the future.",
            remedy=N_("Check the clock and the zone of the monitoring; it is %(now)s."),
            at=at.isoformat(),
            now=now.isoformat(),
        )
    if at < start:
        raise Invalid(
            "%(at)s lies before the window, which began at %(start)s.",
            remedy=N_("Check the zone of the monitoring; what was before does not count."),
            at=at.isoformat(),
            start=start.isoformat(),
        )
    slot = (at - start) // bars.interval
    if slot >= bars.slots:
        raise Invalid("%(at)s lies after the window.", remedy=N_("It does not count any more."), at=at.isoformat())
    return slot


def _once(
    read: dict[int, tuple[int, Sample]], index: int, slot: int, sample: Sample, answers: dict[int, Answer]
) -> None:
    """Two samples of one slot in a batch: the first counts."""
    if slot not in read:
        read[slot] = (index, sample)
    elif read[slot][1] == sample:
        answers[index] = Answer(index, sample.at.isoformat(), AGAIN)
    else:
        raise _other(read[slot][1])


def _keep(tx: Tx, gate: Gate, read: Mapping[int, tuple[int, Sample]]) -> dict[int, Answer]:
    """Insert what is new; what is there already stays as it came first."""
    if not read:
        return {}
    mine = (sample_.c.gate == gate.id) & (sample_.c.round == gate.round) & sample_.c.slot.in_(list(read))
    columns = (sample_.c.slot, sample_.c.at, sample_.c.ok, sample_.c.ms)
    known = {slot: Sample(at, ok, ms) for slot, at, ok, ms in tx.conn.execute(sa.select(*columns).where(mine))}
    new = [
        {"gate": gate.id, "round": gate.round, "slot": slot, "at": one.at, "ok": one.ok, "ms": one.ms}
        for slot, (_, one) in read.items()
        if slot not in known
    ]
    if new:
        tx.conn.execute(sa.insert(sample_), new)
    return {index: _answer(index, one, known.get(slot)) for slot, (index, one) in read.items()}


def _answer(index: int, sample: Sample, first: Sample | None) -> Answer:
    if first is None or first == sample:
        return Answer(index, sample.at.isoformat(), KEPT if first is None else AGAIN)
    return Answer(index, sample.at.isoformat(), NOT_KEPT, _other(first))


def _other(first: Sample) -> Invalid:
    return Invalid(
        "There is another sample of this interval, from %(at)s with %(ms)s ms; it stays.",
        remedy=N_("One sample counts for each interval, the first that came."),
        at=first.at.isoformat(),
        ms="–" if first.ms is None else first.ms,
    )


def _at(given: Any) -> str:
    return str(given.get("at", ""))[:40] if isinstance(given, Mapping) else ""


def _lose(actor: Actor, tx: Tx, gate: Gate, standing: attainment.Standing) -> None:
    """Say once, as soon as it is sure, that the bar cannot be reached any more."""
    gates.change(tx, gate, {"lost_at": tx.now})
    failed = sum(day.failed - day.missing for day in standing.days)
    data = {"gate": gate.id, "acceptance": gate.acceptance, "round": gate.round, "failed": failed}
    events.record(actor, tx, LOST, key=gate.case, data=data)
    messages.publish(actor, tx, LOST, key=gate.id, message_id=f"{LOST}:{gate.id}:{gate.round}")
