"""Tasks over the API (HND-1): claim, draft, complete; completed twice or by who lost the claim gets a clear answer."""

from collections.abc import Callable
from typing import Any

import pytest

from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.test_api_cases import REPORT
from loopdesk.web.wiring import Loopdesk

TRIAGE = {"type": "technical", "urgency": "high", "scope": "one_team", "complexity": "simple", "department": "support"}


@pytest.fixture
def triage(api: Callable[..., Any], desk: Loopdesk) -> str:
    """The task of a case just reported: its id."""
    number = api("li.na").post("/cases", json=REPORT).json["number"]
    settle(desk)
    tasks = api("li.na").get("/tasks").json["tasks"]
    assert [task["key"] for task in tasks] == [number]
    return str(tasks[0]["id"])


def answers(form: dict[str, Any]) -> dict[str, Any]:
    """Answers that the form takes: what stands in it, and for each required field without an answer a first option."""
    data = dict(form["data"])
    for component in form["form_schema"]["components"]:
        key = component.get("key")
        if key and component.get("validate", {}).get("required") and not data.get(key):
            data[key] = component["values"][0]["value"] if "values" in component else "so"
    return data


def test_a_task_is_read_with_its_form_in_the_persons_language(api: Callable[..., Any], triage: str) -> None:
    chinese = api("li.na").get(f"/tasks/{triage}").json
    english = api("tom.baker").get(f"/tasks/{triage}").json
    assert chinese["form_schema"]["components"]
    assert chinese["name"]["en"] == english["name"]["en"]
    labels = [[part.get("label") for part in one["form_schema"]["components"]] for one in (chinese, english)]
    assert labels[0] != labels[1]


def test_claim_release_and_the_other_who_was_slower(api: Callable[..., Any], triage: str) -> None:
    first, second = api("li.na"), api("tom.baker")
    assert first.post(f"/tasks/{triage}/claim").json["assignee"]
    late = second.post(f"/tasks/{triage}/claim")
    assert late.status_code == 409
    assert "李娜" in late.json["detail"]
    assert first.post(f"/tasks/{triage}/release").json["assignee"] == ""
    assert second.post(f"/tasks/{triage}/claim").status_code == 200


def test_a_draft_is_kept(api: Callable[..., Any], triage: str) -> None:
    agent = api("li.na")
    assert agent.put(f"/tasks/{triage}/draft", json={"data": {"note": "half a thought"}}).status_code == 204
    assert agent.get(f"/tasks/{triage}").json["data"]["note"] == "half a thought"


def test_completing_without_what_the_form_asks_names_the_fields(api: Callable[..., Any], triage: str) -> None:
    agent = api("li.na")
    answer = agent.post(f"/tasks/{triage}/complete", json={"data": {"urgency": "purple"}})
    assert answer.status_code == 422
    assert "urgency" in answer.json["errors"]
    assert agent.get(f"/tasks/{triage}").json["state"] == "open"


def test_completed_twice_says_who_did_it(api: Callable[..., Any], triage: str) -> None:
    first, second = api("li.na"), api("tom.baker")
    data = answers(first.get(f"/tasks/{triage}").json)
    done = first.post(f"/tasks/{triage}/complete", json={"data": data})
    assert done.status_code == 200
    assert done.json["state"] == "completed"
    again = second.post(f"/tasks/{triage}/complete", json={"data": data})
    assert again.status_code == 409
    assert "李娜" in again.json["detail"]


def test_whoever_lost_the_claim_cannot_complete(api: Callable[..., Any], triage: str) -> None:
    first, second = api("li.na"), api("tom.baker")
    data = answers(first.get(f"/tasks/{triage}").json)
    second.post(f"/tasks/{triage}/claim")
    lost = first.post(f"/tasks/{triage}/complete", json={"data": data})
    assert lost.status_code == 409
    assert second.get(f"/tasks/{triage}").json["state"] == "open"


def test_another_department_does_not_see_the_task(api: Callable[..., Any], triage: str) -> None:
    stranger = api("chen.jie")
    assert stranger.get(f"/tasks/{triage}").status_code == 404
    assert stranger.get("/tasks").json["tasks"] == []
    assert stranger.post(f"/tasks/{triage}/complete", json={"data": {}}).status_code == 404


def test_listing_goes_on_after_the_last(api: Callable[..., Any], desk: Loopdesk) -> None:
    agent = api("li.na")
    for _ in range(3):
        agent.post("/cases", json=REPORT)
    settle(desk)
    first = agent.get("/tasks?limit=2").json
    rest = agent.get(f"/tasks?limit=2&after={first['next']}").json
    assert (len(first["tasks"]), len(rest["tasks"]), rest["next"]) == (2, 1, None)


def test_a_reading_token_claims_nothing(api: Callable[..., Any], triage: str) -> None:
    assert api("li.na", "tasks:read").post(f"/tasks/{triage}/claim").status_code == 403
