"""The war room: promised, opened or the page instead, people asked in, the pack attached, closed (EMG-3)."""

from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loopdesk.desk import attachments, communications, emergency, record
from loopdesk.desk.war_room import checks, packs, rooms
from loopdesk.engine import bundles, events, retention
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid, Refused
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import BASE, WORKFLOWS, House, posted

OPENED = {"connector": "recorder", "room": "r1", "address": "https://chat.example/r1"}


@pytest.fixture
def running(house: House) -> emergency.Emergency:
    """An emergency of grade I, led by Wang Fang; policies and messages as shipped."""
    with house.engine.begin() as tx:
        for name in ("policies", "messages"):
            bundles.deploy(SYSTEM, tx, name, bundles.read_folder(WORKFLOWS / name))
        number = house.report(tx).number
        wide = emergency.Response("global", "P0", "payment")
        led = {"commander": "wangfang", "grade": "I", "kind": "system_fault"}
        made = emergency.declare(SYSTEM, tx, number, **led, response=wide)
        emergency.assign(SYSTEM, tx, made.id, "scribe", "lina")
    return made


def thrown(tx: Tx, number: str) -> list[str]:
    rows = events.timeline(tx, number)
    return [row["data"]["message"] for row in rows if row["kind"] == "message.published"]


def asked_for(house: House, one: emergency.Emergency) -> dict[str, Any]:
    """The room is promised and wanted: the payload of its outbox row."""
    with house.engine.begin() as tx:
        rooms.promise(SYSTEM, tx, one.id)
        rooms.ask(SYSTEM, tx, one.id, base_url=BASE)
        rooms.ask(SYSTEM, tx, one.id, base_url=BASE)
        [payload] = posted(tx, rooms.KIND)
    return payload


def test_a_room_is_promised_for_half_an_hour_after_the_declaration(house: House, running: emergency.Emergency) -> None:
    house.clock.advance(timedelta(minutes=7))
    with house.engine.begin() as tx:
        promised = rooms.promise(SYSTEM, tx, running.id)
    assert promised.due_at == running.declared_at + timedelta(minutes=30)
    assert not promised.stands


def test_everybody_with_a_role_is_asked_into_the_channel(house: House, running: emergency.Emergency) -> None:
    payload = asked_for(house, running)
    assert {one["address"] for one in payload["members"]} == {"wangfang@house.example", "lina@house.example"}
    assert payload["link"] == f"{BASE}/emergencies/{running.id}"
    assert payload["topic"] == "Orders stand still"


def test_what_a_restricted_case_is_about_does_not_leave_the_house(house: House, running: emergency.Emergency) -> None:
    with house.engine.begin() as tx:
        house.run(tx, SYSTEM, "case.set_type", running.case, type="security", department="security")
    assert asked_for(house, running)["topic"] == running.case


def test_an_open_room_stands_on_the_emergency_and_the_process_hears_of_it(
    house: House, running: emergency.Emergency
) -> None:
    payload = asked_for(house, running)
    with house.engine.begin() as tx:
        rooms.settle(tx, payload, OPENED)
        found = rooms.find(tx, running.id)
        assert found is not None
        assert found.stands
        assert emergency.get(tx, running.id).room == OPENED["address"]
        assert "room.opened" in thrown(tx, running.case)
        said = [one["data"] for one in emergency.entries(tx, running.id) if one["kind"] == "room"]
    assert said == [{"what": "open", "address": OPENED["address"]}]


def test_in_a_house_without_a_messenger_the_page_is_the_room(house: House, running: emergency.Emergency) -> None:
    payload = asked_for(house, running)
    with house.engine.begin() as tx:
        rooms.settle(tx, payload, {"connector": "", "room": "", "address": ""})
        found = rooms.find(tx, running.id)
        assert found is not None
        assert (found.state, found.address) == (rooms.PAGE, f"{BASE}/emergencies/{running.id}")
        rooms.close(SYSTEM, tx, running.id)
        assert len(posted(tx, rooms.KIND)) == 1, "there is nothing to close outside"


def test_a_room_that_could_not_be_made_is_told_and_a_retry_still_opens_it(
    house: House, running: emergency.Emergency
) -> None:
    payload = asked_for(house, running)
    with house.engine.begin() as tx:
        rooms.failed(tx, cast(Row, SimpleNamespace(payload=payload)), Refused("No right to make rooms."))
        assert "room.failed" in thrown(tx, running.case)
        rooms.fall_back(SYSTEM, tx, running.id, base_url=BASE)
        assert rooms.find(tx, running.id).state == rooms.PAGE  # type: ignore[union-attr]
        rooms.settle(tx, payload, OPENED)
        assert emergency.get(tx, running.id).room == OPENED["address"]


def test_people_are_invited_once_in_their_own_language_and_who_joins_later_too(
    house: House, running: emergency.Emergency
) -> None:
    with house.engine.begin() as tx:
        rooms.promise(SYSTEM, tx, running.id)
        assert len(rooms.invite(SYSTEM, tx, running.id, base_url=BASE)) == 2
        assert rooms.invite(SYSTEM, tx, running.id, base_url=BASE) == []
        rooms.take_in(SYSTEM, tx, running.id, role="participant", person="emma")
        assert "room.joined" in thrown(tx, running.case)
        assert rooms.invite(SYSTEM, tx, running.id, base_url=BASE) == [house.people["emma"].id]
        sent = [one for one in communications.listing(SYSTEM, tx, running.case) if one["template"]]
    letters = {one["recipient"]: one for one in sent if one["template"] == "war-room-invitation"}
    assert set(letters) == {"王芳", "李娜", "Emma Stone"}
    assert "作战室" in letters["李娜"]["subject"]
    assert letters["Emma Stone"]["subject"].startswith(f"Emergency of grade I, case {running.case}: ")
    assert f"{BASE}/emergencies/{running.id}" in letters["Emma Stone"]["body"]


def test_the_channel_is_closed_at_the_end_also_one_that_came_too_late(
    house: House, running: emergency.Emergency
) -> None:
    payload = asked_for(house, running)
    with house.engine.begin() as tx:
        emergency.stand_down(SYSTEM, tx, running.id, summary="Over.", forced=True)
        rooms.close(SYSTEM, tx, running.id)
        assert len(posted(tx, rooms.KIND)) == 1
        rooms.settle(tx, payload, OPENED)
        closing = posted(tx, rooms.KIND)[-1]
        assert (closing["do"], closing["room"], closing["connector"]) == ("close", "r1", "recorder")
        rooms.settle(tx, closing, {})
        found = rooms.find(tx, running.id)
        assert found is not None
        assert found.state == rooms.CLOSED


def test_the_pack_holds_links_of_the_service_and_what_was_deployed_lately(
    house: House, running: emergency.Emergency
) -> None:
    folder = bundles.read_folder(WORKFLOWS / "policies")
    with house.engine.begin() as tx:
        changed = {**folder, "mail.yaml": folder["mail.yaml"] + b"\n# calmer\n"}
        bundles.deploy(SYSTEM, tx, "policies", changed, note="Fewer mails an hour")
        pack = packs.of(tx, running, record.get(tx, running.case), "zh")
    assert pack.services == ["平台", "支付"], "the cause is payment"
    assert [one.name for one in pack.topology] == ["系统总拓扑图", "支付：服务与第三方"]
    assert len(pack.capacity) == 2
    assert [(one.name, one.number, one.note) for one in pack.deployed] == [("policies", 2, "Fewer mails an hour")]


def test_the_pack_is_attached_to_the_case_once_for_staff_only(house: House, running: emergency.Emergency) -> None:
    with house.engine.begin() as tx:
        first = packs.attach(SYSTEM, tx, house.store, running.id)
        assert packs.attach(SYSTEM, tx, house.store, running.id) == first
        [file] = attachments.listing(SYSTEM, tx, running.case)
        assert attachments.listing(house.contacts["anna"], tx, running.case) == []
        text = attachments.read(SYSTEM, tx, house.store, file.id).stream.read().decode()
    assert file.name == f"{running.case}-pack.txt"
    assert "系统总拓扑图" in text, "in the commander's language"


def test_people_add_links_and_files_to_the_pack(house: House, running: emergency.Emergency) -> None:
    who = house.people["lina"]
    with house.engine.begin() as tx:
        packs.add_link(who, tx, running.id, section="capacity", name="Queue", url="https://metrics.example/q")
        content = BytesIO(b"a -> b")
        packs.add_file(who, tx, house.store, running.id, section="topology", name="map.txt", stream=content)
        pack = packs.of(tx, running, record.get(tx, running.case), "en")
    assert (pack.capacity[-1].name, pack.capacity[-1].by) == ("Queue", "李娜")
    assert pack.topology[-1].attachment


@pytest.mark.parametrize(
    ("section", "url", "field"),
    [
        ("topology", "javascript:alert(1)", "url"),
        ("topology", "wiki", "url"),
        ("weather", "https://a.example", "section"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused_with_its_field(
    house: House, running: emergency.Emergency, section: str, url: str, field: str
) -> None:
    with house.engine.begin() as tx, pytest.raises(Invalid) as refused:
        packs.add_link(house.people["lina"], tx, running.id, section=section, name="x", url=url)
    assert field in (refused.value.fields or {})


def test_the_room_goes_to_the_archive_with_its_case(house: House, running: emergency.Emergency) -> None:
    asked_for(house, running)
    with house.engine.begin() as tx:
        found = retention.collect(tx, "case_", running.case)
    assert [row["emergency"] for row in found["war_room"]] == [running.id]


def test_rooms_are_run_by_the_process_and_not_by_hand(house: House, running: emergency.Emergency) -> None:
    with house.engine.begin() as tx, pytest.raises(Refused):
        rooms.promise(house.people["wangfang"], tx, running.id)


def test_what_ships_has_no_findings() -> None:
    assert checks.check(bundles.read_folder(WORKFLOWS / "policies")) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("- no mapping", ""),
        ("recent: soon", ""),
        ("most: many", "most"),
        ("services: [a]", "services"),
        ("services: {a: {toplogy: []}}", "services.a"),
        ("services: {a: {for: payment}}", "services.a.for"),
        ("services: {a: {topology: [{name: {en: x, zh: y}}]}}", "services.a.topology"),
        ('services: {a: {capacity: [{url: "ftp://x"}]}}', "services.a.capacity"),
    ],
)
def test_each_mistake_in_the_pack_has_a_place(text: str, place: str) -> None:
    [found] = checks.check({packs.FILE: text.encode()})
    assert found.element == place
    assert found.remedy or found.message
