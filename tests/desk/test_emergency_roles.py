"""Roles, joining, grades and the event record of an emergency (EMG-1, EMG-4, EMG-7, EMG-11, EMG-12)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.desk import duty, emergency, people, record
from loopdesk.desk.emergency import affected, causes, course, crew, rows
from loopdesk.desk.letters import communication
from loopdesk.engine import audit, retention
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.messages import message
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House

Run = Callable[..., dict[str, object]]
TEAM = ("operations/L2", "rnd/L2", "support/L2")


@pytest.fixture
def led(house: House, tx: Tx, number: str) -> emergency.Emergency:
    return _declared(tx, number)


def _declared(tx: Tx, number: str) -> emergency.Emergency:
    response = emergency.Response("global", "P0", "payment", TEAM, ("commander", "rnd/supervisor"), timedelta(hours=1))
    given = {"commander": "lina", "grade": "II", "kind": "system_fault"}
    return emergency.declare(SYSTEM, tx, number, **given, response=response)


@pytest.fixture
def another(house: House, tx: Tx) -> str:
    """A second case of the same customer."""
    return house.report(tx).number


def on_duty(house: House, tx: Tx, who: str, department: str) -> None:
    turn = {"starts_at": tx.now, "ends_at": tx.now + timedelta(hours=8)}
    duty.add(SYSTEM, tx, person=who, department=department, tier="L2", **turn)


def test_the_team_comes_from_the_duty_list_and_gaps_are_told(house: House, tx: Tx, led: emergency.Emergency) -> None:
    on_duty(house, tx, "zhangwei", "rnd")
    calls = emergency.assemble(SYSTEM, tx, led.id)
    assert [(call.word, call.gap) for call in calls] == [
        ("operations/L2", True),
        ("rnd/L2", False),
        ("support/L2", True),
    ]
    roles = {one.role: one.name for one in emergency.roles(tx, led.id)}
    assert roles["commander"] == "李娜"
    assert "张伟" in roles.values()
    gaps = [one["data"]["team"] for one in emergency.entries(tx, led.id) if one["kind"] == "gap"]
    assert gaps == ["operations/L2", "support/L2"]


def test_somebody_stands_in_at_once_for_a_commander_who_steps_back(
    house: House, tx: Tx, led: emergency.Emergency
) -> None:
    now = emergency.step_back(SYSTEM, tx, led.id, reason="End of shift.")
    assert now != house.people["lina"].id
    assert emergency.get(tx, led.id).commander_id == now
    held = [one for one in emergency.roles(tx, led.id, former=True) if one.role == "commander"]
    assert [(one.name, one.until is None) for one in held] == [
        ("李娜", False),
        (emergency.get(tx, led.id).commander, True),
    ]
    names = tx.conn.scalars(sa.select(message.c.name).where(message.c.key == led.case)).all()
    assert crew.LEFT in names


@pytest.mark.parametrize(("role", "person", "field"), [("king", "lina", "role"), ("scribe", "nobody", "person")])
def test_a_role_or_person_that_there_is_not_is_named(
    house: House, tx: Tx, led: emergency.Emergency, role: str, person: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        emergency.assign(SYSTEM, tx, led.id, role, person)
    assert list(refused.value.fields) == [field]


def test_the_chain_is_called_in_its_order_and_then_no_more(house: House, tx: Tx, led: emergency.Emergency) -> None:
    asked = emergency.ask_decision(SYSTEM, tx, led.id, question="Switch over?")
    assert asked.decider == "commander"
    made = course.escalate(SYSTEM, tx, led.id, limit=timedelta(hours=1))
    assert (made.word, [one.name for one in made.found]) == ("rnd/supervisor", ["Emma Stone"])
    assert emergency.decisions(tx, led.id)[0].decider == "rnd/supervisor"
    assert course.escalate(SYSTEM, tx, led.id).word == ""


def test_only_who_may_see_a_security_case_is_called(house: House, tx: Tx, number: str, run: Run) -> None:
    """SEC-1, EMG-12: nobody else gets a role or a letter; the gap is told to commander and supervisors of security."""
    who = {"login": "otto", "name": "Otto", "email": "otto@house.example", "language": "en", "zone": "UTC"}
    boss = people.create(SYSTEM, tx, **who, roles=("supervisor",), departments=("security",))
    record.change(tx, number, restricted=True)
    tx.flush()
    led = {"commander": "sara", "grade": "I", "kind": "security"}
    wide = emergency.Response(team=("rnd/L2", "security/L2"), chain=("commander", "rnd/supervisor", "security"))
    declared = emergency.declare(SYSTEM, tx, number, **led, response=wide)
    on_duty(house, tx, "zhangwei", "rnd")
    on_duty(house, tx, "otto", "security")
    asked = emergency.ask_decision(SYSTEM, tx, declared.id, question="Cut the line?")
    assert run(SYSTEM, "emergency.assemble", number, emergency=declared.id) == {
        "called": [boss.id],
        "gaps": ["rnd/L2"],
        "scribe": boss.id,
    }
    assert {one.name for one in emergency.roles(tx, declared.id)} == {"Sara Klein", "Otto"}
    assert run(SYSTEM, "emergency.escalate", number, emergency=declared.id) == {"called": "security"}
    assert [one.decider for one in emergency.decisions(tx, declared.id) if one.id == asked.id] == ["security"]
    gaps = [one["data"]["team"] for one in emergency.entries(tx, declared.id) if one["kind"] == "gap"]
    assert gaps == ["rnd/L2", "rnd/supervisor"]
    letters = tx.conn.execute(sa.select(communication.c.template, communication.c.address))
    told = {(one.template, one.address) for one in letters if one.template.startswith("emergency-")}
    assert ("emergency-gap", "otto@house.example") in told
    assert {to for _, to in told} == {"otto@house.example", "sara@house.example"}


def test_what_is_undecided_lapses_when_the_case_is_closed(house: House, tx: Tx, led: emergency.Emergency) -> None:
    """EMG-4: a forced end leaves no decision open, and the timeline says so."""
    asked = emergency.ask_decision(SYSTEM, tx, led.id, question="Switch over?")
    done = emergency.ask_decision(SYSTEM, tx, led.id, question="Tell the press?")
    emergency.decide(SYSTEM, tx, done.id, decision="Not yet.")
    tx.now += timedelta(hours=1)
    emergency.stand_down(SYSTEM, tx, led.id, summary="Closed.", forced=True)
    states = {one.id: (one.state, one.at) for one in emergency.decisions(tx, led.id)}
    assert states == {asked.id: ("lapsed", tx.now), done.id: ("decided", tx.now - timedelta(hours=1))}
    lapsed = [one["data"]["question"] for one in emergency.entries(tx, led.id) if one["kind"] == "lapsed"]
    assert lapsed == ["Switch over?"]


def test_a_security_incident_is_never_lowered(house: House, tx: Tx, number: str) -> None:
    made = emergency.declare(SYSTEM, tx, number, commander="emma", grade="IV", kind="security")
    assert made.grade == "I"
    with pytest.raises(Invalid):
        emergency.regrade(SYSTEM, tx, made.id, grade="II", reason="?")


def test_the_event_record_needs_every_field_and_tells_how_late_it_is(
    house: House, tx: Tx, led: emergency.Emergency
) -> None:
    facts = {"time": "10:00", "place": "Hall 2", "scope": "all", "symptoms": "502"}
    for name in facts:
        with pytest.raises(Invalid) as refused:
            course.keep_facts(SYSTEM, tx, led.id, facts | {name: " "})
        assert list(refused.value.fields) == [name]
    tx.now += timedelta(hours=2, minutes=7)
    kept = course.keep_facts(SYSTEM, tx, led.id, facts)
    assert (kept.facts, kept.facts_at) == (facts, tx.now)
    assert emergency.entries(tx, led.id)[-1]["data"]["late"] == 7


def test_a_case_of_the_same_problem_is_joined(house: House, tx: Tx, led: emergency.Emergency, another: str) -> None:
    record.change(tx, another, problem=led.case)
    tx.flush()
    joined = causes.join(SYSTEM, tx, another)
    assert joined is not None
    assert joined.id == led.id
    assert emergency.cases(tx, led.id) == [led.case, another]
    assert emergency.open_of(tx, another) == joined
    again = causes.join(SYSTEM, tx, another)
    assert again is not None
    assert emergency.cases(tx, led.id) == [led.case, another]


def test_a_local_emergency_concerns_those_who_reported_it(house: House, tx: Tx, led: emergency.Emergency) -> None:
    everybody = affected.predicted(tx, led)
    tx.conn.execute(sa.update(rows.emergency_).where(rows.emergency_.c.id == led.id).values(scope="local"))
    local = affected.predicted(tx, emergency.get(tx, led.id))
    assert len(local) == 1
    assert {one.customer for one in local} < {one.customer for one in everybody}
    assert local[0].case == led.case
    assert [one.score for one in everybody] == sorted((one.score for one in everybody), reverse=True)


def test_nothing_of_an_archived_emergency_stays_behind(house: House) -> None:
    with house.engine.begin() as tx:
        led = _declared(tx, house.report(tx).number)
        emergency.ask_decision(SYSTEM, tx, led.id, question="?")
        emergency.note(SYSTEM, tx, led.id, "note", "A word.")
    audit.chain(house.engine)
    with house.engine.begin() as tx:
        kept = retention.collect(tx, "case_", led.case)
        assert {"emergency", "emergency_entry", "emergency_role", "emergency_decision"} <= set(kept)
        retention.remove(SYSTEM, tx, "case_", led.case, data={})
        for table in rows.TABLES:
            assert tx.conn.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_a_note_needs_words_and_an_audience(house: House, tx: Tx, led: emergency.Emergency) -> None:
    for text, audience, field in (
        (" ", "internal", "text"),
        ("x", "moon", "audience"),
        ("x" * 20_001, "internal", "text"),
    ):
        with pytest.raises(Invalid) as refused:
            emergency.note(SYSTEM, tx, led.id, "note", text, audience)
        assert list(refused.value.fields) == [field]


def test_what_is_back_cannot_be_reported_back_again(house: House, tx: Tx, led: emergency.Emergency) -> None:
    with pytest.raises(Conflict):
        course.relapse(SYSTEM, tx, led.id, text="?")
    course.stable(SYSTEM, tx, led.id, text="Restarted.")
    with pytest.raises(Conflict):
        course.stable(SYSTEM, tx, led.id, text="Restarted.")
    with pytest.raises(Conflict):
        emergency.stand_down(SYSTEM, tx, led.id, summary="Over.", stable=True)
    tx.now += timedelta(minutes=30)
    assert emergency.stand_down(SYSTEM, tx, led.id, summary="Over.", stable=True).state == "ended"
