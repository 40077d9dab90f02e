"""Versions and migrations over the API: list, compare, promote, retire, roll back, preview, carry over."""

from collections.abc import Callable
from typing import Any

import pytest

from loopdesk.desk import case
from loopdesk.engine import bundles, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.conftest import settle
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk

INTAKE = bundles.read_folder(WORKFLOWS / "intake")
RENAMED = {path: text.replace(b"Check the report", b"Check the report well") for path, text in INTAKE.items()}


def texts(files: dict[str, bytes]) -> dict[str, str]:
    return {path: content.decode() for path, content in files.items()}


@pytest.fixture
def number(desk: Loopdesk) -> str:
    """A case that waits at its first task."""
    with desk.engine.begin() as tx:
        told = case.Report(channel="portal", title="No sound", description="Since noon", email="anna@aurora.example")
        opened = case.open(SYSTEM, tx, told).number
    settle(desk)
    return opened


def test_a_draft_is_compared_promoted_and_rolled_back(api: Callable[..., Any]) -> None:
    owner = api("petra.owner")
    made = owner.post("/definitions/intake", json={"files": texts(RENAMED), "promote": False}).json
    assert made["number"] == 2
    rows = owner.get("/definitions/intake/versions").json["versions"]
    assert [(row["number"], row["state"]) for row in rows] == [(2, "draft"), (1, "current")]
    found = owner.get("/definitions/intake/compare?old=1&new=2").json
    assert [(one["what"], one["kind"]) for one in found["elements"]] == [("changed", "userTask")]
    assert found["elements"][0]["properties"][0]["label"] == "name"
    promoted = owner.post("/definitions/intake/promote", json={"number": 2, "note": "clearer"})
    assert promoted.json == {"name": "intake", "number": 2, "state": "current"}
    assert owner.post("/definitions/intake/promote", json={"number": 2}).status_code == 409
    assert owner.post("/definitions/intake/rollback", json={}).json["number"] == 1
    assert owner.post("/definitions/intake/retire", json={"number": 2}).json["state"] == "retired"
    assert owner.post("/definitions/intake/retire", json={"number": 9}).status_code == 404


def test_a_running_case_is_previewed_and_carried_over(api: Callable[..., Any], desk: Loopdesk, number: str) -> None:
    owner = api("petra.owner")
    owner.post("/definitions/intake", json={"files": texts(RENAMED)})
    wanted = {"process": "intake", "source": 1, "target": 2}
    seen = owner.post("/migrations/preview", json=wanted).json
    (look,) = [one for one in seen["instances"] if one["key"] == number]
    assert (look["reasons"], seen["refused"]) == ([], 0)
    started = owner.post("/migrations", json=wanted | {"note": "clearer", "only": [number]})
    assert (started.status_code, started.json["state"]) == (202, "running")
    path = f"/migrations/{started.json['id']}"
    assert owner.post(f"{path}/pause").json["state"] == "paused"
    assert owner.post(f"{path}/pause").status_code == 409
    settle(desk)
    assert owner.get(path).json["waiting"] == 1
    assert owner.post(f"{path}/resume").json["state"] == "running"
    settle(desk)
    assert owner.get(path).json | {"created_at": "", "ended_at": ""} == started.json | {
        "state": "finished",
        "migrated": 1,
        "waiting": 0,
        "created_at": "",
        "ended_at": "",
    }
    (item,) = owner.get(f"{path}/instances").json["instances"]
    assert (item["key"], item["state"], item["reasons"]) == (number, "migrated", [])
    with desk.engine.read() as tx:
        (task,) = work.listing(SYSTEM, tx, key=number)
    assert task["name"]["en"] == "Check the report well"
    assert owner.get("/migrations?process=intake").json["migrations"][0]["id"] == started.json["id"]


def test_bad_migrations_say_what_is_wrong(api: Callable[..., Any], number: str) -> None:
    owner = api("petra.owner")
    owner.post("/definitions/intake", json={"files": texts(RENAMED)})
    wanted = {"process": "intake", "source": 1, "target": 2}
    answer = owner.post("/migrations", json=wanted | {"mapping": {"nothing": "triage"}})
    assert answer.status_code == 422
    assert answer.json["errors"] == {"nothing": ["there is no element “nothing” in that version"]}
    assert owner.post("/migrations", json=wanted | {"only": ["L-0"]}).status_code == 404
    assert owner.post("/migrations", json=wanted | {"target": 1}).status_code == 422
    assert owner.post("/migrations", json=wanted | {"batch": 1}).status_code == 422
    assert owner.get("/migrations/nothing").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/definitions/intake/promote", {"number": 1}),
        ("/definitions/intake/retire", {}),
        ("/definitions/intake/rollback", {}),
        ("/migrations", {"process": "intake", "source": 1, "target": 2}),
        ("/migrations/preview", {"process": "intake", "source": 1, "target": 2}),
    ],
)
def test_only_a_process_owner_with_the_scope_may(api: Callable[..., Any], path: str, body: dict[str, Any]) -> None:
    assert api("li.na").post(path, json=body).status_code == 403
    assert api("petra.owner", "definitions:read").post(path, json=body).status_code == 403
