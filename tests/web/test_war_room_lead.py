"""The commander leads from the war-room page: updates, grade, service back, failed again, stood down (EMG-4, EMG-7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import emergency
from loopdesk.engine import timers
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.test_api_emergencies import ALERT, complete
from loopdesk.tests.web.war_rooms import Room
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def room(app: Flask, desk: Loopdesk, api: Callable[..., Any]) -> Room:
    """The emergency that an alert has begun, whose first update is written; Guo Tao of operations leads it."""
    number = api("ivan.link").post("/alerts", json=ALERT).json["case"]
    settle(desk)
    complete(api, "guo.tao", "first_update", text="We work on it.", next_minutes=30)
    settle(desk)
    with desk.engine.read() as tx:
        running = emergency.open_of(tx, number)
    assert running is not None
    return Room(app, desk, running.id, number)


def test_an_update_goes_to_the_customers_and_promises_the_next(room: Room, desk: Loopdesk, clock: VirtualClock) -> None:
    text = "The provider answers again."
    assert room.post("guo.tao", "/update", text=text, audience="external", next_minutes="45").status_code == 200
    settle(desk)
    with desk.engine.read() as tx:
        assert emergency.get(tx, room.id).next_update_at == clock.now() + timedelta(minutes=45)
        assert any(one.template == "emergency-update" for one in emergency.told(tx, room.id))
    assert "The provider answers again." in room.live("guo.tao")
    empty = room.post("guo.tao", "/update", text="", audience="external")
    assert empty.status_code == 422
    assert room.post("guo.tao", "/update", text="x", audience="external", next_minutes="0").status_code == 422


def test_the_team_hears_apart_from_the_customers(room: Room, clock: VirtualClock) -> None:
    with room.desk.engine.read() as tx:
        before = emergency.get(tx, room.id).next_update_at
    clock.advance(timedelta(minutes=3))
    assert room.post("guo.tao", "/update", text="Second host next.", audience="internal").status_code == 200
    with room.desk.engine.read() as tx:
        now = emergency.get(tx, room.id)
    assert now.next_update_at == before
    assert now.internal_due_at == clock.now() + timedelta(minutes=15), "the cadence of grade I"


def test_a_grade_is_not_lowered_while_a_decision_is_open(room: Room) -> None:
    room.post("guo.tao", "/notes", text="Switch off the shop?", mode="ask")
    refused = room.post("guo.tao", "/grade", grade="III", text="Calmer.")
    assert refused.status_code == 409
    assert "Switch off the shop?" in refused.text
    assert "Calmer." in refused.text, "what was written stays"
    assert room.post("guo.tao", "/grade", grade="I", text="Same.").status_code == 422


def test_the_service_is_back_fails_again_and_is_stood_down_after_its_time(
    room: Room, desk: Loopdesk, clock: VirtualClock
) -> None:
    assert room.post("guo.tao", "/over", text="Over.").status_code == 409, "nobody has reported it back"
    assert room.post("guo.tao", "/stable", text="Restarted the queue.").status_code == 200
    settle(desk)
    assert 'id="war-head"' in room.live("guo.tao")
    with desk.engine.read() as tx:
        assert emergency.get(tx, room.id).state == "stable"
    early = room.post("guo.tao", "/over", text="The queue was too small.")
    assert early.status_code == 409
    assert "The queue was too small." in early.text
    assert room.post("guo.tao", "/relapse", text="Full again.").status_code == 200
    settle(desk)
    assert room.post("guo.tao", "/stable", text="Twice the size.").status_code == 200
    settle(desk)
    clock.advance(timedelta(minutes=31))
    with desk.engine.begin() as tx:
        timers.claim_due(tx)
    settle(desk)
    assert room.post("guo.tao", "/over", text="The queue was too small.").status_code == 200
    with desk.engine.read() as tx:
        assert emergency.get(tx, room.id).summary == "The queue was too small."
