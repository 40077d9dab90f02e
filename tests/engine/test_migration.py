"""Running instances go on with another version (issue 4, Operable): what follows, what is refused, what stays."""

from datetime import timedelta

import pytest

from loopdesk.engine import events, migration, work
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import catch, flows, message, script, timer
from loopdesk.tests.engine.migrating import (
    AGENT,
    OLGA,
    boundary,
    carry,
    complete,
    drain,
    limited,
    release,
    row_of,
    tasks,
    user,
    waits,
)
from loopdesk.tests.engine.steps import data_of, publish, start, status

S, E = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def test_a_task_keeps_id_person_and_draft_and_takes_name_and_limit_of_the_new_version(
    engine: Engine, clock: VirtualClock
) -> None:
    release(engine, S + user("a", "Look", limited("PT1H")) + E + flows("s > a > e"))
    instance = start(engine, "p")
    before = tasks(engine)["a"]
    with engine.begin() as tx:
        work.claim(AGENT, tx, before["id"])
        work.save_draft(AGENT, tx, before["id"], {"note": "half"})
    release(engine, S + user("a", "Look closely", limited("PT3H")) + user("z") + E + flows("s > a > z > e"))
    clock.advance(timedelta(minutes=10))
    done = carry(engine, 1, 2)
    assert (done["state"], done["migrated"], done["failed"]) == ("finished", 1, 0)
    after = tasks(engine)["a"]
    assert (after["id"], after["assignee"], after["draft"]) == (before["id"], "ann", {"note": "half"})
    assert (after["name"]["en"], after["due_at"]) == ("Look closely", before["created_at"] + timedelta(hours=3))
    with engine.begin() as tx:
        work.complete(AGENT, tx, after["id"], {})
    assert set(tasks(engine)) == {"z"}
    with engine.read() as tx:
        (moved,) = [one for one in events.timeline(tx, "L-1") if one["kind"] == "instance.migrated"]
    assert (moved["actor_id"], moved["instance_id"]) == ("olga", instance)
    assert (moved["data"]["from"], moved["data"]["to"], moved["data"]["migration"]) == (1, 2, done["id"])


def test_an_element_that_was_renamed_is_mapped_by_hand_and_suggested_by_its_name(engine: Engine) -> None:
    release(engine, S + user("a", "Look") + E + flows("s > a > e"))
    start(engine, "p")
    release(engine, S + user("b", "Look") + E + flows("s > b > e"))
    with engine.read() as tx:
        seen = migration.preview(OLGA, tx, "p", 1, 2)
        assert dict(seen.suggested) == {"a": "b"}
        assert [str(one.reason) for one in seen.looks[0].obstacles] == ["“Look” is gone: map it to another element"]
        mapped = migration.preview(OLGA, tx, "p", 1, 2, mapping={"a": "b"})
        assert (dict(mapped.looks[0].moves), mapped.refused) == ({"a": "b"}, 0)
    assert carry(engine, 1, 2)["failed"] == 1
    assert set(tasks(engine)) == {"a"}
    assert carry(engine, 1, 2, {"a": "b"})["migrated"] == 1
    complete(engine, "b")


def test_timers_keep_their_moment_unless_they_are_to_be_counted_anew(engine: Engine, clock: VirtualClock) -> None:
    def body(text: str) -> str:
        return S + user("a") + boundary("a", timer("Duration", text)) + E + flows("s > a > e")

    release(engine, body("PT5H"))
    first, second = start(engine, "p"), start(engine, "p", key="L-2")
    due = waits(engine)["timers"][0]["due_at"]
    release(engine, body("PT2H"))
    clock.advance(timedelta(hours=1))
    carry(engine, 1, 2, only=[first])
    carry(engine, 1, 2, only=["L-2"], recompute=True)
    kept, anew = waits(engine)["timers"]
    assert (kept["due_at"], anew["due_at"], anew["expression"]) == (due, due - timedelta(hours=3), "PT2H")
    clock.advance(timedelta(hours=1, minutes=1))
    drain(engine)
    assert (status(engine, first), status(engine, second)) == ("active", "completed")


def test_new_boundary_events_are_armed_and_removed_ones_disarmed(engine: Engine, clock: VirtualClock) -> None:
    old = boundary("a", timer("Duration", "PT1H"), identity="old")
    new = boundary("a", message("stop"), identity="new")
    release(engine, S + user("a") + old + E + flows("s > a > e"))
    instance = start(engine, "p")
    release(engine, S + user("a") + new + E + flows("s > a > e"), messages=("stop",))
    publish(engine, "stop")
    drain(engine)
    assert status(engine, instance) == "active"
    carry(engine, 1, 2)
    # The message had come early and was waiting; the timer is gone.
    drain(engine)
    assert status(engine, instance) == "completed"
    assert waits(engine) == {"timers": [], "subscriptions": []}
    with engine.read() as tx:
        (moved,) = [one for one in events.timeline(tx, "L-1") if one["kind"] == "instance.migrated"]
    assert (moved["data"]["armed"], moved["data"]["disarmed"]) == (["new"], ["old"])
    clock.advance(timedelta(hours=2))
    drain(engine)


def test_a_boundary_event_that_has_fired_is_not_armed_again(engine: Engine, clock: VirtualClock) -> None:
    def body(name: str) -> str:
        beside = boundary("a", timer("Duration", "PT1H"), cancel="false")
        return S + user("a", name) + beside + E + flows("s > a > e")

    release(engine, body("Look"))
    start(engine, "p")
    clock.advance(timedelta(hours=1))
    drain(engine)
    release(engine, body("Look again"))
    assert carry(engine, 1, 2)["migrated"] == 1
    assert waits(engine)["timers"] == []


def test_event_sub_processes_are_armed_and_disarmed(engine: Engine) -> None:
    def body(wanted: str) -> str:
        inner = f'<bpmn:startEvent id="x-start" isInterrupting="true">{message(wanted)}</bpmn:startEvent>'
        inner += '<bpmn:endEvent id="x-end"/>' + flows("x-start > x-end")
        handler = f'<bpmn:subProcess id="x-{wanted}" triggeredByEvent="true">{inner}</bpmn:subProcess>'
        handler = handler.replace("x-start", f"start-{wanted}").replace("x-end", f"end-{wanted}")
        return S + user("a") + handler + E + flows("s > a > e")

    release(engine, body("one"), messages=("one",))
    instance = start(engine, "p")
    release(engine, body("two"), messages=("two",))
    carry(engine, 1, 2)
    assert [row["name"] for row in waits(engine)["subscriptions"]] == ["two"]
    publish(engine, "two")
    drain(engine)
    assert status(engine, instance) == "completed"


def test_a_subscription_follows_the_new_name_of_its_message(engine: Engine) -> None:
    def body(name: str) -> str:
        return S + catch("c", message(name)) + E + flows("s > c > e")

    release(engine, body("reply"), messages=("reply",))
    instance = start(engine, "p")
    publish(engine, "answer")
    drain(engine)
    release(engine, body("answer"), messages=("answer",))
    carry(engine, 1, 2)
    assert status(engine, instance) == "completed", "the message had come early"


def test_events_behind_an_event_gateway_follow_the_new_version(engine: Engine) -> None:
    def body(*names: str) -> str:
        events_ = "".join(catch(f"c-{name}", message(name)) for name in names)
        ways = flows("s > g", *(f"g > c-{name} > e" for name in names))
        return S + '<bpmn:eventBasedGateway id="g"/>' + events_ + E + ways

    release(engine, body("one", "two"), messages=("one", "two"))
    instance = start(engine, "p")
    release(engine, body("two", "three"), messages=("two", "three"))
    carry(engine, 1, 2)
    assert [row["name"] for row in waits(engine)["subscriptions"]] == ["two", "three"]
    publish(engine, "three")
    drain(engine)
    assert status(engine, instance) == "completed"


SPLIT = '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'


def test_parallel_branches_go_on_and_their_variables_meet(engine: Engine) -> None:
    left, right = script("l", "=1", "left"), script("r", "=2", "right")
    old = flows("s > fork > a > l > join > e", "fork > b > r > join")
    release(engine, S + SPLIT + user("a") + user("b") + left + right + E + old)
    instance = start(engine, "p")
    complete(engine, "a")
    new = user("a") + user("b2", "B") + left + right + script("after", "=left + right", "sum")
    release(engine, S + SPLIT + new + E + flows("s > fork > a > l > join > after > e", "fork > b2 > r > join"))
    assert "b" in tasks(engine)
    assert carry(engine, 1, 2, {"b": "b2"})["migrated"] == 1
    complete(engine, "b2", {"right": 2})
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance)["sum"] == 3


@pytest.mark.parametrize(
    ("done", "reason"),
    [
        ((), "branches are under way to “join”, which other ways lead into than before"),
        (("a",), "other ways than before lead into “join”, and a branch waits there"),
    ],
)
def test_a_join_of_other_branches_than_those_under_way_is_refused(
    engine: Engine, done: tuple[str, ...], reason: str
) -> None:
    two, three = ("fork > a > join", "fork > b > join"), ("fork > c > join",)
    release(engine, S + SPLIT + user("a") + user("b") + E + flows("s > fork", *two, "join > e"))
    instance = start(engine, "p")
    for one in done:
        complete(engine, one)
    before = row_of(engine, instance)
    release(engine, S + SPLIT + user("a") + user("b") + user("c") + E + flows("s > fork", *two, *three, "join > e"))
    found = carry(engine, 1, 2)
    assert found["failed"] == 1
    assert reason in found["reasons"]["L-1"]
    assert row_of(engine, instance) == before, "an instance that cannot move stays as it was"
