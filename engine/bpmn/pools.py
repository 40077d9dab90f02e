"""Pools and message flows of a collaboration (BPMN 2.0.2 §9.3, §9.4): checked, and used to name messages."""

from collections.abc import Mapping

from lxml import etree

from loopdesk.engine.bpmn.remarks import Remarks
from loopdesk.engine.bpmn.xml import BPMN, local
from loopdesk.engine.errors import N_

Ids = Mapping[str, etree._Element]
CONNECTED = frozenset(
    {
        "task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask",
        "subProcess", "transaction", "adHocSubProcess", "callActivity", "startEvent", "endEvent", "boundaryEvent",
        "intermediateCatchEvent", "intermediateThrowEvent", "participant",
    }
)  # fmt: skip
"""What a message flow may join (§7.6.2)."""
SENDS_NOT = frozenset({"startEvent", "boundaryEvent", "intermediateCatchEvent", "receiveTask"})
RECEIVES_NOT = frozenset({"endEvent", "intermediateThrowEvent", "sendTask"})


def read(root: etree._Element, ids: Ids, remarks: Remarks) -> None:
    """Check the collaborations of a file, and name the messages that only a message flow tells."""
    _named(root, remarks)
    for node in root.iter(f"{{{BPMN}}}participant"):
        if node.get("processRef") and node.get("processRef") not in ids:
            message = N_("The pool's process “%(id)s” is not in the file.")
            remarks.add(
                node, "pool.process", message, N_("Draw it, or leave the pool empty."), id=node.get("processRef")
            )
    flows = [node for node in root.iter(f"{{{BPMN}}}messageFlow") if _joins(node, root, ids, remarks)]
    _name_by_flow(root, flows, ids, remarks)


def _named(root: etree._Element, remarks: Remarks) -> None:
    """A message needs no name in BPMN; its id stands for it."""
    for node in root.iterfind(f"{{{BPMN}}}message"):
        if not node.get("name") and node.get("id"):
            message = N_("The message has no name; its id stands for it.")
            remarks.add(node, "read.message", message, N_("Give it a name."))
            node.set("name", node.get("id", ""))


def _joins(flow: etree._Element, root: etree._Element, ids: Ids, remarks: Remarks) -> bool:
    source, target = (ids.get(flow.get(end, "")) for end in ("sourceRef", "targetRef"))
    if source is None or target is None or not {local(source), local(target)} <= CONNECTED:
        message = N_("The message flow does not join two pools, activities or message events.")
        remarks.add(flow, "message-flow.ends", message, N_("Connect it again in the editor."))
        return False
    if local(source) in SENDS_NOT or local(target) in RECEIVES_NOT:
        message = N_("The message flow leads out of an event that receives, or into one that sends.")
        remarks.add(flow, "message-flow.direction", message, N_("Turn it around."))
        return False
    if _pool(source, root) is _pool(target, root):
        message = N_("A message flow must lead from one pool to another one.")
        remarks.add(flow, "message-flow.pools", message, N_("Draw a sequence flow within a pool."))
        return False
    return True


def _pool(node: etree._Element, root: etree._Element) -> etree._Element | None:
    """The participant itself, or the process that holds a flow node."""
    if local(node) == "participant":
        found = node.get("processRef")
        process = [item for item in root.iterfind(f"{{{BPMN}}}process") if found and item.get("id") == found]
        return process[0] if process else node
    return next(node.iterancestors(f"{{{BPMN}}}process"), None)


def _name_by_flow(root: etree._Element, flows: list[etree._Element], ids: Ids, remarks: Remarks) -> None:
    """An event without a message that a message flow reaches gets that flow's message, as its other end has it."""
    for flow in flows:
        ends = [_carrier(ids[flow.get(end, "")]) for end in ("sourceRef", "targetRef")]
        known = [flow.get("messageRef"), *(end.get("messageRef") for end in ends if end is not None)]
        reference = next((item for item in known if item and item in ids), "")
        for end in ends:
            if end is None or end.get("messageRef"):
                continue
            reference = reference or _new(root, flow)
            end.set("messageRef", reference)
            message = N_("The event or task names no message; the message flow “%(flow)s” does.")
            remedy = N_("Choose a message in the editor.")
            name = flow.get("name") or flow.get("id", "")
            holder = end.getparent() if local(end) == "messageEventDefinition" else end
            remarks.add(flow if holder is None else holder, "read.message", message, remedy, flow=name)


def _new(root: etree._Element, flow: etree._Element) -> str:
    identity = f"message-of-{flow.get('id', '')}"
    name = flow.get("name") or flow.get("id") or identity
    root.insert(0, etree.Element(f"{{{BPMN}}}message", id=identity, name=" ".join(name.split())))
    return identity


def _carrier(node: etree._Element) -> etree._Element | None:
    """Where the message of a flow node is named: at a send or receive task, or in a message event's definition."""
    if local(node) in ("sendTask", "receiveTask"):
        return None if node.get("operationRef") else node
    return node.find(f"{{{BPMN}}}messageEventDefinition")
