"""What staff are warned of: a house without agents, a message that reaches nobody; and times as a mail told them."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import case, customers, operations, people
from loopdesk.desk.closure import verification
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict
from loopdesk.engine.host import Call
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import settle
from loopdesk.web.errors import told
from loopdesk.web.wiring import Loopdesk


def test_administrators_are_warned_while_nobody_answers_reports(app: Flask, desk: Loopdesk) -> None:
    """INT-7: until customer support has an agent."""
    browser = as_person(app, "xu.min")
    warning = "No agent in department"
    assert warning not in browser.get("/incidents?lang=en").text
    with desk.engine.begin() as tx:
        for agent in people.in_department(tx, "support", "agent"):
            people.deactivate(SYSTEM, tx, agent.id)
    assert warning in browser.get("/incidents?lang=en").text


def test_a_message_to_nobody_is_a_warning_on_the_case(app: Flask, desk: Loopdesk) -> None:
    """INT-7, COM-4: an alert has no customer; its acknowledgement is not lost in silence."""
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, case.Report("monitoring", "Disk full on db-3.")).number
    settle(desk)
    page = as_person(app, "xu.min").get(f"/cases/{number}?lang=en").text
    assert "Not sent: there is nobody to write to" in page
    assert "nobody</" not in page


@pytest.mark.parametrize(("language", "hour"), [("en", "14:30"), ("zh", "14:30")])
def test_the_page_behind_a_link_tells_times_as_the_mail(
    app: Flask, desk: Loopdesk, clock: VirtualClock, language: str, hour: str
) -> None:
    """COM-3, FIX-4: in the customer's zone, whatever the desk's is."""
    with desk.engine.begin() as tx:
        contact = customers.find_or_create_contact(
            SYSTEM, tx, email="asha@aurora.example", language=language, zone="Asia/Kolkata"
        )
        report = case.Report("portal", "It hangs.", contact_id=contact.id, language=language)
        number = case.open(SYSTEM, tx, report).number
        call = Call(instance="i", bundle="b", process="p", element="e", key=number)
        operations.build("https://desk.example", desk.store)["verification.ask"](SYSTEM, tx, call)
        token = tx.conn.scalars(sa.select(verification.verification.c.token)).one()
    page = app.test_client().get(f"/v/{token}").text
    assert f'lang="{language}' in page
    assert hour in page


def test_a_moment_in_an_error_is_the_readers(light_app: Flask, light_desk: Loopdesk, clock: VirtualClock) -> None:
    """FIX-9: who completed a task meanwhile, and when, on the reader's own clock."""
    with light_desk.engine.begin() as tx:
        case.open(SYSTEM, tx, case.Report("portal", "It hangs.", email="anna@aurora.example"))
    settle(light_desk)
    with light_desk.engine.read() as tx:
        lina = people.actor_of(_person(tx, "li.na"))
        [task] = work.listing(lina, tx)
    answers = {"type": "fault", "department": "support", "urgency": "low", "scope": "one", "complexity": "low"}
    with light_desk.engine.begin() as tx:
        work.complete(lina, tx, task["id"], answers)
    clock.advance(timedelta(hours=1))
    with pytest.raises(Conflict) as refused, light_desk.engine.begin() as tx:
        work.complete(lina, tx, task["id"], answers)
    with light_app.test_request_context("/inbox?lang=en"):
        light_app.preprocess_request()
        from flask import g

        g.actor, g.signed_in = lina, True
        message = told(refused.value)
    assert "17:00" in message
    assert "+00:00" not in message


def _person(tx: Any, login: str) -> people.Person:
    found = people.by_login(tx, login)
    assert found is not None
    return found
