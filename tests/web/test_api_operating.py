"""Supervisors step into running processes over the API; nobody else does (issue 4, Operable)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loopdesk.engine import bundles, runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.engine.drawing import catch, diagram, flows, timer
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.test_api_cases import REPORT
from loopdesk.web.wiring import Loopdesk

WAIT = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + catch("c", timer("Duration", "PT1H")) + flows("s > c > e")


@pytest.fixture
def run(api: Callable[..., Any], desk: Loopdesk) -> dict[str, str]:
    """A case with its intake, and a process of our own that waits an hour."""
    number = api("li.na").post("/cases", json=REPORT).json["number"]
    settle(desk)
    intake = api("li.na").get(f"/instances?case={number}").json["instances"][0]["id"]
    with desk.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "wait", {"wait.bpmn": diagram(WAIT, process="wait")})
        wait = runner.start(SYSTEM, tx, "wait", key=number, data={"amount": 1})
    return {"number": number, "intake": intake, "wait": wait}


def test_a_run_is_put_on_hold_and_goes_on(api: Callable[..., Any], run: dict[str, str]) -> None:
    admin, path = api("admin"), f"/instances/{run['intake']}"
    assert admin.post(f"{path}/suspend", json={"reason": "audit"}).status_code == 204
    again = admin.post(f"{path}/suspend", json={"reason": "audit"})
    assert (again.status_code, "on hold already" in again.json["detail"]) == (409, True)
    task = admin.get("/tasks").json["tasks"][0]
    assert task["held_since"]
    refused = admin.post(f"/tasks/{task['id']}/complete", json={"data": {"type": "fault"}})
    assert (refused.status_code, "on hold" in refused.json["detail"]) == (409, True)
    assert admin.get(f"/tasks/{task['id']}").json["data"]["type"] == "fault"
    assert admin.get("/instances?status=suspended").json["total"] == 1
    assert admin.post(f"{path}/resume", json={}).status_code == 204
    kinds = [one["kind"] for one in admin.get(f"{path}/changes").json["changes"]]
    assert kinds == ["instance.resumed", "instance.suspended"]


def test_timers_are_seen_moved_and_fired(api: Callable[..., Any], run: dict[str, str], clock: VirtualClock) -> None:
    admin = api("admin")
    (timer_,) = admin.get(f"/instances/{run['wait']}/timers").json["timers"]
    path = f"/instances/timers/{timer_['id']}"
    assert admin.patch(path, json={"by": "PT2H", "reason": "away"}).status_code == 204
    (moved,) = admin.get(f"/instances/{run['wait']}/timers").json["timers"]
    assert moved["due_at"] == (clock.now() + timedelta(hours=3)).isoformat()
    assert admin.patch(path, json={"by": "soon", "reason": "x"}).status_code == 422
    assert admin.post(f"{path}/fire", json={"reason": "back"}).status_code == 204
    assert admin.get(f"/instances/{run['wait']}").json["status"] == "completed"
    assert admin.post(f"{path}/fire", json={"reason": "back"}).status_code == 409


def test_a_run_is_changed_after_a_look_at_what_would_change(api: Callable[..., Any], run: dict[str, str]) -> None:
    admin, path = api("admin"), f"/instances/{run['wait']}"
    version = admin.get(f"{path}/standing").json["version"]
    changes = [{"do": "set", "name": "amount", "value": 2}, {"do": "move", "element": "c", "to": "e"}]
    seen = admin.post(f"{path}/modification", json={"changes": changes, "preview": True}).json
    assert [one["element"] for one in seen["after"]["tokens"]] == ["e"]
    done = admin.post(f"{path}/modification", json={"changes": changes, "reason": "over", "version": version})
    assert done.status_code == 200
    assert admin.get(path).json["status"] == "completed"
    (change,) = admin.get(f"{path}/changes").json["changes"]
    assert (change["actor_name"], change["data"]["before"]["variables"]) == ("Administrator", {"amount": 1})


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ([], 422),
        ([{"do": "set", "name": "case", "value": 1}], 422),
        ([{"do": "set", "name": "amount", "value": "two"}], 422),
        ([{"do": "set", "name": "big", "value": "x" * 10_000_000}], 422),
        ([{"do": "move", "element": "c", "to": "nowhere"}], 404),
        ([{"do": "move", "element": "nowhere", "to": "c"}], 404),
        ("everything", 422),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    api: Callable[..., Any], run: dict[str, str], changes: Any, status: int
) -> None:
    answer = api("admin").post(f"/instances/{run['wait']}/modification", json={"changes": changes, "reason": "try"})
    assert answer.status_code == status, answer.json
    assert answer.json["detail"]


def test_many_are_ended_at_once_with_a_result_for_each(
    api: Callable[..., Any], run: dict[str, str], desk: Loopdesk
) -> None:
    admin = api("admin")
    body = {"action": "terminate", "filter": {"process": "wait"}, "reason": "test"}
    identity = admin.post("/bulk", json=body).json["id"]
    settle(desk)
    state = admin.get(f"/bulk/{identity}").json
    assert (state["total"], state["done"], state["refused"]) == (1, 1, 0)
    assert [one["subject"] for one in admin.get(f"/bulk/{identity}/items").json["items"]] == [run["wait"]]
    assert admin.get(f"/instances/{run['wait']}").json["status"] == "cancelled"
    assert admin.post("/bulk", json=body).status_code == 409
    assert admin.post("/bulk", json={**body, "filter": {"colour": "red"}}).status_code == 422
    assert admin.post("/bulk", json={**body, "action": "delete"}).status_code == 422


def test_agents_and_tokens_without_the_scope_are_refused(api: Callable[..., Any], run: dict[str, str]) -> None:
    for client in (api("li.na"), api("admin", "instances:read", "cases:read")):
        for path in ("suspend", "resume", "terminate"):
            assert client.post(f"/instances/{run['wait']}/{path}", json={"reason": "x"}).status_code == 403
        plan = {"changes": [{"do": "start", "to": "c"}], "reason": "x"}
        assert client.post(f"/instances/{run['wait']}/modification", json=plan).status_code == 403
        assert client.post("/bulk", json={"action": "suspend", "filter": {}, "reason": "x"}).status_code == 403
    assert api("li.na").get("/instances?process=wait").status_code == 403
    assert api("li.na").get("/incidents").status_code == 403
    assert api("admin").post("/instances/unknown/suspend", json={"reason": "x"}).status_code == 404
    assert api("admin").get("/incidents/unknown").status_code == 404
