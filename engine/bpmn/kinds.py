"""What people call the kinds of elements."""

from collections.abc import Mapping

from loopdesk.engine.errors import N_, Phrase

KINDS: Mapping[str, str] = {
    "process": N_("process"),
    "participant": N_("pool"),
    "collaboration": N_("collaboration"),
    "lane": N_("lane"),
    "sequenceFlow": N_("flow"),
    "messageFlow": N_("message flow"),
    "association": N_("association"),
    "textAnnotation": N_("note on the drawing"),
    "group": N_("group"),
    "dataObject": N_("data object"),
    "dataObjectReference": N_("data object"),
    "dataStore": N_("data store"),
    "dataStoreReference": N_("data store"),
    "message": N_("message"),
    "signal": N_("signal"),
    "error": N_("error"),
    "escalation": N_("escalation"),
    "startEvent": N_("start event"),
    "endEvent": N_("end event"),
    "boundaryEvent": N_("event on the edge"),
    "intermediateCatchEvent": N_("event that waits"),
    "intermediateThrowEvent": N_("event that sends"),
    "task": N_("task"),
    "userTask": N_("task for people"),
    "manualTask": N_("manual task"),
    "serviceTask": N_("service task"),
    "sendTask": N_("send task"),
    "receiveTask": N_("receive task"),
    "scriptTask": N_("script task"),
    "businessRuleTask": N_("decision task"),
    "subProcess": N_("sub-process"),
    "transaction": N_("transaction"),
    "adHocSubProcess": N_("ad hoc sub-process"),
    "callActivity": N_("called process"),
    "exclusiveGateway": N_("gateway (one way)"),
    "inclusiveGateway": N_("gateway (one or more ways)"),
    "parallelGateway": N_("gateway (all ways)"),
    "complexGateway": N_("gateway (by condition)"),
    "eventBasedGateway": N_("gateway (first event)"),
}
"""Kind of an element in the file -> what people call it."""


def said(kind: str) -> Phrase:
    """A kind as people call it."""
    return Phrase(KINDS.get(kind, kind))
