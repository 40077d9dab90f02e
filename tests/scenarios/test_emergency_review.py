"""What follows an emergency in the shipped house: review, actions, signatures, report, the customer's word (EMG-7)."""

from datetime import timedelta

import pytest

from loopdesk.desk import actions, record
from loopdesk.desk.emergency import rows
from loopdesk.desk.response import expectations, reviews
from loopdesk.engine import messages, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.tests.scenarios.emergencies import declared, ended
from loopdesk.tests.scenarios.stage import Stage

WRITTEN = {
    "course": "09:00 declared, 11:00 over",
    "impact": "Nobody could order for two hours.",
    "handling": "The database was started anew.",
    "root_at": "2",
    "why1": "The database was locked.",
    "why2": "No limit on batch jobs.",
    "improvement": "Batch jobs have a limit.",
}


def after(stage: Stage) -> tuple[str, str]:
    """Number and emergency of a P0 that lasted two hours."""
    number = stage.report("anna")
    emergency = declared(stage, number)
    stage.wait(hours=2)
    ended(stage, number, emergency)
    return number, emergency


def review(stage: Stage, emergency: str) -> reviews.Review:
    with stage.desk.engine.read() as tx:
        found = reviews.of(tx, emergency)
    assert found is not None
    return found


@pytest.mark.row("EMG-7/review", "EMG-7/actions", "EMG-7/customer")
def test_a_review_is_written_signed_twice_and_told(stage: Stage) -> None:
    """EMG-7: pre-filled, five whys with an early root, actions followed up, both signatures, the customer's report."""
    number, emergency = after(stage)
    _, given = stage.form("wangfang", "write_review")
    assert "The database is back." in given["handling"]
    assert given["course"]
    planned = {"text": "Limit batch jobs", "owner": stage.people["zhangwei"].id, "until": "2026-03-20"}
    owner = next(one["value"] for one in _colleagues(stage, number))
    stage.complete("wangfang", "write_review", **WRITTEN, actions=[planned | {"owner": owner}])
    analysed = review(stage, emergency)
    assert (analysed.state, analysed.root, list(analysed.whys)) == (
        "analysed", "No limit on batch jobs.", ["The database was locked.", "No limit on batch jobs."],
    )  # fmt: skip
    with stage.desk.engine.read() as tx:
        [action] = actions.of(tx, "review", emergency)
    assert (action.text, action.case, action.state) == ("Limit batch jobs", number, "open")
    stage.complete("wangfang", "sign_commander", signed="yes")
    stage.complete("olga", "sign_head", signed="no", reason="More on the impact.")
    assert review(stage, emergency).signatures == []
    stage.complete("wangfang", "write_review", **WRITTEN | {"impact": "Two hours, 40 customers."}, actions=[])
    stage.complete("wangfang", "sign_commander", signed="yes")
    stage.complete("olga", "sign_head", signed="yes")
    signed = review(stage, emergency)
    assert [(one["role"], one["name"]) for one in signed.signatures] == [("commander", "王芳"), ("head", "Olga Ray")]
    assert {one["digest"] for one in signed.signatures} == {reviews.digest(signed)}
    stage.complete("wangfang", "write_report", report="A batch job locked the database; it has a limit now.")
    told = [one for one in stage.letters(number) if one["template"] == "emergency-report"]
    assert [one["recipient"] for one in told] == ["Anna Berg"]
    assert "it has a limit now" in told[0]["body"]
    assert review(stage, emergency).reported_at is not None
    with stage.desk.engine.read() as tx:
        kept = messages.message.select().where(messages.message.c.name == reviews.SIGNATURE)
        assert tx.conn.execute(kept).all() == [], "nobody listens, so nothing lies in the inbox"


def _colleagues(stage: Stage, number: str) -> list[dict[str, str]]:
    with stage.desk.engine.read() as tx:
        found = stage.desk.engine.host.facts(tx, number)["colleagues"]
    return [dict(one) for one in found]


@pytest.mark.row("EMG-7/rca", "EMG-7/customer")
def test_limits_count_from_the_end_and_are_reminded_of(stage: Stage) -> None:
    """EMG-7: a P0's cause within 24 hours, its report within 72."""
    number, emergency = after(stage)
    found = review(stage, emergency)
    assert found.rca_due_at - found.opened_at == timedelta(hours=24)
    assert found.report_due_at - found.opened_at == timedelta(hours=72)
    with stage.desk.engine.read() as tx:
        [task] = [one for one in work.listing(SYSTEM, tx) if one["element"] == "write_review"]
    assert task["due_at"] == found.rca_due_at
    stage.wait(hours=23, minutes=59)
    assert _reminded(stage, number) == 0
    stage.wait(minutes=1)
    assert _reminded(stage, number) == 2, "the commander and operations' supervisor"
    stage.wait(hours=48)
    assert _reminded(stage, number) == 4, "now of the report"


def _reminded(stage: Stage, number: str) -> int:
    return sum(one["template"] == "review-late" for one in stage.letters(number))


@pytest.mark.row("EMG-7/expectations")
def test_a_customer_who_expected_more_is_called(stage: Stage) -> None:
    """EMG-7: one answer by the link; a no reaches the owner and the head, a second answer nobody."""
    number, emergency = after(stage)
    [letter] = [one for one in stage.letters(number) if one["template"] == "emergency-expectations"]
    with stage.desk.engine.read() as tx:
        row = expectations.of(tx, emergency)
    assert row is not None
    assert f"https://desk.example/e/{row['token']}" in letter["body"]
    with stage.tx() as tx:
        customer = expectations.of_token(tx, row["token"])["actor"]
        with pytest.raises(Invalid):
            expectations.answer(customer, tx, row["token"], met=False)
        expectations.answer(customer, tx, row["token"], met=False, comment="Nobody called us.")
    missed = [one for one in stage.letters(number) if one["template"] == "expectations-missed"]
    assert missed
    assert all("Nobody called us." in one["body"] for one in missed)
    with stage.tx() as tx, pytest.raises(Conflict):
        expectations.answer(customer, tx, row["token"], met=True)


@pytest.mark.parametrize(
    ("whys", "stops", "field"),
    [([], False, "stops"), (["a", "b"], False, "stops"), (["a", " "], True, "why2"), (["a"] * 6, False, "stops")],
)
def test_an_incomplete_review_is_refused(stage: Stage, whys: list[str], stops: bool, field: str) -> None:
    """EMG-7: whys that stop early need the root marked; an empty one is none."""
    _, emergency = after(stage)
    said = reviews.Analysis("c", "i", "h", whys, "more", stops)
    with stage.tx() as tx:
        with pytest.raises(Invalid) as refused:
            reviews.analyse(SYSTEM, tx, review(stage, emergency).id, said)
        with pytest.raises(Conflict):
            reviews.sign(SYSTEM, tx, review(stage, emergency).id, role="head")
    assert list(refused.value.fields) == [field]


def test_everybody_who_reported_it_gets_the_report_whoever_sends_it(stage: Stage) -> None:
    """EMG-7: also a customer whose case the commander may not see."""
    number = stage.report("anna")
    other = stage.report("bo")
    emergency = declared(stage, number, commander="lina")
    with stage.tx() as tx:
        row = {"id": "joined", "emergency": emergency, "number": other, "at": tx.now, "why": "cause"}
        tx.conn.execute(rows.joined.insert().values(**row))
        tx.conn.execute(record.case_.update().where(record.case_.c.number == other).values(restricted=True))
    ended(stage, number, emergency)
    stage.complete("lina", "write_review", **WRITTEN, actions=[])
    stage.complete("lina", "sign_commander", signed="yes")
    stage.complete("olga", "sign_head", signed="yes")
    stage.complete("lina", "write_report", report="It has a limit now.")
    for each in (number, other):
        assert len([one for one in stage.letters(each) if one["template"] == "emergency-report"]) == 1, each
