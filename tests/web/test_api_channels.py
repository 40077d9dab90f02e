"""Channels without a door of their own come in over the API: chat, app, on site, monitoring (INT-1, CON-10)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import case, customers, people, record
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person
from loopdesk.web.wiring import Loopdesk

REPORT = {"description": "The app shows no orders since nine.", "email": "anna@aurora.example"}


@pytest.fixture
def bridge(api: Callable[..., Any]) -> Any:
    """The integrator's chat bridge."""
    return api("ivan.link")


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param("chat", marks=pytest.mark.row("INT-1/chat")),
        pytest.param("app", marks=pytest.mark.row("INT-1/app")),
        pytest.param("onsite", marks=pytest.mark.row("INT-1/on-site")),
        pytest.param("api", marks=pytest.mark.row("INT-1/api")),
        "social",
    ],
)
def test_every_channel_yields_the_same_case(bridge: Any, desk: Loopdesk, channel: str) -> None:
    made = bridge.post("/cases", json=REPORT | {"channel": channel, "external_id": "t-1"})
    assert made.status_code == 201
    with desk.engine.read() as tx:
        stored = record.get(tx, made.json["number"])
        aurora = customers.by_number(tx, "C-1001")
    assert aurora is not None
    assert (stored.channel, stored.organisation_id, stored.external_id) == (channel, aurora.id, "t-1")


@pytest.mark.row("INT-1/monitoring")
def test_an_alert_is_a_case_without_a_customer(bridge: Any, desk: Loopdesk) -> None:
    made = bridge.post("/cases", json={"description": "Disk full on db-3.", "channel": "monitoring"})
    assert made.status_code == 201
    with desk.engine.read() as tx:
        assert record.get(tx, made.json["number"]).organisation_id is None
    assert bridge.post("/cases", json={"description": "Slow.", "channel": "chat"}).status_code == 422


@pytest.mark.row("INT-1/on-site", "INT-6/first-contact")
def test_an_agent_on_site_answers_for_what_he_reports_there(api: Callable[..., Any], desk: Loopdesk) -> None:
    made = api("li.na").post("/cases", json=REPORT | {"channel": "onsite"})
    chat = api("li.na").post("/cases", json=REPORT | {"channel": "chat"})
    with desk.engine.read() as tx:
        li = people.by_login(tx, "li.na")
        owners = [record.get(tx, one.json["number"]).owner_id for one in (made, chat)]
    assert li is not None
    # A chat's token is an app's: its owner is the least busy agent, who is not the one just asked on site.
    assert owners[0] == li.id
    assert owners[1] not in ("", li.id)


@pytest.mark.parametrize("channel", ["email", "portal", "pigeon", ""])
def test_a_channel_that_is_not_open_to_the_api_is_refused_and_named(bridge: Any, channel: str) -> None:
    answer = bridge.post("/cases", json=REPORT | {"channel": channel})
    assert answer.status_code == 422
    assert "channel" in answer.json["errors"]
    assert "chat" in answer.json["remedy"]
    assert bridge.get("/cases").json["total"] == 0


@pytest.mark.row("INT-1/chat")
def test_a_whole_chat_stands_on_its_case(app: Flask, bridge: Any) -> None:
    number = bridge.post("/cases", json=REPORT | {"channel": "chat"}).json["number"]
    said: list[dict[str, Any]] = [
        {"side": "customer", "body": "Hello? No orders!", "message_id": "1"},
        {"side": "us", "body": "Which version is it?", "author": "Helper", "automatic": True, "message_id": "2"},
        {"side": "customer", "body": "4.2", "message_id": "3"},
    ]
    for one in said:
        assert bridge.post(f"/cases/{number}/messages", json=one | {"channel": "chat"}).status_code == 201
    kept = [one for one in bridge.get(f"/cases/{number}/comments").json["comments"] if one["channel"] == "chat"]
    assert [(one["direction"], one["author"], one["body"]) for one in kept] == [
        ("in", "Anna Berg", "Hello? No orders!"),
        ("out", "Helper", "Which version is it?"),
        ("in", "Anna Berg", "4.2"),
    ]
    page = as_person(app, "xu.min").get(f"/cases/{number}?lang=en").text
    assert "Which version is it?" in page
    assert "wrote (Chat)" in page


def test_a_message_sent_again_is_the_same_message(bridge: Any) -> None:
    number = bridge.post("/cases", json=REPORT | {"channel": "chat"}).json["number"]
    message = {"channel": "chat", "body": "Hello?", "message_id": "m-1"}
    first, again = (bridge.post(f"/cases/{number}/messages", json=message) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    other = bridge.post("/cases", json=REPORT | {"channel": "chat"}).json["number"]
    assert bridge.post(f"/cases/{other}/messages", json=message).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"side": "them"}, "side"),
        ({"body": " "}, "body"),
        ({"body": "x" * 100_001}, "body"),
    ],
)
def test_a_message_that_cannot_be_kept_names_the_field(bridge: Any, change: dict[str, str], field: str) -> None:
    number = bridge.post("/cases", json=REPORT | {"channel": "chat"}).json["number"]
    answer = bridge.post(f"/cases/{number}/messages", json={"channel": "chat", "body": "Hello?"} | change)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_messages_need_the_case_and_the_scope(api: Callable[..., Any], desk: Loopdesk) -> None:
    message = {"channel": "chat", "body": "Hello?"}
    assert api("ivan.link").post("/cases/L-2026-999999/messages", json=message).status_code == 404
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, case.Report("chat", "Hidden.", email="anna@aurora.example")).number
    assert api("li.na", "cases:read").post(f"/cases/{number}/messages", json=message).status_code == 403


def test_a_new_channel_is_a_line_of_the_policies(bridge: Any, desk: Loopdesk) -> None:
    """INT-1: no Python."""
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "policies").files)
        files["channels.yaml"] += "  kiosk: {name: {en: Kiosk, zh: 自助终端}, api: true}\n".encode()
        bundles.deploy(SYSTEM, tx, "policies", files)
    assert bridge.post("/cases", json=REPORT | {"channel": "kiosk"}).status_code == 201
