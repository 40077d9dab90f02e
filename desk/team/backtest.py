"""How good the warnings would have been: the table replayed over the weeks of the history (HND-8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from loopdesk.desk.rights import require
from loopdesk.desk.team import history, risk
from loopdesk.desk.team.history import Pair
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Week:
    """One pair in one week: what the table would have said at its beginning, and what came within the horizon."""

    at: datetime
    pair: Pair
    level: str
    warned: bool
    happened: bool


@dataclass(frozen=True, slots=True)
class Score:
    """All weeks of all pairs; a share is None where there is nothing to divide by, never a made-up figure."""

    weeks: tuple[Week, ...]

    def count(self, *, warned: bool, happened: bool) -> int:
        """How many weeks of pairs fell so."""
        return sum((one.warned, one.happened) == (warned, happened) for one in self.weeks)

    @property
    def precision(self) -> float | None:
        """Of the warnings, how many came true."""
        return _share(self.count(warned=True, happened=True), sum(one.warned for one in self.weeks))

    @property
    def recall(self) -> float | None:
        """Of what happened, how much was warned of."""
        return _share(self.count(warned=True, happened=True), sum(one.happened for one in self.weeks))

    @property
    def base_rate(self) -> float | None:
        """In how many weeks of pairs something happened: the precision of a warning without any rule."""
        return _share(sum(one.happened for one in self.weeks), len(self.weeks))


def run(actor: Actor, tx: Tx) -> Score:
    """Replay the rules as they stand now; a week counts once its horizon is over. Raises what `risk.rules` raises."""
    require(actor, "risk.read")
    by = risk.rules(tx)
    past = history.read(tx, by.outcomes)
    return Score(tuple(_weeks(by, past, tx.now)))


def _weeks(by: risk.Rules, past: history.History, now: datetime) -> Iterator[Week]:
    at = past.since()
    while at is not None and (at := at + WEEK) + by.horizon <= now:
        for pair in past.pairs(at):
            level, _ = by.judge(past.features(pair, at, by.window), at)
            came = any(past.count(kind, pair, at, at + by.horizon) for kind in by.outcomes)
            yield Week(at, pair, level, by.raised(level), came)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
