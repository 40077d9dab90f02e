"""The war room in a browser: its people write, decide, take roles, tick steps off and see the pack (EMG-3, EMG-4)."""

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import attachments, emergency, people, record
from loopdesk.desk.emergency import Emergency
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.web.browsers import as_contact, as_person
from loopdesk.tests.web.test_api_cases import REPORT
from loopdesk.tests.web.war_rooms import Room, declared
from loopdesk.web.pages import war_room_view
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def room(app: Flask, desk: Loopdesk, api: Callable[..., Any]) -> Room:
    return declared(app, desk, api("li.na").post("/cases", json=REPORT).json["number"])


def of(person: str, tx: Tx) -> str:
    found = people.by_login(tx, person)
    assert found is not None
    return found.id


def test_the_list_shows_what_runs_first_and_can_be_filtered(room: Room, desk: Loopdesk) -> None:
    client = as_person(room.app, "wang.fang")
    page = client.get("/emergencies").text
    assert room.number in page
    assert f"/emergencies/{room.id}" in page
    assert room.number not in client.get("/emergencies?kind=complaint").text
    assert room.number in client.get("/emergencies?state=running&grade=I").text
    with desk.engine.begin() as tx:
        emergency.stand_down(SYSTEM, tx, room.id, summary="Over.", forced=True)
    assert room.number not in client.get("/emergencies?state=running").text
    assert room.number in client.get("/emergencies?state=ended").text


def test_the_filter_finds_what_is_older_than_a_page(room: Room, desk: Loopdesk) -> None:
    with desk.engine.begin() as tx:
        record.change(tx, room.number, title="Nobody can pay")
        emergency.ask_decision(SYSTEM, tx, room.id, question="Roll back?")
        emergency.stand_down(SYSTEM, tx, room.id, summary="Over.", forced=True)
        old = emergency.get(tx, room.id)
        newer = [
            asdict(replace(old, id=f"newer-{place}", kind="complaint", declared_at=old.declared_at + timedelta(days=1)))
            for place in range(101)
        ]
        tx.conn.execute(sa.insert(emergency.emergency_), newer)
    client = as_person(room.app, "wang.fang")
    assert room.id not in client.get("/emergencies").text
    page = client.get("/emergencies?kind=system_fault").text
    assert f"/emergencies/{room.id}" in page
    assert "Nobody can pay" in page
    assert room.id in client.get("/emergencies?state=ended&grade=I&kind=system_fault").text
    assert room.id not in client.get("/emergencies?state=nonsense&kind=system_fault").text
    assert "Over before it was decided: Roll back?" in room.page("tom.baker")


def test_a_red_dot_in_the_navigation_says_that_one_runs(room: Room, desk: Loopdesk) -> None:
    client = as_person(room.app, "wang.fang")
    assert 'class="alarm">1' in client.get("/inbox").text
    with desk.engine.begin() as tx:
        emergency.stand_down(SYSTEM, tx, room.id, summary="Over.", forced=True)
    assert 'class="alarm"' not in client.get("/inbox").text


def test_the_case_leads_to_its_war_room(room: Room) -> None:
    page = as_person(room.app, "tom.baker").get(f"/cases/{room.number}").text
    assert "Go to the war room" in page
    assert f"/emergencies/{room.id}" in page


def test_one_page_holds_grade_kind_commander_clocks_roles_runbook_and_pack(room: Room) -> None:
    page = room.page("tom.baker")
    for words in ("Grade I", "System fault", "王芳", "Tom Baker", "Customers hear again", "The team hears again"):
        assert words in page, words
    assert "Payment: services and third parties" in page
    assert re.search(r"Tick off: ", page)


def test_the_page_speaks_chinese(room: Room) -> None:
    page = room.page("li.na")
    assert "支付：服务与第三方" in page
    assert "I 级" in page


@pytest.mark.row("EMG-4/timeline")
def test_anyone_in_it_writes_and_everybody_gets_the_entry_with_the_next_fragment(room: Room) -> None:
    before = room.live("wang.fang")
    answer = room.post("tom.baker", "/notes", text="The queue is <b>full</b>.", mode="note")
    assert answer.status_code == 200
    assert "The queue is &lt;b&gt;full&lt;/b&gt;." in answer.text, "the own entry comes back at once"
    assert 'id="war-timeline" hx-swap-oob' in answer.text
    assert "The queue is" not in before
    assert "The queue is" in room.live("wang.fang")
    last = room.entries()[-1]
    assert (last["kind"], last["text"], last["by_name"]) == ("note", "The queue is <b>full</b>.", "Tom Baker")


def test_without_script_an_entry_leads_back_to_the_page(room: Room) -> None:
    answer = room.post("tom.baker", "/notes", htmx=False, text="By hand.", mode="note")
    assert (answer.status_code, answer.location) == (302, f"/emergencies/{room.id}")


@pytest.mark.parametrize("htmx", [True, False])
def test_an_entry_without_words_is_asked_for_again(room: Room, htmx: bool) -> None:
    answer = room.post("tom.baker", "/notes", htmx=htmx, text="  ", mode="note")
    assert answer.status_code == 422
    assert "Write something." in answer.text
    chinese = room.post("li.na", "/notes", htmx=htmx, text="  ", mode="note")
    assert 'role="alert"' in chinese.text


def test_a_question_is_decided_by_the_chain_and_by_nobody_else(room: Room) -> None:
    room.post("tom.baker", "/notes", text="Switch to the other site?", mode="ask")
    with room.desk.engine.read() as tx:
        [asked] = emergency.decisions(tx, room.id)
    assert "do=decide" not in _decisions(room.live("tom.baker"))
    assert "do=decide" in _decisions(room.live("wang.fang"))
    assert "Switch to the other site?" in room.page("wang.fang", f"?do=decide&of={asked.id}")
    refused = room.post("tom.baker", f"/decisions/{asked.id}", text="Yes.")
    assert refused.status_code == 403
    assert 'role="alert"' in refused.text
    assert "Yes." in refused.text, "what was written stays"
    assert room.post("wang.fang", f"/decisions/{asked.id}", text="Yes, at 10:00.").status_code == 200
    again = room.post("wang.fang", f"/decisions/{asked.id}", text="No.")
    assert again.status_code == 409
    with room.desk.engine.read() as tx:
        [decided] = emergency.decisions(tx, room.id)
    assert (decided.state, decided.decision) == ("decided", "Yes, at 10:00.")
    assert "Yes, at 10:00." in _decisions(room.live("tom.baker"))


def _decisions(page: str) -> str:
    return page.partition('id="decisions"')[2].partition("</section>")[0]


def test_a_role_is_taken_given_and_never_empty(room: Room) -> None:
    assert room.post("li.na", "/roles", role="communications").status_code == 200
    with room.desk.engine.read() as tx:
        emma = of("emma.stone", tx)
    room.post("wang.fang", "/roles", role="commander", person=emma)
    assert room.post("li.na", "/roles", role="king").status_code == 422
    assert room.post("li.na", "/roles", role="scribe", person="nobody").status_code == 422
    with room.desk.engine.read() as tx:
        held = {(one.role, one.name) for one in emergency.roles(tx, room.id)}
    assert {("commander", "Emma Stone"), ("communications", "李娜"), ("scribe", "Tom Baker")} <= held
    room.post("emma.stone", "/leave", person="", text="My shift is over.")
    with room.desk.engine.read() as tx:
        assert emergency.get(tx, room.id).commander != "Emma Stone"
        assert any(one.role == "commander" for one in emergency.roles(tx, room.id))


def test_steps_are_ticked_off_with_person_and_time_and_taken_back_with_a_reason(room: Room) -> None:
    step = re.findall(rf"/emergencies/{room.id}/runbook/([a-z_0-9]+)\"", room.page("tom.baker"))[0]
    assert room.post("tom.baker", f"/runbook/{step}").status_code == 200
    assert "Tom Baker" in room.live("li.na").partition('id="runbook"')[2].partition("</section>")[0]
    twice = room.post("li.na", f"/runbook/{step}")
    assert twice.status_code == 409
    assert 'id="war-said"' in twice.text
    assert room.post("li.na", f"/runbook/{step}/undo", text="").status_code == 422
    assert room.post("li.na", f"/runbook/{step}/undo", text="It was the other host.").status_code == 200
    assert "It was the other host." in room.entries()[-1]["text"]
    assert room.post("li.na", "/runbook/no_such_step").status_code == 422


@pytest.mark.row("EMG-3/topology", "EMG-3/changes", "EMG-3/capacity")
def test_people_see_the_pack_and_add_links_and_files(room: Room, desk: Loopdesk) -> None:
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "policies").files)
        bundles.deploy(SYSTEM, tx, "policies", {**files, "mail.yaml": files["mail.yaml"] + b"\n"}, note="Fewer mails")
    room.post("tom.baker", "/pack", section="capacity", name="Queue depth", url="https://metrics.example/q")
    file = (BytesIO(b"web -> queue -> store"), "map.txt")
    assert room.post("tom.baker", "/pack", section="topology", file=file).status_code == 200
    pack = room.live("li.na").partition('id="pack"')[2]
    for words in ("https://metrics.example/q", "Queue depth", "map.txt", "Fewer mails", "支付"):
        assert words in pack, words
    with desk.engine.read() as tx:
        assert [one.visibility for one in attachments.listing(SYSTEM, tx, room.number)] == ["staff"]
    bad = room.post("tom.baker", "/pack", section="capacity", name="x", url="javascript:alert(1)")
    assert bad.status_code == 422
    assert "https://" in bad.text


def test_who_may_not_see_the_case_finds_no_war_room(room: Room) -> None:
    for path in ("", "/live", "/write"):
        assert as_person(room.app, "chen.jie").get(f"/emergencies/{room.id}{path}").status_code == 404
    assert room.post("chen.jie", "/notes", text="x", mode="note").status_code == 404
    assert as_contact(room.app, "anna@aurora.example").get(f"/emergencies/{room.id}").status_code in (403, 404)
    assert as_person(room.app, "wang.fang").get("/emergencies/nothing").status_code == 404


def test_an_emergency_that_is_over_stays_to_be_read(room: Room) -> None:
    with room.desk.engine.begin() as tx:
        emergency.stand_down(SYSTEM, tx, room.id, summary="The queue was too small.", forced=True)
    page = room.page("tom.baker")
    assert "The queue was too small." in page
    assert "Tick off" not in page
    step = "anything"
    assert room.post("tom.baker", f"/runbook/{step}").status_code in (409, 422)
    assert room.post("tom.baker", "/notes", text="Afterthought.", mode="note").status_code == 200


def test_the_same_page_is_read_once_for_all_who_see_the_same(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = war_room_view._read

    def counted(tx: Tx, one: Emergency, everything: bool) -> dict[str, Any]:
        read.append(one.id)
        return whole(tx, one, everything)

    monkeypatch.setattr(war_room_view, "_read", counted)
    first = room.live("tom.baker")
    assert room.live("tom.baker") == first
    assert len(read) == 1
    room.post("tom.baker", "/notes", text="News.", mode="note")
    assert "News." in room.live("tom.baker")
    assert len(read) == 2, "each change is read once"


def test_readers_of_two_zones_each_read_their_own_time(room: Room, desk: Loopdesk) -> None:
    """EMG-4: the promise of the next update stands in the line itself, and the page is made once for many."""
    room.post("tom.baker", "/update", text="We work on it.", audience="internal", next_minutes="60")
    with desk.engine.read() as tx:
        due = emergency.get(tx, room.id).internal_due_at
        zones = {one: people.by_login(tx, one).zone for one in ("tom.baker", "guo.tao")}  # type: ignore[union-attr]
    assert due is not None
    assert len(set(zones.values())) == 2
    for person, zone in zones.items():
        here = f"{due.astimezone(ZoneInfo(zone)):%H:%M}"
        [line] = [one for one in room.live(person).split('<li class="moment"') if "We work on it." in one]
        assert here in line


def test_what_the_house_writes_stands_in_each_readers_language(room: Room) -> None:
    """EMG-5, EMG-9: ticks and measures are said by policies, not by a person; nobody reads them in a foreign tongue."""
    step = re.findall(rf"/emergencies/{room.id}/runbook/([a-z_0-9]+)\"", room.page("tom.baker"))[0]
    assert room.post("tom.baker", f"/runbook/{step}").status_code == 200
    for person, chinese in (("tom.baker", False), ("guo.tao", True)):
        entries = room.live(person).split('<li class="moment"')
        [tick] = [one for one in entries if "Tom Baker</span> <span" in one and "prose" in one]
        words = tick.partition('class="prose">')[2].partition("</p>")[0]
        assert bool(re.search("[\u4e00-\u9fff]", words)) is chinese, words
