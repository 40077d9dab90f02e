"""The customer's last words: does it work, and how was it (FIX-4, FBK-1, FBK-2)."""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import ModuleType

import pytest
import sqlalchemy as sa

from loopdesk.desk import communications, feedback
from loopdesk.desk.closure import verification
from loopdesk.desk.communications import Received
from loopdesk.desk.feedback import survey
from loopdesk.engine import messages
from loopdesk.engine.actor import SYSTEM, TIMER
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import BASE, MAIL, House, kinds, posted

Run = Callable[..., dict[str, object]]


def token_of(tx: Tx, path: str) -> str:
    """The token in the link of the last message."""
    found = re.findall(rf"{BASE}/{path}/([\w-]+)", str(posted(tx)[-1]["body"]))
    assert len(found) == 1
    return str(found[0])


def published(tx: Tx, name: str) -> list[Mapping[str, object]]:
    """The payloads of the messages of that name."""
    query = messages.message.select().where(messages.message.c.name == name)
    return [dict(row["payload"]) for row in tx.conn.execute(query).mappings()]


@pytest.fixture
def solved(tx: Tx, number: str, run: Run) -> str:
    """A case with an owner and a solution."""
    run(SYSTEM, "case.name_owner", number, department="support")
    run(SYSTEM, "case.solve", number, solution="Restarted the queue.")
    return number


def test_the_customer_confirms_through_his_link(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-4: without signing in, once, and the process hears it."""
    run(SYSTEM, "verification.ask", solved)
    token = token_of(tx, "v")
    assert len(token) >= 43
    page = verification.of_token(tx, token)
    assert (page["state"], page["number"], page["solution"]) == ("open", solved, "Restarted the queue.")
    verification.answer(page["actor"], tx, token, True)
    assert published(tx, "verification.answered") == [{"confirmed": True, "comment": ""}]
    assert verification.of_token(tx, token)["state"] == "answered"
    with pytest.raises(Conflict, match="answered already"):
        verification.answer(page["actor"], tx, token, True)
    assert len(published(tx, "verification.answered")) == 1
    later = verification.answer(page["actor"], tx, token, False, "It fails after all.")
    assert later is not None
    assert (later.case, later.text) == (solved, "It fails after all.")
    assert published(tx, "verification.answered")[-1] == {"confirmed": False, "comment": "It fails after all."}


def test_a_no_says_what_does_not_work(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-4, FIX-9."""
    run(SYSTEM, "verification.ask", solved)
    token, anna = token_of(tx, "v"), house.contacts["anna"]
    with pytest.raises(Invalid) as refused:
        verification.answer(anna, tx, token, False, " ")
    assert "comment" in refused.value.fields
    verification.answer(anna, tx, token, False, "Still slow")
    assert published(tx, "verification.answered") == [{"confirmed": False, "comment": "Still slow"}]


def test_who_is_silent_is_asked_again_with_the_same_link(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-4: and not once he has answered."""
    asked = str(run(SYSTEM, "verification.ask", solved)["verification"])
    token = token_of(tx, "v")
    tx.now += timedelta(hours=48)
    run(TIMER, "verification.chase", solved, verification=asked)
    assert token_of(tx, "v") == token
    verification.answer(house.contacts["anna"], tx, token, True)
    run(TIMER, "verification.chase", solved, verification=asked)
    assert len(posted(tx)) == 2
    assert kinds(tx, solved).count("verification.chased") == 1
    assert "token" not in verification.listing(house.people["lina"], tx, solved)[0]


def test_words_instead_of_the_link_reach_the_process(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-4: nobody is told "we heard nothing" who wrote; the link still works, an automatic reply is not a word."""
    run(SYSTEM, "verification.ask", solved)
    token = token_of(tx, "v")
    communications.receive(MAIL, tx, solved, Received("Anna Berg", "Out of office", "Back soon", automatic=True))
    assert published(tx, "customer.replied") == []
    communications.receive(MAIL, tx, solved, Received("Anna Berg", "Re", "It fails again"))
    communications.comment(house.contacts["anna"], tx, solved, "Hello?")
    assert [payload["text"] for payload in published(tx, "customer.replied")] == ["It fails again", "Hello?"]
    assert verification.of_token(tx, token)["state"] == "open"


@pytest.mark.parametrize(("verb", "reason"), [("case.close", "confirmed"), ("case.reopen", "Fails")])
def test_a_settled_question_is_not_answered_again(
    house: House, tx: Tx, solved: str, run: Run, verb: str, reason: str
) -> None:
    """FIX-4: nobody clicks on a link whose answer would reach nobody."""
    run(SYSTEM, "verification.ask", solved)
    run(house.people["lina"], verb, solved, reason=reason)
    assert verification.of_token(tx, token_of(tx, "v"))["state"] == "expired"


def test_old_words_are_no_answer_to_a_new_question(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-9: what no process took expires when the next question is asked."""
    run(SYSTEM, "verification.ask", solved)
    communications.receive(MAIL, tx, solved, Received("Anna Berg", "Re", "It fails"))
    verification.answer(house.contacts["anna"], tx, token_of(tx, "v"), False, "It fails")
    run(SYSTEM, "case.reopen", solved, reason="It fails")
    run(SYSTEM, "case.wait", solved, reason="Which version?")
    run(SYSTEM, "verification.ask", solved)
    sent = tx.conn.execute(sa.select(messages.message.c.name, messages.message.c.state)).all()
    assert {tuple(row) for row in sent} == {("customer.replied", "expired"), ("verification.answered", "expired")}


def test_a_new_question_ends_the_old_one(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-9: the link about the first fix does not confirm the second."""
    run(SYSTEM, "verification.ask", solved)
    old = token_of(tx, "v")
    run(SYSTEM, "verification.ask", solved)
    assert token_of(tx, "v") != old
    with pytest.raises(Conflict, match="no longer valid"):
        verification.answer(house.contacts["anna"], tx, old, True)


@pytest.mark.parametrize(
    ("module", "operation", "path"), [(verification, "verification.ask", "v"), (survey, "survey.send", "s")]
)
def test_links_end_and_nobody_guesses_them(
    house: House, tx: Tx, solved: str, run: Run, module: ModuleType, operation: str, path: str
) -> None:
    """FBK-1, FIX-4, SEC-1: after the policy's days; an unknown token is missing in the same words as a cut one."""
    run(SYSTEM, operation, solved)
    token, anna = token_of(tx, path), house.contacts["anna"]
    right: dict[str, object] = {"confirmed": True} if path == "v" else {"stars": 5}

    def answer(given: str) -> None:
        module.answer(anna, tx, given, **right)

    for wrong in ("", "nonsense", token[:-1]):
        with pytest.raises(Missing):
            answer(wrong)
    tx.now = module.of_token(tx, token)["expires_at"] + timedelta(seconds=1)
    with pytest.raises(Conflict, match="no longer valid") as refused:
        answer(token)
    assert refused.value.remedy
    assert module.of_token(tx, token)["state"] == "expired"
    with pytest.raises(Refused):
        module.answer(house.people["lina"], tx, token, **right)


def test_a_survey_takes_stars_and_nps_within_bounds(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FBK-1: stars 1 to 5, NPS 0 to 10, quality, speed, attitude; all wrong fields named at once."""
    sent = run(SYSTEM, "survey.send", solved)["survey"]
    token, anna = token_of(tx, "s"), house.contacts["anna"]
    with pytest.raises(Invalid) as refused:
        survey.answer(anna, tx, token, stars=6, nps=11, speed=0, quality=5)
    assert set(refused.value.fields) == {"stars", "nps", "speed"}
    survey.answer(anna, tx, token, stars=2, nps=0, quality=3, speed=1, attitude=5, comment=" slow ")
    [told] = published(tx, "survey.answered")
    said = {"stars": 2, "nps": 0, "quality": 3, "speed": 1, "attitude": 5, "comment": "slow", "survey": sent}
    assert said.items() <= told.items()
    kept = feedback.get(tx, str(told["feedback"]))
    assert (kept.case, kept.source, kept.stars, kept.text) == (solved, "survey", 2, "slow")
    with pytest.raises(Conflict):
        survey.answer(anna, tx, token, stars=5)
    row = survey.listing(house.people["lina"], tx, solved)[0]
    assert (row["stars"], row["nps"], row["comment"]) == (2, 0, "slow")


def test_one_survey_waits_at_a_time(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FBK-1: asked twice, it is the same link."""
    first = run(SYSTEM, "survey.send", solved)
    token = token_of(tx, "s")
    assert run(SYSTEM, "survey.send", solved) == first
    assert token_of(tx, "s") == token


def test_two_answers_at_once_are_one(house: House) -> None:
    """FBK-1: an impatient double click on both of two servers."""
    with house.engine.begin() as tx:
        number = house.report(tx).number
        house.run(tx, SYSTEM, "case.name_owner", number, department="support")
        house.run(tx, SYSTEM, "survey.send", number)
        token = token_of(tx, "s")

    def answer(stars: int) -> str:
        try:
            with house.engine.begin() as tx:
                survey.answer(house.contacts["anna"], tx, token, stars=stars)
        except Conflict:
            return "refused"
        return "taken"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, [1, 5])) == ["refused", "taken"]
    with house.engine.read() as tx:
        assert len(published(tx, "survey.answered")) == 1


def test_a_call_back_keeps_cause_and_improvement(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FBK-2."""
    sent = run(SYSTEM, "survey.send", solved)["survey"]
    daniel = house.people["lina"]
    with pytest.raises(Invalid) as refused:
        run(daniel, "survey.call_back", solved, survey=sent, reached=True, root_cause=" ")
    assert "root_cause" in refused.value.fields
    run(
        daniel,
        "survey.call_back",
        solved,
        survey=sent,
        reached=True,
        root_cause="Slow answer",
        improvement="Second shift",
    )
    row = survey.listing(daniel, tx, solved)[0]
    assert (row["reached"], row["root_cause"], row["improvement"], row["called_by"]) == (
        True,
        "Slow answer",
        "Second shift",
        daniel.id,
    )
    with pytest.raises(Missing):
        run(daniel, "survey.call_back", solved, survey="unknown", reached=True, root_cause="x")
