"""Corners of the way from solved to closed: who has left, who answers twice, what runs beside it (FIX-4, FIX-9)."""

import pytest
import sqlalchemy as sa

from loopdesk.desk import customers, people
from loopdesk.desk.acceptance import gates, wants
from loopdesk.desk.closure import reopening, verification
from loopdesk.desk.crm import contracts
from loopdesk.desk.implementation import course
from loopdesk.engine import instances
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict
from loopdesk.tests.scenarios.stage import ADMIN, Stage

FAULT = {"type": "fault", "department": "support", "urgency": "low", "scope": "one", "complexity": "low"}
QUESTION = {**FAULT, "type": "how_to"}


def solved(stage: Stage, kind: dict[str, str] = QUESTION, plan: str = "") -> str:
    number = stage.report("anna", urgency="low", scope="one")
    stage.complete("lina", "triage", **kind)
    if plan:
        with stage.tx() as tx:
            course.begin(stage.people["lina"], tx, number, plan=plan)
    stage.complete("lina", "resolve", outcome="solved", solution="Cleared the cache.")
    return number


def answer(stage: Stage, number: str, confirmed: bool, words: str) -> reopening.Reopening | None:
    with stage.tx() as tx:
        table = verification.verification
        query = sa.select(table.c.token).where(table.c.case == number).order_by(table.c.asked_at.desc())
        token = tx.conn.scalars(query).first() or ""
        return verification.answer(verification.of_token(tx, token)["actor"], tx, token, confirmed, words)


def leaves(stage: Stage, who: str) -> None:
    with stage.tx() as tx:
        people.deactivate(ADMIN, tx, stage.people[who].id)


@pytest.mark.row("FIX-9/same-owner")
def test_what_the_customer_sends_back_goes_to_a_stand_in_for_an_owner_who_has_left(stage: Stage) -> None:
    number = solved(stage)
    stage.check_fix(number)
    leaves(stage, "lina")
    answer(stage, number, False, "Still slow.")
    case = stage.case(number)
    assert (case.status, case.owner_id) == ("open", stage.people["wangfang"].id)
    assert case.assignee_id == case.owner_id
    assert stage.inbox("wangfang") == {"resolve"}


@pytest.mark.row("FIX-9/same-owner")
def test_a_backup_works_on_what_comes_back_to_an_owner_who_is_away(stage: Stage) -> None:
    """It is the same owner's; nobody there, and the late diagnosis gives the work, not the case, to the backup."""
    number = solved(stage)
    stage.verify(number, confirmed=True)
    stage.wait(days=3)
    with stage.tx() as tx:
        reopening.ask(stage.contacts["anna"], tx, number, "It is slow again.", source=reopening.PORTAL)
    lina, wangfang = stage.people["lina"].id, stage.people["wangfang"].id
    assert (stage.case(number).owner_id, stage.case(number).assignee_id) == (lina, lina)
    stage.wait(minutes=31)
    assert (stage.case(number).owner_id, stage.case(number).assignee_id) == (lina, wangfang)
    assert "resolve" in stage.inbox("wangfang")


@pytest.mark.row("FIX-9/same-owner")
def test_what_fails_the_check_goes_to_a_stand_in_for_an_owner_who_has_left(stage: Stage) -> None:
    number = solved(stage, FAULT)
    leaves(stage, "lina")
    stage.complete("wangfang", "retest", passed=["retested"], note="The invoice page is broken now.")
    assert stage.case(number).owner_id == stage.people["wangfang"].id
    assert stage.inbox("wangfang") == {"resolve"}


@pytest.mark.row("FIX-9/same-owner")
def test_a_yes_after_a_no_changes_nothing_and_is_kept(stage: Stage) -> None:
    number = solved(stage)
    stage.check_fix(number)
    assert answer(stage, number, False, "Still slow.") is None
    late = [answer(stage, number, True, "Ah, it was the network.") for _ in range(2)]
    assert late[0] is not None
    assert late[0] == late[1]
    assert (late[0].wish, late[0].state, late[0].text) == ("works", reopening.ADDED, "Ah, it was the network.")
    assert stage.case(number).status == "open"
    assert list(stage.waiting()) == ["resolve"]
    more = answer(stage, number, False, "The second office has it, too.")
    assert more is not None
    assert more.state == reopening.ADDED
    with pytest.raises(Conflict, match="answered already"):
        answer(stage, number, False, "Still slow.")
    with stage.desk.engine.read() as tx:
        [kept] = verification.listing(ADMIN, tx, number)
        words = reopening.of_case(ADMIN, tx, number)
    assert (kept["confirmed"], kept["comment"]) == (False, "Still slow.")
    assert [one.wish for one in words] == ["works", "fails"]


@pytest.mark.row("FIX-9/same-owner", "PRO-5")
def test_who_says_during_the_gates_that_it_fails_ends_the_acceptance_as_well(stage: Stage) -> None:
    number = solved(stage, plan="configuration")
    stage.verify(number, confirmed=True)
    assert (stage.case(number).status, running(stage, number, "acceptance")) == ("solved", 1)
    assert answer(stage, number, False, "It fails again.") is not None
    assert stage.case(number).status == "open"
    assert list(stage.waiting()) == ["resolve"]
    assert running(stage, number, "acceptance") == 0
    with stage.desk.engine.read() as tx:
        [ended] = gates.of_case(SYSTEM, tx, number)
    assert (ended.state, [gate.state for gate in ended.gates]) == (gates.WITHDRAWN, [gates.GIVEN_UP])
    stage.complete("lina", "resolve", outcome="solved", solution="Rolled the cache back.")
    stage.verify(number, confirmed=True)
    with stage.desk.engine.read() as tx:
        newer, former = gates.of_case(SYSTEM, tx, number)
    assert (newer.state, former.state) == (gates.RUNNING, gates.WITHDRAWN)
    assert running(stage, number, "acceptance") == 1


@pytest.mark.row("FIX-5/thirty-days", "PRO-5")
def test_a_contract_may_ask_for_thirty_days_before_a_repaired_fault_is_closed(stage: Stage) -> None:
    with stage.tx() as tx:
        aurora = customers.organisation_of(tx, customers.contact(tx, stage.contacts["anna"].id).organisation_id)
        assert aurora is not None
        contracts.keep(SYSTEM, tx, aurora, title="We run it", catalogue="managed")
    number = solved(stage, FAULT)
    stage.verify(number, confirmed=True)
    with stage.desk.engine.read() as tx:
        [made] = gates.of_case(SYSTEM, tx, number)
    assert [gate.kind for gate in made.gates] == [gates.MONITORING]
    assert stage.case(number).status == "solved"
    asked = solved(stage)
    stage.verify(asked, confirmed=True)
    assert stage.case(asked).status == "closed"


def running(stage: Stage, number: str, process: str) -> int:
    with stage.desk.engine.read() as tx:
        found = instances.of_key(tx, number)
    return len([row for row in found if row["process"] == process and row["status"] == "active"])


@pytest.mark.row("FIX-5/from-the-customers-system", "PRO-5")
def test_gates_that_were_asked_for_hold_up_a_closing_whose_table_asks_for_none(stage: Stage) -> None:
    """One demand is for one fix: what goes back to the repair is closed by the table alone afterwards."""
    number = solved(stage)
    with stage.tx() as tx:
        asked = wants.ask(stage.people["lina"], tx, number, [gates.LOAD_TEST])
    stage.verify(number, confirmed=True)
    with stage.desk.engine.read() as tx:
        [begun] = gates.of_case(SYSTEM, tx, number)
    assert (begun.id, begun.state) == (asked.acceptance.id, gates.RUNNING)
    assert (stage.case(number).status, running(stage, number, "acceptance")) == ("solved", 1)
    answer(stage, number, False, "It fails again.")
    stage.complete("lina", "resolve", outcome="solved", solution="Rolled it back.")
    stage.verify(number, confirmed=True)
    assert stage.case(number).status == "closed"
    with stage.desk.engine.read() as tx:
        assert [one.state for one in gates.of_case(SYSTEM, tx, number)] == [gates.WITHDRAWN]
