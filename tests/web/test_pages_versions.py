"""The pages of versions, comparison and migration: what they show, what they let whom do."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import case
from loopdesk.engine import bundles, migration, versions, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk

INTAKE = bundles.read_folder(WORKFLOWS / "intake")
OTHER = {path: text.replace(b"Check the report", b"Check the report well") for path, text in INTAKE.items()}


def _renamed(found: "re.Match[bytes]") -> bytes:
    return found[1] + b'="sorting"' if found[1] else found[2] + b"sorting:"


HERE = re.compile(rb'(?<=[ ])(id|sourceRef|targetRef|bpmnElement|attachedToRef)="triage"|^( *)triage:', re.M)
MOVED = {path: HERE.sub(_renamed, text) for path, text in INTAKE.items() if not path.startswith("scenarios")}
"""The first task under another id."""


class Owner:
    """A process owner's browser."""

    def __init__(self, app: Flask, login: str = "petra.owner") -> None:
        self.client: FlaskClient = as_person(app, login)
        self.token = csrf_of(app, self.client)

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def post(self, path: str, **data: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token, **data})


def deploy(desk: Loopdesk, files: dict[str, bytes], *, promote: bool = True) -> None:
    with desk.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "intake", files, note="clearer words", promote=promote)


@pytest.fixture
def number(light_desk: Loopdesk) -> str:
    """A case that waits at its first task."""
    with light_desk.engine.begin() as tx:
        told = case.Report(channel="portal", title="No sound", description="Since noon", email="anna@aurora.example")
        opened = case.open(SYSTEM, tx, told).number
    settle(light_desk)
    return opened


def state(desk: Loopdesk, number: int) -> str:
    with desk.engine.read() as tx:
        return str(next(row["state"] for row in versions.listing(SYSTEM, tx, "intake") if row["number"] == number))


def test_the_page_of_a_process_lists_its_versions_with_state_and_running(
    light_app: Flask, light_desk: Loopdesk, number: str
) -> None:
    deploy(light_desk, OTHER, promote=False)
    page = Owner(light_app).get("/definitions/intake")
    rows = re.findall(
        r'href="/definitions/intake/versions/(\d)".*?class="state".*?</svg>(\w+)</span>.*?(\d+)</td>', page, re.S
    )
    assert rows == [("2", "draft", "0"), ("1", "current", "1")]
    assert "clearer words" in page


def test_a_version_is_made_current_retired_and_taken_back_on_its_page(light_app: Flask, light_desk: Loopdesk) -> None:
    deploy(light_desk, OTHER, promote=False)
    owner = Owner(light_app)
    assert "Make current" in owner.get("/definitions/intake/versions/2")
    assert owner.post("/definitions/intake/versions/2/promote", note="ready").status_code == 302
    assert state(light_desk, 2) == "current"
    assert owner.post("/definitions/intake/versions/2/promote").status_code == 409
    assert owner.post("/definitions/intake/rollback").status_code == 302
    assert state(light_desk, 1) == "current"
    owner.post("/definitions/intake/rollback")
    assert "There is no version" in owner.get("/definitions/intake")
    assert owner.post("/definitions/intake/versions/2/retire").status_code == 302
    assert state(light_desk, 2) == "retired"
    assert light_app.test_client().get("/definitions/intake/versions/2").status_code in (302, 401)


def test_a_draft_is_uploaded_without_becoming_current(light_app: Flask, light_desk: Loopdesk) -> None:
    owner = Owner(light_app)
    file = (io.BytesIO(OTHER["intake.bpmn"]), "intake.bpmn")
    answer = owner.post("/definitions/intake", file=file, draft="1", note="try")
    assert answer.location.endswith("/definitions/intake/versions/2")
    assert state(light_desk, 1) == "current"


def test_two_versions_are_compared_in_words_on_the_drawing_and_line_by_line(
    light_app: Flask, light_desk: Loopdesk
) -> None:
    deploy(light_desk, OTHER)
    owner = Owner(light_app)
    page = owner.get("/definitions/intake/compare?old=1&new=2")
    assert "<del>Check the report</del>" in page
    assert "texts.en.yaml" in page
    assert 'class="legend"' in page
    drawn = owner.client.get("/definitions/intake/compared/intake.bpmn?old=1&new=2&side=new").get_json()
    assert [(one["id"], one["what"], one["sign"], one["label"]) for one in drawn["changes"]] == [
        ("triage", "changed", "≠", "changed")
    ]
    assert "Check the report well" in drawn["xml"]
    before = owner.client.get("/definitions/intake/compared/intake.bpmn?old=1&new=2&side=old").get_json()
    assert "Check the report well" not in before["xml"]
    assert "Nothing differs" in owner.get("/definitions/intake/compare?old=1&new=1")
    assert owner.client.get("/definitions/intake/compare?old=1&new=9").status_code == 404
    assert owner.client.get("/definitions/intake/compared/none.bpmn?old=1&new=2").status_code == 404


def test_a_case_is_previewed_and_moved_and_its_page_tells_so(
    light_app: Flask, light_desk: Loopdesk, number: str
) -> None:
    deploy(light_desk, OTHER)
    owner = Owner(light_app)
    page = owner.get("/definitions/intake/migrate")
    assert number in page
    assert "1 case can move" in page
    answer = owner.post("/definitions/intake/migrate", source="1", target="2", act="start", note="clearer")
    assert answer.status_code == 302
    assert 'hx-trigger="every 2s"' in owner.get(answer.location)
    settle(light_desk)
    done = owner.get(answer.location)
    assert "hx-trigger" not in done
    assert "1 of 1 moved" in done
    with light_desk.engine.read() as tx:
        (task,) = work.listing(SYSTEM, tx, key=number)
    assert task["name"]["en"] == "Check the report well"
    assert "Goes on with version 2" in owner.get(f"/cases/{number}")


def test_an_element_that_is_gone_asks_for_another_and_the_suggestion_is_chosen(
    light_app: Flask, light_desk: Loopdesk, number: str
) -> None:
    deploy(light_desk, MOVED)
    owner = Owner(light_app)
    page = owner.get("/definitions/intake/migrate")
    assert "is gone: map it to another element" in page
    assert re.search(r'name="map:triage".*?<option value="sorting" selected>', page, re.S)
    again = owner.post("/definitions/intake/migrate", source="1", target="2", act="look", **{"map:triage": "sorting"})
    assert "1 case can move" in again.text
    wrong = owner.post("/definitions/intake/migrate", source="1", target="2", act="start", **{"map:triage": "nothing"})
    assert wrong.status_code == 422
    assert "there is no element “nothing”" in wrong.text


def test_a_migration_is_paused_and_goes_on(light_app: Flask, light_desk: Loopdesk, number: str) -> None:
    deploy(light_desk, OTHER)
    owner = Owner(light_app)
    path = owner.post("/definitions/intake/migrate", source="1", target="2", act="start").location
    assert owner.post(f"{path}/pause").status_code == 302
    assert "Go on" in owner.get(path)
    settle(light_desk)
    owner.post(f"{path}/pause")
    assert "This migration does not run." in owner.get(path)
    owner.post(f"{path}/resume")
    settle(light_desk)
    with light_desk.engine.read() as tx:
        assert migration.listing(SYSTEM, tx)[0]["state"] == "finished"


def test_a_form_without_versions_and_an_act_that_is_none_are_not_found(light_app: Flask, light_desk: Loopdesk) -> None:
    deploy(light_desk, OTHER)
    owner = Owner(light_app)
    for given in ({}, {"source": "x", "target": "2"}, {"source": "1"}):
        assert owner.post("/definitions/intake/migrate", act="start", **given).status_code == 404
    assert owner.post("/definitions/intake/migrations/none/stop").status_code == 404


@pytest.mark.parametrize("path", ["versions/1/promote", "versions/1/retire", "rollback", "migrate"])
def test_staff_who_own_no_process_change_nothing(light_app: Flask, light_desk: Loopdesk, path: str) -> None:
    deploy(light_desk, OTHER)
    agent = Owner(light_app, "li.na")
    assert agent.post(f"/definitions/intake/{path}", source="1", target="2", act="start").status_code == 403
    assert agent.client.get("/definitions/intake/migrate").status_code == 403
    assert "Make current" not in agent.get("/definitions/intake/versions/1")
    assert state(light_desk, 2) == "current"
