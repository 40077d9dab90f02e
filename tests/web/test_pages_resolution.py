"""On the page of a case: diagnosis step by step, causes and drafts, sub-cases (DIA-2, DIA-3, DIA-10)."""

from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import case, casework, people, record, subcases
from loopdesk.desk.diagnosis import course
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def number(desk: Loopdesk) -> str:
    with desk.engine.begin() as tx:
        told = case.Report(channel="portal", title="No light", description="Dark.", email="anna@aurora.example")
        number = case.open(SYSTEM, tx, told).number
    settle(desk)
    with desk.engine.begin() as tx:
        record.change(tx, number, type="hardware")
    return number


@pytest.fixture
def lina(app: Flask) -> Any:
    client = as_person(app, "li.na")
    client.environ_base["HTTP_X_CSRFTOKEN"] = csrf_of(app, client)
    return client


@pytest.mark.row("DIA-2/tree", "DIA-2/outcome", "DIA-2/skip")
def test_a_tree_is_walked_on_the_page_and_its_result_stands_on_the_case(lina: Any, desk: Loopdesk, number: str) -> None:
    page = lina.get(f"/cases/{number}?lang=en").text
    assert "硬件" in page or "Hardware" in page
    lina.post(f"/cases/{number}/diagnosis", data={"tree": "hardware"})
    page = lina.get(f"/cases/{number}").text
    assert 'name="outcome" value="dark"' in page
    refused = lina.post(f"/cases/{number}/diagnosis/skip", data={"step": "lights", "reason": ""})
    assert refused.status_code == 422
    lina.post(f"/cases/{number}/diagnosis/skip", data={"step": "lights", "reason": "Nobody is there."})
    lina.post(f"/cases/{number}/diagnosis/outcome", data={"step": "logs", "outcome": "link_down", "note": "Port 7"})
    late = lina.post(f"/cases/{number}/diagnosis/outcome", data={"step": "logs", "outcome": "nothing"})
    assert late.status_code == 422
    lina.post(f"/cases/{number}/diagnosis/outcome", data={"step": "cabling", "outcome": "cable"})
    with desk.engine.read() as tx:
        [way] = course.ways(tx, number)
        assert [(one["step"], one["outcome"], one["note"]) for one in way.steps] == [
            ("lights", "", "Nobody is there."),
            ("logs", "link_down", "Port 7"),
            ("cabling", "cable", ""),
        ]
        found = course.latest(tx, number, "cause")
    page = lina.get(f"/cases/{number}").text
    assert found
    assert page.count(found) >= 2  # in the section and in the stream
    assert "Nobody is there." in page


@pytest.mark.row("DIA-3/draft-solution")
def test_cause_and_draft_are_written_down_in_words(lina: Any, desk: Loopdesk, number: str) -> None:
    assert lina.post(f"/cases/{number}/findings", data={"kind": "draft", "text": "Renew it."}).status_code == 302
    assert lina.post(f"/cases/{number}/findings", data={"kind": "draft", "text": ""}).status_code == 422
    with desk.engine.read() as tx:
        assert course.latest(tx, number, "draft") == "Renew it."
    assert "Renew it." in lina.get(f"/cases/{number}").text


@pytest.mark.row("DIA-10/split")
def test_a_part_is_split_off_joined_and_cancelled(lina: Any, app: Flask, desk: Loopdesk, number: str) -> None:
    part = {"title": "Bring a switch", "description": "Slot 3.", "department": "support", "owner": ""}
    wrong = lina.post(f"/cases/{number}/subcases", data=part | {"title": "", "owner": "nobody"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    assert lina.post(f"/cases/{number}/subcases", data=part).status_code == 302
    settle(desk)
    with desk.engine.begin() as tx:
        [made] = subcases.parts(tx, number)
        told = case.Report(channel="portal", title="Also dark", description="Dark.", email="anna@aurora.example")
        other = case.open(SYSTEM, tx, told).number
        owner = people.by_id(tx, made.owner_id)
    assert "support" in owner.departments
    page = lina.get(f"/cases/{number}").text
    assert made.number in page
    assert number in lina.get(f"/cases/{made.number}").text
    assert lina.post(f"/cases/{number}/subcases/join", data={"child": other}).status_code == 302
    circle = lina.post(f"/cases/{other}/subcases/join", data={"child": number})
    assert circle.status_code == 422
    assert lina.post(f"/cases/{number}/subcases/join", data={"child": "L-2026-999999"}).status_code == 422
    given = {"child": made.number, "reason": "They had one."}
    assert lina.post(f"/cases/{number}/subcases/cancel", data=given).status_code == 302
    settle(desk)
    with desk.engine.read() as tx:
        assert record.get(tx, made.number).status == "closed"
        assert subcases.unfinished(tx, number) == [other]
    assert "They had one." in lina.get(f"/cases/{number}").text


def test_a_solved_case_shows_its_sections_without_forms(lina: Any, desk: Loopdesk, number: str) -> None:
    with desk.engine.begin() as tx:
        casework.solve(SYSTEM, tx, number, solution="Done.")
    page = lina.get(f"/cases/{number}").text
    assert 'id="diagnosis"' in page
    assert f"/cases/{number}/subcases" not in page
    assert lina.post(f"/cases/{number}/diagnosis", data={"tree": "hardware"}).status_code == 302
    with desk.engine.begin() as tx:
        casework.close(SYSTEM, tx, number, reason="confirmed")
    assert lina.post(f"/cases/{number}/findings", data={"kind": "cause", "text": "x"}).status_code == 422
