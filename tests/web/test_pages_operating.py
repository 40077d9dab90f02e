"""The pages on which supervisors step into running processes say what they do and what they refuse (issue 4)."""

import re
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import case
from loopdesk.engine import bundles, incidents, instances, runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox import Row
from loopdesk.tests.engine.drawing import catch, diagram, flows, timer
from loopdesk.tests.web.browsers import as_person, csrf_of, sign_in
from loopdesk.tests.web.conftest import settle
from loopdesk.web.cli._desk import group_for
from loopdesk.web.wiring import Loopdesk

WAIT = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + catch("c", timer("Duration", "PT1H")) + flows("s > c > e")


@pytest.fixture
def run(desk: Loopdesk) -> str:
    """A process that waits an hour."""
    with desk.engine.begin() as tx:
        told = case.Report(channel="portal", title="Late", description="Late", email="anna@aurora.example")
        number = case.open(SYSTEM, tx, told).number
        bundles.deploy(SYSTEM, tx, "wait", {"wait.bpmn": diagram(WAIT, process="wait")})
        return runner.start(SYSTEM, tx, "wait", key=number, data={"amount": 1})


def browser_of(app: Flask, login: str) -> FlaskClient:
    """A signed-in browser whose forms are its own."""
    client = sign_in(app, login)[0] if login == "admin" else as_person(app, login)
    client.environ_base["HTTP_X_CSRFTOKEN"] = csrf_of(app, client)
    return client


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    return browser_of(app, "admin")


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1].replace("&#34;", '"')


def test_the_list_is_filtered_and_many_are_put_on_hold(admin: FlaskClient, desk: Loopdesk, run: str) -> None:
    page = admin.get("/instances?process=wait").text
    assert f"/instances/{run}" in page
    assert "1 process" in page
    assert f"/instances/{run}" not in admin.get("/instances?process=wait&status=suspended").text
    assert admin.post("/instances/bulk?process=wait", data={"action": "suspend"}).status_code == 422
    answer = admin.post("/instances/bulk?process=wait", data={"action": "suspend", "reason": "audit"})
    settle(desk)
    assert "1 done" in admin.get(answer.location).text
    assert f"/instances/{run}" in admin.get("/instances?process=wait&status=suspended").text


@pytest.mark.usefixtures("run")
def test_the_list_calls_processes_by_the_name_that_people_know(admin: FlaskClient) -> None:
    assert ">Take in a problem</a>" in admin.get("/instances?process=intake").text
    assert ">受理问题</a>" in admin.get("/instances?process=intake&lang=zh").text


def test_how_far_many_are_is_said_in_the_language_of_the_command(admin: FlaskClient, desk: Loopdesk, run: str) -> None:
    answer = admin.post("/instances/bulk?process=wait", data={"action": "suspend", "reason": "audit"})
    settle(desk)
    asked = ["--lang", "zh", "instances", "progress", answer.location.rsplit("/", 1)[-1]]
    done = CliRunner().invoke(group_for(desk), asked)
    assert "suspend：完成 1 项，拒绝 0 项，等待 0 项" in done.output, (run, done.output)


@pytest.mark.parametrize(
    "query", ["number=abc&older_than=xyz", "number=-1", "older_than=99999999999999999999", "status=x"]
)
def test_a_filter_that_cannot_be_read_shows_nothing_and_does_nothing(
    admin: FlaskClient, desk: Loopdesk, run: str, query: str
) -> None:
    page = admin.get(f"/instances?{query}")
    assert (page.status_code, run in page.text, "bulk-" in page.text) == (200, False, False)
    assert 'role="alert"' in page.text
    refused = admin.post(f"/instances/bulk?{query}", data={"action": "suspend", "reason": "audit"})
    assert refused.status_code == 422
    with desk.engine.read() as tx:
        assert instances.get(tx, run)["suspended_at"] is None


def test_a_process_shows_where_it_stands_and_what_people_did_to_it(admin: FlaskClient, run: str) -> None:
    page = admin.get(f"/instances/{run}").text
    assert "PT1H" in page
    assert "amount" in page
    change = admin.post(f"/instances/{run}/change", data={"do": "set", "name": "amount", "value": "2"}).text
    assert "Set amount to 2" in change
    assert "What would change" in change
    plan, version = hidden(change, "plan"), hidden(change, "version")
    body = {"plan": plan, "version": version, "apply": "1"}
    assert admin.post(f"/instances/{run}/change", data=body).status_code == 422
    assert admin.post(f"/instances/{run}/change", data={**body, "reason": "typo"}).status_code == 302
    again = admin.post(f"/instances/{run}/change", data={**body, "reason": "typo"})
    assert (again.status_code, "moved on since" in again.text) == (422, True)
    page = admin.get(f"/instances/{run}").text
    assert "typo" in page
    assert "amount = 1" in page


@pytest.mark.parametrize(
    "given",
    [
        {"do": "set", "name": "amount", "value": "{"},
        {"do": "set", "name": "case", "value": "1"},
        {"do": "set", "name": "amount", "value": '"two"'},
        {"do": "move", "token": "99", "to": "e"},
        {"do": ""},
        {"do": "cancel", "plan": "nonsense"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused_on_the_page(
    admin: FlaskClient, run: str, given: dict[str, Any]
) -> None:
    answer = admin.post(f"/instances/{run}/change", data=given)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_timer_is_moved_in_the_readers_zone_and_fired(admin: FlaskClient, desk: Loopdesk, run: str) -> None:
    with desk.engine.read() as tx:
        from loopdesk.engine import timers

        (timer_,) = timers.of_instance(tx, run)
    path = f"/instances/{run}/timers/{timer_['id']}"
    assert admin.post(path, data={"do": "move", "due_at": "2026-03-05T10:00"}).status_code == 422
    assert admin.post(path, data={"do": "move", "due_at": "2026-03-05T10:00", "reason": "away"}).status_code == 302
    assert admin.post(path, data={"do": "fire", "reason": "back"}).status_code == 302
    page = admin.get(f"/instances/{run}").text
    assert "Fired by hand" in page
    assert "finished" in page


def test_an_incident_has_a_page_with_all_ways_to_go_on(admin: FlaskClient, desk: Loopdesk, run: str) -> None:
    with desk.engine.begin() as tx:
        row = Row(
            1, "timer", "k", {"timer": 1, "ref": "2"}, instances.get(tx, run)["key"], run, "c", 1, 1, 0, "w", tx.now
        )
        identity = incidents.open(tx, row, Refused("The bank is %(state)s.", state="closed"))
    page = admin.get("/incidents").text
    assert "The bank is closed." in page
    assert admin.get(f"/incidents/{identity}").status_code == 200
    refused = admin.post(f"/incidents/{identity}/skip", data={"result": "{", "reason": "x"})
    assert (refused.status_code, "This is no JSON" in refused.text) == (422, True)
    assert admin.post(f"/incidents/{identity}/cancel", data={"what": "instance", "reason": "x"}).status_code == 302
    assert "ended by hand" in admin.get(f"/instances/{run}").text


def test_agents_see_neither_the_list_nor_a_process(app: Flask, run: str) -> None:
    agent = browser_of(app, "li.na")
    assert agent.get("/instances").status_code == 403
    assert agent.get(f"/instances/{run}").status_code == 403
    assert agent.post(f"/instances/{run}/suspend", data={"reason": "x"}).status_code == 403


def test_a_change_on_the_command_line_names_the_version_it_was_made_for(desk: Loopdesk, run: str) -> None:
    change = '{"do": "set", "name": "amount", "value": 2}'
    with desk.engine.read() as tx:
        version = instances.get(tx, run)["version"]
    for given, code in ((version + 1, 1), (version, 0)):
        line = ["instances", "modify", run, change, "--version", str(given), "--reason", "audit"]
        done = CliRunner().invoke(group_for(desk), line)
        assert done.exit_code == code, done.output
