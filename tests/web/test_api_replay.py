"""A program that lost an answer sends its request again: under one `Idempotency-Key` it is made once (CON-3)."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import emergency
from loopdesk.desk.idempotency import answered
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.outbox_rows import outbox
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.api import replay
from loopdesk.web.wiring import Loopdesk

KEY = {"Idempotency-Key": "k-1"}
REPORT = {"description": "The press stands still.", "customer_number": "C-1001", "email": "anna@aurora.example"}
ALERT = {"source": "prometheus", "id": "pay-1", "interface": "payment", "text": "Payments fail with 502."}


@pytest.fixture
def client(api: Callable[..., Any], desk: Loopdesk) -> Any:
    """A supervisor's program."""
    return api("wang.fang")


@pytest.fixture
def number(client: Any) -> str:
    """A case of Aurora."""
    return str(client.post("/cases", json=REPORT).json["number"])


def once(
    client: Any, path: str, body: dict[str, Any], listed: Callable[[], list[Any]], words: str = "text", key: str = "k-1"
) -> Any:
    """Sent twice, and with other ``words`` under the same key, there is one more than before: its answer."""
    before, headers = len(listed()), {"Idempotency-Key": key}
    first, again = (client.post(path, json=body, headers=headers) for _ in range(2))
    other = client.post(path, json=body | {words: "Something else"}, headers=headers)
    assert [answer.status_code for answer in (first, again, other)] == [201, 201, 422], (first.json, other.json)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert "Idempotency-Replayed" not in first.headers
    assert list(other.json["errors"]) == ["Idempotency-Key"]
    assert len(listed()) == before + 1
    return first.json


def test_an_action_is_agreed_once(client: Any, clock: VirtualClock) -> None:
    due = (clock.now() + timedelta(days=1)).isoformat()
    body = {"source": "review", "source_id": "m1", "text": "Name a second signer.", "owner": "li.na", "due_at": due}
    once(client, "/actions", body, lambda: client.get("/actions").json)


def test_a_negotiation_begins_once(client: Any, number: str) -> None:
    path = f"/cases/{number}/negotiations"
    body = {"side": "offer", "kind": "priority", "text": "Before noon", "priority": "P1"}
    once(client, path, body, lambda: client.get(path).json)


def test_a_milestone_is_added_once(client: Any, number: str, clock: VirtualClock) -> None:
    made = client.post("/implementations", json={"case": number, "plan": "standard"}).json
    path = f"/implementations/{made['id']}/milestones"
    due = (clock.now() + timedelta(days=1)).isoformat()

    def listed() -> list[Any]:
        [found] = client.get(f"/implementations?case={number}").json["implementations"]
        return list(found["milestones"])

    once(client, path, {"kind": "deployment", "name": "Second site", "due_at": due}, listed, "name")


def test_what_an_emergency_needs_is_written_told_asked_and_decided_once(
    api: Callable[..., Any], desk: Loopdesk
) -> None:
    """EMG-4: a note, an update that customers read, a question and its decision."""
    client = api("guo.tao")
    client.post("/alerts", json=ALERT)
    settle(desk)
    [led] = client.get("/emergencies").json
    path = f"/emergencies/{led['id']}"

    def entries(kind: str) -> list[Any]:
        return [one for one in client.get(path).json["entries"] if one["kind"] == kind]

    def letters() -> list[Any]:
        settle(desk)
        with desk.engine.read() as tx:
            return list(tx.conn.scalars(sa.select(outbox.c.id).where(outbox.c.kind == "letter")))

    before = letters()
    once(client, f"{path}/notes", {"text": "The cable is cut."}, lambda: entries("note"), key="note")
    told = {"text": "It is the second site.", "audience": "external", "next_minutes": 30}
    once(client, f"{path}/updates", told, lambda: entries("update"), key="update")
    heard = letters()
    assert len(heard) > len(before)
    client.post(f"{path}/updates", json=told, headers={"Idempotency-Key": "update"})
    assert letters() == heard
    asked = {"question": "Switch over?"}
    made = once(client, f"{path}/decisions", asked, lambda: client.get(path).json["decisions"], "question", "question")
    said = {"json": {"decision": "Yes."}, "headers": {"Idempotency-Key": "decision"}}
    first, again = (client.post(f"/emergencies/decisions/{made['id']}", **said) for _ in "ab")
    assert (first.status_code, again.status_code, again.json) == (200, 200, first.json)


def test_a_compensation_is_proposed_once(client: Any, desk: Loopdesk, clock: VirtualClock) -> None:
    """EMG-8."""
    number = client.post("/cases", json=REPORT | {"customer_number": "C-1002"}).json["number"]
    with desk.engine.begin() as tx:
        begun = emergency.declare(SYSTEM, tx, number, commander="li.na", grade="I", kind="system_fault")
    clock.advance(timedelta(hours=5))
    spans = [{"since": begun.declared_at.isoformat(), "until": clock.now().isoformat()}]
    body = {"emergency": begun.id, "outages": spans}
    once(client, "/compensations", body, lambda: client.get("/compensations").json, "reason")


def test_a_finding_a_sub_case_and_a_file_are_there_once(client: Any, number: str) -> None:
    """DIA-2, DIA-10, INT-1."""
    path = f"/cases/{number}"
    draft = {"kind": "draft", "text": "Renew it."}
    once(client, f"{path}/findings", draft, lambda: client.get(f"{path}/diagnosis").json["findings"], key="finding")
    part = {"title": "Bring a switch", "description": "Slot 3.", "department": "support"}
    once(client, f"{path}/subcases", part, lambda: client.get(f"{path}/subcases").json["subcases"], "title", "sub-case")

    def attach(content: bytes) -> Any:
        file = {"file": (io.BytesIO(content), "shop.log")}
        kind = "multipart/form-data"
        return client.post(f"{path}/attachments", data=file, content_type=kind, headers={"Idempotency-Key": "file"})

    first, again, other = attach(b"ERROR 502\n"), attach(b"ERROR 502\n"), attach(b"ERROR 503\n")
    assert [answer.status_code for answer in (first, again, other)] == [201, 201, 422], first.json
    assert (again.json, list(other.json["errors"])) == (first.json, ["Idempotency-Key"])
    assert [one["id"] for one in client.get(f"{path}/attachments").json] == [first.json["id"]]


def test_a_contact_is_added_once_and_changed_once(client: Any, desk: Loopdesk) -> None:
    """COM-2; the order of fields does not make another request."""
    path = "/customers/C-1001/contacts"
    body = {"name": "Bo Nilsson", "email": "bo@aurora.example"}
    made = once(client, path, body, lambda: client.get(path).json, "name")
    turned = client.post(path, json=dict(reversed(body.items())), headers=KEY)
    assert (turned.status_code, turned.json) == (201, made)
    changes = [{"name": "Bo"}, {"name": "Bo"}, {"name": "Beau"}]
    answers = [client.patch(f"{path}/{made['id']}", json=one, headers={"Idempotency-Key": "p"}) for one in changes]
    assert [answer.status_code for answer in answers] == [200, 200, 422]
    assert [one["name"] for one in client.get(path).json if one["id"] == made["id"]] == ["Bo"]


def test_the_same_request_four_times_at_once_is_made_once(app: Flask, client: Any) -> None:
    """A program that does not wait for the first answer: the others wait for it and get it."""
    path, body = "/api/v1/customers/C-1001/contacts", {"name": "Bo Nilsson", "email": "bo@aurora.example"}
    token = {"Authorization": client.client.environ_base["HTTP_AUTHORIZATION"]} | KEY
    start = Barrier(4)

    def send(_: int) -> Any:
        start.wait(30)
        return app.test_client().post(path, json=body, headers=token)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4, [answer.text for answer in answers]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count("true") == 3
    assert [one["name"] for one in client.get("/customers/C-1001/contacts").json].count("Bo Nilsson") == 1


def test_erasing_under_a_key_needs_no_second_transaction_and_empties_kept_answers(
    api: Callable[..., Any], desk: Loopdesk
) -> None:
    """SEC-2: the answers that are kept for a week hold names and words; a preview takes nothing."""
    admin = api("admin")
    added = {"json": {"name": "Bo Nilsson", "email": "bo@aurora.example"}, "headers": KEY}
    made = admin.post("/customers/C-1001/contacts", **added).json
    who = {"person": "bo@aurora.example"}
    seen = admin.post("/erasures/preview", json=who, headers={"Idempotency-Key": "preview"})
    assert (seen.status_code, seen.json["rows"]["contact"]) == (200, 1)
    assert "Bo Nilsson" in admin.get("/customers/C-1001/contacts").text
    gone = {"json": who | {"reason": "asked"}, "headers": {"Idempotency-Key": "gone"}}
    first, again = (admin.post("/erasures", **gone) for _ in "ab")
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    with desk.engine.read() as tx:
        kept = str(tx.conn.execute(sa.select(answered.c.answer)).all())
    assert "[erased]" in kept
    assert "Nilsson" not in kept
    assert "bo@aurora" not in kept
    assert admin.post("/customers/C-1001/contacts", **added).json["id"] == made["id"]


def test_each_operation_that_does_something_else_when_sent_again_honours_the_key(
    light_app: Flask, light_desk: Loopdesk
) -> None:
    """A new operation is looked at by itself, and fails without `scoped`; there are no exceptions.

    PUT and DELETE leave the same behind however often they are sent.
    """
    program: Any = Api(light_app, light_desk, "admin")
    assert program.post("/cases", json=REPORT, headers=KEY).status_code == 201
    paths = light_app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    counted = {"$ref": "#/components/parameters/Idempotency-Key"}
    described = {
        (path, method) for path, operations in paths.items() for method, one in operations.items()
        if counted in (one.get("parameters", []) if isinstance(one, dict) else [])
    }  # fmt: skip
    rules = [rule for rule in light_app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]
    looked_at = set()
    with light_app.test_request_context():
        for rule in rules:
            address = rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False)
            assert address is not None
            for method in sorted(set(replay.METHODS) & set(rule.methods or ())):
                refused = program.open(address[1].removeprefix("/api/v1"), method=method, headers=KEY)
                assert refused.status_code == 422, (method, rule.rule, refused.text)
                assert list(refused.json["errors"]) == ["Idempotency-Key"], (method, rule.rule)
                looked_at.add((rule.rule, method.lower()))
    assert len(described) == len(looked_at) > 60


def test_no_operation_writes_beside_the_transaction_of_its_key() -> None:
    """`open_tx` joins it; what opens its own would stand although the key does not."""
    rooms = Path(replay.__file__).parent
    assert [one.name for one in rooms.glob("*.py") if "engine.begin" in one.read_text(encoding="utf-8")] == []
