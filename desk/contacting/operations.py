"""What diagrams call about calls to customers (COM-1, COM-2, COM-4)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from loopdesk.desk import policy
from loopdesk.desk.contacting import calls
from loopdesk.desk.contacting.calls import Heard, Wish
from loopdesk.desk.contacting.channel import PHONE
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.engine.bpmn import read_moment


@operation("call.plan")
def _plan(step: Step, *, kind: str, reason: str, within: str, text: str = "", message: str = "") -> Result:
    """Note a call to the customer that somebody has to make: kind is reminder, supervisor, unreachable, recovery or
    call-back.

    Gives: call (id; empty when another process sees to such a call already), attempt (1 for the first), contact,
    phone (both empty where nobody is known).
    """
    wish = Wish(kind, reason or "", policy.duration(within), text or "", message or "")
    made = calls.plan(step.actor, step.tx, step.number, wish, step.instance)
    if made is None:
        return {"call": "", "attempt": 0, "contact": "", "phone": ""}
    return {"call": made.id, "attempt": made.attempt, "contact": made.contact, "phone": made.phone}


@operation("call.note")
def _note(
    step: Step,
    *,
    customer_call: str,
    outcome: str,
    said: str = "",
    feedback: str = "",
    promised: str = "",
    promised_until: str = "",
    way: str = "",
    kind: str = "",
) -> Result:
    """Keep what came of a call that `call.plan` gave: outcome is confirmed, reached or missed.

    With a kind, as `call.plan` takes it, a call that nobody planned is kept as well: customer_call is empty then, as in
    an instance that was carried over from a diagram without call.plan. It stands in the log of communications. What was
    promised becomes an action of whoever called, due at promised_until. Gives: promise (its id, or empty).
    """
    heard = Heard(
        outcome=outcome,
        said=said or "",
        feedback=feedback or "",
        promised=promised or "",
        promised_until=_moment(step, promised_until),
        way=way or PHONE,
    )
    if kind and not customer_call:
        made = calls.note_unplanned(step.actor, step.tx, step.number, kind, heard, step.instance)
    else:
        made = calls.note(step.actor, step.tx, customer_call, heard)
    return {"promise": made.action}


@operation("call.way_found")
def _way_found(step: Step, *, email: str = "", phone: str = "", name: str = "") -> Result:
    """Keep a new address of the customer and send what was held for want of one and still holds true.

    Gives: released (how many).
    """
    found = {"email": email or "", "phone": phone or "", "name": name or ""}
    return {"released": calls.way_found(step.actor, step.tx, step.number, **found)}


def _moment(step: Step, text: str) -> datetime | None:
    """What a form's field for day and time holds; without a zone it is the house's."""
    return read_moment(text, ZoneInfo(step.tx.host.zone)) if text else None
