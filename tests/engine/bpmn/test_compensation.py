"""Compensation and transactions (BPMN 2.0.2 §10.6, §13.5.5): what was completed is undone once, the latest first."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows, script, service, timer

THROW = '<bpmn:intermediateThrowEvent id="{}"><bpmn:compensateEventDefinition {}/></bpmn:intermediateThrowEvent>'
LOG = '=append(log, "{}")'


def undone(activity: str, handler: str = "", tag: str = "userTask") -> str:
    """A compensation boundary event at an activity and its handler ``u-…``, a ``tag`` or the XML given."""
    name = f"u-{activity}"
    event = f'<bpmn:boundaryEvent id="b-{activity}" attachedToRef="{activity}"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
    handler = handler or f'<bpmn:{tag} id="{name}"/>'
    handler = handler.replace(" id=", ' isForCompensation="true" id=', 1)
    return event + handler + f'<bpmn:association id="as-{activity}" sourceRef="b-{activity}" targetRef="{name}"/>'


def booked(*paths: str, throw: str = "", more: str = "", activities: str = "ab") -> bytes:
    tasks = "".join(
        script(name, LOG.format(name), "log") + undone(name, script(f"u-{name}", LOG.format(f"undo {name}"), "log"))
        for name in activities
    )
    return diagram(
        f'<bpmn:startEvent id="s"/>{tasks}{throw or THROW.format("t", "")}<bpmn:endEvent id="e"/>{more}' + flows(*paths)
    )


def test_completed_activities_are_undone_in_reverse_order() -> None:
    world = World(booked("s > a > b > t > e")).start(log=[])
    assert world.done
    assert world.data == {"log": ["a", "b", "undo b", "undo a"]}
    assert {"p/u-a", "p/b-a", "p/u-b", "p/b-b", "p/t"} <= world.execution.passed


def test_an_end_event_compensates_too() -> None:
    end = '<bpmn:endEvent id="t"><bpmn:compensateEventDefinition/></bpmn:endEvent>'
    assert World(booked("s > a > b > t", throw=end).replace(b'<bpmn:endEvent id="e"/>', b"")).start(log=[]).data == {
        "log": ["a", "b", "undo b", "undo a"]
    }


def test_only_the_named_activity_is_undone() -> None:
    world = World(booked("s > a > b > t > e", throw=THROW.format("t", 'activityRef="a"'))).start(log=[])
    assert world.data == {"log": ["a", "b", "undo a"]}


def test_what_was_not_completed_is_not_undone() -> None:
    assert World(booked("s > a > t > b > e")).start(log=[]).data == {"log": ["a", "undo a", "b"]}


def test_each_is_undone_once() -> None:
    more = THROW.format("t2", "")
    assert World(booked("s > a > b > t > t2 > e", more=more)).start(log=[]).data == {
        "log": ["a", "b", "undo b", "undo a"]
    }


def test_an_activity_that_ran_twice_is_undone_twice_with_its_own_variables() -> None:
    """The variables that the activity left are kept until it is compensated (§10.6.1)."""
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/><bpmn:exclusiveGateway id="g" default="f-g-t"/>'
        + script("a", "=n + 1", "n") + undone("a", service("u-a", "undo", "<zeebe:ioMapping><zeebe:input source='=n' target='n'/></zeebe:ioMapping>"))
        + THROW.format("t", "") + '<bpmn:endEvent id="e"/>' + flows("s > m > a > g", "g >[=n < 3] m", "g > t > e")
    )  # fmt: skip
    world = World(file).start(n=0)
    assert world.done
    assert [int(inputs["n"]) for _, inputs in world.called] == [3, 2, 1]
    assert world.data == {"n": 3}


def waiting() -> bytes:
    tasks = '<bpmn:userTask id="a"/><bpmn:userTask id="b"/>' + undone("a") + undone("b")
    return diagram(
        f'<bpmn:startEvent id="s"/>{tasks}{THROW.format("t", "")}<bpmn:userTask id="x"/><bpmn:endEvent id="e"/>'
        + flows("s > a > b > t > x > e")
    )


def test_handlers_may_wait_and_the_event_waits_for_them() -> None:
    world = World(waiting()).start().go("a", room=1).go("b", room=2)
    assert world.waiting == ["u-b"]
    (ref,) = world.waits
    assert world.execution.scope_of(ref)["room"] == 2
    world.go("u-b", freed=[2])
    (ref,) = world.waits
    assert world.execution.scope_of(ref)["room"] == 1
    assert world.go("u-a", note="ok").waiting == ["x"]
    assert world.data == {"room": 2, "freed": [2], "note": "ok"}
    assert world.go("x").done


def test_an_event_that_does_not_wait_goes_on_beside_the_handlers() -> None:
    file = waiting().replace(
        b"<bpmn:compensateEventDefinition /></bpmn:intermediateThrowEvent>",
        b'<bpmn:compensateEventDefinition waitForCompletion="false"/></bpmn:intermediateThrowEvent>',
    )
    world = World(file).start().go("a").go("b")
    assert world.waiting == ["u-b", "x"]
    assert not world.go("x").done
    world.go("u-b")
    assert world.waiting == ["u-a"]
    assert world.go("u-a", free=1).done
    assert world.data == {"free": 1}


def test_an_activity_that_was_interrupted_is_not_undone() -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:userTask id="a"/>' + undone("a") + THROW.format("t", "") + '<bpmn:endEvent id="e"/>'
        + f'<bpmn:boundaryEvent id="late" attachedToRef="a">{timer("Duration", "PT1H")}</bpmn:boundaryEvent>' + flows("s > a > e", "late > t > e")
    )  # fmt: skip
    world = World(file).start().fire()
    assert world.done
    assert "p/u-a" not in world.execution.passed


INSIDE = (
    '<bpmn:startEvent id="is"/>'
    + script("a", LOG.format("a"), "log")
    + undone("a", script("u-a", LOG.format("undo a"), "log"))
    + flows("is > a")
)


def around(inside: str, more: str = "") -> bytes:
    sub = f'<bpmn:subProcess id="sub">{inside}</bpmn:subProcess>'
    return diagram(
        f'<bpmn:startEvent id="s"/>{sub}{THROW.format("t", "")}<bpmn:endEvent id="e"/>{more}' + flows("s > sub > t > e")
    )


def test_a_completed_sub_process_is_undone_from_the_inside() -> None:
    assert World(around(INSIDE)).start(log=[]).data == {"log": ["a", "undo a"]}


def test_a_handler_at_the_sub_process_replaces_what_is_inside() -> None:
    assert World(around(INSIDE, undone("sub", script("u-sub", LOG.format("undo sub"), "log")))).start(log=[]).data == {
        "log": ["a", "undo sub"]
    }


BY_EVENT = '<bpmn:subProcess id="es" triggeredByEvent="true"><bpmn:startEvent id="es-s"><bpmn:compensateEventDefinition/></bpmn:startEvent>{}</bpmn:subProcess>'


def test_a_compensation_event_sub_process_decides_what_is_undone() -> None:
    """§10.6.1: it sees the variables of its parent at completion and may compensate the parent's activities."""
    plain = BY_EVENT.format(script("x", LOG.format("by event"), "log") + flows("es-s > x"))
    assert World(around(INSIDE + plain)).start(log=[]).data == {"log": ["a", "by event"]}
    recursive = BY_EVENT.format(
        script("x", LOG.format("by event"), "log") + THROW.format("again", "") + flows("es-s > x > again")
    )
    assert World(around(INSIDE + recursive)).start(log=[]).data == {"log": ["a", "by event", "undo a"]}


def test_an_event_in_a_sub_process_undoes_only_what_lies_there() -> None:
    inside = INSIDE + THROW.format("ti", "") + flows("a > ti")
    file = around(inside).replace(
        b'<bpmn:startEvent id="s"/>',
        (
            '<bpmn:startEvent id="s"/>'
            + script("o", LOG.format("o"), "log")
            + undone("o", script("u-o", LOG.format("undo o"), "log"))
        ).encode(),
    )
    file = file.replace(b'sourceRef="s" targetRef="sub"', b'sourceRef="s" targetRef="o"').replace(
        b"</bpmn:process>", flows("o > sub").encode() + b"</bpmn:process>"
    )
    file = file.replace(
        b'<bpmn:intermediateThrowEvent id="t"><bpmn:compensateEventDefinition /></bpmn:intermediateThrowEvent>',
        b'<bpmn:task id="t"/>',
    )
    assert World(file).start(log=[]).data == {"log": ["o", "a", "undo a"]}


def test_a_called_process_is_undone_too() -> None:
    call = extended('<zeebe:calledElement processId="q"/>')
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:callActivity id="c">{call}</bpmn:callActivity>{THROW.format("t", "")}'
        + flows("s > c > t")
    )
    assert World(file, more={"q.bpmn": diagram(INSIDE, process="q")}).start(log=[]).data == {"log": ["a", "undo a"]}


def test_every_instance_of_a_multi_instance_activity_is_undone() -> None:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true">'
        + extended('<zeebe:loopCharacteristics inputCollection="=rooms" inputElement="room"/>')
        + "</bpmn:multiInstanceLoopCharacteristics>"
    )
    task = script("a", "=append(log, room)", "log").replace("</bpmn:scriptTask>", loop + "</bpmn:scriptTask>")
    file = diagram(
        '<bpmn:startEvent id="s"/>'
        + task
        + undone("a", script("u-a", '=append(log, "-" + room)', "log"))
        + THROW.format("t", "")
        + flows("s > a > t")
    )
    assert World(file).start(rooms=["x", "y"], log=[]).data["log"] == ["x", "y", "-y", "-x"]


@pytest.mark.parametrize("rounds", [1, 50])
def test_the_state_holds_nothing_for_activities_without_a_handler(rounds: int) -> None:
    file = diagram(
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/><bpmn:userTask id="t"/>' + flows("s > m > t > m")
    )
    world = World(file).start(text="x" * 1000)
    for _ in range(rounds):
        world.go("t")
    assert world.execution._run.task_tree.internal_data == {}


def failing(tag: str, inside: str) -> bytes:
    """A sub-process that completes ``a`` and then fails; ``inside`` reacts."""
    fail = '<bpmn:endEvent id="f"><bpmn:errorEventDefinition errorRef="err"/></bpmn:endEvent>'
    sub = f'<bpmn:{tag} id="sub">{INSIDE}{fail}{flows("a > f")}{inside}</bpmn:{tag}>'
    error = '<bpmn:error id="err" errorCode="E"/>'
    return diagram(f'<bpmn:startEvent id="s"/>{sub}<bpmn:endEvent id="e"/>' + flows("s > sub > e"), more=error)


def test_an_error_event_sub_process_undoes_what_its_parent_completed() -> None:
    """§10.6: a throw event in an event sub-process compensates the activities of the parent."""
    handler = f'<bpmn:subProcess id="es" triggeredByEvent="true"><bpmn:startEvent id="ess"><bpmn:errorEventDefinition errorRef="err"/></bpmn:startEvent>{THROW.format("t", "")}{flows("ess > t")}</bpmn:subProcess>'
    world = World(failing("subProcess", handler)).start(log=[])
    assert world.done
    assert world.data == {"log": ["a", "undo a"]}


def test_a_handler_that_fails_is_caught_around_it() -> None:
    """A handler may fail like any activity: the error goes up from the event that compensates."""
    fail = (
        '<bpmn:subProcess id="u-a"><bpmn:startEvent id="us"/><bpmn:endEvent id="uf"><bpmn:errorEventDefinition errorRef="err"/></bpmn:endEvent>'
        + flows("us > uf")
        + "</bpmn:subProcess>"
    )
    inside = (
        '<bpmn:startEvent id="is"/><bpmn:task id="a"/>'
        + undone("a", fail)
        + THROW.format("t", "")
        + flows("is > a > t")
    )
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:subProcess id="sub">{inside}</bpmn:subProcess><bpmn:boundaryEvent id="b" attachedToRef="sub"><bpmn:errorEventDefinition errorRef="err"/></bpmn:boundaryEvent>'
        '<bpmn:userTask id="look"/>' + flows("s > sub", "b > look"),
        more='<bpmn:error id="err" errorCode="E"/>',
    )  # fmt: skip
    assert World(file).start().waiting == ["look"]


def test_handlers_run_after_a_reload_of_the_state_in_between() -> None:
    world = World(waiting()).start().go("a").go("b")
    again = World(waiting())
    again.state, again.waits = world.state, dict(world.waits)
    assert again.go("u-b").waiting == ["u-a"]
    assert again.go("u-a").waiting == ["x"]


def test_what_branches_completed_is_undone_in_the_order_of_time() -> None:
    tasks = '<bpmn:userTask id="a"/><bpmn:userTask id="b"/>' + undone("a") + undone("b")
    file = diagram(
        f'<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>{tasks}{THROW.format("t", "")}<bpmn:endEvent id="e"/>'
        + flows("s > f > a > j > t > e", "f > b > j")
    )  # fmt: skip
    for first, second in ("ab", "ba"):
        world = World(file).start().go(first).go(second)
        assert world.waiting == [f"u-{second}"]
        assert world.go(f"u-{second}").waiting == [f"u-{first}"]
        assert world.go(f"u-{first}").done
