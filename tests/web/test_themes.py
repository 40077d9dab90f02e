"""FBK-5 end to end: what feedback repeats is found in all of it, counted beside the time before, and decided on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import actions, case, communications, feedback, people
from loopdesk.desk.classification.model import Guess, Model
from loopdesk.desk.feedback import survey
from loopdesk.desk.feedback.tables import feedback_
from loopdesk.desk.themes import gather, mining, rules
from loopdesk.desk.themes.mining import Text
from loopdesk.desk.themes.tables import theme_
from loopdesk.engine import bundles, timers, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Invalid
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import START, settle
from loopdesk.web.wiring import Loopdesk

SLOW = "I am fed up, the label printer is far too slow and nobody called, this is unacceptable."


def reported(desk: Loopdesk, text: str, channel: str = "portal") -> str:
    with desk.engine.begin() as tx:
        made = case.open(SYSTEM, tx, case.Report(channel=channel, description=text, email="anna@aurora.example"))
    settle(desk)
    return made.number


def answered(desk: Loopdesk, number: str, stars: int, comment: str) -> None:
    """The answer of a survey."""
    with desk.engine.begin() as tx:
        asked = survey.send(SYSTEM, tx, number)
        assert asked is not None
        survey.answer(SYSTEM, tx, str(asked["token"]), stars=stars, comment=comment)
    settle(desk)


@pytest.mark.row("FBK-5/surveys", "FBK-5/mails", "FBK-5/chats", "FBK-5/transcripts", "FBK-5/repeated")
def test_the_same_complaint_is_found_wherever_it_was_made(app: Flask, api: Callable[..., Any], desk: Loopdesk) -> None:
    first = reported(desk, "Where do I find the manual?")
    with desk.engine.begin() as tx:
        mail = communications.Received(author="Anna", subject="", body=f"{SLOW} By mail.")
        communications.receive(SYSTEM, tx, first, mail)
    second = reported(desk, f"{SLOW} By chat.", "chat")
    third = reported(desk, "Which port does the service use?")
    answered(desk, third, 1, f"{SLOW} In the survey.")
    client = api("li.na")
    fourth = reported(desk, "How do I export the addresses?")
    given = {"text": f"{SLOW} On the phone.", "external_id": "rec-1"}
    sent = client.post(f"/cases/{fourth}/transcripts", json=given)
    assert sent.status_code == 201
    again = client.post(f"/cases/{fourth}/transcripts", json=given)
    assert (again.status_code, again.json["id"]) == (200, sent.json["id"]), "handed in once"
    found = client.get("/themes").json
    by_code = {one["code"]: one for one in found["themes"]}
    assert set(by_code["waiting"]["cases"]) == {first, second, third, fourth}
    phrase = next(one for one in found["themes"] if "label printer" in one["phrases"])
    assert (phrase["count"], phrase["aspect"], phrase["before"]) == (4, False, 0)
    assert client.get("/themes").json == found, "the same texts, the same themes"
    page = as_person(app, "daniel.reyes").get("/feedback/themes?lang=en").get_data(as_text=True)
    assert "Waiting and slow answers" in page
    assert "up from 0" in page
    inside = as_person(app, "daniel.reyes").get("/feedback/themes/texts?code=waiting&lang=zh").get_data(as_text=True)
    assert fourth in inside
    assert "By mail." in inside
    lines = as_person(app, "daniel.reyes").get("/feedback/themes/themes.csv").get_data(as_text=True).splitlines()
    assert any(line.startswith("waiting,") for line in lines)


def test_a_transcript_without_words_or_case_is_refused(api: Callable[..., Any], desk: Loopdesk) -> None:
    number = reported(desk, "Where do I find the manual?")
    client = api("li.na")
    empty = client.post(f"/cases/{number}/transcripts", json={"text": "  ", "external_id": "x"})
    assert (empty.status_code, list(empty.json["errors"])) == (422, ["text"])
    assert client.post("/cases/L-1/transcripts", json={"text": "a", "external_id": "x"}).status_code == 404
    assert client.get("/themes?days=7").status_code == 422


@pytest.mark.row("FBK-5/drivers")
def test_what_goes_with_stars_is_said_only_with_enough_answers(desk: Loopdesk, api: Callable[..., Any]) -> None:
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "policies").files)
        shipped = files["themes.yaml"].replace(b"drivers_least: 10", b"drivers_least: 3")
        bundles.deploy(SYSTEM, tx, "policies", files | {"themes.yaml": shipped})
    for stars, comment in ((1, "Too late."), (2, "I waited and waited."), (5, "Fine."), (4, "Good."), (5, "All well.")):
        answered(desk, reported(desk, "How do I export?"), stars, comment)
    client = api("li.na")
    assert client.get("/themes").json["drivers"] == [], "two on one side"
    answered(desk, reported(desk, "How do I export?"), 3, "Slow.")
    [driver] = client.get("/themes").json["drivers"]
    assert (driver["code"], driver["count"], driver["mean"]) == ("waiting", 3, 2.0)
    assert (driver["others"], driver["mean_others"]) == (3, 4.67)


@pytest.mark.row("FBK-5/surveys")
def test_a_comment_that_is_a_complaint_counts_as_one_also_beside_its_stars(desk: Loopdesk) -> None:
    number = reported(desk, "How do I export?")
    answered(desk, number, 3, "Well.")
    with desk.engine.begin() as tx:
        tx.conn.execute(sa.update(feedback_).where(feedback_.c.case == number).values(kind="complaint"))
        found = gather.texts(SYSTEM, tx, START, tx.now + timedelta(seconds=1))
    assert [(one.stars, one.complaint) for one in found if one.text == "Well."] == [(3, True)]


@pytest.mark.row("FBK-5/decided", "FBK-5/repeated")
def test_a_theme_that_a_month_repeats_becomes_a_task_then_an_action(desk: Loopdesk, clock: VirtualClock) -> None:
    clock.advance(timedelta(days=1))
    for number in range(5):
        reported(desk, f"{SLOW} {number}")
    clock.advance(timedelta(days=40) - (clock.now() - START))
    while timers_due(desk):
        settle(desk)
    with desk.engine.read() as tx:
        tasks = [one for one in work.listing(SYSTEM, tx, limit=100) if one["element"] == "decide_theme"]
        themes = tx.conn.execute(sa.select(theme_).order_by(theme_.c.count.desc())).mappings().all()
    assert len(tasks) == len(themes) >= 1
    waiting = next(one for one in themes if one["code"] == "waiting")
    assert (waiting["month"], waiting["count"], waiting["before"], waiting["decision"]) == ("2026-03", 5, 0, "")
    assert tasks[0]["department"] == "customer_success"
    with desk.engine.read() as tx:
        person = people.by_login(tx, "daniel.reyes")
        assert person is not None
    with pytest.raises(Invalid) as refused, desk.engine.begin() as tx:
        given = {"decision": "action", "text": "Call back.", "owner": "nobody.here"}
        work.complete(people.actor_of(person), tx, tasks[0]["id"], given)
    assert list(refused.value.fields) == ["owner"], "one of the house is to be chosen"
    with desk.engine.read() as tx:
        schema, data = work.form(tx, tasks[0], "en")
    assert next(one for one in schema["components"] if one.get("key") == "owner")["type"] == "select"
    assert {"value": person.id, "label": "Daniel Reyes (daniel.reyes)"} in data["case"]["colleagues"]
    with desk.engine.begin() as tx:
        given = {"decision": "action", "text": "Call back within an hour.", "owner": person.id}
        work.complete(people.actor_of(person), tx, tasks[0]["id"], given)
    settle(desk)
    with desk.engine.read() as tx:
        [made] = actions.listing(SYSTEM, tx, source="theme")
        decided = tx.conn.execute(sa.select(theme_).where(theme_.c.decision == "action")).mappings().one()
    assert (made.text, made.owner, made.source_id) == ("Call back within an hour.", "Daniel Reyes", decided["id"])
    assert decided["action_id"] == made.id


def timers_due(desk: Loopdesk) -> int:
    """Wake the timers whose time has come; how many there were."""
    with desk.engine.begin() as tx:
        return timers.claim_due(tx)


def test_themes_are_the_same_each_time_and_name_what_several_cases_say(light_desk: Loopdesk) -> None:
    with light_desk.engine.read() as tx:
        by = rules.read(tx)
    said = ("标签打印机又卡纸了，太慢", "标签打印机卡纸，没人管", "我们的标签打印机卡纸", "发票开错了")
    texts = [Text(str(at), f"L-{at}", START, "email", one) for at, one in enumerate(said)]
    found = mining.themes(texts, texts[:1], by, "zh")
    assert found == mining.themes(texts, texts[:1], by, "zh")
    theme = next(one for one in found if any("打印机" in phrase for phrase in one.phrases))
    assert (theme.cases, theme.before) == (("L-0", "L-1", "L-2"), 1)
    assert mining.themes([*texts[:1]] * 5, (), by, "zh") == [], "one case that says it five times is no theme"


def test_a_policy_of_themes_that_cannot_be_is_refused(light_desk: Loopdesk) -> None:
    with pytest.raises(Invalid) as wrong, light_desk.engine.begin() as tx:
        files: dict[str, Any] = dict(bundles.current(tx, "policies").files)
        bad = b"least: 0\naction_within: soon\naspects: {price: {name: {en: Price, zh: Preis}}}\n"
        bundles.deploy(SYSTEM, tx, "policies", files | {"themes.yaml": bad})
    places = {one.element for one in wrong.value.findings if one.file == "themes.yaml"}  # type: ignore[attr-defined]
    assert {"least", "action_within", "aspects.price"} <= places


@pytest.mark.row("FBK-5/repeated")
def test_the_mood_of_a_text_that_nobody_scores_is_found_once_and_not_at_each_view(
    light_desk: Loopdesk, light_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = reported(light_desk, "Where do I find the manual?")
    with light_desk.engine.begin() as tx:
        feedback.add(SYSTEM, tx, number, feedback.Words(f"{SLOW} {new_id()}", "call"), follow=False)
    guessed: list[str] = []
    guess = Model.guess

    def counted(model: Model, text: str) -> Guess:
        guessed.append(text)
        return guess(model, text)

    monkeypatch.setattr(Model, "guess", counted)
    browser = as_person(light_app, "petra.owner")
    assert browser.get("/feedback/themes").status_code == 200
    assert [text for text in guessed if SLOW in text]
    guessed.clear()
    assert browser.get("/feedback/themes").status_code == 200
    assert guessed == []
