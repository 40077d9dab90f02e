"""Departments work together on pages: board, task forces, meetings, scores, warnings of risk (HND-5 to HND-9)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import actions, handoff, people, record
from loopdesk.desk.team import board, meetings, risk, scores, taskforce
from loopdesk.engine import instances, timers, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Tx
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.test_actions import letters
from loopdesk.tests.web.test_breaches import reported
from loopdesk.web.cli._desk import group_for
from loopdesk.web.wiring import Loopdesk

DAY = timedelta(days=1)
MORNING = timedelta(hours=17)
"""From the beginning of the tests' clock, Monday 17:00 in Shanghai, until after the next morning's board."""


class Browser:
    """Somebody's browser: posts carry the token of the page."""

    def __init__(self, app: Flask, login: str) -> None:
        self.client: FlaskClient = as_person(app, login)
        self.token = csrf_of(app, self.client)

    def post(self, path: str, **data: Any) -> Any:
        """Send a form."""
        return self.client.post(path, data={"csrf_token": self.token, **data})

    def text(self, path: str) -> str:
        """A page in English."""
        return self.client.get(path + ("&" if "?" in path else "?") + "lang=en", follow_redirects=True).text


@pytest.fixture
def browser(app: Flask) -> Callable[[str], Browser]:
    """Makes browsers: ``browser("li.na")``."""
    return lambda login: Browser(app, login)


def pass_time(desk: Loopdesk, clock: VirtualClock, by: timedelta) -> None:
    """Let time pass from one due timer to the next, as the poller does."""
    until = clock.now() + by
    while True:
        with desk.engine.begin() as tx:
            timers.claim_due(tx)
        settle(desk)
        with desk.engine.read() as tx:
            due = timers.next_due(tx)
        if due is None or due > until:
            break
        clock.set(max(due, clock.now()))
    clock.set(until)
    settle(desk)


def offered(desk: Loopdesk, number: str) -> str:
    """Support offers the case to R&D: the handoff's id."""
    with desk.engine.begin() as tx:
        case = record.get(tx, number)
        to = "rnd" if case.department != "rnd" else "support"
        return handoff.offer(SYSTEM, tx, number, to_department=to, reason="A bug", summary="Queue stops").id


def ids(tx: Tx, *logins: str) -> list[str]:
    """People's ids."""
    return [found.id for login in logins if (found := people.by_login(tx, login))]


@pytest.mark.row("HND-5/each-morning", "HND-5/blocker", "HND-5/commitment", "HND-5/missed", "HND-5/bad-input")
def test_the_morning_board_shows_blockers_commitments_and_what_was_missed(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock, browser: Callable[[str], Browser]
) -> None:
    number = reported(api, desk)
    of = offered(desk, number)
    li_na = browser("li.na")
    assert "No board yet" in li_na.text("/handoffs/board")
    pass_time(desk, clock, MORNING)
    assert {one["to_name"] for one in letters(desk, "t1-board")} >= {"王芳"}
    assert number in li_na.text("/handoffs/board")
    with desk.engine.read() as tx:
        found = board.read(SYSTEM, tx)
        assert found is not None
        (item,) = [one for one in found.items if one.handoff == of]
        (task,) = [one for one in work.listing(SYSTEM, tx) if one["element"] == "hold"]
        assert instances.get(tx, task["instance_id"])["process"] == "t1-board"
    inside = browser("wang.fang").text(f"/tasks/{task['id']}")
    assert "Hold the meeting" in inside
    assert task["key"] not in inside, "the key of a process without a case says nothing"
    path = f"/handoffs/board/{item.id}"
    assert li_na.post(f"{path}/blocker", blocker=" ").status_code == 422
    assert li_na.post(f"{path}/blocker", blocker="The log is missing.").status_code == 302
    nobody = li_na.post(f"{path}/commitment", text="Send the log", owner="nobody", due_at="2026-03-03")
    assert (nobody.status_code, "Send the log" in nobody.text) == (422, True)
    assert li_na.post(f"{path}/commitment", text="x", owner="li.na", due_at="2026-03-01").status_code == 422
    assert li_na.post(f"{path}/commitment", text="Send the log", owner="li.na", due_at="2026-03-03").status_code == 302
    pass_time(desk, clock, DAY)
    text = li_na.text("/handoffs/board")
    assert "Commitments that were not kept" in text
    assert text.count("Send the log") == 4, "once as missed, once at its line, each with its form"
    with desk.engine.read() as tx:
        later = board.read(SYSTEM, tx)
        assert later is not None
        assert [one.text for one in later.missed] == ["Send the log"]
        assert next(one.blocker for one in later.items if one.handoff == of) == "The log is missing."
        (promise,) = actions.of(tx, "board", of)
    assert li_na.post(f"/actions/{promise.id}/done", result="Sent.").status_code == 302
    assert "Commitments that were not kept" not in li_na.text("/handoffs/board")
    assert "Send the log" in li_na.text("/handoffs/board?day=2026-03-03")


@pytest.mark.row("HND-6/members", "HND-6/progress", "HND-6/reminded", "HND-6/bad-input")
def test_a_task_force_reports_daily_and_its_lead_is_reminded(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock, browser: Callable[[str], Browser]
) -> None:
    number = reported(api, desk)
    wang_fang, li_na = browser("wang.fang"), browser("li.na")
    with desk.engine.read() as tx:
        lead, other, third = ids(tx, "wang.fang", "zhang.wei", "li.na")
    given = {"case": number, "goal": "Orders flow again.", "lead": lead}
    alone = wang_fang.post("/handoffs/task-forces", **given, members=[third])
    assert alone.status_code == 422
    assert "Orders flow again." in alone.text
    assert (
        wang_fang.post("/handoffs/task-forces", **given | {"case": "L-1999-000001"}, members=[other]).status_code == 404
    )
    made = wang_fang.post("/handoffs/task-forces", **given, members=[other])
    assert made.status_code == 302, made.text
    path = made.location
    assert wang_fang.post("/handoffs/task-forces", **given, members=[other]).status_code == 409
    assert li_na.post(f"{path}/progress", text="I look at it.").status_code == 403
    assert wang_fang.post(f"{path}/progress", text="Found it.", day="2026-04-01").status_code == 422
    assert browser("zhang.wei").post(f"{path}/progress", text="Found the query.").status_code == 302
    pass_time(desk, clock, 3 * DAY)
    told = letters(desk, "taskforce-silent")
    assert [(one["to_name"], "2026-03-03" in one["subject"] or "2026-03-04" in one["subject"]) for one in told] == [
        ("王芳", True),
        ("王芳", True),
    ]
    assert "2026-03-03 · 2026-03-04" in wang_fang.text(path)
    assert "Orders flow again." in wang_fang.text(f"/cases/{number}")
    assert browser("zhang.wei").post(f"{path}/end", result="Done.").status_code == 403
    assert wang_fang.post(f"{path}/end", result="The query is fixed.").status_code == 302
    with desk.engine.read() as tx:
        (force,) = taskforce.of_case(tx, number)
        case = record.get(tx, number)
        involved = set(tx.conn.scalars(sa.select(record.involved.c.department).where(record.involved.c.case == number)))
    assert (force.result, len(force.entries), len(force.missing)) == ("The query is fixed.", 1, 2)
    assert {"support", "rnd"} <= involved | {case.department}


@pytest.mark.row("HND-9/series", "HND-9/minutes", "HND-9/actions", "HND-9/reminded", "HND-9/bad-input")
def test_a_meeting_has_a_date_an_agenda_minutes_and_actions(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock, browser: Callable[[str], Browser]
) -> None:
    number = reported(api, desk)
    offered(desk, number)
    pass_time(desk, clock, MORNING)
    with desk.engine.read() as tx:
        (found,) = [one for one in meetings.listing(SYSTEM, tx) if one.series == "support-rnd"]
    assert found.starts_at == datetime(2026, 3, 4, 10, 0, tzinfo=UTC), "Wednesday at ten, in the zone of the house"
    invited = {one["to_name"] for one in letters(desk, "meeting-invitation")}
    assert "王芳" in invited
    wang_fang, path = browser("wang.fang"), f"/handoffs/meetings/{found.id}"
    assert number in wang_fang.text(path) or record_department(desk, number) not in found.departments
    early = wang_fang.post(f"{path}/minutes", minutes="Too early.", attendees=["wang.fang"], publish="1")
    assert early.status_code == 409
    pass_time(desk, clock, 3 * DAY)
    assert [one["to_name"] for one in letters(desk, "meeting-minutes-late")] == ["王芳"]
    empty = wang_fang.post(f"{path}/minutes", minutes="We talked.", publish="1")
    assert empty.status_code == 422
    assert "We talked." in empty.text
    assert wang_fang.post(f"{path}/actions", text="", owner="li.na", due_at="2026-03-20").status_code == 422
    assert (
        wang_fang.post(f"{path}/actions", text="Name a second signer.", owner="li.na", due_at="2026-03-20").status_code
        == 302
    )
    done = wang_fang.post(f"{path}/minutes", minutes="We talked.", attendees=["wang.fang", "li.na"], publish="1")
    assert done.status_code == 302, done.text
    sent = {one["to_name"]: one["body"] for one in letters(desk, "meeting-minutes")}
    assert {"王芳", "李娜"} <= set(sent)
    assert "Name a second signer." in sent["李娜"]
    locked = wang_fang.post(f"{path}/minutes", minutes="Something else.", attendees=["li.na"])
    assert locked.status_code == 409
    assert "Something else." in locked.text
    assert (adds(api, clock, "wang.fang", found.id), adds(api, clock, "sara.klein", found.id)) == (409, 403)
    with desk.engine.read() as tx:
        kept = meetings.get(tx, found.id)
        (agreed,) = actions.of(tx, "meeting", found.id)
    assert (kept.minutes, len(kept.attendees), kept.published_by) == ("We talked.", 2, "王芳")
    assert (agreed.owner, agreed.due_at) == ("李娜", datetime(2026, 3, 20, 15, 59, tzinfo=UTC))


def adds(api: Callable[..., Any], clock: VirtualClock, who: str, meeting: str) -> int:
    """The answer to somebody who adds an action to a meeting over the API."""
    given = {"source": "meeting", "source_id": meeting, "text": "One more.", "owner": "li.na"}
    return int(api(who).post("/actions", json=given | {"due_at": (clock.now() + DAY).isoformat()}).status_code)


def record_department(desk: Loopdesk, number: str) -> str:
    """Which department holds a case."""
    with desk.engine.read() as tx:
        return record.get(tx, number).department


@pytest.mark.row("HND-9/score")
def test_the_score_weighs_timeliness_clarity_and_feedback(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock, browser: Callable[[str], Browser]
) -> None:
    """R&D answers one of two handoffs in time (50), clarity 5 (100) and 3 (50), feedback 2 (25) and 4 (75)."""
    for late in (False, True):
        number = reported(api, desk)
        with desk.engine.begin() as tx:
            record.change(tx, number, department="support")
        made = offered(desk, number)
        if late:
            clock.advance(timedelta(hours=2))
        with desk.engine.begin() as tx:
            if late:
                handoff.overdue(SYSTEM, tx, made)
            handoff.reject(SYSTEM, tx, made, reason="Not ours.")
    for login, clarity, feedback in (("li.na", 1, 1), ("li.na", 5, 2), ("wang.fang", 3, 4)):
        sent = browser(login).post("/handoffs/meetings/ratings", department="rnd", clarity=clarity, feedback=feedback)
        assert sent.status_code == 302
    with desk.engine.read() as tx:
        found = {one.department: one for one in scores.listing(SYSTEM, tx)}
    rnd = found["rnd"]
    assert (rnd.asked, rnd.answered, rnd.ratings) == (2, 1, 2)
    assert (rnd.timeliness, rnd.clarity, rnd.feedback) == (50, 75, 50)
    assert rnd.total == pytest.approx(0.5 * 50 + 0.3 * 75 + 0.2 * 50)
    assert (found["legal"].total, found["legal"].timeliness) == (None, None)
    own = browser("li.na").post("/handoffs/meetings/ratings", department="support", clarity=5, feedback=5)
    assert own.status_code == 403
    wrong = browser("li.na").post("/handoffs/meetings/ratings", department="rnd", clarity=9, feedback=5, comment="Hm")
    assert wrong.status_code == 422
    assert "Hm" in wrong.text


@pytest.mark.row("HND-8/features", "HND-8/warned", "HND-8/reason", "HND-8/no-history", "HND-8/back-test")
def test_the_page_says_why_there_is_a_risk_and_how_good_the_warnings_were(
    api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock, browser: Callable[[str], Browser]
) -> None:
    wang_fang = browser("wang.fang")
    none = wang_fang.text("/handoffs/risk")
    assert "No history yet" in none
    assert "%" not in none.partition("<main")[2].partition("</main>")[0]
    run = CliRunner()
    said = run.invoke(group_for(desk), ["--lang", "en", "risk", "backtest"])
    assert (said.exit_code, said.output.strip()) == (
        0,
        "Too little history: a week of a pair counts once the time after it is over.",
    )
    number = reported(api, desk)
    with desk.engine.begin() as tx:
        record.change(tx, number, department="support")
    made = offered(desk, number)
    clock.advance(timedelta(hours=1))
    with desk.engine.begin() as tx:
        handoff.overdue(SYSTEM, tx, made)
    clock.advance(timedelta(minutes=1))
    with desk.engine.begin() as tx:
        risk.weigh(SYSTEM, tx, base_url="http://localhost")
    told = [one for one in letters(desk, "risk-warning") if one["to_name"] == "王芳"]
    assert len(told) == 1
    assert "1 次移交中有 1 次（百分之 100）未按时答复" in told[0]["body"]
    page = wang_fang.text("/handoffs/risk")
    assert "1 of 1 handoffs (100 per cent) were not answered in time." in page
    with desk.engine.read() as tx:
        (kept,) = risk.latest(tx)
    assert (kept.level, kept.reason, kept.features["overdue"]) == ("raised", "overdue", 1)
    clock.advance(timedelta(days=15))
    answer = run.invoke(group_for(desk), ["risk", "backtest", "--json"])
    figures = json.loads(answer.output)
    assert [(week["warned"], week["happened"]) for week in figures["weeks"]] == [(True, False)]
    assert (figures["precision"], figures["recall"], figures["base_rate"]) == (0.0, None, 0.0)
    assert "nothing to count" in wang_fang.text("/handoffs/risk")
