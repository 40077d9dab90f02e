"""One contract for everything that makes rooms, and the way of a room through the outbox (EMG-3)."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from loopdesk.connectors.base import Connector, Member, OpenRoom, Room, Rooms
from loopdesk.connectors.console import Console
from loopdesk.connectors.http import Http
from loopdesk.connectors.recorder import Recorder
from loopdesk.connectors.registry import Registry
from loopdesk.connectors.rooms import CLOSE, OPEN, RoomWishes
from loopdesk.connectors.webhook import Webhook
from loopdesk.engine import incidents, outbox
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, LoopdeskError, Missing, Refused
from loopdesk.engine.retries import USUAL
from loopdesk.engine.tx import Engine, Tx

OPENED = {
    "do": OPEN,
    "emergency": "e1",
    "case": "L-2026-000001",
    "name": "I · L-2026-000001",
    "topic": "Orders stand still",
    "link": "https://desk.example/emergencies/e1",
    "members": [{"name": "李娜", "address": "lina@house.example"}],
    "language": "zh",
}
CLOSED = {"do": CLOSE, "emergency": "e1", "connector": "recorder", "room": "room-room:open:e1"}


@pytest.fixture(params=["console", "recorder"])
def maker(request: pytest.FixtureRequest) -> Rooms:
    return Console("desk@loopdesk.example", out=io.StringIO()) if request.param == "console" else Recorder()


def room(key: str = "room:open:e1") -> Room:
    people = (Member("李娜", "lina@house.example"), Member("Tom", "tom@house.example"))
    return Room(key, "I · L-1", "Orders stand still", "https://desk.example/emergencies/e1", AT, people)


AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_maker_of_rooms_is_known_by_its_ability(maker: Rooms, clock: VirtualClock) -> None:
    assert isinstance(maker, Rooms)
    assert isinstance(maker, Connector)
    assert not isinstance(Webhook(Http(clock), []), Rooms)


def test_the_same_wish_is_the_same_room(maker: Rooms) -> None:
    first, again, other = maker.open_room(room()), maker.open_room(room()), maker.open_room(room("room:open:e2"))
    assert isinstance(first, OpenRoom)
    assert (first.id, first.address) == (again.id, again.address)
    assert first.id != other.id
    assert first.connector == maker.name
    assert first.address.startswith("https://")


def test_a_room_closed_twice_is_closed(maker: Rooms) -> None:
    opened = maker.open_room(room())
    maker.close_room(opened.id, "room:close:e1")
    maker.close_room(opened.id, "room:close:e1")


def test_the_console_shows_who_is_asked_in() -> None:
    out = io.StringIO()
    Console("desk@loopdesk.example", out=out).open_room(room())
    assert "李娜 <lina@house.example>, Tom <tom@house.example>" in out.getvalue()
    assert "https://desk.example/emergencies/e1" in out.getvalue()


def test_the_registry_finds_who_makes_rooms(clock: VirtualClock) -> None:
    webhook, first, second = Webhook(Http(clock), []), Recorder("a"), Recorder("b", frozenset({"chat"}))
    registry = Registry([webhook, second, first])
    assert registry.room_maker() is first, "without a name the first by name"
    assert registry.room_maker("b") is second
    assert Registry([webhook]).room_maker() is None
    with pytest.raises(Missing):
        registry.room_maker("nobody")
    with pytest.raises(Refused, match="webhook"):
        registry.room_maker("webhook")


class Desk:
    """A worker with one recorder, and what it wrote down."""

    def __init__(self, engine: Engine, clock: VirtualClock, *connectors: Connector) -> None:
        self.engine = engine
        self.settled: list[tuple[str, Mapping[str, Any]]] = []
        self.given_up: list[str] = []

        def settle(_tx: Tx, payload: Mapping[str, Any], result: Mapping[str, Any]) -> None:
            self.settled.append((payload["do"], dict(result)))

        def failed(_tx: Tx, row: outbox.Row, _error: Exception) -> None:
            self.given_up.append(row.payload["emergency"])

        wishes = RoomWishes(Registry(connectors), clock, settle)
        self.handlers = outbox.Handlers(
            remote={"room": wishes}, given_up={"room": failed}, retries={"room": wishes.retries}
        )

    def want(self, payload: Mapping[str, Any], key: str = "room:open:e1") -> None:
        """Put a wish into the outbox and let the worker run."""
        with self.engine.begin() as tx:
            outbox.put(tx, "room", payload, idempotency_key=key, key="L-2026-000001")
        self.work()

    def work(self) -> None:
        """Let the worker run."""
        outbox.drain(self.engine, self.handlers, worker="w")

    def incidents(self) -> list[dict[str, Any]]:
        """What somebody has to look at."""
        with self.engine.read() as tx:
            return incidents.listing(SYSTEM, tx)


@pytest.mark.row("EMG-3/channel")
def test_a_room_is_opened_with_its_members_and_closed_again(engine: Engine, clock: VirtualClock) -> None:
    recorder = Recorder()
    desk = Desk(engine, clock, recorder)
    desk.want(OPENED)
    desk.want(OPENED)
    made = recorder.rooms["room-room:open:e1"]
    assert (made.members, made.link) == (
        (Member("李娜", "lina@house.example"),),
        "https://desk.example/emergencies/e1",
    )
    address = "https://recorder.example/room-room:open:e1"
    result = {"connector": "recorder", "room": "room-room:open:e1", "address": address}
    assert desk.settled == [("open", result)], "the same wish opens one room"
    desk.want(CLOSED, "room:close:e1")
    assert recorder.closed == ["room-room:open:e1"]


def test_a_house_without_a_messenger_has_no_room_and_no_incident(engine: Engine, clock: VirtualClock) -> None:
    desk = Desk(engine, clock)
    desk.want(OPENED)
    assert desk.settled == [("open", {"connector": "", "room": "", "address": ""})]
    assert desk.incidents() == []


def test_a_messenger_that_is_away_is_tried_again(engine: Engine, clock: VirtualClock) -> None:
    recorder = Recorder()
    recorder.fail_with = Away("gone")
    desk = Desk(engine, clock, recorder)
    desk.want(OPENED)
    assert desk.settled == []
    clock.advance(USUAL.after_failure(1) * 2)
    desk.work()
    assert [do for do, _ in desk.settled] == ["open"]


@pytest.mark.parametrize("error", [Refused("No right to make rooms."), Missing("No such team.")])
def test_a_messenger_that_refuses_is_an_incident_and_the_desk_hears_of_it(
    engine: Engine, clock: VirtualClock, error: LoopdeskError
) -> None:
    recorder = Recorder()
    recorder.fail_with = error
    desk = Desk(engine, clock, recorder)
    desk.want(OPENED)
    assert desk.given_up == ["e1"]
    assert len(desk.incidents()) == 1


def test_a_room_whose_maker_is_gone_is_closed_by_hand(engine: Engine, clock: VirtualClock) -> None:
    desk = Desk(engine, clock)
    desk.want({**CLOSED, "connector": ""}, "room:close:e1")
    assert "by hand" in str(desk.incidents()[0])
