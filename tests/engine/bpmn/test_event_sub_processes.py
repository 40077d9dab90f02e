"""Event sub-processes and conditional events (BPMN 2.0.2 §10.3.5, §10.5.5, §13.3.4)."""
# ruff: noqa: E501 - one diagram a line reads better

from datetime import timedelta

import pytest

from loopdesk.engine.errors import Conflict
from loopdesk.tests.engine.bpmn.world import START as MORNING
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import (
    catch,
    coded,
    condition,
    diagram,
    event_sub,
    extended,
    flows,
    inputs,
    message,
    script,
    service,
    timer,
)

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
SIGNALS = '<bpmn:signal id="s-news" name="news"/><bpmn:signal id="s-late" name="late"/>'
HINT = message("hint")


def handled(definition: str, *, interrupting: bool) -> bytes:
    """A script, a task, and an event sub-process of the process with a task of its own."""
    handler = event_sub("h", definition, '<bpmn:userTask id="react"/>', "react", interrupting=interrupting)
    body = START + script("calc", "=1", "x") + '<bpmn:userTask id="u"/>' + END + flows("s > calc > u > e")
    return diagram(body + handler, messages=("hint",), more=SIGNALS)


TRIGGERS = {
    "message": HINT,
    "signal": coded("signal", "news"),
    "timer": timer("Duration", "PT1H"),
}


@pytest.mark.parametrize("kind", TRIGGERS)
def test_an_interrupting_event_takes_the_place_of_all_that_runs(kind: str) -> None:
    world = World(handled(TRIGGERS[kind], interrupting=True)).start()
    assert world.waiting == ["h-start", "u"]
    assert world.go("h-start", why="now").waiting == ["react"]
    assert world.data == {"x": 1, "why": "now"}
    assert world.go("react").done
    assert world.waiting == []


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_an_event_beside_comes_as_often_as_it_likes_while_the_scope_runs(kind: str) -> None:
    world = World(handled(TRIGGERS[kind], interrupting=False)).start().go("h-start", a=1).go("h-start", b=2)
    assert world.waiting == ["h-start", "react", "react", "u"]
    assert not world.go("u", c=3).done
    assert not world.go("react").done
    assert world.go("react").done
    assert world.waiting == []
    assert world.data == {"x": 1, "a": 1, "b": 2, "c": 3}


def test_a_timer_beside_comes_once_and_a_cycle_again() -> None:
    world = World(handled(TRIGGERS["timer"], interrupting=False)).start().fire()
    assert world.waiting == ["react", "u"]
    world = World(handled(timer("Cycle", "R2/PT1H"), interrupting=False)).start().fire().fire()
    assert world.now == MORNING + timedelta(hours=2)
    assert world.waiting == ["react", "react", "u"]


def test_the_scope_ends_with_its_last_token_and_takes_the_event_back() -> None:
    world = World(handled(TRIGGERS["timer"], interrupting=True)).start().go("u")
    assert world.done
    assert world.due == {}


def test_a_handler_sees_what_parallel_branches_wrote_and_what_both_wrote_differently_is_told() -> None:
    body = (
        START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="a2"/><bpmn:userTask id="b"/><bpmn:userTask id="b2"/>'
        + flows("s > f > a > a2", "f > b > b2") + event_sub("h", HINT, '<bpmn:userTask id="react"/>', "react")
    )  # fmt: skip
    file = diagram(body, messages=("hint",))
    world = World(file).start().go("a", one=1).go("b", two=2).go("h-start")
    assert world.data == {"one": 1, "two": 2}
    world = World(file).start().go("a", one=1).go("b", one=2)
    with pytest.raises(Conflict):
        world.go("h-start")


def test_a_handler_of_a_called_process_listens_only_while_it_is_called() -> None:
    called = diagram(
        START
        + '<bpmn:userTask id="u"/>'
        + END
        + flows("s > u > e")
        + event_sub("h", HINT, '<bpmn:userTask id="react"/>', "react"),
        process="q",
        messages=("hint",),
    )
    calls = diagram(
        START + '<bpmn:userTask id="before"/>' + f"""<bpmn:callActivity id="call">{extended('<zeebe:calledElement processId="q"/>')}</bpmn:callActivity>"""
        + '<bpmn:userTask id="after"/>' + flows("s > before > call > after")
    )  # fmt: skip
    world = World(calls, more={"q.bpmn": called}).start()
    assert world.waiting == ["before"]
    assert world.go("before").waiting == ["h-start", "u"]
    assert world.go("h-start", done=True).go("react").waiting == ["after"]
    assert world.data == {"done": True}


# --- conditions -----------------------------------------------------------------------------------------------------


def test_a_condition_that_is_true_already_lets_the_token_pass() -> None:
    file = diagram(START + catch("c", condition("=x > 1")) + END + flows("s > c > e"))
    assert World(file).start(x=2).done
    assert World(file).start(x=1).waiting == []
    assert World(file).start(x=1).execution.waiting == ["p/c"]


def test_a_condition_looks_at_what_a_parallel_branch_writes() -> None:
    file = diagram(
        START + '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/><bpmn:userTask id="u"/><bpmn:userTask id="v"/>'
        + catch("c", condition("=x > 1")) + script("calc", "=x * 2", "twice") + END + flows("s > f > u > v > j > e", "f > c > calc > j")
    )  # fmt: skip
    world = World(file).start(x=0).go("u", x=5)
    assert world.execution.waiting == ["p/v"]
    assert world.go("v", x=6).done
    assert world.data == {"x": 6, "twice": 10}


def test_a_condition_beside_an_activity_comes_each_time_that_it_becomes_true() -> None:
    file = diagram(
        START + '<bpmn:userTask id="u"/><bpmn:parallelGateway id="f"/><bpmn:userTask id="set"/><bpmn:exclusiveGateway id="m"/>'
        f'<bpmn:boundaryEvent id="b" attachedToRef="u" cancelActivity="false">{condition("=x > 1")}</bpmn:boundaryEvent><bpmn:userTask id="seen"/>'
        + END + flows("s > f > u > e", "f > m > set > m", "b > seen")
    )  # fmt: skip
    world = World(file).start(x=0).go("set", x=2)
    assert world.waiting == ["seen", "set", "u"]
    assert world.go("set", x=3).waiting == ["seen", "set", "u"], "it stayed true"
    assert world.go("set", x=0).go("set", x=9).waiting == ["seen", "seen", "set", "u"]


def test_a_condition_on_facts_of_the_case_is_looked_at_in_each_step() -> None:
    file = diagram(
        START
        + '<bpmn:userTask id="u"/>'
        + END
        + flows("s > u > e")
        + event_sub("h", condition('=case.priority = "P0"'), '<bpmn:userTask id="react"/>', "react")
    )
    world = World(file).start()
    world.case["priority"] = "P0"
    ref = next(iter(world.waits))
    assert world.waits[ref] == ("person", "u")
    world.go("u")
    assert world.waiting == ["react"], "it was true before the process came to its end"


def test_a_conditional_event_sub_process_interrupts() -> None:
    body = (
        START
        + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="u"/><bpmn:userTask id="v"/>'
        + flows("s > f > u > v", "f > v")
        + event_sub("h", condition("=stop = true"), '<bpmn:userTask id="react"/>', "react")
    )
    world = World(diagram(body)).start().go("u", stop=True)
    assert world.waiting == ["react"]
    assert world.data == {"stop": True}


def test_what_several_beside_each_other_carry_stays_apart_where_outputs_say_what_goes_out() -> None:
    """§10.3.5: each has the payload that began it, however often another one begins or the scope goes on."""
    steps = '<bpmn:userTask id="react"/>' + service("say", "say", inputs(who="=who")) + flows("react > say")
    handler = event_sub("h", HINT, steps, "react", interrupting=False)
    outputs = extended('<zeebe:ioMapping><zeebe:output source="=true" target="heard"/></zeebe:ioMapping>')
    handler = handler.replace('triggeredByEvent="true">', f'triggeredByEvent="true">{outputs}', 1)
    body = START + '<bpmn:userTask id="u"/><bpmn:userTask id="v"/>' + END + flows("s > u > v > e")
    world = World(diagram(body + handler, messages=("hint",))).start()
    world.go("h-start", who="a").go("h-start", who="b").go("u", c=1).go("h-start", who="a")
    world.go("react").go("react").go("react")
    assert world.called == [("say", {"who": who}) for who in ("a", "b", "a")]
    assert world.go("v").done
    assert world.data == {"c": 1, "heard": True}
