"""A clock of a live case warns and runs out: who is told, who takes over, what is made of it (SLA-4, SLA-6, DIA-1)."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import breach, duty, escalation, people, record, skills
from loopdesk.desk.letters import communication
from loopdesk.engine import timers, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

REPORT = {
    "title": "Orders stand still",
    "description": "Nobody can order since nine, error 500 on every page.",
    "email": "anna@aurora.example",
    "customer_number": "C-1001",
    "urgency": "critical",
    "scope": "several",
    "category": "fault",
}


def reported(api: Callable[..., Api], desk: Loopdesk) -> str:
    """A case over the API, with its intake done as far as it goes alone."""
    made: Any = api("ivan.link").post("/cases", json=REPORT)
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


def second_line(desk: Loopdesk, number: str) -> str:
    """Somebody of the second line who is on duty in the case's department for a week: the id."""
    with desk.engine.begin() as tx:
        place = record.get(tx, number).department
        one = people.create(SYSTEM, tx, login="second", name="Second Line", roles=["agent"], departments=[place])
        people.edit(SYSTEM, tx, one.id, email="second@loopdesk.example")
        skills.set_(SYSTEM, tx, one.id, tier="L2", skills=[])
        times = {"starts_at": tx.now, "ends_at": tx.now + timedelta(days=7)}
        duty.add(SYSTEM, tx, person=one.id, department=place, tier="L2", **times)
    return one.id


def told(desk: Loopdesk, number: str, template: str) -> list[str]:
    """Who got letters of a template, by name."""
    wanted = (communication.c.case == number) & (communication.c.template == template)
    with desk.engine.read() as tx:
        return list(tx.conn.scalars(sa.select(communication.c.recipient).where(wanted).order_by(communication.c.at)))


@pytest.mark.row("SLA-4/escalates", "SLA-4/backup", "SLA-6/trace", "DIA-1/time", "DIA-1/tiers")
def test_an_overdue_clock_lifts_the_case_to_the_backup_and_leaves_a_trace(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(api, desk)
    second = second_line(desk, number)
    with desk.engine.read() as tx:
        before = record.get(tx, number)
    clock.advance(timedelta(hours=1))
    settle(desk)
    with desk.engine.read() as tx:
        now = record.get(tx, number)
        (trace,) = breach.of_case(SYSTEM, tx, number)
        (up,) = escalation.listing(SYSTEM, tx, number)
        open_ = {task["element"]: task for task in work.listing(SYSTEM, tx, key=number)}
    assert (now.tier, now.assignee_id, now.owner_id) == ("L2", second, before.owner_id)
    assert (trace.name, trace.state, trace.department) == ("first_response", "opened", before.department)
    assert (up["way"], up["from_tier"], up["to_tier"], up["to_id"]) == ("time", "L1", "L2", second)
    assert "find_cause" in open_
    assert "Second Line" in told(desk, number, "sla-breach")
    settle(desk)
    with desk.engine.read() as tx:
        assert len(breach.of_case(SYSTEM, tx, number)) == 1


def page(app: Flask, login: str, path: str) -> str:
    """A page as somebody reads it, its words on one line."""
    answer = as_person(app, login).get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(answer.text)).split())


def sent(app: Flask, login: str, path: str, **form: Any) -> Any:
    """A form sent by somebody."""
    client = as_person(app, login)
    return client.post(path, data={"csrf_token": csrf_of(app, client), **form})


@pytest.mark.row("SLA-4/blue", "SLA-4/yellow", "SLA-4/red", "SLA-4/recipients")
def test_each_colour_is_told_to_whom_the_table_names(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(api, desk)
    second_line(desk, number)
    with desk.engine.read() as tx:
        owner = people.by_id(tx, record.get(tx, number).owner_id).name
    heard = []
    for _ in range(30):
        clock.advance(timedelta(minutes=1))
        settle(desk)
        heard.append(told(desk, number, "sla-warning"))
    counts = sorted({len(one) for one in heard})
    assert counts[0] == 0
    assert owner in heard[-1]
    assert "Second Line" in heard[-1], "red is told to the backup, too"
    assert len(counts) >= 3, "the colours come one after the other"


@pytest.mark.row("SLA-6/cause", "SLA-6/action", "SLA-6/follow-up")
def test_a_supervisor_finds_the_cause_and_it_is_followed_up(
    api: Callable[..., Api], app: Flask, desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(api, desk)
    second = second_line(desk, number)
    clock.advance(timedelta(hours=1))
    settle(desk)
    with desk.engine.read() as tx:
        (cause,) = (row for row in work.listing(SYSTEM, tx, key=number) if row["element"] == "find_cause")
    boss = api("emma.stone")
    form: Any = boss.get(f"/tasks/{cause['id']}", headers={"Accept-Language": "zh"})
    labels = [one.get("valuesExpression") for one in form.json["form_schema"]["components"]]
    assert "=case.breach_causes.zh" in labels, "the causes are in the reader's language"
    given = {"cause": "missing_information", "explanation": "", "action": "Ask for the log.", "responsible": second}
    done: Any = boss.post(f"/tasks/{cause['id']}/complete", json={"data": given | {"until": "2026-03-06"}})
    assert done.status_code == 200, done.json
    shown_ = page(app, "wang.fang", "/sla/breaches?lang=en&state=open")
    assert "Information was missing" in shown_
    assert "Ask for the log." in shown_
    assert number in as_person(app, "wang.fang").get("/sla/breaches.csv?cause=missing_information").text
    assert number not in as_person(app, "wang.fang").get("/sla/breaches.csv?state=done").text
    with desk.engine.read() as tx:
        (follow,) = (row for row in work.listing(SYSTEM, tx, key=number) if row["element"] == "follow_up")
    assert follow["person"] == second
    clock.advance(timedelta(days=5))
    with desk.engine.begin() as tx:
        timers.claim_due(tx)
    settle(desk)
    assert "Second Line" in told(desk, number, "sla-follow-up")
    over: Any = api("second").post(f"/tasks/{follow['id']}/complete", json={"data": {"result": "The form asks."}})
    assert over.status_code == 200, over.json
    found: Any = boss.get("/support/breaches?state=done")
    assert [one["result"] for one in found.json["breaches"]] == ["The form asks."]
    assert "The form asks." in page(app, "wang.fang", f"/cases/{number}?lang=en")


@pytest.mark.row("DIA-1/hand", "DIA-1/skill", "DIA-1/share")
def test_an_agent_escalates_by_hand_and_by_skill_and_the_share_is_shown(
    api: Callable[..., Api], app: Flask, desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(api, desk)
    second = second_line(desk, number)
    with desk.engine.read() as tx:
        owner = people.by_id(tx, record.get(tx, number).owner_id)
    assert "Second Line would take over" in page(app, owner.login, f"/cases/{number}?lang=en")
    assert sent(app, owner.login, f"/cases/{number}/escalate", reason="").status_code == 422
    assert sent(app, owner.login, f"/cases/{number}/escalate", reason="Beyond me.").status_code == 302
    with desk.engine.read() as tx:
        assert (record.get(tx, number).tier, record.get(tx, number).assignee_id) == ("L2", second)
    up: Any = api(owner.login).post(f"/support/cases/{number}/escalate", json={"reason": "SQL.", "skill": "database"})
    assert up.json == {"tier": "L3"}
    reported(api, desk)
    period = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-08T00:00:00Z"}
    share: Any = api("wang.fang").get("/support/escalations/share", query_string=period)
    assert share.json == {
        "cases": 2,
        "escalated": 1,
        "by_way": {"time": 0, "skill": 1, "hand": 1},
        "by_tier": {"L2": 1, "L3": 1, "supervisor": 0},
    }
    assert "1 of 2 cases that were opened (50 %) went up" in page(app, "wang.fang", "/sla/breaches?lang=en")
    assert sent(app, "chen.jie", f"/cases/{number}/escalate", reason="x").status_code == 404
    assert as_person(app, "li.na").get("/sla/breaches").status_code == 200


@pytest.mark.row("DIA-1/tiers")
def test_duty_is_planned_and_people_are_trained_on_pages(app: Flask, desk: Loopdesk, api: Callable[..., Api]) -> None:
    turn = {"department": "support", "tier": "L2", "starts_at": "2026-03-02T18:00", "ends_at": "2026-03-03T08:00"}
    with desk.engine.read() as tx:
        li = people.by_login(tx, "li.na")
    assert li is not None
    assert "Plan a turn" not in page(app, "li.na", "/duty?lang=en")
    assert sent(app, "li.na", "/duty", person=li.id, **turn).status_code == 403
    assert sent(app, "wang.fang", "/duty", person=li.id, **turn | {"ends_at": "x"}).status_code == 422
    assert sent(app, "wang.fang", "/duty", person=li.id, **turn | {"ends_at": "2026-03-01T08:00"}).status_code == 422
    assert sent(app, "wang.fang", "/duty", person=li.id, **turn).status_code == 302
    known: Any = api("li.na").get("/support/duty")
    (made,) = known.json["turns"]
    assert (made["person_id"], made["starts_at"]) == (li.id, "2026-03-02T10:00:00+00:00"), "in Wang Fang's zone"
    assert known.json["gaps"]
    assert "Nobody on duty" in page(app, "wang.fang", "/duty?lang=en")
    assert sent(app, "wang.fang", f"/duty/{made['id']}/remove").status_code == 302
    assert "Nobody is on the list" in page(app, "wang.fang", "/duty?lang=en")
    form = {"name": li.name, "email": li.email, "roles": ["agent"], "departments": ["support"]}
    path = f"/people/{li.id}"
    assert sent(app, "xu.min", path, **form, tier="L2", skills=["network", "database"]).status_code == 302
    trained: Any = api("wang.fang").get(f"/support/people/{li.id}")
    assert trained.json == {"tier": "L2", "skills": ["database", "network"]}
    assert sent(app, "xu.min", path, **form, tier="L9").status_code == 422
