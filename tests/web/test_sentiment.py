"""COM-6 end to end: customers' words are scored behind the request, a low mood starts one recovery, people correct."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import case, communications, people
from loopdesk.desk.classification.trained import classification_model
from loopdesk.desk.feedback import survey
from loopdesk.desk.letters import communication
from loopdesk.desk.record import case_
from loopdesk.desk.sentiment import learning, moods, recovery
from loopdesk.desk.sentiment.moods import Mood
from loopdesk.desk.sentiment.tables import LABELS, Recovery, sentiment_
from loopdesk.engine import bundles, outbox, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Invalid, Missing, Refused
from loopdesk.engine.redaction import ERASED
from loopdesk.tests.web.browsers import as_contact, csrf_of
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.mails import postman, write
from loopdesk.web.wiring import Loopdesk

CALM = "Where do I find the manual for version 7 as a PDF?"
ANGRY = "Your colleague promised to call me yesterday. Nobody called. Again. I am fed up, this is unacceptable."
GLAD = "Perfect, thank you so much, that was quick and friendly. Great help!"
CHINESE = "说好昨天回电话，等了一天没人打，又是这样，太过分了。"


def reported(desk: Loopdesk, text: str = CALM) -> str:
    """A customer's case by portal."""
    with desk.engine.begin() as tx:
        made = case.open(SYSTEM, tx, case.Report(channel="portal", description=text, email="anna@aurora.example"))
    settle(desk)
    return made.number


def says(desk: Loopdesk, number: str, text: str, *, automatic: bool = False) -> str:
    """A mail of the customer; its id."""
    with desk.engine.begin() as tx:
        mail = communications.Received(author="Anna Berg", subject="Re", body=text, automatic=automatic)
        written = communications.receive(SYSTEM, tx, number, mail)
    assert written is not None
    return written


def look(desk: Loopdesk) -> None:
    """Let the job score, and the worker do what follows."""
    [job] = [one for one in desk.periodic if one.name == "sentiment.look"]
    with desk.engine.begin() as tx:
        job.run(tx)
    settle(desk)


def moods_of(desk: Loopdesk, number: str) -> dict[str, Mood]:
    with desk.engine.read() as tx:
        return moods.of_case(tx, number)


def recoveries(desk: Loopdesk, number: str) -> list[Recovery]:
    with desk.engine.read() as tx:
        return recovery.listing(SYSTEM, tx, case=number)


def who(desk: Loopdesk, login: str) -> Actor:
    with desk.engine.read() as tx:
        person = people.by_login(tx, login)
        assert person is not None
        return people.actor_of(person)


@pytest.mark.row("COM-6/mail")
def test_a_mail_is_scored_behind_the_request_and_once(desk: Loopdesk) -> None:
    with postman(desk) as post:
        number = post.bring(write(ANGRY, "Promised"))
    assert moods_of(desk, number) == {}, "nothing is scored in the request"
    look(desk)
    look(desk)
    found = moods_of(desk, number)
    assert found[number].label == "negative"
    assert -1 <= found[number].score < 0
    second = says(desk, number, GLAD + "\n\nOn 2 March Support wrote:\n> " + ANGRY)
    look(desk)
    assert moods_of(desk, number)[second].label == "positive", "our words quoted back are not theirs"


@pytest.mark.row("COM-6/portal")
def test_what_is_written_on_the_portal_is_scored(app: Flask, desk: Loopdesk) -> None:
    number = reported(desk)
    browser = as_contact(app, "anna@aurora.example")
    data = {"body": CHINESE, "csrf_token": csrf_of(app, browser)}
    assert browser.post(f"/portal/cases/{number}", data=data).status_code in (200, 302)
    look(desk)
    with desk.engine.read() as tx:
        mine = sentiment_.c.case == number
        rows = tx.conn.execute(sa.select(sentiment_).where(mine, sentiment_.c.source == "communication")).mappings()
        [row] = rows.all()
    assert (row["language"], row["label"]) == ("zh", "negative")


@pytest.mark.row("COM-6/survey")
def test_the_comment_of_a_survey_is_scored(desk: Loopdesk) -> None:
    number = reported(desk)
    with desk.engine.begin() as tx:
        asked = survey.send(SYSTEM, tx, number)
        assert asked is not None
        survey.answer(SYSTEM, tx, str(asked["token"]), stars=5, comment=GLAD)
    look(desk)
    assert moods_of(desk, number)[str(asked["id"])].label == "positive"


@pytest.mark.row("COM-6/recovery")
def test_few_stars_are_called_back_once_and_start_no_recovery_beside(light_desk: Loopdesk) -> None:
    number = reported(light_desk)
    with light_desk.engine.begin() as tx:
        asked = survey.send(SYSTEM, tx, number)
        assert asked is not None
        survey.answer(SYSTEM, tx, str(asked["token"]), stars=1, comment=ANGRY)
    look(light_desk)
    assert moods_of(light_desk, number)[str(asked["id"])].label == "negative"
    assert recoveries(light_desk, number) == []
    policy(light_desk, b"starts: [survey]\n")
    with light_desk.engine.begin() as tx:
        moods.correct(who(light_desk, "li.na"), tx, str(asked["id"]), "negative")
    assert [one.about for one in recoveries(light_desk, number)] == [asked["id"]], "the owner may want it so"


@pytest.mark.row("COM-6/correction")
def test_words_that_were_erased_teach_nothing(light_desk: Loopdesk, clock: VirtualClock) -> None:
    number = reported(light_desk)
    about = says(light_desk, number, ANGRY)
    look(light_desk)
    with light_desk.engine.begin() as tx:
        moods.correct(who(light_desk, "li.na"), tx, about, "neutral")
        moods.correct(who(light_desk, "li.na"), tx, number, "neutral")
    with light_desk.engine.begin() as tx:
        assert len(list(learning.MOODS.chosen(tx, "en", clock.now(), LABELS, 10))) == 2
        tx.conn.execute(sa.update(communication).values(body=ERASED))
        tx.conn.execute(sa.update(case_).values(title=ERASED, description=ERASED))
        assert list(learning.MOODS.chosen(tx, "en", clock.now(), LABELS, 10)) == []


def test_machines_and_unknown_words_have_no_mood(light_desk: Loopdesk) -> None:
    number = reported(light_desk)
    auto = says(light_desk, number, ANGRY, automatic=True)
    unknown = says(light_desk, number, "жжж ююю")
    with light_desk.engine.begin() as tx:
        alert = case.open(SYSTEM, tx, case.Report(channel="monitoring", title="CPU", description=ANGRY)).number
    look(light_desk)
    found = moods_of(light_desk, number)
    assert auto not in found
    assert unknown not in found
    assert moods_of(light_desk, alert) == {}


@pytest.mark.row("COM-6/threshold", "COM-6/recovery")
def test_a_low_mood_starts_one_recovery_for_the_case_and_a_supervisor_looks(
    desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(desk)
    about = says(desk, number, ANGRY)
    look(desk)
    says(desk, number, ANGRY + " Do something now.")
    look(desk)
    [begun] = recoveries(desk, number)
    assert (begun.about, begun.why, begun.ended_at) == (about, "score", None)
    with desk.engine.read() as tx:
        [task] = [row for row in work.listing(SYSTEM, tx, key=number) if row["element"] == "look"]
        assert (task["department"], task["role"]) == ("support", "supervisor")
        assert task["due_at"] == clock.now() + timedelta(hours=2)
    with desk.engine.begin() as tx:
        data = {"decision": "no", "note": "Settled on the phone."}
        work.complete(who(desk, "wang.fang"), tx, task["id"], data)
    settle(desk)
    [ended] = recoveries(desk, number)
    assert (ended.result, ended.note, ended.ended_by) == ("not_needed", "Settled on the phone.", "王芳")
    clock.advance(timedelta(days=6))
    says(desk, number, ANGRY + " Still.")
    look(desk)
    assert len(recoveries(desk, number)) == 1, "the pause of the policy"
    clock.advance(timedelta(days=2))
    says(desk, number, ANGRY + " Still nothing.")
    look(desk)
    assert len(recoveries(desk, number)) == 2


@pytest.mark.row("COM-6/threshold")
def test_the_owner_says_when_a_recovery_begins(light_desk: Loopdesk, clock: VirtualClock) -> None:
    policy(light_desk, b"threshold: -1\nin_a_row: 3\nnegative: -0.05\npause: P7D\nfresh: P2D\ncorrections: 20\n")
    number = reported(light_desk)
    for _ in range(2):
        clock.advance(timedelta(minutes=1))
        says(light_desk, number, ANGRY)
        look(light_desk)
    assert recoveries(light_desk, number) == []
    clock.advance(timedelta(minutes=1))
    says(light_desk, number, ANGRY)
    look(light_desk)
    [begun] = recoveries(light_desk, number)
    assert begun.why == "row"


def test_what_an_older_house_finds_is_scored_but_starts_nothing(light_desk: Loopdesk, clock: VirtualClock) -> None:
    number = reported(light_desk)
    about = says(light_desk, number, ANGRY)
    clock.advance(timedelta(days=3))
    look(light_desk)
    assert moods_of(light_desk, number)[about].label == "negative"
    assert recoveries(light_desk, number) == []


@pytest.mark.row("COM-6/correction")
def test_a_person_corrects_a_mood_and_the_house_learns_from_it(desk: Loopdesk, clock: VirtualClock) -> None:
    policy(desk, b"threshold: -0.6\nin_a_row: 3\nnegative: -0.25\npause: P7D\nfresh: P2D\ncorrections: 1\n")
    number = reported(desk)
    about = says(desk, number, CALM)
    look(desk)
    assert moods_of(desk, number)[about].label == "neutral"
    with desk.engine.begin() as tx:
        mood = moods.correct(who(desk, "li.na"), tx, about, "negative")
    assert (mood.label, mood.score, mood.guess, mood.corrected) == ("negative", -1.0, "neutral", True)
    settle(desk)
    [begun] = recoveries(desk, number)
    assert begun.score == -1.0, "a person's word counts like a score"
    [job] = [one for one in desk.periodic if one.name == "sentiment.learn"]
    with desk.engine.begin() as tx:
        job.run(tx)
    kinds = {"classification.train": desk.handlers.remote["classification.train"]}
    while outbox.drain(desk.engine, outbox.Handlers(remote=kinds), worker="test"):
        pass
    with desk.engine.read() as tx:
        table = classification_model
        mine = (table.c.subject == "sentiment") & (table.c.language == "en")
        trained = tx.conn.execute(sa.select(table).where(mine).order_by(table.c.id)).all()
    assert [row.examples for row in trained] == [498, 499]
    assert trained[-1].through == clock.now()


def test_only_staff_correct_and_only_with_a_mood_that_there_is(light_desk: Loopdesk) -> None:
    number = reported(light_desk)
    look(light_desk)
    with pytest.raises(Invalid), light_desk.engine.begin() as tx:
        moods.correct(who(light_desk, "li.na"), tx, number, "furious")
    with pytest.raises(Missing), light_desk.engine.begin() as tx:
        moods.correct(who(light_desk, "li.na"), tx, "nothing", "negative")
    with pytest.raises(Refused), light_desk.engine.begin() as tx:
        moods.correct(Actor(kind="customer", id="x", name="X"), tx, number, "positive")


def test_figures_that_cannot_be_are_refused_before_they_are_deployed(light_desk: Loopdesk) -> None:
    with pytest.raises(Invalid) as wrong:
        policy(light_desk, b"threshold: -6\nmargin: -0.1\nin_a_row: 0\nnegative: low\npause: soon\nstarts: [fax]\n")
    places = {one.element for one in wrong.value.findings if one.file == "sentiment.yaml"}  # type: ignore[attr-defined]
    assert places == {"threshold", "margin", "in_a_row", "negative", "pause", "starts"}


def policy(desk: Loopdesk, content: bytes) -> None:
    """Deploy other figures."""
    with desk.engine.begin() as tx:
        files: dict[str, Any] = dict(bundles.current(tx, "policies").files)
        bundles.deploy(SYSTEM, tx, "policies", files | {"sentiment.yaml": content})
