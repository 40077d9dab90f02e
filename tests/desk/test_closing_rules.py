"""Closing at its edges: two words at the same moment, a policy that cannot be used (FIX-4, FIX-5, FIX-9)."""

from typing import Any

import pytest
import yaml

from loopdesk.desk import links, policy, record
from loopdesk.desk.acceptance import gates, words
from loopdesk.desk.acceptance.tables import word_
from loopdesk.desk.closure import checks, reopening, verification
from loopdesk.engine import messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House


def test_a_no_beside_a_yes_is_not_lost(
    house: House, tx: Tx, number: str, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FIX-9: two people press at once; whoever comes second waits for the first, and has the later word."""
    run(SYSTEM, "case.name_owner", number, department="support")
    run(SYSTEM, "case.solve", number, solution="Restarted the queue.")
    token = str(verification.ask(SYSTEM, tx, number)["token"])
    held, anna = record.get, house.contacts["anna"]

    def after_the_other(tx: Tx, number: str, **how: Any) -> record.Case:
        monkeypatch.setattr(record, "get", held)
        assert how == {"lock": True}
        verification.answer(anna, tx, token, True)
        return held(tx, number, **how)

    monkeypatch.setattr(record, "get", after_the_other)
    later = verification.answer(anna, tx, token, False, "It fails.")
    assert later is not None
    assert (later.wish, later.text) == (reopening.FAILS, "It fails.")
    [kept] = verification.listing(SYSTEM, tx, number)
    assert (kept["confirmed"], kept["comment"]) == (True, "")


def test_a_word_to_the_round_before_is_none_to_the_next(
    house: House, tx: Tx, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FIX-5: the thirty days begin anew while the customer answers: the answer is refused, nobody takes it later."""
    made = gates.open_(SYSTEM, tx, number, [gates.MONITORING])
    gate = gates.begin(SYSTEM, tx, made.gates[0].id)
    gates.decide(SYSTEM, tx, gate.id, fails=["attainment"], figures={})
    token = str(words.approve(SYSTEM, tx, gate.id, reason="We watched it ourselves.")["token"])
    held = gates.one

    def after_the_other(tx: Tx, gate_id: str, **how: Any) -> gates.Gate:
        monkeypatch.setattr(gates, "one", held)
        gates.begin(SYSTEM, tx, gate_id)
        return held(tx, gate_id, **how)

    monkeypatch.setattr(gates, "one", after_the_other)
    with pytest.raises(Conflict, match="no longer valid"):
        words.answer(house.contacts["anna"], tx, token, accepted=True)
    told = messages.message.select().where(messages.message.c.name == gates.SAID)
    assert tx.conn.execute(told).first() is None
    assert links.by_token(tx, word_, token)["answered_at"] is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reopen_within": "two weeks"}, "reopen_within is a time"),
        ({"chase_after": 48}, "chase_after is a time"),
        ({"checks": {"fault": {"retest": ["retested"], "stability": "4 hours"}}}, "checks.fault.stability is a time"),
        ({"checks": {"fault": {"retest": "retested"}}}, "fault.retest is a list"),
        ({"checks": {"fault": {"retest": ["retested", "oiled"]}}}, "Give oiled of fault.retest a name"),
        ({"checks": {"fault": ["retested"]}}, "lists of names"),
    ],
)
def test_a_closure_that_cannot_be_used_is_found_before_it_is_deployed(wrong: dict[str, Any], said: str) -> None:
    """FIX-4, FIX-9: not on the day on which a case is closed; what is shipped has nothing wrong."""
    file = yaml.safe_dump({**policy.shipped("closure"), **wrong}).encode()
    [finding] = checks.check({"closure.yaml": file})
    assert finding.rule == "closure.unusable"
    assert said in finding.as_json()["remedy"]  # type: ignore[operator]
    assert checks.check({"closure.yaml": policy.shipped_file("policies", "closure.yaml")}) == []
    assert checks.check({}) == []
