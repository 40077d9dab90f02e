"""Every activity says who does it, by when and what comes out: at the task and on the diagram (PRO-11)."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from loopdesk.desk import case, people
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk


@pytest.mark.row("PRO-11/on-the-diagram")
def test_the_page_of_a_process_tells_it_of_each_activity(light_app: Flask) -> None:
    petra = as_person(light_app, "petra.owner")
    shown = petra.get("/definitions/handoff?lang=en").get_data(as_text=True)
    page = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
    assert "Confirm or reject receipt department of the process: to_department · Agent" in page
    drawn = petra.get("/definitions/handoff/diagram/handoff.bpmn").get_json()
    notes = {note["element"]: note["text"] for note in drawn["notes"]}
    assert set(re.findall(r'<bpmn:\w*[tT]ask id="(\w+)"', drawn["xml"])) == set(notes)
    assert notes["confirm"] == "as the process computes · department of the process: to_department · Agent"


def test_a_computed_limit_names_the_lengths_it_can_have(light_app: Flask) -> None:
    page = as_person(light_app, "petra.owner").get("/definitions/intake?lang=en").get_data(as_text=True)
    assert "15 min, 30 min, 2 hr, by the facts of the case" in page


@pytest.mark.row("PRO-11/at-the-task", "PRO-11/department-and-role", "PRO-11/time-limit", "PRO-11/expected-result")
def test_a_task_tells_it_to_whoever_does_it(light_app: Flask, light_desk: Loopdesk) -> None:
    with light_desk.engine.begin() as tx:
        report = case.Report("portal", "The export stops.", "It stops", email="hejing@chenxing.example", urgency="low")
        number = case.open(SYSTEM, tx, report).number
    settle(light_desk)
    with light_desk.engine.read() as tx:
        tom = people.by_login(tx, "tom.baker")
        assert tom is not None
        [task] = work.listing(people.actor_of(tom), tx, key=number)
    assert (task["department"], task["role"]) == ("support", "agent")
    assert task["due_at"] == light_desk.engine.clock.now() + timedelta(hours=2)
    page = as_person(light_app, "tom.baker").get(f"/tasks/{task['id']}?lang=en").get_data(as_text=True)
    assert task["expected"]["en"] in page
    assert "Customer support · Agent" in page
    assert task["due_at"].isoformat() in page
