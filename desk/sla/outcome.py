"""What follows when the clocks of a case were counted: their rows, warnings and breaches, the time a customer is told.

A warning or a breach is a message keyed by the case's number, with an id of its own, so that nobody hears it twice; the
diagrams of ``workflows/sla`` say who is told over which channel, and what is done about it (SLA-4, SLA-6).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from loopdesk.desk import record
from loopdesk.desk.record import Case
from loopdesk.desk.sla import choice, kept, live
from loopdesk.desk.sla.live import Counted
from loopdesk.engine import events, messages, outbox, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.tx import Tx

WARNING, BREACHED = "sla.warning", "sla.breached"
"""Messages that the diagrams of the policies wait for."""
KIND = "clock"
"""The outbox row that looks at a case's clocks again."""
LATE = "breached"
MINUTE = timedelta(minutes=1)


def settle(actor: Actor, tx: Tx, case: Case) -> datetime | None:
    """Count a case that is locked and write down what follows; returns what its customer may expect."""
    known = kept.standing(tx, case.number)
    found = live.count(kept.happenings(tx, case.number), choice.library(tx), tx.now)
    for one in found:
        before = known.get(one.name)
        clock_id = str(before["id"]) if before else new_id()
        told = list(before["told"]) if before else []
        news = _news(one, told)
        kept.write(tx, case.number, one.name, clock_id, _values(one) | {"told": told + news})
        _announce(actor, tx, case, clock_id, one, news)
    coming = [one.next_at for one in found if one.next_at is not None]
    if coming:
        look_again(tx, case.number, min(coming))
    return _tell(actor, tx, case, found)


def look_again(tx: Tx, number: str, at: datetime) -> None:
    """Let a worker look at the case's clocks at a moment; one look is enough for each."""
    key = f"{KIND}:{number}:{at.isoformat()}"
    outbox.put_many(tx, [outbox.Wanted(KIND, {"case": number}, key, number, not_before=at)])


def _values(one: Counted) -> dict[str, Any]:
    now = one.clock
    return {
        "kind": one.kind,
        "department": one.department,
        "policy": one.level.policy,
        "level": one.level.value,
        "bundle_id": one.bundle,
        "calendars_id": one.calendars,
        "calendar": now.calendar.name,
        "state": now.state,
        "target_minutes": None if now.target is None else now.target / MINUTE,
        "elapsed_minutes": now.elapsed / MINUTE,
        "due_at": now.due,
        "provisional": bool(now.unofficial_years) and now.state in ("running", "paused"),
        "breached_at": now.breached_at,
        "met_at": now.met_at,
        "next_at": one.next_at,
        "colour": one.colour,
        "round": one.round,
    }


def _news(one: Counted, told: Sequence[str]) -> list[str]:
    """What has come and was not announced yet, as ``round:colour``; of a clock that ended only that it was late."""
    fired = [colour for colour, item in one.clock.escalations.items() if item.fired is not None]
    late = [LATE] if one.clock.breached and one.clock.state != "cancelled" else []
    came = [*(fired if one.clock.state == "running" else []), *late]
    return [f"{one.round}:{what}" for what in came if f"{one.round}:{what}" not in told]


def _announce(actor: Actor, tx: Tx, case: Case, clock_id: str, one: Counted, news: Sequence[str]) -> None:
    """Publish the latest of the warnings that have come, and the breach."""
    if not one.promised:
        return
    came = [entry.partition(":")[2] for entry in news]
    colours = [colour for colour in came if colour != LATE]
    due = one.clock.due or one.clock.breached_at
    about = {
        "case": case.number,
        "clock": clock_id,
        "name": one.name,
        "due": due.isoformat() if due else None,
        "department": one.department or case.department,
        "owner": case.owner_id,
        "level": one.level.value,
        "policy": one.level.policy,
        "round": one.round,
    }
    if colours:
        colour = max(colours, key=lambda name: one.marks.get(name, timedelta()))
        warned = about | {"colour": colour, "percent": one.percent(colour)}
        _publish(actor, tx, WARNING, warned, f"{clock_id}:{one.round}:{colour}")
    if LATE in came:
        over = 0 if one.clock.overdue is None else int(one.clock.overdue / MINUTE)
        _publish(actor, tx, BREACHED, about | {"minutes_over": over}, f"{clock_id}:{one.round}:{LATE}")


def _publish(actor: Actor, tx: Tx, name: str, payload: Mapping[str, Any], message_id: str) -> None:
    number = str(payload["case"])
    kind = "clock.warned" if name == WARNING else "clock.breached"
    events.record(actor, tx, kind, key=number, data=payload)
    # Only for somebody: where no process is deployed for it the message would wait in vain until its time is over.
    if subscriptions.starts(tx, name):
        messages.publish(actor, tx, name, key=number, payload=payload, message_id=message_id)


def _tell(actor: Actor, tx: Tx, case: Case, found: Sequence[Counted]) -> datetime | None:
    """Keep what the customer is told: the first promised clock of the policy's list; nothing while it is paused."""
    own = {one.kind: one for one in found if not one.department}
    if not own:
        return case.due_at
    any_ = next(iter(own.values()))
    promised = {kind: one for kind, one in own.items() if one.clock.target is not None}
    told = choice.library(tx).book(any_.bundle).rules.told
    first = next((promised[name] for name in told if name in promised), None)
    due = first.clock.due if first else None
    if first is not None and first.clock.state == "cancelled":
        due = case.due_at
    provisional = bool(first and due and first.clock.unofficial_years)
    values = {"due_at": due, "provisional": provisional, "policy": any_.level.policy}
    if any(getattr(case, name) != value for name, value in values.items()):
        record.change(tx, case.number, **values)
    if first is not None and due is not None and due != case.due_at:
        data = {"policy": any_.level.policy, "target": first.kind, "due": due, "before": case.due_at}
        told_event = data | {"provisional": provisional}
        events.record(actor, tx, "case.due_set", key=case.number, audience="customer", data=told_event)
    return due
