"""What happens beside a case that comes back: who goes on, what ends, what is kept (FIX-4, FIX-5, FIX-9)."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from loopdesk.desk import people, record
from loopdesk.desk.acceptance import gates, words
from loopdesk.desk.closure import reopening, verification
from loopdesk.engine import messages
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Conflict
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House, kinds

Run = Callable[..., dict[str, object]]
ADMIN = Actor("person", "admin", "Admin", frozenset({"admin"}))


@pytest.fixture
def solved(tx: Tx, number: str, run: Run) -> str:
    """A case with an owner and a solution."""
    run(SYSTEM, "case.set_type", number, type="how_to", department="support")
    run(SYSTEM, "case.name_owner", number, department="support")
    run(SYSTEM, "case.solve", number, solution="Restarted the queue.")
    return number


@pytest.mark.parametrize("inside", [False, True])
def test_an_owner_who_has_left_is_replaced_when_a_case_comes_back(tx: Tx, solved: str, run: Run, inside: bool) -> None:
    """FIX-9: whether the customer or the team's own check sends it back."""
    before = record.get(tx, solved).owner_id
    people.deactivate(ADMIN, tx, before)
    run(SYSTEM, "case.reopen", solved, reason="Fails.", inside=inside)
    now = record.get(tx, solved)
    assert now.owner_id not in ("", before)
    assert now.assignee_id == now.owner_id
    assert people.find(tx, now.owner_id) is not None
    assert kinds(tx, solved).count("case.owner_named") == 2


def test_an_owner_who_is_there_keeps_the_case(tx: Tx, solved: str, run: Run) -> None:
    """FIX-9."""
    before = record.get(tx, solved).owner_id
    run(SYSTEM, "case.reopen", solved, reason="Fails.")
    assert record.get(tx, solved).owner_id == before
    assert kinds(tx, solved).count("case.owner_named") == 1


def test_an_acceptance_ends_when_its_case_comes_back(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-5, FIX-9: its process is told, and nobody is asked about it any more."""
    made = gates.open_(SYSTEM, tx, solved, ["monitoring"])
    gate = gates.begin(SYSTEM, tx, made.gates[0].id)
    gates.decide(SYSTEM, tx, gate.id, fails=["attainment"], figures={})
    asked = words.approve(SYSTEM, tx, gate.id, reason="A planned stop.")
    run(SYSTEM, "case.reopen", solved, reason="Fails again.")
    [ended] = gates.of_case(SYSTEM, tx, solved)
    assert (ended.state, ended.gates[0].state, ended.ended_at) == (gates.WITHDRAWN, gates.GIVEN_UP, tx.now)
    told = sa.select(messages.message.c.key).where(messages.message.c.name == gates.REPLACED_BY)
    assert list(tx.conn.scalars(told)) == [made.id]
    with pytest.raises(Conflict, match="no longer valid"):
        words.answer(house.contacts["anna"], tx, asked["token"], True)
    assert "acceptance.withdrawn" in kinds(tx, solved)


def test_a_yes_after_a_no_is_kept_and_changes_nothing(house: House, tx: Tx, solved: str, run: Run) -> None:
    """FIX-9: and the same word twice is one."""
    run(SYSTEM, "verification.ask", solved)
    token = str(tx.conn.scalar(sa.select(verification.verification.c.token)))
    anna = house.contacts["anna"]
    assert verification.answer(anna, tx, token, False, "Still slow.") is None
    run(SYSTEM, "case.reopen", solved, reason="Still slow.")
    kept = verification.answer(anna, tx, token, True, "It was the network.")
    assert kept is not None
    assert (kept.wish, kept.state, kept.text) == (reopening.WORKS, reopening.ADDED, "It was the network.")
    assert verification.answer(anna, tx, token, True, "It was the network.") == kept
    more = verification.answer(anna, tx, token, False, "The second office has it, too.")
    assert more is not None
    assert more.state == reopening.ADDED
    for text in ("", "Still slow."):
        with pytest.raises(Conflict, match="answered already"):
            verification.answer(anna, tx, token, False, text)
    assert record.get(tx, solved).status == "open"
    assert len(reopening.of_case(SYSTEM, tx, solved)) == 2
