"""Emergencies where two things meet: two alerts of one cause, two updates at once, two readers, a hidden case."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import emergency, people
from loopdesk.desk.emergency import causes
from loopdesk.desk.record import case_
from loopdesk.desk.war_room import rooms
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.outbox_rows import outbox
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.test_api_emergencies import ALERT, complete, entries, led, whole
from loopdesk.web.wiring import Loopdesk

__all__ = ["led"]


def test_an_alert_of_the_core_begins_an_emergency_though_its_cause_was_known(
    api: Callable[..., Any], desk: Loopdesk
) -> None:
    """EMG-11: what began with a report server and then reaches payment; asked for once."""
    ivan = api("ivan.link")
    side = ivan.post("/alerts", json=ALERT | {"id": "rep-1", "interface": "reports", "cause": "db-7"}).json
    assert not side["starts"]
    core = ivan.post("/alerts", json=ALERT | {"id": "pay-1", "cause": "db-7"}).json
    assert (core["starts"], core["joined"], core["case"]) == (True, True, side["case"])
    assert not ivan.post("/alerts", json=ALERT | {"id": "pay-2", "cause": "db-7"}).json["starts"]
    settle(desk)
    assert [one["case"] for one in api("guo.tao").get("/emergencies").json] == [side["case"]]


def test_another_alert_of_the_cause_ends_the_watching(api: Callable[..., Any], desk: Loopdesk, led: str) -> None:
    """EMG-7: a service that is watched has failed again, whichever monitor says so."""
    complete(api, "guo.tao", "first_update", text="We work on it.", next_minutes=30)
    assert api("guo.tao").post(f"/emergencies/{led}/stable", json={"text": "Restarted."}).status_code == 200
    settle(desk)
    api("ivan.link").post("/alerts", json=ALERT | {"id": "pay-9", "cause": "payment"})
    settle(desk)
    found = whole(api, led)
    assert (found["state"], len(entries(found, "relapsed"))) == ("running", 1)


def test_two_updates_at_once_both_reach_the_customers(api: Callable[..., Any], desk: Loopdesk, led: str) -> None:
    """EMG-4: written before the worker has sent the first; each customer hears both, each with its own words."""
    before = len(_letters(desk))
    for text in ("First words.", "Second words."):
        assert api("guo.tao").post(f"/emergencies/{led}/updates", json={"text": text}).status_code == 201
    settle(desk)
    said = [one["body"] for one in _letters(desk)[before:]]
    assert any("First words." in one for one in said)
    assert any("Second words." in one for one in said)
    told = [one["about"] for one in whole(api, led)["told"]]
    updates = [int(one.partition(":")[2]) for one in told if one.startswith("update:")]
    assert set(updates) == {one["id"] for one in entries(whole(api, led), "update")}


def _letters(desk: Loopdesk) -> list[dict[str, Any]]:
    with desk.engine.read() as tx:
        found = tx.conn.scalars(sa.select(outbox.c.payload).order_by(outbox.c.id))
        return [one for one in found if "body" in one]


def test_who_sees_a_joined_case_does_not_see_a_hidden_emergency(
    api: Callable[..., Any], desk: Loopdesk, led: str
) -> None:
    """SEC-1: an ordinary case of the same cause as a security incident."""
    report = {"description": "I cannot pay.", "customer_number": "C-1001", "email": "anna@aurora.example"}
    number = api("li.na").post("/cases", json=report).json["number"]
    settle(desk)
    with desk.engine.begin() as tx:
        found = causes.join(SYSTEM, tx, number, cause="payment")
        assert found is not None
        reader = people.actor_of(people.find(tx, "wang.fang"))  # type: ignore[arg-type]
        tx.conn.execute(sa.update(case_).where(case_.c.number == found.case).values(restricted=True))
        assert emergency.of_case(reader, tx, number) == []
        assert emergency.listing(reader, tx, number) == []
        assert [one.id for one in emergency.of_case(SYSTEM, tx, number)] == [led]


def test_whoever_gets_a_role_over_the_api_is_invited(api: Callable[..., Any], desk: Loopdesk, led: str) -> None:
    """EMG-3: as from the page."""
    with desk.engine.begin() as tx:
        rooms.fall_back(SYSTEM, tx, led, base_url="https://house.example")
    settle(desk)
    given = {"role": "participant", "person": "omar.hadid"}
    assert api("guo.tao").post(f"/emergencies/{led}/roles", json=given).status_code == 200
    settle(desk)
    with desk.engine.read() as tx:
        [omar] = [one.person_id for one in emergency.roles(tx, led) if one.name == "Omar Hadid"]
        room = rooms.find(tx, led)
    assert room is not None
    assert omar in room.invited
