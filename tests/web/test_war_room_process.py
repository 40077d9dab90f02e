"""The process of the war room on the real desk: a messaging system makes the room, refuses, or is away (EMG-3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.connectors.recorder import Recorder
from loopdesk.connectors.registry import Registry
from loopdesk.desk import duty, emergency
from loopdesk.desk.war_room import rooms
from loopdesk.engine import incidents, messages, outbox, timers
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, Refused
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.test_api_cases import REPORT
from loopdesk.tests.web.test_api_emergencies import ALERT
from loopdesk.tests.web.war_rooms import Room, declared
from loopdesk.web import wiring
from loopdesk.web.wiring import Loopdesk

Declare = Callable[..., Room]


@pytest.fixture
def declare(app: Flask, desk: Loopdesk, api: Callable[..., Any]) -> Declare:
    """Declares an emergency."""

    def make(**facts: Any) -> Room:
        return declared(app, desk, api("li.na").post("/cases", json=REPORT).json["number"], **facts)

    return make


@pytest.fixture
def room(declare: Declare) -> Room:
    return declare()


class Outside:
    """Workers of the house with a recorder in place of its connectors."""

    def __init__(self, desk: Loopdesk, clock: VirtualClock) -> None:
        self.desk, self.clock = desk, clock
        self.use(Recorder())

    def use(self, recorder: Recorder) -> None:
        """From now on the outside is this."""
        self.recorder = recorder
        self.handlers = wiring._handlers(self.desk.settings, self.desk.engine, Registry([recorder]), self.desk.store)

    def work(self) -> None:
        """Do all that is due now."""
        while True:
            with self.desk.engine.begin() as tx:
                due = timers.claim_due(tx)
            if not outbox.drain(self.desk.engine, self.handlers, worker="test") and not due:
                return

    def declared(self, room: Room, severity: str = "P0", grade: str = "I") -> None:
        """The message that the process emergency sends."""
        payload = {"emergency": room.id, "case": room.number, "grade": grade, "severity": severity}
        with self.desk.engine.begin() as tx:
            messages.publish(SYSTEM, tx, "emergency.declared", key=room.number, payload=payload)
        self.work()

    def subjects(self) -> list[str]:
        """Of all that was sent."""
        return [one.subject for one in self.recorder.sent.values()]


@pytest.fixture
def outside(desk: Loopdesk, clock: VirtualClock) -> Outside:
    return Outside(desk, clock)


@pytest.mark.row("EMG-3/channel", "EMG-3/attached", "EMG-3/participants", "EMG-3/from-p1")
def test_a_channel_is_opened_people_are_invited_the_pack_is_attached_and_the_end_closes_it(
    room: Room, outside: Outside
) -> None:
    settle(room.desk)
    outside.declared(room)
    [made] = outside.recorder.rooms.values()
    assert {one.name for one in made.members} == {"王芳", "Tom Baker"}
    page = room.page("tom.baker")
    assert "https://recorder.example/room-" in page
    assert f"{room.number}-pack.txt" in page
    invited = [one.to for one in outside.recorder.sent.values() if "war room" in one.subject or "作战室" in one.subject]
    assert sorted(invited) == ["tom.baker@loopdesk.example", "wang.fang@loopdesk.example"]
    room.post("li.na", "/roles", role="participant")
    outside.work()
    assert "li.na@loopdesk.example" in [one.to for one in outside.recorder.sent.values()]
    with room.desk.engine.begin() as tx:
        emergency.stand_down(SYSTEM, tx, room.id, summary="Over.", forced=True)
        messages.publish(SYSTEM, tx, "emergency.ended", key=room.number, payload={"emergency": room.id})
    outside.work()
    assert len(outside.recorder.closed) == 1
    with room.desk.engine.read() as tx:
        assert rooms.find(tx, room.id).state == rooms.CLOSED  # type: ignore[union-attr]


def test_a_messenger_that_refuses_is_an_incident_and_the_page_is_the_room(room: Room, outside: Outside) -> None:
    settle(room.desk)
    outside.use(_Refusing())
    outside.declared(room)
    assert "This page is the room" in room.page("tom.baker")
    with room.desk.engine.read() as tx:
        assert "No right to make rooms." in str(incidents.listing(SYSTEM, tx))
    assert any("war room" in one for one in outside.subjects()), "people are invited all the same"


@pytest.mark.row("EMG-3/within-30-min")
def test_when_no_room_stands_after_half_an_hour_commander_and_chain_are_told(room: Room, outside: Outside) -> None:
    settle(room.desk)
    real = outside.recorder
    outside.use(_Away())
    outside.declared(room)
    assert "Room stands by" in room.page("tom.baker")
    for _ in range(8):
        outside.clock.advance(timedelta(minutes=4))
        outside.work()
    outside.use(real)
    outside.clock.advance(timedelta(hours=1))
    outside.work()
    late = [
        one.to for one in outside.recorder.sent.values() if "no war room" in one.subject or "尚未就绪" in one.subject
    ]
    assert {"wang.fang@loopdesk.example", "guo.tao@loopdesk.example", "emma.stone@loopdesk.example"} <= set(late)


class _Refusing(Recorder):
    """A messaging system in which we may not make rooms."""

    def open_room(self, room: Any) -> Any:
        raise Refused("No right to make rooms.")


class _Away(Recorder):
    """A messaging system that does not answer."""

    def open_room(self, room: Any) -> Any:
        raise Away("gone")

    def send(self, message: Any) -> Any:
        raise Away("gone")


def test_a_small_emergency_gets_no_room(declare: Declare, outside: Outside) -> None:
    room = declare(grade="III")
    settle(room.desk)
    outside.declared(room, "P2", "III")
    assert outside.recorder.rooms == {}
    assert room.page("tom.baker")


@pytest.mark.row("EMG-3/rotation", "EMG-3/participants")
def test_whoever_is_on_duty_by_rotation_is_asked_into_the_room(
    app: Flask, desk: Loopdesk, api: Callable[..., Any], outside: Outside
) -> None:
    day = timedelta(days=1)
    with desk.engine.begin() as tx:
        turn = {"department": "operations", "tier": "L2"}
        duty.add(SYSTEM, tx, person="omar.hadid", **turn, starts_at=tx.now - day, ends_at=tx.now + day)
        duty.add(SYSTEM, tx, person="ivan.link", **turn, starts_at=tx.now + day, ends_at=tx.now + 2 * day)
    number = api("ivan.link").post("/alerts", json=ALERT).json["case"]
    outside.work()
    with desk.engine.read() as tx:
        running = emergency.open_of(tx, number)
        assert running is not None
        crew = {one.name for one in emergency.roles(tx, running.id)}
    [made] = outside.recorder.rooms.values()
    members = {one.name for one in made.members}
    assert "Omar Hadid" in crew & members
    assert "Ivan Petrov" not in crew | members, "his turn has not come"
    assert members <= crew
    assert "Omar Hadid" in Room(app, desk, running.id, number).page("guo.tao")
