"""Lists of operators: one look at the incidents, none at all instances, and stray files refused on the page."""

import io

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import case
from loopdesk.engine import bundles, incidents, instances
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox import Row
from loopdesk.tests.web.test_pages_operating import browser_of
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return browser_of(app, "admin")


@pytest.fixture
def stopped(desk: Loopdesk) -> str:
    """A case whose first user task has an incident: the element's id."""
    told = case.Report(channel="portal", title="Down", description="Down", email="anna@aurora.example")
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, told).number
        [run] = instances.of_key(tx, number)
        row = Row(1, "effect", "k", {"type": "webhook"}, number, run["id"], "triage", 1, 1, 0, "w", tx.now)
        incidents.open(tx, row, Refused("It said no."))
    return "triage"


def asked(desk: Loopdesk, browser: FlaskClient, path: str) -> tuple[str, list[str]]:
    """A page, and the statements that it took."""
    said: list[str] = []
    database = desk.engine.database.engine
    sa.event.listen(database, "before_cursor_execute", lambda _c, _u, text, *_: said.append(text))
    page = browser.get(path)
    assert page.status_code == 200
    return page.text, said


def test_incidents_are_read_once_and_stand_at_the_name_that_people_know(
    admin: FlaskClient, desk: Loopdesk, stopped: str
) -> None:
    page, said = asked(desk, admin, "/incidents?lang=zh")
    assert f"<code>{stopped}</code>" not in page
    with desk.engine.read() as tx:
        name = bundles.current(tx, "intake").text(stopped, "name", "zh")
    assert f"<span>{name}</span>" in page
    assert len([one for one in said if "incident.message" in one]) == 2, "the open ones, and the settled ones"
    assert '<option value="webhook"' in page


def test_the_list_of_processes_does_not_look_through_all_instances_for_their_names(
    admin: FlaskClient, desk: Loopdesk, stopped: str
) -> None:
    page, said = asked(desk, admin, "/instances")
    assert not [one for one in said if "SELECT DISTINCT instance" in one]
    assert '<option value="intake"' in page


def test_a_stray_file_is_refused_on_the_page_with_its_name(app: Flask) -> None:
    owner = browser_of(app, "petra.owner")
    before = owner.get("/definitions/handoff").text.count("number=")
    refused = owner.post("/definitions/handoff", data={"file": (io.BytesIO(b"x"), "holiday.png")})
    assert refused.status_code == 422
    assert "“holiday.png” is no file of a process folder." in refused.text
    assert owner.get("/definitions/handoff").text.count("number=") == before
