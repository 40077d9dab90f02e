"""What the intake decides about a report over the API: priority, route, and what it asks for (INT-2, INT-5, INT-6)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from loopdesk.engine import bundles
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.mails import postman, write
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk

Api = Callable[..., Any]
VIP, NORMAL = "anna@aurora.example", "hejing@chenxing.example"
AGENT = "li.na"


@pytest.fixture
def decided(api: Api, desk: Loopdesk) -> Callable[..., Any]:
    """Reports something over the API and gives the case as it is stored when the intake has decided."""

    def report(**fields: Any) -> Any:
        given = {"title": "It stops", "description": "The export stops half-way.", "email": NORMAL}
        made = api(AGENT).post("/cases", json=given | fields)
        assert made.status_code == 201, made.json
        settle(desk)
        return api("admin").get(f"/cases/{made.json['number']}").json

    return report


def checked(api: Api, desk: Loopdesk, number: str, **answers: str) -> Any:
    """The case after a person has checked the report."""
    [task] = [one for one in api(AGENT).get("/tasks").json["tasks"] if one["key"] == number]
    known = {"type": "fault", "department": "support", "urgency": "normal", "scope": "one", "complexity": "normal"}
    done = api(AGENT).post(f"/tasks/{task['id']}/complete", json={"data": known | answers})
    assert done.status_code == 200, done.json
    settle(desk)
    return api("admin").get(f"/cases/{number}").json


@pytest.mark.parametrize(
    ("email", "urgency", "scope", "priority", "reason"),
    [
        pytest.param(NORMAL, "critical", "all", "P0", "everyone", marks=pytest.mark.row("INT-5/scope")),
        pytest.param(NORMAL, "critical", "several", "P1", "several people", marks=pytest.mark.row("INT-5/scope")),
        pytest.param(NORMAL, "critical", "one", "P2", "one person", marks=pytest.mark.row("INT-5/urgency")),
        pytest.param(NORMAL, "normal", "one", "P3", "a way round", marks=pytest.mark.row("INT-5/urgency")),
        pytest.param(VIP, "critical", "several", "P0", "VIP", marks=pytest.mark.row("INT-5/tier")),
        pytest.param(VIP, "high", "one", "P2", "VIP", marks=pytest.mark.row("INT-5/tier")),
        pytest.param(NORMAL, "high", "one", "P3", "One person", marks=pytest.mark.row("INT-5/tier")),
    ],
)
def test_urgency_customer_and_scope_make_the_priority(
    decided: Callable[..., Any], email: str, urgency: str, scope: str, priority: str, reason: str
) -> None:
    case = decided(email=email, urgency=urgency, scope=scope)
    assert case["priority"] == priority
    assert reason in case["priority_reason"]


@pytest.mark.row("INT-5/complexity", "INT-5/again", "INT-5/reason")
def test_what_a_person_finds_out_changes_the_priority_and_the_reason_is_kept(
    api: Api, desk: Loopdesk, decided: Callable[..., Any]
) -> None:
    case = decided(urgency="critical", scope="one")
    assert case["priority"] == "P2"
    after = checked(api, desk, case["number"], urgency="critical", complexity="high")
    assert (after["complexity"], after["priority"]) == ("high", "P1")
    assert "complex" in after["priority_reason"]


@pytest.mark.row("INT-5/owner-edits")
def test_a_process_owner_edits_the_table_of_priorities(api: Api, decided: Callable[..., Any]) -> None:
    assert decided(urgency="high", scope="one")["priority"] == "P3"
    files = {path: content.decode() for path, content in bundles.read_folder(WORKFLOWS / "intake").items()}
    head, found, rest = files["priority.dmn"].rpartition("One person is badly hampered, the cause is usual")
    before, _, after = head.rpartition('"P3"')
    files["priority.dmn"] = f'{before}"P1"{after}{found}{rest}'
    sent = api("petra.owner").post("/definitions/intake", json={"files": files, "note": "higher"})
    assert sent.status_code == 201, sent.json
    assert decided(urgency="high", scope="one")["priority"] == "P1"


@pytest.mark.parametrize(
    ("category", "department"),
    [
        pytest.param("fault", "rnd", marks=pytest.mark.row("INT-6/technical")),
        pytest.param("billing", "finance", marks=pytest.mark.row("INT-6/billing")),
        pytest.param("compliance", "legal", marks=pytest.mark.row("INT-6/compliance")),
        ("network", "operations"),
        ("how_to", "support"),
    ],
)
def test_the_type_says_who_gets_it(decided: Callable[..., Any], category: str, department: str) -> None:
    case = decided(category=category)
    assert (case["type"], case["department"]) == (category, department)


@pytest.mark.row("INT-2/details")
def test_version_and_scope_of_a_report_are_kept(decided: Callable[..., Any]) -> None:
    case = decided(system_version="4.2.1", scope="several")
    assert (case["system_version"], case["scope"]) == ("4.2.1", "several")


@pytest.mark.row("INT-2/asked-for", "INT-7/category", "INT-7/priority", "INT-7/owner", "INT-7/expected-time")
def test_a_mail_is_acknowledged_at_once_with_what_is_known_and_what_is_missing(desk: Loopdesk) -> None:
    with postman(desk) as post:
        number = post.bring(write("The export stops half-way with error 17.", "Export stops"))
        [letter] = [row for row in post.said(number, "out") if row["template"] == "acknowledgement"]
        opened = post.case(number)
    assert letter["at"] == opened.opened_at
    assert opened.due_at is not None
    when = f"{opened.due_at:%d %b %Y}".removeprefix("0")
    for line in (
        r"Category:\s+\S+",
        rf"Priority:\s+{opened.priority}",
        r"Your contact:\s+\S+",
        rf"Expected by:.*{when}",
    ):
        assert re.search(line, letter["body"]), line
    assert "how to make it happen again" in letter["body"]
