"""A case goes one tier up and to a backup person (DIA-1, SLA-4)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loopdesk.desk import case, duty, escalation, facts, people, record, skills
from loopdesk.engine import bundles, runner, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.clock_house import deploy
from loopdesk.tests.desk.house import House, told

Run = Callable[..., dict[str, Any]]
DAY = timedelta(days=1)


def on_duty(tx: Tx, login: str, tier: str, *known: str, department: str = "support") -> str:
    """Somebody new of that tier who is on duty today, with the skills given: the id."""
    new = people.create(SYSTEM, tx, login=login, name=login.title(), roles=["agent"], departments=[department])
    skills.set_(SYSTEM, tx, new.id, tier=tier, skills=known)
    duty.add(SYSTEM, tx, person=new.id, department=department, tier=tier, starts_at=tx.now, ends_at=tx.now + DAY)
    return new.id


def up(tx: Tx, number: str, **given: Any) -> str:
    """Escalate by time, unless said otherwise."""
    return escalation.escalate(SYSTEM, tx, number, **({"reason": "Too late.", "by": "time"} | given))


def test_a_case_climbs_l1_l2_l3_supervisor_and_stays_there(house: House, tx: Tx, number: str) -> None:
    """DIA-1, SLA-4: one level each time, each to who is on duty there; the owner stays the customer's."""
    second, third = on_duty(tx, "second", "L2"), on_duty(tx, "third", "L3")
    record.change(tx, number, owner_id=house.people["lina"].id, assignee_id=house.people["lina"].id)
    boss = house.people["wangfang"].id
    assert record.get(tx, number).tier == "L1"
    for tier, who in (("L2", second), ("L3", third), ("supervisor", boss), ("supervisor", boss)):
        tx.now += timedelta(minutes=30)
        assert up(tx, number) == tier
        now = record.get(tx, number)
        assert (now.tier, now.assignee_id, now.owner_id) == (tier, who, house.people["lina"].id)
    assert [row["to_tier"] for row in escalation.listing(SYSTEM, tx, number)] == ["L2", "L3", "supervisor"]
    assert facts.facts(tx, number)["support_tier"] == "supervisor"


def test_one_lateness_lifts_a_case_once(house: House, tx: Tx, number: str) -> None:
    """DIA-1, DIA-3, SLA-4: a gate and a clock that are late within minutes call one tier; the second is recorded."""
    second, third = on_duty(tx, "second", "L2"), on_duty(tx, "third", "L3")
    record.change(tx, number, assignee_id=house.people["lina"].id)
    began = tx.now
    assert up(tx, number, reason="The first diagnosis is overdue.") == "L2"
    tx.now = began + timedelta(minutes=29)
    assert up(tx, number, reason="Out of time: first_response") == "L2"
    assert record.get(tx, number).assignee_id == second
    held = told(tx, number, "case.escalation_held")
    assert (held["tier"], held["reason"]) == ("L2", "Out of time: first_response")
    assert held["until"] == (began + timedelta(minutes=30)).isoformat()
    assert [row["to_tier"] for row in escalation.listing(SYSTEM, tx, number)] == ["L2"]
    tx.now = began + timedelta(minutes=30)
    assert up(tx, number) == "L3"
    assert record.get(tx, number).assignee_id == third
    assert up(tx, number, by="hand") == "supervisor"


def test_how_far_lifts_lie_apart_is_the_owner_s(house: House, tx: Tx, number: str) -> None:
    """DIA-1: by priority in support.yaml."""
    record.change(tx, number, priority="P0")
    up(tx, number)
    tx.now += timedelta(minutes=10)
    assert up(tx, number) == "L3"
    deploy(tx, support=lambda data: data.update(lifts_apart={"P1": "PT1H"}))
    assert up(tx, number) == "supervisor"


def test_the_event_says_from_where_to_whom_and_why(house: House, tx: Tx, number: str) -> None:
    """DIA-1."""
    second = on_duty(tx, "second", "L2")
    record.change(tx, number, assignee_id=house.people["lina"].id)
    up(tx, number, by="skill", skill="database", reason=" Locks in the table. ")
    data = told(tx, number, "case.escalated")
    assert (data["from"], data["to"], data["person"], data["name"]) == ("L1", "L2", second, "Second")
    assert (data["before"], data["by"], data["skill"]) == ("李娜", "skill", "database")
    assert data["reason"] == "Locks in the table."


def test_who_has_the_skill_comes_first_then_who_has_least_to_do(house: House, tx: Tx) -> None:
    """DIA-1: by the skill that is asked for, else by the one that the case's type is called."""
    plain, network = on_duty(tx, "plain", "L2"), on_duty(tx, "network", "L2", "network")
    numbers = [house.report(tx).number for _ in range(4)]
    record.change(tx, numbers[0], type="network")
    up(tx, numbers[0])
    up(tx, numbers[1])
    up(tx, numbers[2], by="skill", skill="network")
    up(tx, numbers[3])
    assert [record.get(tx, one).assignee_id for one in numbers] == [network, plain, network, plain]


def test_without_anybody_on_duty_the_department_s_supervisor_takes_over(house: House, tx: Tx, number: str) -> None:
    """SLA-4: whose turn is over or lies elsewhere does not count; the case is one tier up all the same."""
    on_duty(tx, "elsewhere", "L2", department="rnd")
    off = on_duty(tx, "off", "L2")
    for one in duty.listing(SYSTEM, tx):
        if one.person_id == off:
            duty.remove(SYSTEM, tx, one.id)
    assert up(tx, number) == "L2"
    assert record.get(tx, number).assignee_id == house.people["wangfang"].id


def test_nobody_at_all_leaves_the_case_with_whoever_has_it(house: House, tx: Tx, number: str) -> None:
    """SLA-4: the tier rises and the list shows that nobody could take over."""
    people.deactivate(SYSTEM, tx, house.people["wangfang"].id)
    record.change(tx, number, assignee_id=house.people["lina"].id)
    assert up(tx, number) == "L2"
    assert record.get(tx, number).assignee_id == house.people["lina"].id
    assert escalation.listing(SYSTEM, tx, number)[0]["to_name"] == ""


def test_a_restricted_case_goes_only_to_security(house: House, tx: Tx, number: str) -> None:
    """SEC-1: who may not see it does not get it by an escalation either."""
    on_duty(tx, "second", "L2", "security")
    inside = people.create(SYSTEM, tx, login="both", name="Both", roles=["agent"], departments=["support", "security"])
    record.change(tx, number, restricted=True)
    duty.add(SYSTEM, tx, person=inside.id, department="support", tier="L2", starts_at=tx.now, ends_at=tx.now + DAY)
    up(tx, number)
    assert record.get(tx, number).assignee_id == inside.id


def test_a_solved_or_closed_case_is_not_escalated(tx: Tx, number: str) -> None:
    """DIA-1."""
    for status in ("solved", "closed"):
        record.change(tx, number, status=status)
        with pytest.raises(Conflict):
            up(tx, number)


def test_a_wrong_way_or_no_reason_is_refused(tx: Tx, number: str) -> None:
    """DIA-1."""
    for field, given in (("by", {"by": "magic"}), ("reason", {"reason": " "})):
        with pytest.raises(Invalid) as refused:
            up(tx, number, **given)
        assert list(refused.value.fields) == [field]


def test_by_hand_is_for_those_who_see_the_case(house: House, tx: Tx, number: str) -> None:
    """DIA-1, SEC-1: with a skill it counts as by skill."""
    with pytest.raises(Missing):
        escalation.by_hand(house.people["zhangwei"], tx, number, reason="Mine?")
    with pytest.raises(Refused):
        escalation.by_hand(house.contacts["anna"], tx, number, reason="Faster!")
    with pytest.raises(Invalid):
        escalation.by_hand(house.people["lina"], tx, number, reason="x", skill="juggling")
    assert escalation.by_hand(house.people["lina"], tx, number, reason="Beyond me.") == "L2"
    escalation.by_hand(house.people["lina"], tx, number, reason="SQL.", skill="database")
    assert [row["way"] for row in escalation.listing(SYSTEM, tx, number)] == ["hand", "skill"]


def test_a_diagram_learns_tier_and_person(house: House, tx: Tx, number: str, run: Run) -> None:
    """SLA-4: operation ``case.escalate``; whoever caused the step needs no right of his own."""
    second = on_duty(tx, "second", "L2")
    given = run(house.people["petra"], "case.escalate", number, reason="Breach.")
    assert given == {"before": "L1", "tier": "L2", "assignee": second, "assignee_name": "Second"}


def test_the_share_counts_each_case_once(house: House, tx: Tx) -> None:
    """DIA-1: ten cases, three of them up (by time, by time and hand, by skill); hidden and older ones do not count."""
    numbers = [house.report(tx).number for _ in range(11)]
    for one, way in ((0, "time"), (1, "time"), (1, "hand"), (2, "skill"), (10, "time")):
        up(tx, numbers[one], by=way)
    record.change(tx, numbers[10], opened_at=tx.now - DAY)
    found = escalation.share(house.people["wangfang"], tx, tx.now, tx.now + DAY)
    assert (found.cases, found.escalated) == (10, 3)
    assert found.by_way == {"time": 2, "skill": 1, "hand": 1}
    assert found.by_tier == {"L2": 3, "L3": 1, "supervisor": 0}
    assert escalation.share(house.people["zhangwei"], tx, tx.now, tx.now + DAY).cases == 0
    assert case.read(house.people["wangfang"], tx, numbers[1]).tier == "L3"


TASKS = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
                  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://example.com">
  <bpmn:process id="work" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:parallelGateway id="both"/>
    <bpmn:userTask id="ours"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
    <bpmn:userTask id="free"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
    <bpmn:userTask id="theirs"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
    <bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="both"/>
    <bpmn:sequenceFlow id="f1" sourceRef="both" targetRef="ours"/>
    <bpmn:sequenceFlow id="f2" sourceRef="both" targetRef="free"/>
    <bpmn:sequenceFlow id="f3" sourceRef="both" targetRef="theirs"/>
  </bpmn:process>
</bpmn:definitions>
"""
RACI = b"""
activities:
  ours: {R: [support/agent], A: support/supervisor}
  free: {R: [support/agent], A: support/supervisor}
  theirs: {R: [rnd/agent], A: rnd/supervisor}
"""


def test_open_tasks_go_to_the_backup_person(house: House, tx: Tx, number: str) -> None:
    """SLA-4: those that the former assignee has taken and free ones of the department; others' tasks stay."""
    lina, second = house.people["lina"], on_duty(tx, "second", "L2")
    bundles.deploy(SYSTEM, tx, "work", {"work.bpmn": TASKS, "raci.yaml": RACI})
    runner.start(SYSTEM, tx, "work", key=number)
    tasks = {row["element"]: row["id"] for row in work.listing(SYSTEM, tx, key=number)}
    work.claim(lina, tx, tasks["ours"])
    record.change(tx, number, assignee_id=lina.id)
    up(tx, number)
    held = {row["element"]: row["assignee"] for row in work.listing(SYSTEM, tx, key=number)}
    assert held == {"ours": second, "free": second, "theirs": ""}
    with pytest.raises(Conflict):
        work.complete(lina, tx, tasks["ours"], {})
    work.complete(people.actor_of(people.by_id(tx, second)), tx, tasks["ours"], {})
