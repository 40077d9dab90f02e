"""The running clocks of a case: started by its policy, moved by what happens to it, announced when they are late.

What happened stands in ``clock_event`` and is the truth; every change counts all clocks of the case anew, under the
case's lock, by the same replay that explains them (SLA-1 to SLA-5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from loopdesk.desk import record
from loopdesk.desk.record import Case
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.desk.sla import choice, kept, live
from loopdesk.desk.sla.live import CREATED, HANDOFF, LEVEL, Counted, Happened
from loopdesk.desk.sla.outcome import settle
from loopdesk.desk.sla.rows import clock_event
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid
from loopdesk.engine.tx import Tx

__all__ = [
    "HANDOFF",
    "by_hand",
    "counted",
    "happened",
    "listing",
    "move",
    "reconsider",
    "replied",
    "report",
    "start",
    "tell",
]


STRUCTURAL = frozenset((CREATED, HANDOFF))
"""What only verbs of their own tell, with all that belongs to it."""


def start(actor: Actor, tx: Tx, number: str, *, policy: str = "", level: str = "") -> datetime | None:
    """Start the case's clocks, counted from its opening; what the customer may expect, None where nothing is promised.

    The policies' table ``choice.dmn`` chooses policy and level unless ``policy`` is given. Once started the case keeps
    the version of the policies; starting again chooses anew by that version (SLA-1, SLA-3). Raises `Missing` for an
    unknown policy and `Invalid` for a level it does not have.
    """
    require(actor, "clock.start")
    case = record.get(tx, number, lock=True)
    return _choose(actor, tx, case, wanted=policy, level=level)


def happened(actor: Actor, tx: Tx, number: str, kind: str, *, at: datetime | None = None, **data: object) -> None:
    """Let the clocks of a case know what happened, ``at`` a moment that is over or now.

    Who may do what happened is the calling verb's decision. Before the clocks are started it is only kept. Raises
    `Invalid` for a moment in the future.
    """
    moment = at or tx.now
    if moment > tx.now:
        raise Invalid(
            N_("The event “%(kind)s” at %(at)s is from the future."),
            remedy=N_("Correct its time; until then it is not counted."),
            kind=kind,
            at=moment.isoformat(),
        )
    case = record.get(tx, number, lock=True)
    kept.append(tx, number, kind, moment, data)
    if _levels(kept.happenings(tx, number)):
        settle(actor, tx, case)


def reconsider(actor: Actor, tx: Tx, number: str) -> None:
    """Let the case's level follow its facts, which have just changed; clocks that have not been started stay so."""
    case = record.get(tx, number, lock=True)
    if _levels(kept.happenings(tx, number)):
        _choose(actor, tx, case)


def move(actor: Actor, tx: Tx, number: str, *, policy: str = "", reason: str) -> None:
    """Count a running case by the present version of the policies, or by another ``policy`` of it (SLA-1).

    What was counted stays. Raises `Invalid` without a reason, `Conflict` when nothing would change.
    """
    require(actor, "clock.move")
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    if not reason.strip():
        raise Invalid(N_("Say why the policy changes."), fields={"reason": [N_("This is needed.")]})
    bundle = choice.current(tx)
    before, after = _levels(kept.happenings(tx, number)), choice.choose(tx, case, bundle, wanted=policy)
    if before == after:
        raise Conflict(N_("Case %(number)s counts by this policy already."), number=number)
    fixed = {"policy": policy, "level": ""} if policy else {}
    told = {"levels": after, "calendars": bundle, "moved": True, "fixed": fixed, "reason": reason.strip()}
    moment, kind = (tx.now, LEVEL) if before else (case.opened_at, CREATED)
    kept.append(tx, number, kind, moment, told | ({} if before else {"team": case.department}))
    settle(actor, tx, case)
    said = after.get(live.CUSTOMER, {})
    data = {"policy": said.get("policy", ""), "level": said.get("level", ""), "reason": reason.strip()}
    events.record(actor, tx, "clock.moved", key=number, data=data | {"before": before.get(live.CUSTOMER)})


def report(actor: Actor, tx: Tx, number: str, kind: str) -> None:
    """A person says what no step of a process told: a workaround is given, the cause is reported (SLA-2).

    Raises `Conflict` for what no running clock of the case waits for.
    """
    require(actor, "clock.report")
    record.get(tx, number, visible=visible_to(actor), lock=True)
    if kind not in {name for one in counted(tx, number) for name in by_hand(tx, one)}:
        raise Conflict(N_("No clock of case %(number)s waits for this any more."), number=number)
    happened(actor, tx, number, kind)
    events.record(actor, tx, "clock.reported", key=number, data={"reported": kind})


def tell(actor: Actor, tx: Tx, number: str, kind: str) -> None:
    """A step of a diagram says what happened, also what begins a clock, such as third_party_needed (SLA-2).

    What no clock waits for at the moment is kept and moves none. Raises `Invalid` for an event that no clock of the
    present policies knows.
    """
    require(actor, "clock.report")
    rules = choice.library(tx).book(choice.current(tx)).rules
    known = {name for one in rules.clocks.values() for name in one.conditions.starts | one.conditions.stops}
    if kind not in known - STRUCTURAL:
        raise Invalid(
            N_("No clock knows the event “%(kind)s”."), remedy=N_("Write it under a clock in sla.yaml."), kind=kind
        )
    happened(actor, tx, number, kind)


def listing(actor: Actor, tx: Tx, number: str) -> list[Counted]:
    """The clocks of a case as they stand now, those that its policy promises; a customer sees his own only."""
    record.get(tx, number, visible=readable(actor))
    found = [one for one in counted(tx, number) if one.promised]
    return [one for one in found if actor.kind != "customer" or not one.department]


def counted(tx: Tx, number: str) -> list[Counted]:
    """Every clock of a case at this moment, with all that was counted."""
    return live.count(kept.happenings(tx, number), choice.library(tx), tx.now)


def first_reply(tx: Tx, number: str) -> datetime | None:
    """When the clock of the first response would stop: the first answer of a person or, where the policies of the
    case count it as one, the solution; None before that (SLA-2)."""
    rows = kept.happenings(tx, number)
    bundle = next((said["bundle"] for said in _levels(rows).values()), "")
    first = choice.library(tx).book(bundle).rules.clocks.get("first_response") if bundle else None
    kinds = first.conditions.stops if first else {"agent_reply"}
    return min((row.at for row in rows if row.kind in kinds), default=None)


def by_hand(tx: Tx, one: Counted) -> Mapping[str, Mapping[str, str]]:
    """What a person may report for a clock that runs: kind of event -> how the button is called, by language."""
    running = one.promised and one.clock.state in ("running", "paused")
    return choice.library(tx).book(one.bundle).rules.clocks[one.kind].by_hand if running else {}


def replied(actor: Actor, tx: Tx, number: str, *, template: str = "") -> None:
    """The customer was written to: in a person's own words, or by a ``template`` that may carry some (SLA-2)."""
    levels = _levels(kept.happenings(tx, number))
    bundle = next((said["bundle"] for said in levels.values()), "")
    if not template or (bundle and template in choice.library(tx).book(bundle).rules.replies):
        happened(actor, tx, number, "agent_reply")


def _choose(actor: Actor, tx: Tx, case: Case, *, wanted: str = "", level: str = "") -> datetime | None:
    rows = kept.happenings(tx, case.number)
    before, fixed = _levels(rows), {"policy": wanted, "level": level} if wanted else _fixed(rows)
    bundle = next((said["bundle"] for said in before.values()), "") or choice.current(tx)
    after = _chosen(tx, case, bundle, fixed)
    if before == after:
        return case.due_at
    told: dict[str, Any] = {"levels": after, "fixed": fixed}
    if before:
        kept.append(tx, case.number, LEVEL, tx.now, told | {"calendars": choice.current(tx)})
    else:
        kept.append(tx, case.number, CREATED, case.opened_at, told | {"calendars": bundle, "team": case.department})
        kept.begin(tx, case.number)
    return settle(actor, tx, case)


def _chosen(tx: Tx, case: Case, bundle: str, fixed: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What the table chooses; asked once for the same facts of a case in one transaction."""
    asked = replace(case, due_at=None, provisional=False, policy=""), bundle, fixed
    known = tx.kept(clock_event)
    key = "chosen", case.number
    if key not in known or known[key][0] != asked:
        found = choice.choose(tx, case, bundle, wanted=fixed.get("policy", ""), level=fixed.get("level", ""))
        known[key] = asked, found
    return dict(known[key][1])


def _levels(rows: Sequence[Happened]) -> dict[str, dict[str, str]]:
    """The levels that count now, by whom they count for; empty while the clocks are not started."""
    return next((dict(row.data["levels"]) for row in reversed(rows) if row.data.get("levels")), {})


def _fixed(rows: Sequence[Happened]) -> dict[str, str]:
    """Policy and level that a person or a diagram has chosen for the case; empty where the table chooses."""
    return next((dict(row.data.get("fixed") or {}) for row in reversed(rows) if row.data.get("levels")), {})
