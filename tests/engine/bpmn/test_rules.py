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
    "a tag that cannot be run": (line('<bpmn:choreographyTask id="t"/>'), "t", "element.unsupported"),
    "a compensation handler in the flow": (line('<bpmn:task id="t" isForCompensation="true"/>'), "t", "compensation.flow"),
    "a compensation handler of nothing": (
        line('<bpmn:task id="t"/>') + '<bpmn:task id="x" isForCompensation="true"/>', "x", "flow.unreachable"
    ),
    "a compensation event without handler": (
        line('<bpmn:task id="t"/>')
        + '<bpmn:boundaryEvent id="b" attachedToRef="t"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>',
        "b",
        "draft.handler",
    ),
    "a compensation of what is elsewhere": (
        START + '<bpmn:intermediateThrowEvent id="t"><bpmn:compensateEventDefinition activityRef="x"/></bpmn:intermediateThrowEvent>'
        + END + flows("s > t > e"),
        "t",
        "compensation.activity",
    ),
    "a cancel event outside a transaction": (
        START + '<bpmn:endEvent id="t"><bpmn:cancelEventDefinition/></bpmn:endEvent>' + flows("s > t"), "t", "event.cancel"
    ),
    "a transaction that is cancelled into nothing": (
        line('<bpmn:transaction id="t"><bpmn:startEvent id="is"/><bpmn:endEvent id="x"><bpmn:cancelEventDefinition/></bpmn:endEvent>'
             + flows("is > x") + "</bpmn:transaction>"),
        "x",
        "style.cancel",
    ),
    "a task that wants no tokens": (line('<bpmn:task id="t" startQuantity="0"/>'), "t", "task.quantity"),
    "a complex gateway without a condition": (
        line('<bpmn:complexGateway id="t"/>') + '<bpmn:startEvent id="s2"/>' + flows("s2 > t"), "t", "draft.activation"
    ),
    "an end event in an ad hoc sub-process": (
        line('<bpmn:adHocSubProcess id="t"><bpmn:task id="a"/><bpmn:endEvent id="x"/>' + flows("a > x") + "</bpmn:adHocSubProcess>"),
        "x",
        "event.adhoc",
    ),
    "a very long id": (line('<bpmn:task id="t"/>').replace('"t"', '"' + "t" * 201 + '"'), "t" * 201, "element.id"),
    "an unknown zeebe extension": (
        line(f'<bpmn:task id="t">{extended("<zeebe:executionListeners/>")}</bpmn:task>'), "t", "extension.unsupported"
    ),
    "a flow that leads nowhere": (line('<bpmn:task id="t"/>') + flows("t > nowhere"), "f-t-nowhere", "flow.ends"),
    "a flow into a start event": (line('<bpmn:task id="t"/>') + flows("t > s"), "f-t-s", "flow.target"),
    "a flow out of an end event": (line('<bpmn:task id="t"/>') + flows("e > t"), "f-e-t", "flow.source"),
    "an element nothing leads to": (line('<bpmn:task id="t"/>') + '<bpmn:task id="x"/>' + flows("x > e"), "x", "flow.unreachable"),
    "a gateway without a way out": (START + '<bpmn:parallelGateway id="t"/>' + flows("s > t"), "t", "flow.dead-end"),
    "a way out without condition": (gateway("s > g > a > e", "g > b > e"), "f-g-a", "draft.condition"),
    "a condition that is no FEEL": (gateway("s > g >[=1 +] a > e", "g > b > e"), "f-g-a", "feel.syntax"),
    "a condition of another dialect": (gateway("s > g >[when it is right] a > e", "g > b > e"), "f-g-a", "draft.condition"),
    "a condition behind a task": (START + '<bpmn:task id="t"/>' + END + flows("s > t >[=true] e"), "f-t-e", "flow.condition"),
    "a default that is elsewhere": (line('<bpmn:task id="t" default="f-s-t"/>'), "t", "flow.default"),
    "a boundary event on nothing": (boundary(timer("Duration", "PT1M"), on="e"), "b", "event.attached"),
    "a timer without a time": (boundary(timer("Duration", "")), "b", "draft.timer"),
    "a negative duration": (boundary(timer("Duration", "-PT5M")), "b", "timer.text"),
    "a cron cycle of five fields": (boundary(timer("Cycle", "0 9 * * *"), cancel="false"), "b", "timer.text"),
    "a cron cycle that never comes": (boundary(timer("Cycle", "0 0 9 30 2 *"), cancel="false"), "b", "timer.text"),
    "a timer that is no FEEL": (boundary(timer("Duration", "=1 +")), "b", "feel.syntax"),
    "a message nobody named": (boundary('<bpmn:messageEventDefinition messageRef="m-none"/>'), "b", "reference.missing"),
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
        line(f"""<bpmn:userTask id="t">{extended('<zeebe:formDefinition formId="lost"/>')}</bpmn:userTask>"""), "t", "draft.form"
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
    "a schedule that is no moment": (
        line(f"""<bpmn:userTask id="t">{extended('<zeebe:taskSchedule dueDate="soon"/>')}</bpmn:userTask>"""), "t", "task.due"
    ),
    "a service task without operation": (line('<bpmn:serviceTask id="t"/>'), "t", "draft.operation"),
    "a send task without message": (line('<bpmn:sendTask id="t"/>'), "t", "draft.operation"),
    "a script that is no FEEL": (line(script("t", "=1 +")), "t", "feel.syntax"),
    "a rule task without decision": (line('<bpmn:businessRuleTask id="t"/>'), "t", "draft.decision"),
    "a call of nothing": (
        line(f"""<bpmn:callActivity id="t">{extended('<zeebe:calledElement processId="lost"/>')}</bpmn:callActivity>"""),
        "t",
        "draft.call",
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
    assert shown["severity"] == ("warning" if rule.startswith(("draft.", "style.")) else "error")
    deployed = "warning" if rule.startswith("style.") else "error"
    assert [item.severity for item in for_deployment(found)] == [deployed] * len(found)
    assert shown["file"] == "p.bpmn"
    assert shown["message"]
    assert shown["remedy"]


def test_what_a_message_correlates_by_has_to_be_feel() -> None:
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:intermediateCatchEvent id="t">{message("m")}</bpmn:intermediateCatchEvent>' + END
        + flows("s > t > e"),
        messages=("m",),
    ).replace(b'name="m"/>', b'name="m">' + extended('<zeebe:subscription correlationKey="=1 +"/>').encode() + b"</bpmn:message>")  # fmt: skip
    assert [item.rule for item in bpmn.read({"p.bpmn": file}).findings] == ["feel.syntax"]
    right = file.replace(b'"=1 +"', b'"=order.number"')
    assert bpmn.read({"p.bpmn": right}).findings == []


def test_a_flow_without_id_is_kept() -> None:
    """SpiffWorkflow 3.2.0 drops it and the process stops after the start event."""
    file = diagram(START + END + '<bpmn:sequenceFlow sourceRef="s" targetRef="e"/>')
    diagrams = bpmn.read({"p.bpmn": file})
    assert [item.rule for item in diagrams.findings] == ["read.flow-id"]
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
        "The expression ends too early.": "缺少表达式",
        "The expression “%(text)s” is not FEEL: %(reason)s": "“%(text)s”不是 FEEL：%(reason)s",
    }
    (finding,) = findings(line(script("t", "=")))
    assert finding.as_json(lambda text: words.get(text, text))["message"] == "“=”不是 FEEL：缺少表达式"
