"""Tasks, sub-processes and call activities: what goes in, what comes out (Camunda 8's variable mappings)."""
# ruff: noqa: E501 - one diagram a line reads better

from decimal import Decimal
from typing import Any

import pytest

from loopdesk.engine import bpmn
from loopdesk.engine.bpmn.expressions import FeelEngine
from loopdesk.engine.bpmn.run import MAX_STEPS
from loopdesk.engine.errors import Invalid, Refused
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows, inputs, script, service, timer


def outputs(**values: str) -> str:
    lines = "".join(f'<zeebe:output source="{text}" target="{name}"/>' for name, text in values.items())
    return f"<zeebe:ioMapping>{lines}</zeebe:ioMapping>"


def one(task: str) -> bytes:
    return diagram(f'<bpmn:startEvent id="s"/>{task}<bpmn:endEvent id="e"/>' + flows("s > t > e"))


def test_an_operation_gets_its_inputs_and_its_result_becomes_variables() -> None:
    world = World(one(service("t", "case.find", inputs(level="=n + 1", word="plain"))))
    world.operations["case.find"] = lambda level, word: {"found": f"{word} {level}"}
    assert world.start(n=1).data == {"n": 1, "found": "plain 2"}


def test_output_mappings_pick_from_the_result_and_nest() -> None:
    world = World(one(service("t", "op", outputs(**{"who.name": "=owner", "who.n": "=n"}))))
    world.operations["op"] = lambda: {"owner": "Ann", "secret": "x"}
    assert world.start(n=1, who={"id": 7}).data == {"n": 1, "who": {"id": 7, "name": "Ann", "n": Decimal(1)}}


def test_an_effect_waits_for_its_result() -> None:
    world = World(one(service("t", "crm.push", inputs(number="=case.number"))))
    world.effects.add("crm.push")
    world.start()
    assert world.called == [("crm.push", {"number": "L-1"})]
    assert world.waiting == ["t"]
    assert world.go("t", external="X-1").data == {"external": "X-1"}


def test_facts_are_read_when_the_expression_is_evaluated() -> None:
    """Architecture §3: operations alone change the case, and the next element sees it."""
    world = World(
        diagram(
            '<bpmn:startEvent id="s"/>' + service("t", "raise") + script("u", "=case.priority", "seen")
            + '<bpmn:endEvent id="e"/>' + flows("s > t > u > e")
        )
    )  # fmt: skip

    def raised() -> dict[str, Any]:
        world.case["priority"] = "P0"
        return {}

    world.operations["raise"] = raised
    assert world.start().data == {"seen": "P0"}


def test_a_decision_writes_its_result_variable_or_spreads_its_context() -> None:
    named = '<zeebe:calledDecision decisionId="d" resultVariable="outcome"/>'
    world = World(one(f'<bpmn:businessRuleTask id="t">{extended(named)}</bpmn:businessRuleTask>'))
    world.decisions["d"] = {"priority": "P1", "reason": "vip"}
    assert world.start().data == {"outcome": {"priority": "P1", "reason": "vip"}}
    spread = '<zeebe:calledDecision decisionId="d"/>'
    world = World(one(f'<bpmn:businessRuleTask id="t">{extended(spread)}</bpmn:businessRuleTask>'))
    world.decisions["d"] = {"priority": "P1", "reason": "vip"}
    assert world.start().data == {"priority": "P1", "reason": "vip"}


def test_a_step_that_fails_names_the_element() -> None:
    world = World(one(service("t", "op", inputs(n="=1"))))

    def fails(n: int) -> dict[str, Any]:
        raise Refused("no")

    world.operations["op"] = fails
    with pytest.raises(Refused) as caught:
        world.start()
    assert caught.value.place == "p/t"


SUB = diagram(
    '<bpmn:startEvent id="s"/><bpmn:subProcess id="sub">EXT<bpmn:startEvent id="is"/><bpmn:userTask id="x"/>'
    '<bpmn:endEvent id="ie"/>' + flows("is > x > ie") + '</bpmn:subProcess><bpmn:userTask id="after"/>'
    '<bpmn:endEvent id="e"/>' + flows("s > sub > after > e")
).decode()  # fmt: skip


def test_a_sub_process_works_on_the_same_variables() -> None:
    world = World(SUB.replace("EXT", "").encode()).start(n=1).go("x", m=2)
    assert world.waiting == ["after"]
    assert world.data == {"n": 1, "m": 2}


def test_inputs_of_a_sub_process_stay_inside() -> None:
    world = World(SUB.replace("EXT", extended(inputs(n="=n + 1", local="=5"))).encode()).start(n=1)
    assert world.data == {"n": Decimal(2), "local": Decimal(5)}
    assert world.go("x", m=2).data == {"n": 1, "m": 2}


def test_outputs_of_a_sub_process_are_all_that_leaves_it() -> None:
    world = World(SUB.replace("EXT", extended(outputs(result="=m"))).encode()).start(n=1).go("x", m=2, k=3)
    assert world.data == {"n": 1, "result": Decimal(2)}


CALLEE = diagram(
    '<bpmn:startEvent id="s"/><bpmn:userTask id="x"/><bpmn:endEvent id="e"/>' + flows("s > x > e"), process="callee"
)


def caller(attributes: str = "", mapping: str = "") -> bytes:
    called = extended(f'<zeebe:calledElement processId="callee" {attributes}/>{mapping}')
    return diagram(
        f'<bpmn:startEvent id="s"/><bpmn:callActivity id="call">{called}</bpmn:callActivity><bpmn:endEvent id="e"/>'
        + flows("s > call > e")
    )


def test_a_call_activity_runs_another_diagram_of_the_folder() -> None:
    world = World(caller(), more={"q.bpmn": CALLEE}).start(n=1)
    assert world.execution.waiting == ["callee/x"]
    assert world.go("x", m=2).done
    assert world.data == {"n": 1, "m": 2}


def test_a_call_activity_may_hand_over_only_what_is_mapped() -> None:
    only = 'propagateAllParentVariables="false" propagateAllChildVariables="false"'
    mapping = '<zeebe:ioMapping><zeebe:input source="=n" target="k"/><zeebe:output source="=m" target="result"/></zeebe:ioMapping>'
    world = World(caller(only, mapping), more={"q.bpmn": CALLEE}).start(n=1)
    assert world.data == {"k": Decimal(1)}
    assert world.go("x", m=2, z=3).data == {"n": 1, "result": Decimal(2)}


def test_two_calls_of_one_process_run_side_by_side() -> None:
    call = extended('<zeebe:calledElement processId="callee"/>')
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/>'
        f'<bpmn:callActivity id="c1">{call}</bpmn:callActivity><bpmn:callActivity id="c2">{call}</bpmn:callActivity>'
        '<bpmn:parallelGateway id="j"/><bpmn:endEvent id="e"/>' + flows("s > f > c1 > j > e", "f > c2 > j")
    )
    world = World(file, more={"q.bpmn": CALLEE}).start()
    assert world.waiting == ["x", "x"]
    assert not world.go("x", a=1).done
    assert world.go("x", b=2).done
    assert world.data == {"a": 1, "b": 2}


def test_python_in_a_script_task_never_runs(tmp_path: Any) -> None:
    """Trap "security" of SpiffWorkflow 3.2.0: its own engine runs ``import os`` from a diagram."""
    victim = tmp_path / "victim"
    code = f"import os; open('{victim}', 'w').write('x')"
    task = f'<bpmn:scriptTask id="t"><bpmn:script>{code}</bpmn:script></bpmn:scriptTask>'
    findings = bpmn.read({"p.bpmn": one(task)}).findings
    assert [finding.rule for finding in findings] == ["draft.script"]
    engine = FeelEngine()
    with pytest.raises(Refused):
        engine.execute(None, code)
    with pytest.raises(Refused):
        engine.environment.execute(code, {})
    with pytest.raises(Refused):
        engine.call_service(None)
    with pytest.raises(Invalid):
        engine.environment.evaluate(f"__import__('os').system('touch {victim}')", {})
    assert not victim.exists()


def test_an_endless_loop_is_stopped_by_a_stated_limit() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/>' + script("t", "=1", "n") + flows("s > m > t > m")
    )
    with pytest.raises(Refused, match=str(MAX_STEPS)) as caught:
        World(file).start()
    assert caught.value.place.startswith("p/")


def test_a_loop_of_five_thousand_rounds_ends_right() -> None:
    """Trap "depth" of SpiffWorkflow 3.2.0: after 333 rounds it stopped and said it was completed."""
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/><bpmn:exclusiveGateway id="g" default="f-g-e"/>'
        + script("t", "=n + 1", "n")
        + '<bpmn:endEvent id="e"/>'
        + flows("s > m > t > g", "g >[=n < 5000] m", "g > e")
    )
    world = World(file).start(n=0)
    assert world.done
    assert world.data == {"n": 5000}


BESIDE = diagram(
    '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:subProcess id="sub">'
    + extended(inputs(local="=n + 1"))
    + '<bpmn:startEvent id="is"/><bpmn:userTask id="x"/><bpmn:endEvent id="ie"/>'
    + flows("is > x > ie")
    + '</bpmn:subProcess><bpmn:userTask id="y"/><bpmn:endEvent id="e1"/><bpmn:endEvent id="e2"/>'
    + flows("s > f > sub > e1", "f > y > e2")
)


@pytest.mark.parametrize("order", ["xy", "yx"])
def test_what_ends_beside_a_sub_process_is_kept_and_its_inputs_are_not(order: str) -> None:
    world = World(BESIDE).start(n=1)
    answers = {"x": {"inside": 2}, "y": {"beside": 3}}
    for name in order:
        world.go(name, **answers[name])
    assert world.done
    assert world.data == {"n": 1, "inside": 2, "beside": 3}


def test_an_input_of_a_sub_process_survives_a_reload() -> None:
    world = World(BESIDE).start(n=1)
    ref = next(ref for ref, (_, at) in world.waits.items() if at == "x")
    assert world.execution.scope_of(ref)["local"] == Decimal(2)
    assert world.go("y", beside=3).execution.scope_of(ref)["beside"] == 3


def test_what_was_written_in_a_sub_process_is_kept_when_an_event_interrupts_it() -> None:
    late = '<bpmn:boundaryEvent id="late" attachedToRef="sub">' + timer("Duration", "PT1H") + "</bpmn:boundaryEvent>"
    inside = '<bpmn:startEvent id="is"/><bpmn:userTask id="x"/><bpmn:userTask id="y"/>' + flows("is > x > y")
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:subProcess id="sub">{inside}</bpmn:subProcess>{late}<bpmn:userTask id="look"/>'
        + flows("s > sub", "late > look")
    )
    world = World(file).start(n=1).go("x", m=2).fire()
    assert world.waiting == ["look"]
    assert world.data == {"n": 1, "m": 2}
