"""Erasure and holds on their page and over the API: looked at first, with a reason, for administrators only."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import holds, people
from loopdesk.engine import audit_verify
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.operators.conftest import ADDRESS, NAME, House
from loopdesk.tests.scenarios.stage import ADMIN
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api
from loopdesk.web.app import create_app


@pytest.fixture
def app(house: House) -> Flask:
    with house.stage.desk.engine.begin() as tx:
        who = {"login": "ada", "name": "Ada", "email": "ada@loopdesk.example"}
        people.create(SYSTEM, tx, **who, language="en", zone="UTC", roles=["admin"], departments=[])
    return create_app(desk=house.stage.desk)


def browser(app: Flask, login: str) -> FlaskClient:
    client = as_person(app, login)
    client.environ_base["HTTP_X_CSRFTOKEN"] = csrf_of(app, client)
    return client


def why(house: House) -> list[dict[str, object]]:
    with house.stage.desk.engine.snapshot() as tx:
        assert audit_verify.verify(tx).findings == []
        rows = tx.conn.execute(sa.text("SELECT actor_name, data FROM event WHERE kind = 'data.erased'")).mappings()
        return [dict(row) for row in rows]


def test_an_administrator_looks_at_what_would_go_gives_a_reason_and_erases(house: House, app: Flask) -> None:
    admin, before = browser(app, "ada"), house.everything()
    seen = admin.post("/privacy/preview", data={"person": ADDRESS})
    assert seen.status_code == 200
    assert house.number in seen.text
    assert "letters and mails" in seen.text
    assert house.everything() == before
    refused = admin.post("/privacy/erase", data={"person": ADDRESS, "reason": " "})
    assert (refused.status_code, "A reason is needed." in refused.text) == (422, True)
    assert house.everything() == before
    done = admin.post("/privacy/erase", data={"person": ADDRESS, "reason": f"{NAME} asked for it"})
    assert done.status_code == 302
    assert ADDRESS not in house.everything()
    assert NAME not in house.everything()
    [event] = why(house)
    assert (event["actor_name"], "[erased] asked for it" in str(event["data"])) == ("Ada", True)


def test_a_hold_added_on_the_page_keeps_a_case_until_it_is_released(house: House, app: Flask) -> None:
    admin = browser(app, "ada")
    assert admin.post("/privacy/holds", data={"number": house.number, "reason": "lawsuit 12/26"}).status_code == 302
    assert "lawsuit 12/26" in admin.get("/privacy").text
    refused = admin.post("/privacy/erase", data={"person": ADDRESS, "reason": "asked"})
    assert (refused.status_code, house.number in refused.text) == (422, True)
    assert admin.post("/privacy/holds", data={"number": "L-1999-000001", "reason": "x"}).status_code == 422
    assert admin.post(f"/privacy/holds/{house.number}/release", data={"reason": "settled"}).status_code == 302
    with house.stage.desk.engine.read() as tx:
        assert holds.listing(ADMIN, tx) == []


def test_only_administrators_come_by(house: House, app: Flask) -> None:
    lina = browser(app, "lina")
    assert lina.get("/privacy").status_code == 403
    assert lina.post("/privacy/erase", data={"person": ADDRESS, "reason": "x"}).status_code == 403
    assert "/privacy" not in lina.get("/inbox").text
    desk = house.stage.desk
    hers: Any = Api(app, desk, "lina")
    narrow: Any = Api(app, desk, "ada", "cases:write")
    assert hers.post("/erasures/preview", json={"person": ADDRESS}).status_code == 403
    assert narrow.get("/holds").status_code == 403


def test_programs_hold_release_preview_and_erase(house: House, app: Flask) -> None:
    api: Any = Api(app, house.stage.desk, "ada", "privacy:write")
    held = api.post("/holds", json={"number": house.number, "reason": "lawsuit 12/26"})
    assert (held.status_code, held.json["number"], held.json["by"]) == (201, house.number, "Ada")
    assert [one["reason"] for one in api.get("/holds").json["holds"]] == ["lawsuit 12/26"]
    assert api.post("/erasures/preview", json={"person": ADDRESS}).status_code == 409
    assert api.post(f"/holds/{house.number}/release", json={"reason": "settled"}).status_code == 204
    assert api.post("/erasures", json={"person": ADDRESS}).status_code == 422
    before = house.everything()
    seen = api.post("/erasures/preview", json={"person": ADDRESS}).json
    assert (seen["kind"], seen["cases"], seen["files"]) == ("contact", [house.number], 1)
    assert house.everything() == before
    done = api.post("/erasures", json={"person": ADDRESS, "reason": "Art. 17"})
    assert (done.status_code, done.json["events"] > 5) == (201, True)
    assert ADDRESS not in house.everything()
    assert len(why(house)) == 1
