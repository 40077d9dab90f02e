"""Measures of an emergency against a real server of operations' tooling: granted, in part, refused, silent (EMG-5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.response import measures
from loopdesk.engine import bundles, incidents, timers
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.peers.http import Asked, HttpPeer
from loopdesk.tests.scenarios.emergencies import declared, ended, graded, outside
from loopdesk.tests.scenarios.stage import ADMIN, Stage

Answers = Callable[[Asked], tuple[int, Any]]
PLAIN = ["crm-test", "reporting-test", "training"]


@pytest.fixture
def server() -> Iterator[HttpPeer]:
    with HttpPeer(answers=granted) as server:
        yield server


@pytest.fixture
def stage(staged: Callable[..., Stage], server: HttpPeer) -> Stage:
    return staged(webhook_hosts=server.host)


def granted(asked: Asked) -> tuple[int, Any]:
    """All that was asked for."""
    return 200, {"granted": asked.body["asks"]} if asked.body["action"] == "take" else {"ok": True}


def connect(stage: Stage, url: str, **hooks: str) -> None:
    """Give the measures an address of operations' tooling."""
    with stage.tx() as tx:
        files = dict(bundles.current(tx, "policies").files)
        said = yaml.safe_load(files["measures.yaml"])
        for entry in said["measures"].values():
            entry |= {"hook": f"{url}/take", "undo_hook": f"{url}/undo"} | hooks
        files["measures.yaml"] = yaml.safe_dump(said, allow_unicode=True).encode()
        bundles.deploy(SYSTEM, tx, "policies", files)


def states(stage: Stage, emergency: str) -> dict[str, str]:
    with stage.desk.engine.read() as tx:
        return {one.measure: one.state for one in measures.of(tx, emergency)}


def elements(stage: Stage) -> list[str]:
    return sorted(element for element in stage.waiting() if element.startswith(("take", "undo", "approve")))


@pytest.mark.row("EMG-5/freeze", "EMG-5/capacity", "EMG-5/interface", "EMG-5/undone")
def test_a_p0_freezes_and_reserves_and_gives_back(stage: Stage, server: HttpPeer) -> None:
    """EMG-5: non-critical environments, at least 32 cores and 128 GB; the same request names the same measure."""
    connect(stage, server.url)
    number = stage.report("anna")
    emergency = declared(stage, number)
    outside(stage)
    asked = {one.body["measure"]: one.body for one in server.asked}
    assert asked["freeze_test"]["asks"] == {"environments": PLAIN}
    assert asked["reserve_capacity"]["asks"] == {"cores": 32, "memory_gb": 128}
    assert {(one["case"], one["emergency"], one["grade"]) for one in asked.values()} == {(number, emergency, "I")}
    assert states(stage, emergency) == {"freeze_test": "taken", "reserve_capacity": "taken"}
    ended(stage, number, emergency)
    outside(stage)
    undone = {one.body["request"] for one in server.asked if one.body["action"] == "undo"}
    assert undone == {one["request"] for one in asked.values()}
    assert states(stage, emergency) == {"freeze_test": "undone", "reserve_capacity": "undone"}
    with stage.desk.engine.read() as tx:
        told = [one["text"] for one in emergencies.entries(tx, emergency) if one["kind"] == "measure"]
    assert "预留容量：已完成" in told
    assert "预留容量：已恢复" in told
    assert elements(stage) == []


@pytest.mark.row("EMG-5/answers-checked", "EMG-5/by-hand")
def test_less_than_asked_for_is_a_task_and_says_what_is_missing(stage: Stage, server: HttpPeer) -> None:
    """EMG-5: 8 of 32 cores are no reserve; operations do the rest by hand, and it is undone as a whole."""
    server.answers = lambda asked: (200, {"granted": asked.body["asks"] | {"cores": 8}})
    connect(stage, server.url)
    number = stage.report("anna")
    emergency = declared(stage, number)
    outside(stage)
    assert states(stage, emergency) == {"freeze_test": "taken", "reserve_capacity": "short"}
    with stage.desk.engine.read() as tx:
        [short] = [one for one in measures.of(tx, emergency) if one.measure == "reserve_capacity"]
    assert short.missing == {"cores": 24}
    assert stage.waiting()["take_by_hand"] == "operations/agent"
    stage.complete("olga", "take_by_hand", note="24 cores from the pool.")
    assert states(stage, emergency)["reserve_capacity"] == "taken"
    server.answers = granted
    ended(stage, number, emergency)
    outside(stage)
    assert set(states(stage, emergency).values()) == {"undone"}


@pytest.mark.row("EMG-5/answers-checked", "EMG-5/undone")
@pytest.mark.parametrize("status", [403, 409, 422])
def test_a_refusal_is_a_task_at_once_there_and_back(stage: Stage, server: HttpPeer, status: int) -> None:
    """EMG-5: a no of the tooling is nobody's incident to find later."""
    server.answers = lambda asked: (status, {"error": "quota"})
    connect(stage, server.url)
    number = stage.report("anna")
    emergency = declared(stage, number)
    outside(stage)
    assert set(states(stage, emergency).values()) == {"short"}
    assert elements(stage) == ["take_by_hand"]
    ended(stage, number, emergency)
    outside(stage)
    assert elements(stage) == ["undo_by_hand"]
    assert set(states(stage, emergency).values()) == {"undoing"}, "asked for means perhaps done: it is taken back"


@pytest.mark.row("EMG-5/by-hand", "EMG-5/interface")
def test_a_tooling_that_is_away_is_a_task_when_the_limit_is_over(stage: Stage, server: HttpPeer) -> None:
    """EMG-5: tried again with the same key, and after five minutes people take over."""
    server.answers = lambda asked: (503, {})
    connect(stage, server.url)
    number = stage.report("anna")
    emergency = declared(stage, number)
    outside(stage)
    assert elements(stage) == []
    stage.clock.advance(_minutes(4))
    outside(stage)
    keys = {one.headers["Idempotency-Key"] for one in server.asked if one.body["measure"] == "freeze_test"}
    assert len(keys) == 1
    stage.wait(minutes=1)
    assert elements(stage) == ["take_by_hand"]
    calls = len(server.asked)
    stage.wait(minutes=30)
    outside(stage)
    assert len(server.asked) == calls, "what people do now is not asked of the tooling any more"
    assert set(states(stage, emergency).values()) == {"asked"}


@pytest.mark.row("EMG-5/by-hand", "EMG-5/undone")
def test_without_an_address_people_take_and_undo_each_measure(stage: Stage) -> None:
    """EMG-5: as shipped; nothing is dropped because nobody configured it."""
    number = stage.report("anna")
    emergency = declared(stage, number)
    assert elements(stage) == ["take_by_hand"]
    with stage.desk.engine.read() as tx:
        assert [one.asked_at is not None for one in measures.of(tx, emergency)] == [True, True]
    ended(stage, number, emergency)
    assert elements(stage) == ["undo_by_hand"], "also what nobody has said is done"


@pytest.mark.row("EMG-5/capacity")
def test_the_commander_chooses_where_the_table_says_so(stage: Stage, server: HttpPeer) -> None:
    """EMG-5: grade II reserves only what the commander wants; a higher grade does the rest without asking."""
    connect(stage, server.url)
    number = stage.report("anna")
    emergency = declared(stage, number, grade="II", severity="P1")
    outside(stage)
    assert server.asked == []
    _, given = stage.form("wangfang", "approve")
    assert [one["label"] for one in given["options"]] == ["预留容量"]
    stage.complete("wangfang", "approve", chosen=[], reason="There is enough.")
    assert states(stage, emergency) == {"reserve_capacity": "dropped"}
    graded(stage, number, emergency, grade="I", severity="P0")
    outside(stage)
    assert states(stage, emergency) == {"reserve_capacity": "taken", "freeze_test": "taken"}
    [asked] = [one.body["asks"] for one in server.asked if one.body["measure"] == "reserve_capacity"]
    assert asked == {"cores": 32, "memory_gb": 128}, "the figures of the grade that counts now"


@pytest.mark.row("EMG-5/undone")
def test_what_was_taken_is_undone_although_more_of_it_was_only_wanted(stage: Stage, server: HttpPeer) -> None:
    """EMG-5: half the capacity under grade II; grade I wants more, the tooling is away, and then it is over."""
    connect(stage, server.url)
    number = stage.report("anna")
    emergency = declared(stage, number, grade="II", severity="P1")
    with stage.desk.engine.read() as tx:
        [reserve] = measures.of(tx, emergency)
    stage.complete("wangfang", "approve", chosen=[reserve.id])
    outside(stage)
    assert states(stage, emergency) == {"reserve_capacity": "taken"}
    with stage.tx() as tx:
        wanted = [{"measure": "reserve_capacity", "cores": 32, "memory_gb": 128}]
        assert [one.state for one in measures.plan(SYSTEM, tx, emergency, wanted)] == ["planned"]
    ended(stage, number, emergency)
    outside(stage)
    assert states(stage, emergency) == {"reserve_capacity": "undone"}


def test_a_host_that_is_not_allowed_is_an_incident_and_a_task(stage: Stage) -> None:
    """EMG-5: a measure is not lost over a setting."""
    connect(stage, "http://ops.elsewhere.example")
    number = stage.report("anna")
    declared(stage, number)
    with pytest.raises(AssertionError):
        outside(stage)
    with stage.desk.engine.begin() as tx:
        assert {one["element"] for one in incidents.listing(ADMIN, tx)} == {"take_call"}
    stage.clock.advance(_minutes(5))
    with stage.desk.engine.begin() as tx:
        timers.claim_due(tx)
    outside(stage)
    assert elements(stage) == ["take_by_hand"]


def _minutes(count: int) -> timedelta:

    return timedelta(minutes=count)
