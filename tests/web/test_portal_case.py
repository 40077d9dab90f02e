"""A customer's case on the portal: where it stands, its times, who answers; words and pictures at any time (COM-8)."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import attachments, case, casework, clocks, communications, people
from loopdesk.desk.case_facts import name_of
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_contact, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def number(desk: Loopdesk) -> str:
    """A case of Anna's that somebody works on."""
    report = case.Report(channel="portal", title="No light", description="Dark.", email="anna@aurora.example")
    with desk.engine.begin() as tx:
        made = case.open(SYSTEM, tx, report).number
    settle(desk)
    with desk.engine.begin() as tx:
        casework.name_owner(SYSTEM, tx, made, department="support")
    return made


@pytest.fixture
def anna(app: Flask) -> FlaskClient:
    return as_contact(app, "anna@aurora.example")


def send(
    app: Flask, browser: FlaskClient, number: str, *files: tuple[bytes, str], body: str = "", lang: str = "en"
) -> Any:
    """Send the form of the case's page."""
    data: dict[str, Any] = {"body": body, "csrf_token": csrf_of(app, browser)}
    data |= {"file": [(io.BytesIO(content), name) for content, name in files]} if files else {}
    return browser.post(f"/portal/cases/{number}?lang={lang}", data=data)


def solve(desk: Loopdesk, number: str, *, close: bool = False) -> None:
    with desk.engine.begin() as tx:
        casework.solve(SYSTEM, tx, number, solution="A new lamp.")
        if close:
            casework.close(SYSTEM, tx, number, reason="confirmed")


@pytest.mark.row("COM-8/stage", "COM-8/times", "COM-8/owner")
def test_a_customer_sees_stage_times_and_owner_of_each_case(
    anna: FlaskClient, desk: Loopdesk, number: str, clock: VirtualClock
) -> None:
    fresh = anna.get(f"/portal/cases/{number}?lang=en").text
    with desk.engine.read() as tx:
        found = case.read(SYSTEM, tx, number)
        owner = name_of(tx, found.owner_id)
    assert 'aria-current="step"><span>In progress</span>' in fresh
    for part in (owner, "Reported", "First answer", "not yet", "Expected by"):
        assert part in fresh, part
    assert found.due_at
    assert found.due_at.isoformat() in fresh
    clock.advance(timedelta(minutes=20))
    with desk.engine.begin() as tx:
        tom = people.by_login(tx, "tom.baker")
        assert tom is not None
        communications.comment(people.actor_of(tom), tx, number, "We bring a lamp.")
        answered = tx.now
    assert f'datetime="{answered.isoformat()}"' in anna.get(f"/portal/cases/{number}?lang=en").text
    clock.advance(timedelta(hours=1))
    solve(desk, number, close=True)
    with desk.engine.read() as tx:
        found = case.read(SYSTEM, tx, number)
    for page in (anna.get(f"/portal/cases/{number}?lang=en").text, anna.get("/portal?lang=en").text):
        assert "Solved" in page
        assert "Closed" in page
        assert owner in page
    assert found.closed_at
    assert f'datetime="{found.closed_at.isoformat()}"' in anna.get(f"/portal/cases/{number}?lang=zh").text


@pytest.mark.row("COM-8/times")
def test_a_solution_is_the_first_answer_as_it_is_for_clocks_and_figures(
    anna: FlaskClient, desk: Loopdesk, number: str, clock: VirtualClock
) -> None:
    not_yet = re.compile(r"First answer</dt><dd>\s*<span[^>]*>not yet")
    assert not_yet.search(anna.get(f"/portal/cases/{number}?lang=en").text)
    clock.advance(timedelta(minutes=10))
    solve(desk, number)
    with desk.engine.read() as tx:
        assert clocks.first_reply(tx, number) == case.read(SYSTEM, tx, number).solved_at == tx.now
    assert not not_yet.search(anna.get(f"/portal/cases/{number}?lang=en").text)


@pytest.mark.row("COM-8/text", "COM-8/screenshots", "COM-8/any-time")
@pytest.mark.parametrize("stage", ["open", "solved", "closed"])
def test_words_and_screenshots_are_added_at_any_time(
    app: Flask, anna: FlaskClient, desk: Loopdesk, number: str, stage: str
) -> None:
    if stage != "open":
        solve(desk, number, close=stage == "closed")
    assert (
        send(app, anna, number, (PNG, "image.png"), (PNG + b"2", "image-2.png"), body="It looks <b>so</b>.").status_code
        == 302
    )
    with desk.engine.read() as tx:
        said = communications.listing(SYSTEM, tx, number)
        files = attachments.listing(SYSTEM, tx, number)
    assert [one["body"] for one in said if one["direction"] == "in"][-1] == "It looks <b>so</b>."
    assert [(one.name, one.kind, one.visibility) for one in files] == [
        ("image.png", "png", "customer"),
        ("image-2.png", "png", "customer"),
    ]
    page = anna.get(f"/portal/cases/{number}?lang=en").text
    assert "It looks &lt;b&gt;so&lt;/b&gt;." in page
    assert f'<img src="/attachments/{files[0].id}?inline=1"' in page
    shown = anna.get(f"/attachments/{files[0].id}?inline=1")
    assert (shown.data, shown.mimetype) == (PNG, "image/png")


@pytest.mark.parametrize(
    ("lang", "nothing", "program"),
    [("en", "Write something.", "programs are not taken"), ("zh", "请填写内容。", "不接受程序文件")],
)
def test_what_cannot_be_added_says_why_and_nothing_is_lost(
    app: Flask, anna: FlaskClient, desk: Loopdesk, number: str, lang: str, nothing: str, program: str
) -> None:
    """Nothing at all, a program called a picture beside a good picture, an empty one, somebody else's case."""
    before = _kept(desk, number)
    empty = send(app, anna, number, lang=lang)
    assert empty.status_code == 422
    assert nothing in empty.text
    for content, name, why in (
        (b"MZ\x90\0" + b"\0" * 60, "screenshot.png", program),
        (b"", "empty.png", ""),
        (b"no picture at all", "image.png", ""),
    ):
        refused = send(app, anna, number, (PNG, "good.png"), (content, name), body="With a picture", lang=lang)
        assert refused.status_code == 422, name
        assert name in refused.text
        assert why in refused.text
        assert ">With a picture</textarea>" in refused.text
    assert _kept(desk, number) == before
    stranger = as_contact(app, "hejing@chenxing.example")
    assert send(app, stranger, number, body="Mine?").status_code == 404
    assert stranger.get(f"/portal/cases/{number}").status_code == 404
    assert _kept(desk, number) == before


def _kept(desk: Loopdesk, number: str) -> tuple[int, int]:
    with desk.engine.read() as tx:
        return len(communications.listing(SYSTEM, tx, number)), len(attachments.listing(SYSTEM, tx, number))
