"""An integrator asks that a case passes gates: over the API, before the closure comes to them (FIX-5)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import casework
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.accepting import REPORT, begin, now
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

NOTHING_YET = {"monitoring": ("waiting", None), "load_test": ("waiting", None)}


@pytest.fixture
def number(desk: Loopdesk, api: Callable[..., Api]) -> str:
    made: Any = api("ivan.link").post("/cases", json=REPORT)
    settle(desk)
    return str(made.json["number"])


@pytest.mark.row("FIX-5/from-the-customers-system")
def test_gates_that_an_integrator_asks_for_begin_with_the_closure_under_the_same_id(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """The closure's own table asks for another one; both are passed, and what was handed out as id takes samples."""
    client: Any = api("ivan.link")
    asked = client.post("/acceptances", json={"case": number, "gates": ["monitoring"]})
    assert (asked.status_code, asked.json["state"]) == (201, "wanted")
    again = client.post("/acceptances", json={"case": number, "gates": ["monitoring"]})
    assert (again.status_code, again.json["id"]) == (200, asked.json["id"])
    more = client.post("/acceptances", json={"case": number, "gates": ["load_test", "monitoring"]})
    assert (more.status_code, more.json["id"]) == (200, asked.json["id"])
    assert {one["kind"]: (one["state"], one["from_at"]) for one in more.json["gates"]} == NOTHING_YET
    early = api("ivan.link", "samples:write").post(f"/acceptances/{asked.json['id']}/samples", json={"samples": []})
    assert (early.status_code, "once the fix is confirmed" in early.json["remedy"]) == (409, True)
    for address in ("/closure/acceptance?lang=en", f"/closure/acceptance/{asked.json['id']}?lang=en"):
        assert "Begins once the fix is confirmed" in as_person(app, "li.na").get(address).text
    found = begin(desk, number, "users")
    assert (found.id, found.state) == (asked.json["id"], "running")
    assert [(gate.kind, gate.state) for gate in found.gates] == [
        ("load_test", "running"),
        ("monitoring", "running"),
        ("users", "running"),
    ]
    late = client.post("/acceptances", json={"case": number, "gates": ["monitoring"]})
    assert (late.status_code, late.json["id"]) == (200, found.id)
    given = [{"at": found.gates[1].from_at.isoformat(), "seconds": 0.4}] if found.gates[1].from_at else []
    sent = api("ivan.link", "samples:write").post(f"/acceptances/{found.id}/samples", json={"samples": given})
    assert sent.status_code == 200


def test_what_cannot_be_asked_for_is_answered_with_what_to_do(
    desk: Loopdesk, api: Callable[..., Api], number: str
) -> None:
    """FIX-5: no such case, no such gate, no right, another acceptance that runs, a case that is closed."""
    client: Any = api("ivan.link")
    nowhere = client.post("/acceptances", json={"case": "L-2026-999999", "gates": ["monitoring"]})
    assert nowhere.status_code == 404
    for gates in ([], ["benefit"], ["moon"], "monitoring"):
        wrong = client.post("/acceptances", json={"case": number, "gates": gates})
        assert wrong.status_code == 422, gates
        assert all(field.startswith("gates") for field in wrong.json["errors"])
    reader: Any = api("ivan.link", "cases:read")
    assert reader.post("/acceptances", json={"case": number, "gates": ["monitoring"]}).status_code == 403
    found = begin(desk, number, "load_test")
    beside = client.post("/acceptances", json={"case": number, "gates": ["monitoring"]})
    assert beside.status_code == 409
    assert found.id in beside.json["remedy"]
    with desk.engine.begin() as tx:
        casework.solve(SYSTEM, tx, number, solution="Restarted.")
        casework.close(SYSTEM, tx, number, reason="confirmed")
    closed = client.post("/acceptances", json={"case": number, "gates": ["monitoring"]})
    assert closed.status_code == 409
    assert number in closed.json["detail"]
    assert now(desk, number).id == found.id
