"""A program that lost an answer sends its request again: under one `Idempotency-Key` it is made once (CON-3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loopdesk.engine.clock import VirtualClock
from loopdesk.web.wiring import Loopdesk

KEY = {"Idempotency-Key": "k-1"}
REPORT = {"description": "The press stands still.", "customer_number": "C-1001", "email": "anna@aurora.example"}


@pytest.fixture
def client(api: Callable[..., Any], desk: Loopdesk) -> Any:
    """A supervisor's program."""
    return api("wang.fang")


def once(client: Any, path: str, body: dict[str, str], listed: Callable[[], list[Any]], words: str = "text") -> None:
    """Sent twice, and with other ``words`` under the same key, there is one more than before."""
    before = len(listed())
    first, again = (client.post(path, json=body, headers=KEY) for _ in range(2))
    other = client.post(path, json=body | {words: "Something else"}, headers=KEY)
    assert [answer.status_code for answer in (first, again, other)] == [201, 201, 422]
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first.json["id"], "true")
    assert list(other.json["errors"]) == ["Idempotency-Key"]
    assert len(listed()) == before + 1


def test_an_action_is_agreed_once(client: Any, clock: VirtualClock) -> None:
    due = (clock.now() + timedelta(days=1)).isoformat()
    body = {"source": "review", "source_id": "m1", "text": "Name a second signer.", "owner": "li.na", "due_at": due}
    once(client, "/actions", body, lambda: client.get("/actions").json)


def test_a_negotiation_begins_once(client: Any) -> None:
    path = f"/cases/{client.post('/cases', json=REPORT).json['number']}/negotiations"
    body = {"side": "offer", "kind": "priority", "text": "Before noon", "priority": "P1"}
    once(client, path, body, lambda: client.get(path).json)


def test_a_milestone_is_added_once(client: Any, clock: VirtualClock) -> None:
    number = client.post("/cases", json=REPORT).json["number"]
    made = client.post("/implementations", json={"case": number, "plan": "standard"}).json
    path = f"/implementations/{made['id']}/milestones"
    due = (clock.now() + timedelta(days=1)).isoformat()

    def listed() -> list[Any]:
        [found] = client.get(f"/implementations?case={number}").json["implementations"]
        return list(found["milestones"])

    once(client, path, {"kind": "deployment", "name": "Second site", "due_at": due}, listed, "name")
