"""Two departments sign when a case changes hands (HND-2, INT-6, SLA-5)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.desk import case, handoff
from loopdesk.engine.actor import SYSTEM, TIMER
from loopdesk.engine.errors import Conflict, Invalid, LoopdeskError, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House, kinds, posted

Run = Callable[..., dict[str, object]]


@pytest.fixture
def offered(house: House, number: str, run: Run) -> str:
    """The id of a handoff that Lina of support offers to R&D."""
    run(SYSTEM, "case.name_owner", number, department="support")
    given = {"to_department": "rnd", "reason": "A bug", "summary": "Queue stops"}
    return str(run(house.people["lina"], "handoff.offer", number, **given)["handoff"])


def test_both_signatures_stand_on_the_case(house: House, tx: Tx, number: str, run: Run, offered: str) -> None:
    """HND-2: who, when, for which department, and the digest of what both saw."""
    tx.now += timedelta(minutes=10)
    run(house.people["zhangwei"], "handoff.accept", number, handoff=offered)
    signed = handoff.listing(house.people["lina"], tx, number)[0]["signatures"]
    assert [(one["side"], one["name"], one["department"], one["decision"]) for one in signed] == [
        ("sender", "李娜", "support", "signed"),
        ("receiver", "张伟", "rnd", "accepted"),
    ]
    assert signed[1]["at"] - signed[0]["at"] == timedelta(minutes=10)
    assert signed[0]["digest"] == signed[1]["digest"] == handoff.digest(case.read(SYSTEM, tx, number))


def test_acceptance_moves_department_assignee_and_owner(
    house: House, tx: Tx, number: str, run: Run, offered: str
) -> None:
    """INT-6: the first person asked answers to the customer until now; routing no longer takes the case away."""
    before = case.read(SYSTEM, tx, number)
    assert (before.department, before.owner_id) == ("support", house.people["lina"].id)
    run(house.people["zhangwei"], "handoff.accept", number, handoff=offered)
    run(SYSTEM, "case.set_type", number, type="billing", department="finance")
    after = case.read(SYSTEM, tx, number)
    zhangwei = house.people["zhangwei"].id
    assert (after.department, after.owner_id, after.assignee_id) == ("rnd", zhangwei, zhangwei)


def test_a_rejection_needs_a_reason_and_changes_nothing_else(
    house: House, tx: Tx, number: str, run: Run, offered: str
) -> None:
    """HND-2: signed too; the case can be offered again."""
    with pytest.raises(Invalid) as refused:
        run(house.people["zhangwei"], "handoff.reject", number, handoff=offered, reason=" ")
    assert "reason" in refused.value.fields
    run(house.people["zhangwei"], "handoff.reject", number, handoff=offered, reason="Not a bug")
    row = handoff.listing(SYSTEM, tx, number)[0]
    assert (row["state"], row["signatures"][1]["reason"]) == ("rejected", "Not a bug")
    assert case.read(SYSTEM, tx, number).department == "support"
    assert run(house.people["lina"], "handoff.offer", number, to_department="rnd")["handoff"] != offered


@pytest.mark.parametrize("department", ["support", "nowhere", ""])
def test_a_case_goes_to_another_department_that_exists(house: House, number: str, run: Run, department: str) -> None:
    """HND-2: not to the one that holds it."""
    with pytest.raises(Invalid) as refused:
        run(house.people["lina"], "handoff.offer", number, to_department=department)
    assert "to_department" in refused.value.fields


def test_one_offer_at_a_time(house: House, number: str, run: Run, offered: str) -> None:
    """HND-2."""
    with pytest.raises(Conflict):
        run(house.people["lina"], "handoff.offer", number, to_department="finance")


def test_the_receiver_is_somebody_else_of_the_receiving_department(
    house: House, tx: Tx, number: str, run: Run, offered: str
) -> None:
    """HND-2: neither the sender, wherever he belongs, nor a third department."""
    for login in ("lina", "sara"):
        with pytest.raises(Refused, match="rnd"):
            run(house.people[login], "handoff.accept", number, handoff=offered)
    run(house.people["zhangwei"], "handoff.reject", number, handoff=offered, reason="no")
    admin = house.people["admin"]
    by_admin = str(run(admin, "handoff.offer", number, to_department="rnd")["handoff"])
    with pytest.raises(Refused, match="somebody else"):
        run(admin, "handoff.accept", number, handoff=by_admin)
    assert kinds(tx, number).count("handoff.accepted") == 0


def test_a_handoff_is_decided_once(house: House, number: str, run: Run, offered: str) -> None:
    """HND-2: accepted twice, or rejected after acceptance."""
    run(house.people["zhangwei"], "handoff.accept", number, handoff=offered)
    for name, inputs in (("handoff.accept", {}), ("handoff.reject", {"reason": "too late"})):
        with pytest.raises(Conflict, match="accepted"):
            run(house.people["emma"], name, number, handoff=offered, **inputs)
    with pytest.raises(Missing):
        run(house.people["emma"], "handoff.accept", number, handoff="unknown")


def test_two_who_answer_at_once_leave_one_answer(house: House) -> None:
    """HND-2: the database decides; two signatures in all, not three."""
    with house.engine.begin() as tx:
        number = house.report(tx).number
        given = house.run(tx, house.people["lina"], "handoff.offer", number, to_department="rnd")

    def answer(login: str) -> str:
        name = "handoff.accept" if login == "emma" else "handoff.reject"
        inputs = {} if login == "emma" else {"reason": "no"}
        try:
            with house.engine.begin() as tx:
                house.run(tx, house.people[login], name, number, handoff=given["handoff"], **inputs)
        except LoopdeskError as error:
            return type(error).__name__
        return "signed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, ["emma", "zhangwei"])) == ["Conflict", "signed"]
    with house.engine.read() as tx:
        assert tx.conn.scalar(sa.select(sa.func.count()).select_from(handoff.signature)) == 2


def test_an_overdue_handoff_is_noted_and_the_supervisors_are_told(
    house: House, tx: Tx, number: str, run: Run, offered: str
) -> None:
    """SLA-5: nothing of that once it is answered."""
    tx.now += timedelta(minutes=30)
    run(TIMER, "handoff.overdue", number, handoff=offered)
    assert [mail["to"] for mail in posted(tx)] == ["emma@house.example"]
    assert handoff.get(tx, offered).overdue_at == tx.now
    run(house.people["zhangwei"], "handoff.accept", number, handoff=offered)
    run(TIMER, "handoff.overdue", number, handoff=offered)
    assert kinds(tx, number).count("handoff.overdue") == 1
    assert len(posted(tx)) == 1


def test_a_digest_is_of_the_problem_and_not_of_what_is_said_about_it(
    house: House, tx: Tx, number: str, run: Run
) -> None:
    """HND-2: a new priority is another dossier; a waiting customer, an owner or a comment is not."""
    before = handoff.digest(case.read(SYSTEM, tx, number))
    run(SYSTEM, "case.name_owner", number, department="support")
    run(SYSTEM, "case.wait", number, reason="?")
    assert handoff.digest(case.read(SYSTEM, tx, number)) == before
    run(SYSTEM, "case.set_priority", number, priority="P0", reason="r")
    assert handoff.digest(case.read(SYSTEM, tx, number)) != before
