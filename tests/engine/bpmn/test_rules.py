"""What is refused at deployment: each rule with a small diagram; nothing is ever ignored silently (architecture §4)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine import bpmn
from loopdesk.engine.findings import Finding, for_deployment
from loopdesk.tests.engine.drawing import diagram, extended, flows, inputs, message, script, service, timer

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def findings(body: str, messages: tuple[str, ...] = (), **files: bytes) -> list[Finding]:
    return bpmn.read({"p.bpmn": diagram(body, messages=messages), **files}).findings


def line(task: str) -> str:
    return START + task + END + flows("s > t > e")


def boundary(definition: str, *, on: str = "t", cancel: str = "true") -> str:
    event = (
        f'<bpmn:boundaryEvent id="b" attachedToRef="{on}" cancelActivity="{cancel}">{definition}</bpmn:boundaryEvent>'
    )
    return line('<bpmn:task id="t"/>') + event + '<bpmn:endEvent id="e2"/>' + flows("b > e2")


def gateway(*paths: str) -> str:
    return (
        START
        + '<bpmn:exclusiveGateway id="g" default="f-g-b"/><bpmn:task id="a"/><bpmn:task id="b"/>'
        + END
        + flows(*paths)
    )


BROKEN = {
    "a tag that cannot be run": (line('<bpmn:complexGateway id="t"/>'), "t", "element.unsupported"),
    "an inclusive gateway": (line('<bpmn:inclusiveGateway id="t"/>'), "t", "element.unsupported"),
    "a transaction": (line('<bpmn:transaction id="t"/>'), "t", "element.unsupported"),
    "a link event": (
        line('<bpmn:intermediateThrowEvent id="t"><bpmn:linkEventDefinition name="x"/></bpmn:intermediateThrowEvent>'),
        "t",
        "element.unsupported",
    ),
    "a signal end event": (
        START + '<bpmn:endEvent id="t"><bpmn:signalEventDefinition/></bpmn:endEvent>' + flows("s > t"),
        "t",
        "element.unsupported",
    ),
    "an error boundary event": (boundary("<bpmn:errorEventDefinition/>"), "b", "element.unsupported"),
    "a compensation event": (boundary("<bpmn:compensateEventDefinition/>"), "b", "element.unsupported"),
    "an event sub-process": (
        line('<bpmn:task id="t"/>') + '<bpmn:subProcess id="x" triggeredByEvent="true">' + START.replace('"s"', '"xs"')
        + "</bpmn:subProcess>",
        "x",
        "element.unsupported",
    ),
    "several triggers": (
        boundary(timer("Duration", "PT1M") + timer("Duration", "PT2M")), "b", "element.unsupported"
    ),
    "multi-instance": (
        line('<bpmn:task id="t"><bpmn:multiInstanceLoopCharacteristics id="mi"/></bpmn:task>'), "t", "element.unsupported"
    ),
    "a standard loop": (
        line('<bpmn:task id="t"><bpmn:standardLoopCharacteristics id="lo"/></bpmn:task>'), "t", "element.unsupported"
    ),
    "a data association": (line('<bpmn:task id="t"><bpmn:dataInputAssociation id="x"/></bpmn:task>'), "t", "element.unsupported"),
    "a performer": (line('<bpmn:userTask id="t"><bpmn:potentialOwner id="x"/></bpmn:userTask>'), "t", "element.unsupported"),
    "a compensation handler": (line('<bpmn:task id="t" isForCompensation="true"/>'), "t", "element.unsupported"),
    "a task that wants two tokens": (line('<bpmn:task id="t" startQuantity="2"/>'), "t", "element.unsupported"),
    "a very long id": (line('<bpmn:task id="t"/>').replace('"t"', '"' + "t" * 201 + '"'), "t" * 201, "element.id"),
    "an unknown zeebe extension": (
        line(f'<bpmn:task id="t">{extended("<zeebe:executionListeners/>")}</bpmn:task>'), "t", "extension.unsupported"
    ),
    "no start event": ("<bpmn:task id='t'/>" + END + flows("t > e"), "p", "start.missing"),
    "two plain start events": (line('<bpmn:task id="t"/>') + '<bpmn:startEvent id="s2"/>' + flows("s2 > t"), "p", "start.ambiguous"),
    "a timer start": (
        f'<bpmn:startEvent id="s">{timer("Duration", "PT1M")}</bpmn:startEvent><bpmn:task id="t"/>' + END + flows("s > t > e"),
        "s",
        "event.trigger",
    ),
    "a sub-process without start": (line('<bpmn:subProcess id="t"><bpmn:task id="x"/></bpmn:subProcess>'), "t", "start.subprocess"),
    "a flow that leads nowhere": (line('<bpmn:task id="t"/>') + flows("t > nowhere"), "f-t-nowhere", "flow.ends"),
    "a flow into a start event": (line('<bpmn:task id="t"/>') + flows("t > s"), "f-t-s", "flow.target"),
    "a flow out of an end event": (line('<bpmn:task id="t"/>') + flows("e > t"), "f-e-t", "flow.source"),
    "an element nothing leads to": (line('<bpmn:task id="t"/>') + '<bpmn:task id="x"/>' + flows("x > e"), "x", "flow.unreachable"),
    "a gateway without a way out": (START + '<bpmn:parallelGateway id="t"/>' + flows("s > t"), "t", "flow.dead-end"),
    "a way out without condition": (gateway("s > g > a > e", "g > b > e"), "f-g-a", "draft.condition"),
    "a default with a condition": (gateway("s > g >[=true] a > e", "g >[=true] b > e"), "f-g-b", "flow.default"),
    "a condition that is no FEEL": (gateway("s > g >[=1 +] a > e", "g > b > e"), "f-g-a", "feel.syntax"),
    "a condition of another dialect": (gateway("s > g >[${x}] a > e", "g > b > e"), "f-g-a", "feel.mark"),
    "a condition behind a task": (START + '<bpmn:task id="t"/>' + END + flows("s > t >[=true] e"), "f-t-e", "flow.condition"),
    "a default at a task": (line('<bpmn:task id="t" default="f-t-e"/>'), "t", "flow.default"),
    "a default that is elsewhere": (line('<bpmn:task id="t" default="f-s-t"/>'), "t", "flow.default"),
    "a boundary event on nothing": (boundary(timer("Duration", "PT1M"), on="e"), "b", "event.attached"),
    "a timer without a time": (boundary(timer("Duration", "")), "b", "draft.timer"),
    "a negative duration": (boundary(timer("Duration", "-PT5M")), "b", "timer.text"),
    "a moment without a zone": (boundary(timer("Date", "2026-01-01T00:00:00")), "b", "timer.text"),
    "a cron cycle": (boundary(timer("Cycle", "0 0 9 * * *"), cancel="false"), "b", "timer.text"),
    "an interrupting cycle": (boundary(timer("Cycle", "R/PT5M")), "b", "timer.cycle"),
    "a timer that is no FEEL": (boundary(timer("Duration", "=1 +")), "b", "feel.syntax"),
    "a message nobody named": (boundary('<bpmn:messageEventDefinition messageRef="m-none"/>'), "b", "message.missing"),
    "an event gateway with one event": (
        START + f'<bpmn:eventBasedGateway id="t"/><bpmn:intermediateCatchEvent id="c">{timer("Duration", "PT1M")}'
        + "</bpmn:intermediateCatchEvent>" + END + flows("s > t > c > e"),
        "t",
        "gateway.events",
    ),
    "an event gateway before a task": (
        START + f'<bpmn:eventBasedGateway id="t"/><bpmn:intermediateCatchEvent id="c">{timer("Duration", "PT1M")}'
        + '</bpmn:intermediateCatchEvent><bpmn:task id="x"/>' + END + flows("s > t > c > e", "t > x > e"),
        "x",
        "gateway.events",
    ),
    "a form that is not there": (
        line(f"""<bpmn:userTask id="t">{extended('<zeebe:formDefinition formId="lost"/>')}</bpmn:userTask>"""), "t", "task.form"
    ),
    "a time limit that is none": (
        line(
            '<bpmn:userTask id="t">'
            + extended('<zeebe:properties><zeebe:property name="timeLimit" value="soon"/></zeebe:properties>')
            + "</bpmn:userTask>"
        ),
        "t",
        "task.limit",
    ),
    "a service task without operation": (line('<bpmn:serviceTask id="t"/>'), "t", "draft.operation"),
    "a send task without message": (line('<bpmn:sendTask id="t"/>'), "t", "draft.operation"),
    "a script that is no FEEL": (line(script("t", "=1 +")), "t", "feel.syntax"),
    "a rule task without decision": (line('<bpmn:businessRuleTask id="t"/>'), "t", "draft.decision"),
    "a call of nothing": (
        line(f"""<bpmn:callActivity id="t">{extended('<zeebe:calledElement processId="lost"/>')}</bpmn:callActivity>"""),
        "t",
        "call.missing",
    ),
    "a process that calls itself": (
        line(f"""<bpmn:callActivity id="t">{extended('<zeebe:calledElement processId="p"/>')}</bpmn:callActivity>"""),
        "p",
        "call.cycle",
    ),
    "an input that is no FEEL": (line(service("t", "op", inputs(x="=1 +"))), "t", "feel.syntax"),
    "an input that hides the case": (line(service("t", "op", inputs(case="=1"))), "t", "mapping.target"),
    "an input with an impossible name": (line(service("t", "op", inputs(**{"a-b": "=1"}))), "t", "mapping.target"),
    "an id used twice": (line('<bpmn:task id="t"/><bpmn:task id="t"/>'), "t", "element.id"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_it_is_refused_with_element_rule_reason_and_remedy(what: str) -> None:
    body, element, rule = BROKEN[what]
    found = [item for item in findings(body) if item.rule == rule and item.element == element]
    assert found, [(item.element, item.rule) for item in findings(body)]
    (shown, *_) = [item.as_json() for item in found]
    assert shown["severity"] == ("warning" if rule.startswith("draft.") else "error")
    assert [item.severity for item in for_deployment(found)] == ["error"] * len(found)
    assert shown["file"] == "p.bpmn"
    assert shown["message"]
    assert shown["remedy"]


def test_a_message_that_correlates_by_anything_but_the_case_number_is_refused() -> None:
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:intermediateCatchEvent id="t">{message("m")}</bpmn:intermediateCatchEvent>' + END
        + flows("s > t > e"),
        messages=("m",),
    ).replace(b'name="m"/>', b'name="m">' + extended('<zeebe:subscription correlationKey="=order"/>').encode() + b"</bpmn:message>")  # fmt: skip
    assert [item.rule for item in bpmn.read({"p.bpmn": file}).findings] == ["message.key"]
    right = file.replace(b'"=order"', b'"=case.number"')
    assert bpmn.read({"p.bpmn": right}).findings == []


def test_a_flow_without_id_is_kept() -> None:
    """SpiffWorkflow 3.2.0 drops it and the process stops after the start event."""
    file = diagram(START + END + '<bpmn:sequenceFlow sourceRef="s" targetRef="e"/>')
    diagrams = bpmn.read({"p.bpmn": file})
    assert diagrams.findings == []
    assert [flow.target for flow in diagrams.processes["p"].leaving("s")] == ["e"]


def test_an_end_without_end_event_is_only_a_matter_of_style() -> None:
    found = findings(START + '<bpmn:task id="t"/>' + flows("s > t"))
    assert [(item.rule, item.severity) for item in found] == [("style.end", "warning")]


def test_what_only_explains_the_drawing_is_let_through() -> None:
    lanes = '<bpmn:laneSet id="l"><bpmn:lane id="l1" name="Support"><bpmn:flowNodeRef>t</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    note = '<bpmn:textAnnotation id="n"><bpmn:text>x</bpmn:text></bpmn:textAnnotation><bpmn:association id="as" sourceRef="t" targetRef="n"/>'
    assert findings(lanes + line('<bpmn:task id="t"/>') + note) == []


def test_a_value_inside_a_message_is_translated_too() -> None:
    words = {
        "a multi-instance activity": "多实例活动",
        "“%(what)s” cannot be run and would be ignored, so it is refused.": "“%(what)s”无法运行",
    }
    body = line('<bpmn:task id="t"><bpmn:multiInstanceLoopCharacteristics/></bpmn:task>')
    (finding,) = findings(body)
    assert finding.as_json(lambda text: words.get(text, text))["message"] == "“多实例活动”无法运行"
