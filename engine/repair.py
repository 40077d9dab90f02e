"""What a person does about an incident besides trying again: other data, skip, cancel (issue 4, Durable)."""

from collections.abc import Mapping
from typing import Any

from loopdesk.engine import bpmn, incidents, instances, messages, operators, outbox_rows, variables
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, LoopdeskError, Refused
from loopdesk.engine.incidents import CANCELLED, CHANGED, SKIPPED
from loopdesk.engine.step import Step
from loopdesk.engine.suspension import end, opened
from loopdesk.engine.tx import Tx

Row = Mapping[str, Any]


def data_of(actor: Actor, tx: Tx, incident_id: str) -> dict[str, Any]:
    """What can be changed about an incident: ``inputs`` of its effect (None without one), ``variables`` where it is,
    ``skip`` and ``activity`` (whether it can be skipped, and cancelled by itself), ``alone`` (whether nothing else of
    its instance would be left)."""
    row = incidents.get(actor, tx, incident_id)
    found: dict[str, Any] = {
        "inputs": None,
        "variables": None,
        "skip": row["kind"] not in ("inbound", outbox_rows.START),
        "activity": False,
        "alone": False,
    }
    if row["kind"] == "effect":
        found["inputs"] = outbox_rows.payload_of(tx, row["outbox_id"]).get("inputs") or {}
    if row["instance_id"]:
        step = Step.look(tx, row["instance_id"])
        surgery = bpmn.Surgery(step.execution)
        found["variables"] = variables.plain(surgery.data_of(_ref(tx, row, step)))
        found["skip"] = row["kind"] == "send" or _can_skip(surgery, row)
        found["activity"] = _own(tx, row) and bool(_ref(tx, row, step))
        found["alone"] = found["activity"] and _alone(surgery, _ref(tx, row, step))
    return found


def retry_with(
    actor: Actor,
    tx: Tx,
    incident_id: str,
    *,
    inputs: Any = None,
    values: Any = None,
    reason: str = "",
) -> None:
    """Try again with other ``inputs`` of the failing effect, or with other variables (``values``: name -> value).

    After new variables the inputs of an effect are worked out anew, unless they are given too. ``Invalid`` for what
    is no JSON object, for reserved names, and for a variable that would become another kind of value.
    """
    operators.require(actor, operators.REPAIRERS)
    reason = operators.reason_of(reason)
    row = _taken(actor, tx, incident_id, CHANGED)
    payload = outbox_rows.payload_of(tx, row["outbox_id"])
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if values:
        step = opened(actor, tx, row["instance_id"])
        before["variables"], after["variables"] = _edit(step, _ref(tx, row, step), variables.named(values))
        if row["kind"] == "effect" and _own(tx, row) and inputs is None:
            inputs = variables.plain(step.execution.inputs_of(payload["ref"]))
        step.close()
    if inputs is not None:
        if row["kind"] != "effect":
            raise Refused("Only an effect outside has inputs.", remedy=N_("Change the variables instead."))
        before["inputs"], after["inputs"] = payload.get("inputs"), variables.context_from(inputs, "inputs")
        outbox_rows.change(tx, row["outbox_id"], {**payload, "inputs": after["inputs"]})
    outbox_rows.again(tx, row["outbox_id"])
    incidents.record(actor, tx, "incident.resolved", row, resolution=CHANGED, reason=reason, before=before, after=after)


def skip(actor: Actor, tx: Tx, incident_id: str, *, result: Any = None, reason: str = "") -> None:
    """Let the process go on as if the failing element had done its work with ``result``.

    A message to a person is not sent. ``Refused`` for a gateway or an event, which have no result.
    """
    operators.require(actor, operators.REPAIRERS)
    reason = operators.reason_of(reason)
    row = _taken(actor, tx, incident_id, SKIPPED)
    given = variables.context_from({} if result is None else result, "result")
    incidents.record(actor, tx, "incident.resolved", row, resolution=SKIPPED, reason=reason, after={"result": given})
    if row["kind"] not in outbox_rows.STEPS | {"message"}:
        outbox_rows.drop(tx, row["outbox_id"])
        return
    step = opened(actor, tx, row["instance_id"])
    surgery = bpmn.Surgery(step.execution)
    if not _can_skip(surgery, row):
        remedy = N_("Change the data so that it can go on, or cancel it.")
        raise Refused("“%(element)s” cannot be skipped: it has no result.", remedy=remedy, element=row["element"])
    payload = outbox_rows.payload_of(tx, row["outbox_id"])
    if _own(tx, row):
        instances.require_running(step.row)
        outbox_rows.drop(tx, row["outbox_id"])
        step.resume(payload["ref"], given)
    else:
        skips = {**payload.get("skip", {}), surgery.node(row["element"]).place: given}
        outbox_rows.change(tx, row["outbox_id"], {**payload, "skip": skips})
        outbox_rows.again(tx, row["outbox_id"])


def cancel(actor: Actor, tx: Tx, incident_id: str, *, whole: bool = False, reason: str = "") -> None:
    """Cancel the activity that fails, or the ``whole`` instance; the last activity takes the instance with it.

    Of an instance that has ended meanwhile only the incident is left. A message that is not handed over is over.
    ``Refused`` when the step failed at an element to which the process has not come for good: it has to be whole.
    """
    operators.require(actor, operators.REPAIRERS)
    reason = operators.reason_of(reason)
    row = _taken(actor, tx, incident_id, CANCELLED)
    incidents.record(actor, tx, "incident.resolved", row, resolution=CANCELLED, reason=reason, after={"whole": whole})
    outbox_rows.drop(tx, row["outbox_id"])
    if row["kind"] == "message":
        messages.settle(tx, outbox_rows.payload_of(tx, row["outbox_id"])["message"], messages.EXPIRED)
    if not row["instance_id"] or instances.get(tx, row["instance_id"])["status"] != instances.ACTIVE:
        return
    step = opened(actor, tx, row["instance_id"])
    ref = _ref(tx, row, step)
    if not whole and not (_own(tx, row) and ref):
        raise Refused(
            "The process has not come to “%(element)s” for good, so that it cannot be cancelled alone.",
            remedy=N_("Skip it, or cancel the whole process."),
            element=row["element"],
        )
    surgery = bpmn.Surgery(step.execution)
    if not whole:
        surgery.cancel(ref)
        if surgery.sweep():
            step.execution.wake()
            step.close()
            return
    end(step, reason)


def _taken(actor: Actor, tx: Tx, incident_id: str, resolution: str) -> dict[str, Any]:
    """Close an incident for who handles it; its instance is locked before, as by each step."""
    instance = incidents.get(actor, tx, incident_id)["instance_id"]
    if instance:
        instances.lock(tx, instance)
    return incidents.take(actor, tx, incident_id, resolution)


def _own(tx: Tx, row: Row) -> bool:
    """Whether it is the effect itself that failed, or its own end, and not an element behind it."""
    if row["kind"] not in ("effect", outbox_rows.RESULT):
        return False
    wanted = outbox_rows.outbox
    query = wanted.select().where(wanted.c.id == row["outbox_id"])
    return bool(tx.conn.execute(query).mappings().one()["element"] == row["element"])


def _ref(tx: Tx, row: Row, step: Step) -> str:
    """The token that waits for what failed; empty where none does."""
    ref = str(outbox_rows.payload_of(tx, row["outbox_id"]).get("ref") or "")
    if not ref or not step.execution.is_waiting(ref):
        return ""
    return ref.partition(".")[0] if step.execution.visit_of(ref).element.kind != "boundaryEvent" else ""


def _alone(surgery: bpmn.Surgery, ref: str) -> bool:
    """Whether an instance that was only loaded to look at it would end without the token."""
    try:
        surgery.cancel(ref)
    except LoopdeskError:
        return False
    return not surgery.sweep()


def _can_skip(surgery: bpmn.Surgery, row: Row) -> bool:
    kind = surgery.node(row["element"]).element.kind
    return kind.endswith(("Task", "task", "Activity", "rocess", "ransaction", "ThrowEvent"))


def _edit(step: Step, ref: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    surgery = bpmn.Surgery(step.execution)
    held = surgery.data_of(ref)
    for name, value in values.items():
        variables.require_kind(name, held.get(name), value)
    surgery.write(values)
    return variables.plain({name: held[name] for name in values if name in held}), variables.plain(values)
