"""From solved to closed and back again, on the real desk with the shipped processes (FIX-4, FIX-9, COM-9)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.desk import people
from loopdesk.desk.closure import reopening, rounds, verification
from loopdesk.desk.closure.reopening import Reopening
from loopdesk.desk.closure.tables import reopening_, round_
from loopdesk.desk.duplicates import links as related
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid
from loopdesk.tests.scenarios.stage import ADMIN, Stage

FAULT = {"type": "fault", "department": "support", "urgency": "low", "scope": "one", "complexity": "low"}
QUESTION = {**FAULT, "type": "how_to"}


def solved(stage: Stage, kind: dict[str, str] = QUESTION) -> str:
    number = stage.report("anna", urgency="low", scope="one")
    stage.complete("lina", "triage", **kind)
    stage.complete("lina", "resolve", outcome="solved", solution="Cleared the cache.")
    return number


def closed(stage: Stage) -> str:
    number = solved(stage)
    stage.verify(number, confirmed=True)
    assert stage.case(number).status == "closed"
    return number


def token(stage: Stage, number: str) -> str:
    with stage.desk.engine.read() as tx:
        query = sa.select(round_.c.token).where(round_.c.case == number).order_by(round_.c.began_at.desc())
        return str(tx.conn.scalars(query).first())


def say(stage: Stage, number: str, text: str, wish: str = reopening.FAILS) -> Reopening:
    """The customer opens the link of the closing letter."""
    with stage.tx() as tx:
        link = token(stage, number)
        return reopening.by_link(reopening.of_token(tx, link)["actor"], tx, link, text, wish=wish)


def templates(stage: Stage, number: str) -> list[str]:
    return [str(letter["template"]) for letter in stage.letters(number)]


@pytest.mark.row("FIX-4/re-test", "FIX-4/stability", "FIX-4/customer-confirms", "PRO-5")
def test_a_fault_is_retested_watched_and_confirmed_before_it_is_closed(stage: Stage) -> None:
    number = solved(stage, FAULT)
    assert stage.waiting() == {"retest": "support/agent"}
    assert "verify-fix" not in templates(stage, number)
    shown = stage.form("lina", "retest")[0]["components"]
    assert "checklist" in [one["type"] for one in shown]
    with pytest.raises(Invalid) as refused:
        stage.complete("lina", "retest", passed=["retested"])
    assert list(refused.value.fields) == ["note"]
    stage.complete("lina", "retest", passed=["retested", "nothing_else"])
    stage.wait(hours=3, minutes=59)
    assert stage.waiting() == {}
    stage.wait(minutes=1)
    stage.complete("lina", "check_stable", passed=["still_works", "no_alarms"])
    assert templates(stage, number)[-1] == "verify-fix"
    stage.verify(number, confirmed=True)
    assert (stage.case(number).status, stage.case(number).close_reason) == ("closed", "confirmed")
    with stage.desk.engine.read() as tx:
        found = rounds.checklist(ADMIN, tx, number)
        [one] = rounds.of_case(ADMIN, tx, number)
    assert [(check.item, check.passed, check.by_name) for check in found] == [
        (item, True, "李娜") for item in ("retested", "nothing_else", "still_works", "no_alarms")
    ]
    assert (one.outcome, one.ended_at) == ("closed", stage.clock.now())
    closing = next(letter for letter in stage.letters(number) if letter["template"] == "closing-confirmed")
    assert f"https://desk.example/r/{token(stage, number)}" in closing["body"]


@pytest.mark.row("FIX-4/re-test")
def test_what_fails_the_check_goes_back_to_its_owner_without_a_word_to_the_customer(stage: Stage) -> None:
    number = solved(stage, FAULT)
    before = templates(stage, number)
    stage.complete("lina", "retest", passed=["retested"], note="The invoice page is broken now.")
    assert stage.case(number).status == "open"
    assert stage.inbox("lina") == {"resolve"}
    assert stage.form("lina", "resolve")[1]["comment"] == "The invoice page is broken now."
    assert templates(stage, number) == before
    with stage.desk.engine.read() as tx:
        assert [(one.item, one.passed) for one in rounds.checklist(ADMIN, tx, number)] == [
            ("retested", True),
            ("nothing_else", False),
        ]
        assert rounds.open_of(tx, number) is None


@pytest.mark.row("FIX-4/chased", "FIX-4/by-rule-and-told")
def test_silence_is_chased_with_the_moment_of_the_rule_then_closed_and_told(stage: Stage) -> None:
    number = solved(stage)
    stage.check_fix(number)
    stage.wait(hours=48)
    reminder = stage.letters(number)[-1]
    assert reminder["template"] == "verify-chase"
    assert "13 Mar 2026" in reminder["body"] or str((stage.clock.now() + timedelta(hours=72)).day) in reminder["body"]
    with stage.desk.engine.read() as tx:
        one = rounds.open_of(tx, number)
    assert one is not None
    assert (one.stage, one.until) == (rounds.CHASED, stage.clock.now() + timedelta(hours=72))
    stage.wait(hours=72)
    assert stage.case(number).close_reason == "no-answer"
    assert "closing-by-rule" in templates(stage, number)


@pytest.mark.row("FIX-9/same-owner", "FIX-9/clock-rule")
def test_within_the_window_the_same_owner_goes_on_and_both_sides_know_the_clock(stage: Stage) -> None:
    number = closed(stage)
    stage.wait(days=13)
    say(stage, number, "It is slow again.")
    case = stage.case(number)
    assert (case.status, case.owner_id) == ("open", stage.people["lina"].id)
    assert "resolve" in stage.inbox("lina")
    assert "resolve" not in stage.inbox("zhangwei")
    customer, owner = (
        next(letter for letter in stage.letters(number) if letter["template"] == name)
        for name in ("reopened", "reopened-owner")
    )
    assert "It is slow again." in customer["body"]
    assert "counts on from" in customer["body"]
    assert (owner["recipient"], "It is slow again." in owner["body"]) == ("李娜", True)
    assert "从原进度继续计算" in owner["body"]


@pytest.mark.row("FIX-9/same-owner")
def test_somebody_stands_in_for_an_owner_who_has_left(stage: Stage) -> None:
    number = closed(stage)
    with stage.tx() as tx:
        people.deactivate(ADMIN, tx, stage.people["lina"].id)
    say(stage, number, "It is slow again.")
    assert stage.case(number).owner_id == stage.people["wangfang"].id
    assert "resolve" in stage.inbox("wangfang")


@pytest.mark.row("FIX-9/clock-rule")
def test_the_clock_counts_on_from_the_word_and_not_through_the_days_between(stage: Stage) -> None:
    number = solved(stage)
    due = stage.case(number).due_at
    stage.verify(number, confirmed=True)
    stage.wait(days=2)
    say(stage, number, "It is slow again.")
    again = stage.case(number).due_at
    assert due is not None
    assert again is not None
    assert again - due >= timedelta(days=2)


@pytest.mark.row("FIX-9/after-the-window")
def test_after_the_window_a_linked_case_goes_on_and_the_customer_is_told_which(stage: Stage) -> None:
    number = closed(stage)
    stage.wait(days=14)
    made = say(stage, number, "It is slow again.")
    assert made.other not in ("", number)
    assert say(stage, number, "It is slow again.").other == made.other
    assert stage.case(number).status == "closed"
    assert stage.case(made.other).description == "It is slow again."
    with stage.desk.engine.read() as tx:
        assert [link.other.number for link in related.listing(ADMIN, tx, made.other)] == [number]
    letters = [one for one in stage.letters(number) if one["template"] == "reopened-as-new"]
    assert len(letters) == 1
    assert made.other in letters[0]["body"]


@pytest.mark.row("FIX-9/same-owner")
def test_who_confirms_and_reopens_at_once_has_the_later_word_counted_and_both_are_kept(stage: Stage) -> None:
    number = solved(stage)
    stage.check_fix(number)
    with stage.desk.engine.begin() as tx:
        link = str(tx.conn.scalar(sa.select(verification.verification.c.token)))
        who = verification.of_token(tx, link)["actor"]
        verification.answer(who, tx, link, True)
    with stage.desk.engine.begin() as tx:
        later = verification.answer(who, tx, link, False, "No, it fails.")
        twice = verification.answer(who, tx, link, False, "No, it fails.")
    stage.rest()
    assert later is not None
    assert twice is not None
    assert later.id == twice.id
    assert stage.case(number).status == "open"
    assert list(stage.waiting()) == ["resolve"]
    with stage.desk.engine.read() as tx:
        [kept] = verification.listing(ADMIN, tx, number)
        [word] = reopening.of_case(ADMIN, tx, number)
    assert (kept["confirmed"], word.text, word.state) == (True, "No, it fails.", reopening.REOPENED)
    assert "closing-confirmed" not in templates(stage, number)


@pytest.mark.row("FIX-9/same-owner")
def test_a_forwarded_link_adds_to_the_work_under_way_and_opens_nothing_twice(stage: Stage) -> None:
    number = closed(stage)
    say(stage, number, "It is slow again.")
    assert say(stage, number, "My colleague sees it, too.").state == reopening.ADDED
    assert say(stage, number, "It is slow again.").state == reopening.REOPENED
    assert [element for element in stage.waiting() if element == "resolve"] == ["resolve"]
    assert templates(stage, number).count("reopened") == 1
    with stage.desk.engine.read() as tx:
        assert tx.conn.scalar(sa.select(sa.func.count()).select_from(reopening_)) == 2


@pytest.mark.row("COM-9/asks-for-more", "COM-9/linked-case")
def test_something_else_opens_a_linked_case_and_leaves_the_question_open(stage: Stage) -> None:
    number = solved(stage)
    stage.check_fix(number)
    assert "anything else" in stage.letters(number)[-1]["body"]
    with stage.tx() as tx:
        link = str(tx.conn.scalar(sa.select(verification.verification.c.token)))
        who = verification.of_token(tx, link)["actor"]
        made = [verification.ask_more(who, tx, link, "The printer is offline.") for _ in range(2)]
    assert made[0].other == made[1].other != ""
    assert stage.case(made[0].other).contact_id == stage.case(number).contact_id
    assert stage.case(number).status == "solved"
    with stage.desk.engine.read() as tx:
        assert verification.of_token(tx, link)["state"] == "open"
        assert [one.other.number for one in related.listing(ADMIN, tx, number)] == [made[0].other]
    stage.verify(number, confirmed=True)
    assert stage.case(number).status == "closed"


@pytest.mark.row("FIX-9/same-owner")
def test_a_mail_after_the_closing_is_read_by_a_person_first(stage: Stage) -> None:
    number = closed(stage)
    stage.reply(number, "Thank you very much!")
    stage.complete("lina", "read_word", outcome="nothing")
    assert stage.case(number).status == "closed"
    stage.reply(number, "It fails again.")
    assert stage.form("lina", "read_word")[1]["text"] == "It fails again."
    stage.complete("lina", "read_word", outcome="reopen")
    assert stage.case(number).status == "open"
    assert "reopened" in templates(stage, number)


@pytest.mark.row("FIX-9/same-owner")
def test_words_on_the_portal_end_every_stage_of_a_closure(stage: Stage) -> None:
    """While the team checks, while the customer is asked: nothing waits on, nothing is closed later."""
    number = solved(stage)
    with stage.tx() as tx:
        reopening.ask(stage.contacts["anna"], tx, number, "Still slow.", source=reopening.PORTAL)
    assert stage.case(number).status == "open"
    stage.complete("lina", "resolve", outcome="solved", solution="Patched.")
    stage.check_fix(number)
    with stage.tx() as tx:
        reopening.ask(stage.contacts["anna"], tx, number, "Slow, still.", source=reopening.PORTAL)
    assert stage.case(number).status == "open"
    assert list(stage.waiting()) == ["resolve"]
    stage.wait(hours=130)
    assert stage.case(number).status == "open"
    with stage.desk.engine.read() as tx:
        assert {one.state for one in reopening.of_case(SYSTEM, tx, number)} == {reopening.REOPENED}
