"""What is refused or still missing at events: each rule with a small diagram (BPMN 2.0.2 §10.5)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine import bpmn
from loopdesk.tests.engine.drawing import catch, coded, condition, diagram, event_sub, flows, message, timer

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
HOUR = timer("Duration", "PT1H")
LINK = '<bpmn:linkEventDefinition name="far"/>'
TASK = '<bpmn:task id="u"/>'


def line(inner: str, *more: str) -> str:
    return START + inner + END + flows("s > t > e", *more)


def boundary(definition: str, *, cancel: bool = True) -> str:
    event = f'<bpmn:boundaryEvent id="t" attachedToRef="u" cancelActivity="{str(cancel).lower()}">{definition}</bpmn:boundaryEvent>'
    return START + TASK + event + END + flows("s > u > e", "t > e")


def throw(definition: str) -> str:
    return f'<bpmn:intermediateThrowEvent id="t">{definition}</bpmn:intermediateThrowEvent>'


RULES = {
    "an error that is caught in the flow": (line(catch("t", coded("error"))), "event.trigger"),
    "an error that is thrown on the way": (line(throw(coded("error", "X"))), "event.trigger"),
    "a timer that is thrown": (line(throw(HOUR)), "event.trigger"),
    "an error at the start of a process": (f'<bpmn:startEvent id="t">{coded("error")}</bpmn:startEvent>' + END + flows("t > e"), "event.trigger"),
    "a plain event sub-process": (line(TASK.replace('"u"', '"t"')) + event_sub("h", "", '<bpmn:task id="x"/>', "x").replace("h-start", "t2"), "event.trigger"),
    "an error that does not interrupt": (boundary(coded("error"), cancel=False), "event.interrupting"),
    "a compensation among parallel triggers": (boundary("<bpmn:compensateEventDefinition/>" + HOUR).replace("cancelActivity", 'parallelMultiple="true" cancelActivity'), "event.trigger"),
    "a link among several triggers with a flow into it": (line(catch("t", LINK + HOUR)), "link.flow"),
    "a condition that is not there": (line(catch("t", condition(""))), "draft.condition"),
    "a conditional start beside a plain one": (START + TASK + END + flows("s > u > e", "t > u") + f'<bpmn:startEvent id="t">{condition("=true")}</bpmn:startEvent>', "style.condition"),
    "a condition in words": (line(catch("t", condition("when it rains"))), "draft.condition"),
    "a condition that is no FEEL": (line(catch("t", condition("=1 +"))), "feel.syntax"),
    "a signal without a name": (line(catch("t", "<bpmn:signalEventDefinition/>")), "draft.signal"),
    "a message without a name": (line(catch("t", "<bpmn:messageEventDefinition/>")), "draft.message"),
    "an error end event without an error": (START + f'<bpmn:endEvent id="t">{coded("error")}</bpmn:endEvent>' + flows("s > t"), "draft.error"),
    "a timer without a time among others": (boundary(HOUR + timer("Duration", "")), "draft.timer"),
    "a timer with two times": (boundary(HOUR.replace("</bpmn:timerE", "<bpmn:timeDate>2026-03-01T09:00:00Z</bpmn:timeDate></bpmn:timerE")), "timer.double"),
    "a link to nowhere": (START + throw(LINK) + flows("s > t"), "link.target"),
    "a link from nowhere": (START + catch("t", LINK) + END + flows("s > e", "t > e"), "link.source"),
    "two ends of one link": (START + throw(LINK).replace('"t"', '"a"') + catch("t", LINK) + catch("b", LINK) + END + flows("s > a", "t > e", "b > e"), "link.double"),
    "a link with a flow into its end": (START + TASK + throw(LINK).replace('"t"', '"a"') + catch("t", LINK) + END + flows("s > u > t > e", "s > a"), "link.flow"),
    "a definition that is not there": (line(catch("t", "<bpmn:eventDefinitionRef>lost</bpmn:eventDefinitionRef>")), "event.reference"),
    "an event sub-process with two starts": (
        START + END + flows("s > e") + '<bpmn:subProcess id="t" triggeredByEvent="true">'
        + f'<bpmn:startEvent id="a">{HOUR}</bpmn:startEvent><bpmn:startEvent id="b">{HOUR}</bpmn:startEvent><bpmn:task id="x"/>' + flows("a > x", "b > x") + "</bpmn:subProcess>",
        "start.event",
    ),
    "an event sub-process in the flow": (line(event_sub("t", HOUR, '<bpmn:task id="x"/>', "x")), "start.flows"),
}  # fmt: skip


@pytest.mark.parametrize("what", RULES)
def test_it_is_named_at_its_element(what: str) -> None:
    body, rule = RULES[what]
    errors = '<bpmn:error id="e-X" errorCode="X"/>'
    found = bpmn.read({"p.bpmn": diagram(body, more=errors)}).findings
    here = [item.as_json() for item in found if item.rule == rule and item.element in ("t", "t2")]
    assert here, [(item.element, item.rule) for item in found]
    shown = here[0]
    assert shown["severity"] == ("warning" if rule.startswith(("draft.", "style.")) else "error")
    assert shown["message"]
    assert shown["remedy"]


ALL = {
    "startEvent": [message("m"), HOUR, coded("signal", "a"), condition("=true"), message("m") + HOUR],
    "boundaryEvent": [message("m"), HOUR, coded("signal", "a"), condition("=true"), coded("error", "X"), coded("escalation", "l"), coded("error") + HOUR],
    "intermediateCatchEvent": [message("m"), HOUR, coded("signal", "a"), condition("=true"), timer("Cycle", "R3/PT1H"), message("m") + HOUR],
    "intermediateThrowEvent": ["", message("m"), coded("signal", "a"), coded("escalation", "l"), message("m") + coded("signal", "a")],
    "endEvent": ["", message("m"), coded("signal", "a"), coded("escalation", "l"), coded("error", "X"), "<bpmn:terminateEventDefinition/>"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "definition"), [(kind, item) for kind, items in ALL.items() for item in items])
def test_every_kind_of_event_is_let_through(kind: str, definition: str) -> None:
    body = {
        "startEvent": f'<bpmn:startEvent id="t">{definition}</bpmn:startEvent>' + TASK + END + flows("t > u > e"),
        "boundaryEvent": boundary(definition),
        "endEvent": START + TASK + f'<bpmn:endEvent id="t">{definition}</bpmn:endEvent>' + flows("s > u > t"),
    }.get(kind, line(f'<bpmn:{kind} id="t">{definition}</bpmn:{kind}>'))
    more = '<bpmn:signal id="s-a" name="a"/><bpmn:error id="e-X" errorCode="X"/><bpmn:escalation id="c-l" escalationCode="l"/>'
    found = bpmn.read({"p.bpmn": diagram(body, messages=("m",), more=more)}).findings
    assert [item.rule for item in found if item.severity != "info"] == []
