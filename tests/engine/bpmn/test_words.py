"""What findings and failures say, and where they point (issue 5, messages)."""

from loopdesk.engine import bpmn, trial
from loopdesk.tests.engine.bpmn import support_rules
from loopdesk.tests.engine.drawing import coded, diagram, flows


def test_an_error_that_nothing_catches_is_said_without_a_gap() -> None:
    body = f'<bpmn:startEvent id="s"/><bpmn:endEvent id="e">{coded("error", "x")}</bpmn:endEvent>' + flows("s > e")
    file = diagram(body, more='<bpmn:error id="e-x" errorCode="x"/>')
    shown = trial.run({"p.bpmn": file}, "p.bpmn", trial.Order()).as_json()["error"]
    assert shown["message"] == "The error “x” was thrown and nothing catches it."


def test_a_message_that_a_message_flow_names_is_told_at_its_task() -> None:
    files = support_rules.pools(support_rules.flow("u", "theirs"))
    (found,) = [item for item in bpmn.read(files).findings if item.rule == "read.message"]
    assert found.element == "u"
    assert found.as_json()["message"] == "The event or task names no message; the message flow “order” does."


def test_what_another_tool_says_of_a_loop_is_told_at_its_activity() -> None:
    many = '<bpmn:multiInstanceLoopCharacteristics xmlns:c="http://camunda.org/schema/1.0/bpmn" c:collection="items"/>'
    files = support_rules.task("userTask", "", many)
    (found,) = [item for item in bpmn.read(files).findings if item.rule == "read.dialect"]
    assert found.element == "t"
