"""Diagnosis and sub-cases over the API (DIA-2, DIA-3, DIA-10)."""

from collections.abc import Callable
from typing import Any

import pytest

REPORT = {"description": "The switch is dark.", "customer_number": "C-1001", "email": "anna@aurora.example"}


@pytest.fixture
def number(api: Callable[..., Any]) -> str:
    return str(api("li.na").post("/cases", json=REPORT).json["number"])


@pytest.mark.row("DIA-2/tree", "DIA-2/outcome", "DIA-2/skip")
def test_a_tree_is_walked_over_the_api(api: Callable[..., Any], number: str) -> None:
    lina = api("li.na")
    before = lina.get(f"/cases/{number}/diagnosis").json
    assert (before["ways"], before["findings"]) == ([], [])
    assert "hardware" in before["trees"]
    assert lina.post(f"/cases/{number}/diagnosis", json={"tree": "hardware"}).status_code == 204
    assert lina.post(f"/cases/{number}/diagnosis", json={"tree": "network"}).status_code == 409
    assert lina.post(f"/cases/{number}/diagnosis", json={"tree": "magic", "reason": "?"}).status_code == 404
    [way] = lina.get(f"/cases/{number}/diagnosis").json["ways"]
    assert (way["state"], way["step"], way["may_skip"]) == ("running", "lights", True)
    assert sorted(way["outcomes"]) == ["dark", "fault", "normal"]
    steps = f"/cases/{number}/diagnosis/steps"
    assert lina.post(steps, json={"step": "lights", "outcome": "purple"}).status_code == 422
    assert lina.post(steps, json={"step": "lights", "skip": "Nobody is there."}).status_code == 204
    assert lina.post(steps, json={"step": "logs", "outcome": "firmware", "note": "4.1"}).status_code == 204
    assert lina.post(steps, json={"step": "logs", "outcome": "firmware"}).status_code == 409
    after = lina.get(f"/cases/{number}/diagnosis").json
    assert [(one["step"], one["outcome"], one["note"]) for one in after["ways"][0]["steps"]] == [
        ("lights", "", "Nobody is there."),
        ("logs", "firmware", "4.1"),
    ]
    assert after["findings"][0]["kind"] == "cause"


@pytest.mark.row("DIA-3/draft-solution")
def test_a_draft_is_written_over_the_api(api: Callable[..., Any], number: str) -> None:
    lina = api("li.na")
    assert lina.post(f"/cases/{number}/findings", json={"kind": "draft", "text": "Renew."}).status_code == 201
    assert lina.post(f"/cases/{number}/findings", json={"kind": "guess", "text": "?"}).status_code == 422
    assert lina.get(f"/cases/{number}/diagnosis").json["findings"][0]["text"] == "Renew."


@pytest.mark.row("DIA-10/split")
def test_a_case_is_split_joined_and_cancelled_over_the_api(api: Callable[..., Any], number: str) -> None:
    lina = api("li.na")
    part = {"title": "Bring a switch", "description": "Slot 3.", "department": "support"}
    made = lina.post(f"/cases/{number}/subcases", json=part)
    assert made.status_code == 201
    child = made.json["number"]
    assert made.json["owner_id"]
    assert lina.get(f"/cases/{child}/subcases").json == {"parent": number, "subcases": []}
    other = lina.post("/cases", json=REPORT | {"description": "Another switch is dark, too."}).json["number"]
    assert lina.post(f"/cases/{number}/subcases", json={"child": other}).status_code == 201
    assert lina.post(f"/cases/{other}/subcases", json={"child": number}).status_code == 409
    assert lina.post(f"/cases/{number}/subcases", json={"title": "x"}).status_code == 422
    assert lina.post(f"/cases/{child}/cancel", json={"reason": ""}).status_code == 422
    assert lina.post(f"/cases/{child}/cancel", json={"reason": "They had one."}).status_code == 204
    parts = {one["number"]: one for one in lina.get(f"/cases/{number}/subcases").json["subcases"]}
    assert (parts[child]["status"], parts[child]["reason"], parts[child]["done"]) == ("closed", "They had one.", True)
    assert parts[other]["done"] is False


def test_a_token_that_may_only_read_changes_nothing(api: Callable[..., Any], number: str) -> None:
    reader = api("li.na", "cases:read")
    for path, body in (
        ("diagnosis", {"tree": "hardware"}),
        ("findings", {"kind": "draft", "text": "x"}),
        ("subcases", {"title": "x", "description": "x", "department": "rnd"}),
    ):
        assert reader.post(f"/cases/{number}/{path}", json=body).status_code == 403
