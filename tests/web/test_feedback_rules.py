"""What the table of few stars promises, whom no letter reaches, and a quarter in figures (FBK-1, FBK-2, FBK-4)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import policy
from loopdesk.desk.customers import contact_
from loopdesk.desk.feedback import low, survey
from loopdesk.desk.feedback.tables import QUARTERLY
from loopdesk.desk.letters import communication
from loopdesk.engine import bundles, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api
from loopdesk.tests.web.surveyed import Story
from loopdesk.web.wiring import Loopdesk

PROMISE = re.compile(r"[Ff]ewer than \d+ stars")


def edit_low(desk: Loopdesk, below: str) -> None:
    """A process owner says in the table below how many stars somebody calls; nothing else is touched."""
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, low.BUNDLE).files)
        table = files[low.TABLE].replace(b"<text>&lt; 3</text>", f"<text>{below}</text>".encode())
        assert table != files[low.TABLE]
        bundles.deploy(SYSTEM, tx, low.BUNDLE, files | {low.TABLE: table})


@pytest.mark.row("FBK-2/call-back", "PRO-6")
def test_letter_page_thanks_and_task_follow_the_table_of_few_stars(
    app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]
) -> None:
    edit_low(desk, "&lt; 4")
    story = Story(app, desk, clock, api)
    assert "低于 4 星" in story.letters("survey")[0]
    path = story.link("survey", "s")
    page = story.app.test_client()
    assert "Fewer than 4 stars, and we call you" in page.get(f"{path}?lang=en").text
    assert "calls you within 24 hours" in story.post(f"{path}?lang=en", stars="3").text
    assert "call_back" in story.waiting()
    assert story.surveys()[0]["stars"] == 3


@pytest.mark.row("FBK-2/call-back")
def test_a_house_that_calls_nobody_promises_nobody_a_call(
    app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]
) -> None:
    edit_low(desk, "&lt; 1")
    story = Story(app, desk, clock, api)
    assert "回访" not in story.letters("survey")[0]
    path = story.link("survey", "s")
    assert not PROMISE.search(story.app.test_client().get(f"{path}?lang=en").text)
    assert "calls you" not in story.post(f"{path}?lang=en", stars="1").text
    assert "call_back" not in story.waiting()


@pytest.mark.row("FBK-2/call-back", "PRO-6")
def test_letters_pages_and_the_task_promise_the_time_of_the_policy(
    app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]
) -> None:
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, policy.BUNDLE).files)
        figures = files["feedback.yaml"].replace(b"within: PT24H", b"within: PT90M")
        assert figures != files["feedback.yaml"]
        bundles.deploy(SYSTEM, tx, policy.BUNDLE, files | {"feedback.yaml": figures})
    story = Story(app, desk, clock, api)
    assert "90 分钟内回访" in story.letters("survey")[0]
    path = story.link("survey", "s")
    assert "we call you within 90 minutes" in story.app.test_client().get(f"{path}?lang=en").text
    assert "calls you within 90 minutes" in story.post(f"{path}?lang=en", stars="1").text
    with desk.engine.read() as tx:
        [task] = [one for one in work.listing(SYSTEM, tx, key=story.number) if one["element"] == "call_back"]
    assert task["due_at"] == clock.now() + timedelta(minutes=90)
    story.rest(minutes=91)
    with desk.engine.read() as tx:
        late = sa.select(communication.c.body).where(communication.c.template == "call-back-late")
        told = list(tx.conn.scalars(late))
    assert told
    assert "90 min" in told[0] or "90 分钟" in told[0]


@pytest.mark.row("FBK-2/call-back", "PRO-6")
def test_a_table_that_also_asks_for_the_nps_is_promised_by_its_stars_and_followed_in_both(
    app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]
) -> None:
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, low.BUNDLE).files)
        bundles.deploy(SYSTEM, tx, low.BUNDLE, files | {low.TABLE: with_nps(files[low.TABLE].decode()).encode()})
    story = Story(app, desk, clock, api)
    assert "低于 3 星" in story.letters("survey")[0]
    assert "calls you within" in story.post(f"{story.link('survey', 's')}?lang=en", stars="4", nps="2").text
    assert "call_back" in story.waiting()


def with_nps(table: str) -> str:
    """The table with a second question: whoever would not recommend us is called, too."""
    asked = '<inputExpression id="low_nps_x" typeRef="number"><text>nps</text></inputExpression>'
    rule = "".join(
        f'<{kind}Entry id="nps_{at}"><text>{text}</text></{kind}Entry>'
        for at, (kind, text) in enumerate((("input", "-"), ("input", "&lt; 3"), ("output", "true"), ("output", "3")))
    )
    for one in ("1", "2"):
        first = f'<outputEntry id="low_rule_{one}_out_1">'
        table = table.replace(first, f'<inputEntry id="any_{one}"><text>-</text></inputEntry>{first}')
    table = table.replace('<rule id="low_rule_2">', f'<rule id="nps_rule">{rule}</rule><rule id="low_rule_2">')
    return table.replace('<output id="low_call_back"', f'<input id="low_nps">{asked}</input><output id="low_call_back"')


@pytest.mark.row("FBK-1/bad-input", "PRO-6")
def test_the_survey_of_a_customer_whom_nothing_reaches_is_a_task_and_leaves_once_there_is_an_address(
    app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]
) -> None:
    story = Story(app, desk, clock, api, reached=False)
    assert len(story.surveys()) == 1
    assert set(story.waiting()) == {"find_way"}
    people = story.waiting()["find_way"].split("/")
    story.complete("find_way", people[0], people[1], outcome="found", way="colleague", said="x", email="he@new.example")
    assert story.waiting() == {}
    path = story.link("survey", "s")
    assert story.post(path, stars="5", comment="Found me.").status_code == 200
    assert [kept.text for kept in story.kept()] == ["Found me."]
    with desk.engine.read() as tx:
        assert "he@new.example" in tx.conn.scalars(contact_.select().with_only_columns(contact_.c.email)).all()


@pytest.mark.row("FBK-4/quarterly", "FBK-4/css", "FBK-4/nps", "FBK-4/reply-rate")
def test_each_quarter_says_who_was_asked_who_answered_and_what_it_came_to(
    app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]
) -> None:
    """By hand: 5, 4 and 2 stars are 3.67; of 10, 9 and 3 two are for us and one against, +33.3; 3 of 4 are 75 %."""
    story = Story(app, desk, clock, api)
    with desk.engine.begin() as tx:
        asked = [survey.ask(SYSTEM, tx, story.number, kind=QUARTERLY) for _ in range(4)]
        zone = ZoneInfo(tx.host.zone)
    for row, (stars, nps) in zip(asked, ((5, 10), (4, 9), (2, 3)), strict=False):
        assert story.post(f"/s/{row['token']}", stars=str(stars), nps=str(nps)).status_code == 200
    assert cells(story) == [["2026-Q1", "4", "3", "75 %", "3.67 of 5", "+33.3"]]
    clock.advance(datetime(2026, 4, 1, tzinfo=zone) - clock.now())
    rows = cells(story)
    assert rows[0] == ["2026-Q2", "0", "0", "no data", "no data", "no data"]
    assert rows[1][:2] == ["2026-Q1", "4"]
    with desk.engine.begin() as tx:
        survey.ask(SYSTEM, tx, story.number, kind=QUARTERLY)
    assert cells(story)[0] == ["2026-Q2", "1", "0", "0 %", "no data", "no data"], "from midnight in the house's zone on"
    clock.advance(timedelta(days=275))
    assert [row[0] for row in cells(story)] == ["2027-Q1", "2026-Q4", "2026-Q3", "2026-Q2", "2026-Q1"]
    assert "无数据" in as_person(app, "petra.owner").get("/feedback/surveys?lang=zh").text


def cells(story: Story) -> list[list[str]]:
    """The table of quarters, row by row, as a reader sees it."""
    page = as_person(story.app, "petra.owner").get("/feedback/surveys?lang=en").text
    table = page.split('id="quarters"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in table.split("</tr>") if "<td" in row]
