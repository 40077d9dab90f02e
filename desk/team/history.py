"""What happened between two departments, and the features of it at any moment (HND-8).

All features at a moment are made of what was known then, so that a back-test sees no more than a morning would have.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from loopdesk.desk import actions
from loopdesk.desk.actions import Action
from loopdesk.desk.duplicates.links import LINKED, MERGED, case_link
from loopdesk.desk.duplicates.look import SAME_CUSTOMER
from loopdesk.desk.handoff.tables import handoff_
from loopdesk.desk.team import board, spans
from loopdesk.desk.team.spans import Span
from loopdesk.engine.events import event
from loopdesk.engine.tx import Tx

Pair = tuple[str, str]
REOPENED = "case.reopened"
REPEATED = "case.repeated"
"""A customer wrote again about a case that was handed over: it was linked to a newer one of his."""


@dataclass(frozen=True, slots=True)
class Features:
    """One pair in the window before a moment.

    ``handoffs`` offered; ``overdue`` of them without an answer in time, also as ``overdue_share`` (0 to 1);
    ``rejections``; ``repeats``: cases reopened, or reported again by the same customer, after they were handed over;
    ``missed`` commitments of the board that fell due and were not kept in time; ``late_actions`` of either department
    that are open after their day.
    """

    handoffs: int
    overdue: int
    overdue_share: float
    rejections: int
    repeats: int
    missed: int
    late_actions: int

    def numbers(self) -> dict[str, float]:
        """By name, as the table reads them."""
        return asdict(self)


@dataclass(frozen=True)
class History:
    """Everything that features and outcomes are made of: handoffs, moments by kind and pair, promises, actions."""

    spans: Mapping[Pair, tuple[Span, ...]]
    moments: Mapping[tuple[str, Pair], tuple[datetime, ...]]
    promises: Mapping[Pair, tuple[Action, ...]]
    actions: tuple[Action, ...]

    def pairs(self, moment: datetime) -> list[Pair]:
        """The pairs that had any handoff before a moment, in order."""
        return sorted(pair for pair, found in self.spans.items() if found[0].offered_at < moment)

    def since(self) -> datetime | None:
        """When the first handoff was offered; None without any."""
        return min((found[0].offered_at for found in self.spans.values()), default=None)

    def features(self, pair: Pair, moment: datetime, window: timedelta) -> Features:
        """What was known of a pair at a moment about the ``window`` before it."""
        since = moment - window
        offered = [one for one in self.spans[pair] if since <= one.offered_at < moment]
        overdue = sum(one.overdue_by(moment) for one in offered)
        return Features(
            handoffs=len(offered),
            overdue=overdue,
            overdue_share=round(overdue / len(offered), 4) if offered else 0.0,
            rejections=sum(one.rejected_in(since, moment) for one in self.spans[pair]),
            repeats=sum(self.count(kind, pair, since, moment) for kind in (REOPENED, REPEATED)),
            missed=sum(since <= one.due_at < moment and _broken(one) for one in self.promises.get(pair, ())),
            late_actions=sum(one.department in pair and _open_late(one, moment) for one in self.actions),
        )

    def count(self, kind: str, pair: Pair, since: datetime, until: datetime) -> int:
        """How many things of a kind happened to a pair in ``[since, until)``."""
        return sum(since <= at < until for at in self.moments.get((kind, pair), ()))


def read(tx: Tx, kinds: Collection[str]) -> History:
    """The history of all pairs; ``kinds`` are the events that count as outcomes."""
    found = spans.all_(tx)
    by_pair: dict[Pair, list[Span]] = {}
    by_case: dict[str, list[Span]] = {}
    for one in found:
        by_pair.setdefault(one.pair, []).append(one)
        by_case.setdefault(one.case, []).append(one)
    moments: dict[tuple[str, Pair], list[datetime]] = {}
    for kind, case, at in (*_events(tx, {REOPENED, *kinds}), *_repeats(tx)):
        # What goes wrong with a case is put down to the handoff that it had last.
        before = [one for one in by_case.get(case, ()) if one.offered_at <= at]
        if before:
            moments.setdefault((kind, before[-1].pair), []).append(at)
    of = {one.id: one.pair for one in found}
    promises: dict[Pair, list[Action]] = {}
    for promise in actions.of_source(tx, board.SOURCE):
        if promise.source_id in of:
            promises.setdefault(of[promise.source_id], []).append(promise)
    return History(
        spans={pair: tuple(rows) for pair, rows in by_pair.items()},
        moments={key: tuple(sorted(rows)) for key, rows in moments.items()},
        promises={pair: tuple(rows) for pair, rows in promises.items()},
        actions=tuple(one for one in actions.all_(tx) if one.source != board.SOURCE),
    )


def _events(tx: Tx, kinds: Collection[str]) -> list[tuple[str, str, datetime]]:
    handed = sa.select(handoff_.c.case)
    query = sa.select(event.c.kind, event.c.key, event.c.at).where(event.c.key.in_(handed))
    return [(row.kind, row.key, row.at) for row in tx.ask(query.where(event.c.kind.in_(sorted(kinds))))]


def _repeats(tx: Tx) -> list[tuple[str, str, datetime]]:
    """``other`` is the earlier case of a link: the one that was reported again."""
    query = sa.select(case_link.c.other, case_link.c.at).where(case_link.c.state.in_((LINKED, MERGED)))
    return [(REPEATED, row.other, row.at) for row in tx.ask(query.where(case_link.c.reason == SAME_CUSTOMER))]


def _broken(promise: Action) -> bool:
    return promise.done_at is None or promise.done_at > promise.due_at


def _open_late(one: Action, moment: datetime) -> bool:
    return one.created_at < moment and one.due_at < moment and (one.done_at is None or one.done_at >= moment)
