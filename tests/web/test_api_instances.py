"""Where a process stands, what happened in it, and messages for it, over the API."""

from collections.abc import Callable
from typing import Any

import pytest

from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.test_api_cases import REPORT
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def number(api: Callable[..., Any], desk: Loopdesk) -> str:
    """A case just reported."""
    number = api("li.na").post("/cases", json=REPORT).json["number"]
    settle(desk)
    return str(number)


def test_instances_of_a_case_with_token_and_history(api: Callable[..., Any], number: str) -> None:
    agent = api("li.na")
    rows = agent.get(f"/instances?case={number}").json["instances"]
    assert [(row["process"], row["status"], row["key"]) for row in rows] == [("intake", "active", number)]
    one = agent.get(f"/instances/{rows[0]['id']}").json
    assert one["tokens"]["active"] == ["triage"]
    history = agent.get(f"/instances/{rows[0]['id']}/history").json["events"]
    kinds = [event["kind"] for event in history]
    assert kinds[0] == "instance.started"
    assert "task.created" in kinds


def test_an_instance_of_an_unseen_case_is_not_there(api: Callable[..., Any], number: str) -> None:
    instance = api("li.na").get(f"/instances?case={number}").json["instances"][0]["id"]
    stranger = api("chen.jie")
    assert stranger.get(f"/instances/{instance}").status_code == 404
    assert stranger.get(f"/instances/{instance}/history").status_code == 404
    assert stranger.get(f"/instances?case={number}").status_code == 404


def test_a_message_is_taken_once(api: Callable[..., Any], desk: Loopdesk, number: str) -> None:
    admin = api("admin")
    instance = admin.get(f"/instances?case={number}").json["instances"][0]["id"]
    body = {"name": "customer.replied", "payload": {"text": "it works again"}, "message_id": "crm-1"}
    first = admin.post(f"/instances/{instance}/messages", json=body)
    assert (first.status_code, first.json["message_id"], first.json["state"]) == (202, "crm-1", "new")
    again = admin.post(f"/instances/{instance}/messages", json=body)
    assert (again.status_code, again.json) == (202, first.json), "the same answer"
    other = admin.post(f"/instances/{instance}/messages", json={**body, "name": "something.else"})
    assert other.status_code == 409
    history = api("admin").get(f"/instances/{instance}").json
    assert history["status"] == "active"
    with desk.engine.read() as tx:
        from loopdesk.engine import events

        published = [row for row in events.timeline(tx, number) if row["kind"] == "message.published"]
    assert [row["data"]["message"] for row in published].count("customer.replied") == 1


def test_an_agent_cannot_forge_a_message(api: Callable[..., Any], number: str) -> None:
    agent = api("li.na")
    instance = agent.get(f"/instances?case={number}").json["instances"][0]["id"]
    forged = {"name": "verification.answered", "payload": {"confirmed": True}}
    assert agent.post(f"/instances/{instance}/messages", json=forged).status_code == 403
