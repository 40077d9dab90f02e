"""Whether a customer's contract answers for a problem (SLA-9): what does not is flagged for a person, never refused."""

from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk import catalogues, record
from loopdesk.desk.crm import assets, contracts
from loopdesk.desk.record import Case
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

REASONS = ("type", "channel", "ended")
"""Why no contract answers: none promises this type of problem, or this channel; or they are over, or not begun."""


def look(tx: Tx, organisation_id: str | None, *, kind: str, channel: str) -> tuple[str, str]:
    """(the service that answers, ``""``), or (``""``, one of `REASONS`); twice nothing where no contract says anything.

    A house that keeps no contracts, or a customer without one that names a catalogue, has nothing flagged.
    """
    named = [one for one in contracts.of_organisation(tx, organisation_id) if one.catalogue]
    day = tx.now.astimezone(ZoneInfo(tx.host.zone)).date()
    counting = [one for one in named if one.in_force(day)]
    if not counting:
        return "", "ended" if named else ""
    offered = [service for one in counting for service in catalogues.services(tx, one.catalogue)]
    return catalogues.answering(offered, kind=kind, channel=channel)


def beside(tx: Tx, organisation_id: str | None, *, device: str, kind: str, channel: str) -> dict[str, Any]:
    """What devices and contracts say of a report: which device it means, what runs on it, which service answers."""
    meant = assets.named(tx, organisation_id, device) if device else None
    service, reason = look(tx, organisation_id, kind=kind, channel=channel)
    return {
        "asset_id": meant.id if meant else None,
        "system_version": meant.service_version if meant else "",
        "service": service,
        "out_of_scope": reason,
    }


def look_again(actor: Actor, tx: Tx, case: Case, kind: str) -> None:
    """Once the type of a case is known: keep what the contract says now, with an event when that has changed."""
    service, reason = look(tx, case.organisation_id, kind=kind, channel=case.channel)
    if (service, reason) == (case.service, case.out_of_scope):
        return
    record.change(tx, case.number, service=service, out_of_scope=reason)
    flag(actor, tx, case.number, reason, before=case.out_of_scope)


def flag(actor: Actor, tx: Tx, number: str, reason: str, *, before: str = "") -> None:
    """Leave an event when a case fell out of the contract's scope, or came back into it."""
    if reason != before:
        kind = "case.out_of_scope" if reason else "case.in_scope"
        events.record(actor, tx, kind, key=number, data={"reason": reason})
