"""Messages that a process sends, each from a template and in its receiver's language (COM-1, COM-3)."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import case_facts, clocks, departments, policy, receivers, record, templates
from loopdesk.desk.contacting import channel as channels
from loopdesk.desk.contacting.channel import Way
from loopdesk.desk.letters import BY_PHONE, EMAIL, NO_ADDRESS, NOBODY, communication, queue
from loopdesk.desk.receivers import CUSTOMER, Receiver
from loopdesk.desk.record import PROBLEM, Case
from loopdesk.desk.rights import require
from loopdesk.engine import messages, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

__all__ = ["BY_PHONE", "MACHINE", "NOBODY", "NO_ADDRESS", "REMINDER", "TOO_MANY", "UNREACHABLE", "send"]

MACHINE, TOO_MANY = "automatic", "too-many"
"""Why a message is held: what its ``note`` says."""
REMINDER, UNREACHABLE = "reminder.requested", "customer.unreachable"
"""The messages that a customer has to be called, and that no channel reaches him."""


def send(
    actor: Actor,
    tx: Tx,
    number: str,
    *,
    template: str,
    to: str | Iterable[str],
    params: Mapping[str, Any],
    base_url: str,
    channel: str = EMAIL,
) -> list[str]:
    """Queue ``template`` for everybody whom ``to`` means and return the communications' ids.

    A message that cannot or must not go out is recorded as held with the reason, never dropped: no receiver, no
    address, a machine at the other end (RFC 3834 §2), too many in an hour. A customer hears by the channel that he
    prefers, and a person sees to one whom nothing reaches (COM-1). A ``channel`` without a connector goes by e-mail.
    Raises what templates and receivers raise.
    """
    require(actor, "communications.send")
    case = record.get(tx, number)
    for department in receivers.departments_of(tx, to):
        record.involve(tx, number, department)
    found = receivers.resolve(tx, case, to)
    if not found and to == CUSTOMER and case.channel == PROBLEM:
        return []  # The house reported it to itself; each customer is written to about his own report.
    found = found or [_nobody(to, case)]
    known = case_facts.of_case(tx, case)
    scopes = [{**params, **_scope(tx, case, receiver, known, base_url)} for receiver in found]
    return [
        _send_one(actor, tx, case, template, receiver, scope, channel)
        for receiver, scope in zip(found, scopes, strict=True)
    ]


def _send_one(
    actor: Actor,
    tx: Tx,
    case: Case,
    template: str,
    receiver: Receiver,
    scope: Mapping[str, Any],
    channel: str,
) -> str:
    message = templates.render(tx, template, language=receiver.language, zone=receiver.zone, scope=scope)
    way = channels.choose(tx, case, template, receiver, channel)
    note = _held(tx, case, template, receiver)
    calls = way.calls and note in ("", NO_ADDRESS) and subscriptions.listens(tx, REMINDER, case.number)
    if calls and note:
        way, note = Way(channels.PHONE, way.wanted), BY_PHONE
    text = {"subject": message.subject, "body": message.body}
    told = {"template": template, "note": note, "channel": way.channel, "wanted": way.wanted if calls else ""}
    written = queue(actor, tx, case, receiver, **text, **told)
    if calls:
        asked = {"reason": template, "text": message.body, "message": written}
        messages.publish(actor, tx, REMINDER, key=case.number, payload=asked, message_id=f"{REMINDER}:{written}")
    elif note in (NOBODY, NO_ADDRESS) and receiver.kind == CUSTOMER:
        _unreachable(actor, tx, case, template, note, written)
    if receiver.kind == "customer" and not note:
        clocks.replied(actor, tx, case.number, template=template)
    return written


def _scope(tx: Tx, case: Case, receiver: Receiver, known: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """What every template may use; the diagram's own inputs come beside these names."""
    names = departments.names(tx, templates.base_language(receiver.language))
    department = names.get(case.department, case.department)
    path = "portal/cases" if receiver.kind == CUSTOMER else "cases"
    return {
        "case": known,
        "customer": {"name": known["contact"] or known["customer"]},
        "receiver": {"name": receiver.name},
        # As long as nobody owns the case, its department answers for it.
        "owner": {"name": known["owner_name"] or department},
        "department": {"code": case.department, "name": department},
        "departments": names,
        "base_url": base_url,
        "case_url": f"{base_url}/{path}/{case.number}",
    }


def _held(tx: Tx, case: Case, template: str, receiver: Receiver) -> str:
    if not receiver.id:
        return NOBODY
    if not receiver.address:
        return NO_ADDRESS
    if receiver.kind != CUSTOMER:
        return ""
    if case.automatic:
        return MACHINE
    return TOO_MANY if _sent_lately(tx, template, receiver.address) >= _limit(tx) else ""


def _unreachable(actor: Actor, tx: Tx, case: Case, template: str, reason: str, written: str) -> None:
    """A person looks for a way to the customer; a case that nobody complained of has none to be looked for."""
    known = case.contact_id or case.organisation_id
    if known and subscriptions.listens(tx, UNREACHABLE, case.number):
        payload = {"template": template, "reason": reason, "message": written}
        message_id = f"{UNREACHABLE}:{written}"
        messages.publish(actor, tx, UNREACHABLE, key=case.number, payload=payload, message_id=message_id)


def _limit(tx: Tx) -> int:
    return int(policy.said(tx, "mail", "acknowledgements_per_hour"))


def _sent_lately(tx: Tx, template: str, address: str) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(communication)
        .where(communication.c.address == address, communication.c.template == template)
        .where(communication.c.at > tx.now - timedelta(hours=1), communication.c.state != "held")
    )
    return tx.ask(query).scalar() or 0


def _nobody(to: str | Iterable[str], case: Case) -> Receiver:
    words = to if isinstance(to, str) else ", ".join(to)
    kind = CUSTOMER if to == CUSTOMER else "person"
    return Receiver(kind, "", words, "", case.language, "UTC")
