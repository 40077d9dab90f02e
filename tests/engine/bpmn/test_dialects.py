"""Files of other tools: what is made the same, and that it is told (issue 5, reading)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine import bpmn
from loopdesk.engine.bpmn.languages import to_feel
from loopdesk.engine.bpmn.model import Element, Mapped
from loopdesk.engine.findings import Finding
from loopdesk.tests.engine.drawing import diagram, extended, flows

SPACES = ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" xmlns:other="http://other.example/tool"'
START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def read(body: str, more: str = "") -> bpmn.Diagrams:
    file = diagram(body, more=more).replace(b' id="definitions"', SPACES.encode() + b' id="definitions"')
    return bpmn.read({"p.bpmn": file})


def task(text: str) -> tuple[Element, list[Finding]]:
    diagrams = read(START + text + END + flows("s > t > e"))
    return diagrams.processes["p"].elements["t"], diagrams.findings


def rules(diagrams: bpmn.Diagrams) -> set[str]:
    return {item.rule for item in diagrams.findings}


@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("=x > 1", "=x > 1"),
        ("${approved}", "=approved"),
        ("${!approved}", "=not(approved)"),
        ("${clarified == 'yes'}", '=clarified = "yes"'),
        ("#{a ge 3}", "=a >= 3"),
        ("x == None", "=x = null"),
        ("bpmn:getDataObject('clarified') = 'no'", '=clarified = "no"'),
        ('Vacation Approval = "Approved"', '=Vacation Approval = "Approved"'),
        ("true", "=true"),
        ("approved", None),
        ("when it is right", None),
        ("${execution.getVariable('x')}", None),
        ("len(x) > 3", None),
        ("${x ? 1 : 2}", None),
        ("x >", None),
    ],
)
def test_an_expression_is_translated_only_when_its_meaning_is_sure(text: str, feel: str | None) -> None:
    assert to_feel(text) == feel


def test_a_language_that_is_feel_needs_no_mark() -> None:
    assert to_feel("approved", "https://www.omg.org/spec/DMN/20191111/FEEL/") == "=approved"


def test_what_was_translated_is_told() -> None:
    diagrams = read(
        START + '<bpmn:exclusiveGateway id="g" name="?" default="f-g-b"/><bpmn:task id="a"/><bpmn:task id="b"/>' + END
        + flows("s > g >[${x == 'a'}] a > e", "g > b > e")
    )  # fmt: skip
    assert diagrams.processes["p"].flows["f-g-a"].condition == '=x = "a"'
    (found,) = [item for item in diagrams.findings if item.rule == "read.expression"]
    assert (found.element, found.severity) == ("f-g-a", "info")


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ('<bpmn:userTask id="t" camunda:formKey="embedded:app:forms/triage.form"/>', "form", "triage"),
        ('<bpmn:userTask id="t" camunda:formRef="triage"/>', "form", "triage"),
        ('<bpmn:userTask id="t" camunda:assignee="${owner}"/>', "assignee", "=owner"),
        ('<bpmn:userTask id="t" camunda:assignee="kim"/>', "assignee", "kim"),
        ('<bpmn:serviceTask id="t" camunda:type="external" camunda:topic="pay"/>', "task", "pay"),
        ('<bpmn:serviceTask id="t">' + extended('<spiffworkflow:serviceTaskOperator id="pay"/>') + "</bpmn:serviceTask>", "task", "pay"),
        ('<bpmn:businessRuleTask id="t" camunda:decisionRef="risk"/>', "decision", "risk"),
        ('<bpmn:businessRuleTask id="t">' + extended("<spiffworkflow:calledDecisionId>risk</spiffworkflow:calledDecisionId>") + "</bpmn:businessRuleTask>", "decision", "risk"),
        ('<bpmn:scriptTask id="t" scriptFormat="feel"><bpmn:script>1 + 1</bpmn:script></bpmn:scriptTask>', "script", "=1 + 1"),
    ],
)  # fmt: skip
def test_an_extension_of_another_tool_is_read_and_told(text: str, field: str, value: str) -> None:
    element, found = task(text)
    assert getattr(element.extras, field) == value
    assert "read.dialect" in {item.rule for item in found}


def test_an_input_output_of_camunda_7_is_a_mapping() -> None:
    lines = '<camunda:inputOutput><camunda:inputParameter name="a">${x}</camunda:inputParameter><camunda:inputParameter name="b">plain "text"</camunda:inputParameter><camunda:outputParameter name="c">${y}</camunda:outputParameter></camunda:inputOutput>'
    element, _ = task(f'<bpmn:task id="t">{extended(lines)}</bpmn:task>')
    assert element.extras.inputs == (Mapped("=x", "a"), Mapped('="plain \\"text\\""', "b"))
    assert element.extras.outputs == (Mapped("=y", "c"),)


def test_a_mapping_by_script_is_refused() -> None:
    lines = '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:script scriptFormat="js">1</camunda:script></camunda:inputParameter></camunda:inputOutput>'
    _, found = task(f'<bpmn:task id="t">{extended(lines)}</bpmn:task>')
    assert "extension.mapping" in {item.rule for item in found}


@pytest.mark.parametrize("program", ["class", "delegateExpression", "expression"])
def test_a_program_is_named_and_never_run(program: str) -> None:
    element, found = task(f'<bpmn:serviceTask id="t" camunda:{program}="org.example.Pay"/>')
    assert element.extras.task == ""
    assert {"read.program", "draft.operation"} <= {item.rule for item in found}


@pytest.mark.parametrize("tag", ["camunda:executionListener", "camunda:taskListener", "spiffworkflow:preScript"])
def test_a_program_around_an_element_is_refused(tag: str) -> None:
    _, found = task(f'<bpmn:task id="t">{extended(f"<{tag}/>")}</bpmn:task>')
    assert [item.severity for item in found if item.rule == "extension.unsupported"] == ["error"]


def test_groups_of_people_are_told_to_be_decided_elsewhere() -> None:
    _, found = task(
        '<bpmn:userTask id="t" camunda:candidateGroups="sales"><bpmn:potentialOwner id="o"/></bpmn:userTask>'
    )
    assert [item.severity for item in found if item.rule == "read.people"] == ["info"]


@pytest.mark.parametrize(
    ("extension", "rule"),
    [
        ('<zeebe:taskSchedule dueDate="=now()" followUpDate="=now()"/>', "read.schedule"),
        ('<zeebe:priorityDefinition priority="9"/>', "read.priority"),
    ],
)
def test_what_does_not_count_of_camunda_8_is_told(extension: str, rule: str) -> None:
    _, found = task(f'<bpmn:userTask id="t">{extended(extension)}</bpmn:userTask>')
    assert [(item.rule, item.severity) for item in found] == [(rule, "info")]


def test_a_foreign_extension_is_kept_and_told_once() -> None:
    diagrams = read(START + END.replace("/>", ' other:colour="red"/>') + flows("s > e"))
    (found,) = [item for item in diagrams.findings if item.rule == "read.foreign"]
    assert "http://other.example/tool" in str(found.as_json()["message"])


def test_a_called_element_of_bpmn_itself_is_read() -> None:
    called = '<bpmn:process id="q" isExecutable="true">' + START + END + flows("s > e") + "</bpmn:process>"
    diagrams = read(
        START + '<bpmn:callActivity id="t" calledElement="q"/>' + END + flows("s > t > e"),
        called.replace('"s"', '"qs"').replace('"e"', '"qe"').replace("f-s-e", "f-q"),
    )
    assert diagrams.processes["p"].elements["t"].extras.called == "q"
    assert rules(diagrams) == set()


def test_camunda_7_hands_a_call_only_what_it_names() -> None:
    lines = extended('<camunda:in source="a" target="b"/><camunda:out variables="all"/>')
    element, _ = task(f'<bpmn:callActivity id="t" calledElement="q">{lines}</bpmn:callActivity>')
    assert (element.extras.all_in, element.extras.all_out, element.extras.inputs) == (False, True, (Mapped("=a", "b"),))


def test_a_process_that_does_not_say_whether_it_runs_is_taken_so() -> None:
    file = diagram(START + END + flows("s > e")).replace(b' isExecutable="true"', b"")
    assert [item.rule for item in bpmn.read({"p.bpmn": file}).findings] == ["read.executable"]


def test_a_global_task_is_a_process_of_one_task() -> None:
    diagrams = read(
        START + '<bpmn:callActivity id="t" calledElement="g"/>' + END + flows("s > t > e"),
        '<bpmn:globalUserTask id="g" name="Ask"/>',
    )
    assert [item.kind for item in diagrams.processes["g"].elements.values()] == ["userTask"]
    assert rules(diagrams) == {"read.global"}


def test_branches_without_a_gateway_are_told() -> None:
    diagrams = read(
        START + '<bpmn:task id="a"/><bpmn:task id="b"/><bpmn:task id="c"/>' + END + flows("s > a > b > e", "a > c > e")
    )
    assert {(item.rule, item.element) for item in diagrams.findings} == {("read.fork", "a"), ("read.merge", "e")}


POOLS = """<bpmn:collaboration id="c"><bpmn:participant id="pa" processRef="p"/><bpmn:participant id="pb" name="Black box"/>
<bpmn:messageFlow id="mf" name="Order" sourceRef="{source}" targetRef="{target}"/></bpmn:collaboration>"""
SEND = START + '<bpmn:sendTask id="t"/>' + END + flows("s > t > e")


def test_a_message_flow_names_the_message_of_its_ends() -> None:
    diagrams = read(SEND, POOLS.format(source="t", target="pb"))
    assert diagrams.processes["p"].elements["t"].trigger.message == "Order"
    assert rules(diagrams) == {"read.message"}


@pytest.mark.parametrize(
    ("source", "target", "rule"),
    [
        ("t", "lost", "message-flow.ends"),
        ("f-s-t", "pb", "message-flow.ends"),
        ("t", "pa", "message-flow.pools"),
        ("s", "pb", "message-flow.direction"),
        ("pb", "e", "message-flow.direction"),
    ],
)
def test_a_message_flow_must_lead_from_one_pool_to_another(source: str, target: str, rule: str) -> None:
    assert rule in rules(read(SEND, POOLS.format(source=source, target=target)))


def test_a_pool_names_a_process_of_the_file() -> None:
    assert "pool.process" in rules(
        read(SEND, '<bpmn:collaboration id="c"><bpmn:participant id="x" processRef="lost"/></bpmn:collaboration>')
    )


def test_an_id_that_stands_twice_in_the_file_is_told() -> None:
    other = (
        '<bpmn:process id="q" isExecutable="true">'
        + START
        + '<bpmn:endEvent id="z"/>'
        + flows("s > z")
        + "</bpmn:process>"
    )
    assert "element.id" in rules(read(SEND.replace("sendTask", "task"), other))


def test_a_reference_with_the_prefix_of_the_file_is_found() -> None:
    message = '<bpmn:message id="m" name="Order"/>'
    diagrams = read(
        SEND.replace('id="t"', 'id="t" messageRef="tns:m"').replace('sourceRef="s"', 'sourceRef="tns:s"'), message
    )
    assert diagrams.processes["p"].elements["t"].trigger.message == "Order"
    assert rules(diagrams) == set()
