"""Tokens are moved, cancelled and started, variables edited: previewed, at once, and written down (issue 4)."""

from datetime import date
from typing import Any

import pytest

from loopdesk.engine import events, instances, modification, timers, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Conflict, Invalid, LoopdeskError, Missing, Refused
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import extended, flows, service, timer
from loopdesk.tests.engine.steps import ANN, END, START, data_of, deploy, start, status

BOB = Actor("person", "bob", "Bob", frozenset({"agent"}))


def task(identity: str, more: str = "") -> str:
    """A human task that leaves its name behind as a variable."""
    wrote = f'<zeebe:ioMapping><zeebe:output source="=true" target="did_{identity}"/></zeebe:ioMapping>'
    return f'<bpmn:userTask id="{identity}">{extended(wrote)}{more}</bpmn:userTask>'


LINE = START + task("a") + task("b") + END + flows("s > a > b > e")
FORK = (
    START
    + '<bpmn:parallelGateway id="g"/><bpmn:parallelGateway id="j"/>'
    + task("a")
    + task("b")
    + task("c")
    + END
    + flows("s > g > a > j > c > e", "g > b > j")
)
SUB = (
    START
    + task("a")
    + '<bpmn:subProcess id="sub"><bpmn:startEvent id="is"/>'
    + task("x")
    + task("y")
    + '<bpmn:endEvent id="ie"/>'
    + flows("is > x > y > ie")
    + "</bpmn:subProcess>"
    + f'<bpmn:boundaryEvent id="late" attachedToRef="sub">{timer("Duration", "PT5M")}</bpmn:boundaryEvent>'
    + END
    + flows("s > a > sub > e", "late > e")
)


def change(engine: Engine, instance: str, *plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    with engine.begin() as tx:
        return modification.apply(ANN, tx, instance, plan, "put right", **more)


def open_tasks(engine: Engine) -> list[str]:
    with engine.read() as tx:
        return sorted(row["element"] for row in work.listing(ANN, tx))


def finish(engine: Engine, element: str) -> None:
    with engine.begin() as tx:
        (row,) = (row for row in work.listing(ANN, tx) if row["element"] == element)
        work.complete(ANN, tx, row["id"], {})


def test_a_token_moves_on_and_back_with_its_variables(engine: Engine) -> None:
    deploy(engine, LINE)
    instance = start(engine, amount=1)
    change(engine, instance, {"do": "move", "element": "a", "to": "b"})
    assert open_tasks(engine) == ["b"]
    change(engine, instance, {"do": "move", "element": "b", "to": "a"})
    assert open_tasks(engine) == ["a"]
    finish(engine, "a")
    finish(engine, "b")
    assert (status(engine, instance), data_of(engine, instance)) == (
        "completed",
        {"amount": 1, "did_a": True, "did_b": True},
    )


def test_a_restart_makes_the_task_anew(engine: Engine) -> None:
    deploy(engine, LINE)
    instance = start(engine)
    with engine.read() as tx:
        before = work.listing(ANN, tx)[0]["id"]
    change(engine, instance, {"do": "move", "element": "a", "to": "a"})
    with engine.read() as tx:
        (row,) = work.listing(ANN, tx)
        assert work.get(ANN, tx, before)["state"] == "cancelled"
    assert (row["element"], row["id"] != before) == ("a", True)


def test_a_join_still_gets_both_branches_after_a_move_within_one(engine: Engine) -> None:
    deploy(engine, FORK)
    instance = start(engine)
    change(engine, instance, {"do": "move", "element": "a", "to": "a"})
    finish(engine, "b")
    finish(engine, "a")
    assert open_tasks(engine) == ["c"]
    finish(engine, "c")
    assert (status(engine, instance), data_of(engine, instance)) == (
        "completed",
        {"did_a": True, "did_b": True, "did_c": True},
    )


def test_a_started_activity_runs_beside_what_runs_already(engine: Engine) -> None:
    deploy(engine, LINE)
    instance = start(engine, amount=1)
    change(engine, instance, {"do": "start", "to": "b"})
    assert open_tasks(engine) == ["a", "b"]
    finish(engine, "b")
    assert status(engine, instance) == "active"
    finish(engine, "a")
    finish(engine, "b")
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance) == {"amount": 1, "did_a": True, "did_b": True}


def test_moving_into_a_sub_process_opens_it_with_its_boundary_events_and_out_closes_it(engine: Engine) -> None:
    deploy(engine, SUB)
    instance = start(engine, amount=1)
    change(engine, instance, {"do": "move", "element": "a", "to": "y"})
    assert open_tasks(engine) == ["y"]
    with engine.read() as tx:
        assert [row["element"] for row in timers.of_instance(tx, instance)] == ["late"]
    change(engine, instance, {"do": "move", "element": "y", "to": "a"})
    assert open_tasks(engine) == ["a"]
    with engine.read() as tx:
        assert timers.of_instance(tx, instance) == []
        assert instances.tokens(tx, instance)["active"] == ["a"]
    finish(engine, "a")
    finish(engine, "x")
    finish(engine, "y")
    assert (status(engine, instance), data_of(engine, instance)) == (
        "completed",
        {"amount": 1, "did_a": True, "did_x": True, "did_y": True},
    )


def test_one_of_two_branches_is_cancelled_and_the_other_goes_on(engine: Engine) -> None:
    deploy(
        engine,
        START + '<bpmn:parallelGateway id="g"/>' + task("a") + task("b") + END + flows("s > g > a > e", "g > b > e"),
    )
    instance = start(engine)
    change(engine, instance, {"do": "cancel", "element": "a"})
    finish(engine, "b")
    assert status(engine, instance) == "completed"


def test_variables_are_edited_as_json_and_as_feel_and_the_change_is_written_down(engine: Engine) -> None:
    deploy(engine, FORK)
    instance = start(engine, amount=1, note="x")
    change(
        engine,
        instance,
        {"do": "set", "name": "amount", "value": 2},
        {"do": "set", "name": "day", "feel": '=date("2026-03-01")'},
        {"do": "remove", "name": "note"},
    )
    finish(engine, "a")
    finish(engine, "b")
    wrote = {"did_a": True, "did_b": True}
    assert data_of(engine, instance) == {"amount": 2, "day": date(2026, 3, 1), **wrote}
    with engine.read() as tx:
        (event,) = (row for row in events.timeline(tx, "L-1") if row["kind"] == "instance.modified")
    assert event["actor_id"] == "ann"
    assert event["data"]["reason"] == "put right"
    assert event["data"]["before"]["variables"] == {"amount": 1, "note": "x"}
    assert event["data"]["after"]["variables"] == {"amount": 2, "day": "2026-03-01"}


def test_a_preview_shows_before_and_after_and_changes_nothing(engine: Engine) -> None:
    deploy(engine, SUB)
    instance = start(engine)
    with engine.read() as tx:
        shown = modification.preview(ANN, tx, instance, [{"do": "move", "element": "a", "to": "x"}])
    assert [one["element"] for one in shown["before"]["tokens"]] == ["a"]
    assert [one["element"] for one in shown["after"]["tokens"]] == ["sub", "x"]
    assert open_tasks(engine) == ["a"]
    change(engine, instance, {"do": "move", "element": "a", "to": "x"}, version=shown["version"])
    with pytest.raises(Conflict, match="moved on"):
        change(engine, instance, {"do": "move", "element": "x", "to": "a"}, version=shown["version"])


MANY = task(
    "many",
    "<bpmn:multiInstanceLoopCharacteristics>"
    + extended('<zeebe:loopCharacteristics inputCollection="=[1,2]" inputElement="n"/>')
    + "</bpmn:multiInstanceLoopCharacteristics>",
)


@pytest.mark.parametrize(
    ("plan", "error", "says"),
    [
        ({"do": "move", "element": "a", "to": "j"}, Refused, "joins branches"),
        ({"do": "move", "element": "a", "to": "nowhere"}, Missing, "no element"),
        ({"do": "move", "element": "c", "to": "a"}, Missing, "does not stand"),
        ({"do": "move", "token": "999", "to": "a"}, Conflict, "does not stand there any more"),
        ({"do": "start", "to": "bell"}, Refused, "begins by itself"),
        ({"do": "start", "to": "undo"}, Refused, "undo another"),
        ({"do": "dance"}, Invalid, "no change"),
        ({"do": "start", "to": 5}, Invalid, "no change"),
        ({"do": "set", "name": "case", "value": 1}, Invalid, "no variable"),
        ({"do": "set", "name": "a b", "value": 1}, Invalid, "cannot be the name"),
        ({"do": "set", "name": "amount", "value": "two"}, Invalid, "would become"),
        ({"do": "set", "name": "amount", "feel": "=nothing + 1"}, Invalid, "no value"),
        ({"do": "set", "name": "big", "value": "x" * 10_000_000}, Invalid, "larger than"),
        ({"do": "remove", "name": "other"}, Invalid, "no variable"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    engine: Engine, plan: dict[str, Any], error: type[LoopdeskError], says: str
) -> None:
    more = (
        f'<bpmn:boundaryEvent id="bell" attachedToRef="a">{timer("Duration", "PT5M")}</bpmn:boundaryEvent>'
        '<bpmn:boundaryEvent id="comp" attachedToRef="b"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
        + service("undo", "noop").replace("<bpmn:serviceTask ", '<bpmn:serviceTask isForCompensation="true" ')
        + '<bpmn:association id="as" sourceRef="comp" targetRef="undo"/>'
        + flows("bell > e")
    )
    engine.host.operations = {"noop": lambda *_, **__: None}
    deploy(engine, FORK + more)
    instance = start(engine, amount=1)
    with pytest.raises(error, match=says):
        change(engine, instance, plan)
    assert open_tasks(engine) == ["a", "b"]


def test_one_round_alone_cannot_be_taken_away_but_the_whole_activity_can(engine: Engine) -> None:
    deploy(engine, START + MANY + task("b") + END + flows("s > many > b > e"))
    instance = start(engine)
    with engine.read() as tx:
        tokens = modification.standing(ANN, tx, instance)["tokens"]
    first = next(one for one in tokens if one["round"] == 1)
    with pytest.raises(Refused, match="one round"):
        change(engine, instance, {"do": "cancel", "token": first["ref"]})
    change(engine, instance, {"do": "move", "element": "many", "to": "b"})
    assert open_tasks(engine) == ["b"]


def test_the_last_token_cannot_be_cancelled_nor_an_ended_instance_changed(engine: Engine) -> None:
    deploy(engine, LINE)
    instance = start(engine)
    with pytest.raises(Refused, match="Nothing would be left"):
        change(engine, instance, {"do": "cancel", "element": "a"})
    finish(engine, "a")
    finish(engine, "b")
    with pytest.raises(Conflict, match="has ended"):
        change(engine, instance, {"do": "start", "to": "a"})


def test_an_instance_on_hold_is_changed_and_runs_on_from_there_when_it_is_resumed(engine: Engine) -> None:
    from loopdesk.engine import suspension

    deploy(engine, LINE)
    instance = start(engine)
    with engine.begin() as tx:
        suspension.suspend(ANN, tx, instance, "look")
    change(engine, instance, {"do": "move", "element": "a", "to": "b"})
    assert open_tasks(engine) == []
    with engine.begin() as tx:
        suspension.resume(ANN, tx, instance)
    assert open_tasks(engine) == ["b"]


def test_who_has_no_right_changes_nothing(engine: Engine) -> None:
    deploy(engine, LINE)
    instance = start(engine)
    with pytest.raises(Refused, match="may not step"), engine.begin() as tx:
        modification.apply(BOB, tx, instance, [{"do": "move", "element": "a", "to": "b"}], "no")
    with pytest.raises(Missing), engine.begin() as tx:
        modification.apply(ANN, tx, "unknown", [{"do": "move", "element": "a", "to": "b"}], "no")
