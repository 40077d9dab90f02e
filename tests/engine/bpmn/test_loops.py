"""Standard loops and multi-instance activities (BPMN 2.0.2 §13.3.6, §13.3.7; Camunda 8's names of variables)."""
# ruff: noqa: E501 - one diagram a line reads better

from decimal import Decimal
from typing import Any

import pytest

from loopdesk.engine import bpmn
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows, script, service, timer


def one(task: str, more: str = "") -> bytes:
    return diagram(f'<bpmn:startEvent id="s"/>{task}<bpmn:endEvent id="e"/>' + flows("s > t > e") + more)


def looped(condition: str = "", attributes: str = "", kind: str = "userTask") -> bytes:
    inner = f"<bpmn:loopCondition>{condition}</bpmn:loopCondition>" if condition else ""
    loop = f"<bpmn:standardLoopCharacteristics {attributes}>{inner}</bpmn:standardLoopCharacteristics>"
    return one(f'<bpmn:{kind} id="t">{loop}</bpmn:{kind}>')


def many(settings: str = "", attributes: str = "", parts: str = "", kind: str = "userTask", inside: str = "") -> str:
    said = extended(f"<zeebe:loopCharacteristics {settings}/>") if settings else ""
    loop = f"<bpmn:multiInstanceLoopCharacteristics {attributes}>{said}{parts}</bpmn:multiInstanceLoopCharacteristics>"
    return f'<bpmn:{kind} id="t">{inside}{loop}</bpmn:{kind}>'


EACH = 'inputCollection="=people" inputElement="person" outputCollection="votes" outputElement="=vote"'
UNTIL = "<bpmn:completionCondition>{}</bpmn:completionCondition>"


def test_a_standard_loop_runs_as_long_as_its_condition_is_true() -> None:
    world = World(looped("=n &lt; 3")).start(n=1)
    assert world.go("t", n=2).waiting == ["t"]
    assert world.go("t", n=3).done
    assert world.data == {"n": 3}


def test_a_condition_before_the_first_round_may_skip_it() -> None:
    world = World(looped("=n &lt; 3", 'testBefore="true"'))
    assert world.start(n=3).done
    assert world.start(n=2).waiting == ["t"]


def test_a_maximum_ends_the_loop_and_the_counter_is_seen() -> None:
    world = World(looped("", 'loopMaximum="3"')).start()
    assert world.go("t").go("t").waiting == ["t"]
    assert world.go("t").done
    assert world.data == {}


def test_each_round_sees_its_number() -> None:
    loop = '<bpmn:standardLoopCharacteristics loopMaximum="3"/>'
    task = script("t", "=append(seen, loopCounter)", "seen").replace("</bpmn:scriptTask>", loop + "</bpmn:scriptTask>")
    assert World(one(task)).start(seen=[]).data == {"seen": [1, 2, 3]}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_instances_side_by_side_collect_their_results_in_the_order_of_the_items(order: tuple[int, ...]) -> None:
    world = World(one(many(EACH))).start(people=["a", "b", "c"])
    assert world.waiting == ["t", "t", "t"]
    refs = sorted(world.waits, key=int)
    seen = [world.execution.scope_of(ref)["person"] for ref in refs]
    assert seen == ["a", "b", "c"]
    for index in order:
        assert not world.done
        world.resume(refs[index], vote=seen[index].upper())
    assert world.done
    assert world.data == {"people": ["a", "b", "c"], "votes": ["A", "B", "C"]}


def test_instances_one_after_the_other() -> None:
    world = World(one(many(EACH, 'isSequential="true"'))).start(people=["a", "b"])
    for name in ("a", "b"):
        (ref,) = world.waits
        assert world.execution.scope_of(ref)["person"] == name
        world.go("t", vote=name, last=name)
    assert world.done
    assert world.data == {"people": ["a", "b"], "votes": ["a", "b"], "last": "b"}


@pytest.mark.parametrize("attributes", ["", 'isSequential="true"'])
def test_an_empty_collection_runs_nothing_and_collects_nothing(attributes: str) -> None:
    assert World(one(many(EACH, attributes))).start(people=[]).data == {"people": [], "votes": []}


@pytest.mark.parametrize("text", ["3", "=n"])
def test_a_number_of_instances(text: str) -> None:
    parts = f"<bpmn:loopCardinality>{text}</bpmn:loopCardinality>"
    world = World(one(many(parts=parts))).start(n=3)
    assert world.waiting == ["t", "t", "t"]
    assert world.go("t").go("t").waiting == ["t"]
    assert world.go("t").done


def test_a_completion_condition_ends_the_rest() -> None:
    parts = UNTIL.format(
        "=numberOfCompletedInstances &gt;= 2 and numberOfInstances = 3 and numberOfActiveInstances = 1"
    )
    world = World(one(many(EACH, parts=parts))).start(people=["a", "b", "c"]).go("t", vote=1)
    assert not world.done
    assert world.go("t", vote=2).done
    assert world.waiting == []
    assert world.data["votes"] == [1, 2, None]


def test_a_completion_condition_ends_a_sequence() -> None:
    world = World(one(many(EACH, 'isSequential="true"', UNTIL.format('=vote = "no"')))).start(people=["a", "b", "c"])
    assert world.go("t", vote="yes").waiting == ["t"]
    assert world.go("t", vote="no").done


def test_what_instances_write_besides_is_merged_and_a_conflict_shows_both_values() -> None:
    """Parallel branches never lose data: a real conflict is an incident that shows both values."""
    world = World(one(many(EACH))).start(people=["a", "b"], log=[])
    world.go("t", vote=1, log=["a"], seen=True).go("t", vote=2, log=["b"], seen=True)
    assert world.data == {"people": ["a", "b"], "votes": [1, 2], "log": ["a", "b"], "seen": True}
    world = World(one(many(EACH))).start(people=["a", "b"]).go("t", note="x")
    with pytest.raises(Conflict) as caught:
        world.go("t", note="y")
    assert {caught.value.params["first"], caught.value.params["second"]} == {"x", "y"}


def test_the_variable_of_an_item_does_not_replace_one_outside() -> None:
    world = World(one(many(EACH))).start(people=["a"], person="outside", vote=0).go("t", vote=1)
    assert world.data == {"people": ["a"], "person": "outside", "vote": 0, "votes": [1]}


def test_operations_are_called_once_per_item() -> None:
    task = service("t", "mail", "<zeebe:ioMapping><zeebe:input source='=person' target='to'/></zeebe:ioMapping>")
    loop = f'<bpmn:multiInstanceLoopCharacteristics isSequential="true">{extended(f"<zeebe:loopCharacteristics {EACH}/>")}</bpmn:multiInstanceLoopCharacteristics>'
    world = World(one(task.replace("</bpmn:serviceTask>", loop + "</bpmn:serviceTask>")))
    world.operations["mail"] = lambda to: {"vote": to * 2}
    assert world.start(people=["a", "b"]).data["votes"] == ["aa", "bb"]
    assert world.called == [("mail", {"to": "a"}), ("mail", {"to": "b"})]


def test_a_sub_process_per_item_with_a_boundary_event_that_ends_them_all() -> None:
    inside = '<bpmn:startEvent id="is"/><bpmn:userTask id="x"/><bpmn:endEvent id="ie"/>' + flows("is > x > ie")
    late = f'<bpmn:boundaryEvent id="late" attachedToRef="t">{timer("Duration", "PT1H")}</bpmn:boundaryEvent><bpmn:userTask id="chase"/>'
    file = one(many(EACH, kind="subProcess", inside=inside), late + flows("late > chase"))
    world = World(file).start(people=["a", "b"])
    assert world.waiting == ["late", "x", "x"]
    assert world.go("x", vote=1).go("x", vote=2).done
    assert world.data["votes"] == [1, 2]
    world = World(file).start(people=["a", "b"]).go("x", vote=1, seen=1).fire()
    assert world.waiting == ["chase"]
    assert world.data == {"people": ["a", "b"], "seen": 1}


def test_a_called_process_per_item() -> None:
    callee = diagram(
        '<bpmn:startEvent id="s"/>' + script("x", '=person + "!"', "vote") + flows("s > x"), process="callee"
    )
    task = many(EACH, kind="callActivity", inside=extended('<zeebe:calledElement processId="callee"/>'))
    assert World(one(task), more={"q.bpmn": callee}).start(people=["a", "b"]).data["votes"] == ["a!", "b!"]


def test_loops_inside_each_other() -> None:
    inner = many(
        'inputCollection="=row" inputElement="cell" outputCollection="sums" outputElement="=cell * 2"', kind="task"
    ).replace('"t"', '"x"')
    inside = '<bpmn:startEvent id="is"/>' + inner + flows("is > x")
    outer = many(
        'inputCollection="=rows" inputElement="row" outputCollection="all" outputElement="=sums"',
        kind="subProcess",
        inside=inside,
    )
    assert World(one(outer)).start(rows=[[1, 2], [3]]).data == {
        "rows": [[1, 2], [3]],
        "all": [[Decimal(2), Decimal(4)], [Decimal(6)]],
    }


@pytest.mark.parametrize("people", [None, "a", {"x": 1}])
def test_a_collection_that_is_no_list_is_refused(people: Any) -> None:
    with pytest.raises(Invalid, match="not a list") as caught:
        World(one(many(EACH))).start(people=people)
    assert caught.value.place == "p/t"


@pytest.mark.parametrize("number", ["=-1", "=1.5", '="x"', "=true", "=null"])
def test_a_number_of_instances_that_is_none_is_refused(number: str) -> None:
    parts = f"<bpmn:loopCardinality>{number}</bpmn:loopCardinality>"
    with pytest.raises(Invalid):
        World(one(many(parts=parts))).start()


def test_loops_that_say_nothing_or_no_feel_are_refused() -> None:
    def rules(file: bytes) -> list[str]:
        return [finding.rule for finding in bpmn.read({"p.bpmn": file}).findings]

    assert rules(looped()) == ["draft.loop"]
    assert rules(one(many())) == ["draft.loop"]
    assert rules(looped("=1 +")) == ["feel.syntax"]
    assert rules(looped("not done yet")) == ["draft.loop"]
    assert rules(one(many(EACH, 'behavior="One"'))) == ["draft.behavior"]
    assert rules(one(many(EACH.replace('"person"', '"case"')))) == ["mapping.target"]


def test_the_state_of_a_long_sequence_does_not_grow() -> None:
    world = World(one(many('inputCollection="=people" inputElement="person"', 'isSequential="true"'))).start(
        people=list(range(500))
    )
    first = len(world.state)
    for number in range(400):
        world.go("t", n=number)
    assert len(world.state) <= first + 40
    assert len(world.execution._run.tasks) == 3


def behaving(attributes: str, parts: str = "", *, cancel: str = "false") -> bytes:
    escalation = '<bpmn:escalation id="esc" escalationCode="one-done"/><bpmn:escalationEventDefinition id="thrown" escalationRef="esc"/>'
    caught = f'<bpmn:boundaryEvent id="b" attachedToRef="t" cancelActivity="{cancel}"><bpmn:escalationEventDefinition escalationRef="esc"/></bpmn:boundaryEvent><bpmn:userTask id="look"/>'
    body = f'<bpmn:startEvent id="s"/>{many(EACH, attributes, parts)}<bpmn:endEvent id="e"/>{caught}' + flows(
        "s > t > e", "b > look"
    )
    return diagram(body, more=escalation)


@pytest.mark.parametrize(("behavior", "looks"), [("None", 2), ("One", 1)])
def test_instances_throw_an_event_when_they_complete(behavior: str, looks: int) -> None:
    """BPMN 2.0.2 §10.3.6: behavior None throws for each instance, One for the first."""
    world = World(behaving(f'behavior="{behavior}" {behavior.lower()}BehaviorEventRef="thrown"')).start(
        people=["a", "b"]
    )
    assert world.go("t", vote=1).waiting == ["look", "t"]
    world.go("t", vote=2)
    assert world.waiting == ["look"] * looks
    assert world.data["votes"] == [1, 2]


def test_a_condition_decides_which_instances_throw() -> None:
    event = '<bpmn:event id="ev"><bpmn:escalationEventDefinition escalationRef="esc"/></bpmn:event>'
    parts = f'<bpmn:complexBehaviorDefinition id="cb"><bpmn:condition>=vote = "no"</bpmn:condition>{event}</bpmn:complexBehaviorDefinition>'
    world = World(behaving('behavior="Complex"', parts)).start(people=["a", "b"])
    assert world.go("t", vote="yes").waiting == ["t"]
    assert world.go("t", vote="no").waiting == ["look"]


def test_an_event_of_an_instance_may_interrupt_the_others() -> None:
    world = World(behaving('behavior="One" oneBehaviorEventRef="thrown"', cancel="true")).start(people=["a", "b"])
    assert world.go("t", vote=1, seen=1).waiting == ["look"]
    assert world.data["seen"] == 1


def test_the_collection_of_another_tool_is_read() -> None:
    """Camunda 7 and its kin: ``camunda:collection``, ``camunda:elementVariable`` and ``nrOf…``."""
    attributes = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:collection="${people}" camunda:elementVariable="person"'
    parts = UNTIL.format("${nrOfCompletedInstances == 2 &amp;&amp; nrOfInstances == 3}")
    world = World(one(many("", attributes, parts))).start(people=["a", "b", "c"])
    assert [world.execution.scope_of(ref)["person"] for ref in sorted(world.waits, key=int)] == ["a", "b", "c"]
    assert not world.go("t").done
    assert world.go("t").done
