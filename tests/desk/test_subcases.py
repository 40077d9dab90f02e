"""A case splits into parts with owners of their own, and is not solved before them (DIA-10)."""

import pytest

from loopdesk.desk import case as cases
from loopdesk.desk import casework, facts, record, splitting, subcases
from loopdesk.desk.duplicates import links
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House, kinds, told


def _split(house: House, tx: Tx, number: str, title: str = "Replace the switch", **given: str) -> str:
    part = {"title": title, "description": "Slot 3 is dead.", "department": "rnd"} | given
    return splitting.split(house.people["lina"], tx, number, **part).number


def _solve(tx: Tx, number: str, solution: str) -> dict[str, object]:
    casework.solve(SYSTEM, tx, number, solution=solution)
    return splitting.finish(SYSTEM, tx, number)


def test_a_part_has_an_owner_of_its_own_and_what_was_promised_for_the_whole(house: House, tx: Tx, number: str) -> None:
    record.change(tx, number, priority="P1", type="hardware", policy="p-levels", due_at=tx.now)
    part = record.get(tx, _split(house, tx, number))
    assert (part.status, part.department, part.owner_id) == ("open", "rnd", house.people["zhangwei"].id)
    assert (part.priority, part.type, part.due_at, part.channel) == ("P1", "hardware", tx.now, "subcase")
    assert (part.organisation_id, part.contact_id) == (None, None)
    chosen = record.get(tx, _split(house, tx, number, owner="emma"))
    assert chosen.owner_id == house.people["emma"].id
    assert [one.number for one in subcases.parts(tx, number)] == [part.number, chosen.number]
    assert facts.facts(tx, part.number)["parent"] == number
    # Each side sees the other.
    assert cases.find(house.people["zhangwei"], tx, number)
    assert cases.find(house.people["lina"], tx, part.number)
    assert not cases.find(house.contacts["anna"], tx, part.number)


def test_the_whole_is_not_solved_before_its_parts_and_gets_their_results(house: House, tx: Tx, number: str) -> None:
    one, other = _split(house, tx, number), _split(house, tx, number, "Tell the branches")
    with pytest.raises(Conflict) as refused:
        casework.solve(SYSTEM, tx, number, solution="All is well.")
    assert f"{one}, {other}" in str(refused.value)
    told_to = record.get(tx, number).owner_id or "support/agent"
    assert _solve(tx, one, "New switch.") == {"parent": number, "parent_owner": told_to, "left": 1}
    with pytest.raises(Conflict, match=other):
        casework.solve(SYSTEM, tx, number, solution="All is well.")
    assert _solve(tx, other, "All told.")["left"] == 0
    assert record.get(tx, one).status == "closed"
    assert facts.facts(tx, number)["results"] == (
        f"{one} Replace the switch: New switch.\n\n{other} Tell the branches: All told."
    )
    casework.solve(SYSTEM, tx, number, solution="All is well.")
    casework.close(SYSTEM, tx, number, reason="confirmed")
    assert [kind for kind in kinds(tx, number) if kind.startswith("case.part")] == ["case.part_solved"] * 2


def test_a_part_that_is_opened_again_keeps_the_whole_open(house: House, tx: Tx, number: str) -> None:
    part = _split(house, tx, number)
    _solve(tx, part, "New switch.")
    casework.solve(SYSTEM, tx, number, solution="All is well.")
    casework.reopen(SYSTEM, tx, part, reason="It is back.")
    with pytest.raises(Conflict, match=part):
        casework.close(SYSTEM, tx, number, reason="confirmed")


def test_a_cancelled_part_is_waited_for_no_longer(house: House, tx: Tx, number: str) -> None:
    part = _split(house, tx, number)
    below = _split(house, tx, part)
    with pytest.raises(Invalid):
        splitting.cancel(house.people["lina"], tx, part, reason=" ")
    splitting.cancel(house.people["lina"], tx, part, reason="The customer has bought another one.")
    assert [record.get(tx, one).status for one in (part, below)] == ["closed", "closed"]
    assert told(tx, number, "case.part_cancelled")["reason"] == "The customer has bought another one."
    casework.solve(SYSTEM, tx, number, solution="All is well.")
    with pytest.raises(Conflict):
        splitting.cancel(house.people["lina"], tx, part, reason="Again.")
    with pytest.raises(Conflict):
        splitting.cancel(house.people["lina"], tx, number, reason="It is no part.")


def test_a_case_that_exists_joins_as_a_part_and_no_case_is_part_of_itself(house: House, tx: Tx, number: str) -> None:
    lina = house.people["lina"]
    other = house.report(tx).number
    splitting.join(lina, tx, number, child=other)
    part = _split(house, tx, other)
    for whole, child in ((number, number), (other, number), (part, number)):
        with pytest.raises(Conflict, match="part of itself"):
            splitting.join(lina, tx, whole, child=child)
    with pytest.raises(Conflict, match=number):
        splitting.join(lina, tx, house.report(tx).number, child=other)
    with pytest.raises(Missing):
        splitting.join(lina, tx, number, child="L-2026-999999")
    # Its own customer is still asked: solving it does not close it.
    splitting.cancel(lina, tx, part, reason="Not needed.")
    _solve(tx, other, "Done.")
    assert record.get(tx, other).status == "solved"
    casework.solve(SYSTEM, tx, number, solution="All is well.")


def test_what_is_wrong_with_a_part_is_said_by_field(house: House, tx: Tx, number: str) -> None:
    with pytest.raises(Invalid) as refused:
        _split(house, tx, number, " ", department="astrology", owner="nobody", description="")
    assert sorted(refused.value.fields) == ["department", "description", "owner", "title"]
    with pytest.raises(Invalid) as refused:
        _split(house, tx, number, "x" * 301, description="x" * 100_001)
    assert sorted(refused.value.fields) == ["description", "title"]
    assert subcases.parts(tx, number) == []


def test_only_staff_split_and_only_what_is_still_open(house: House, tx: Tx, number: str) -> None:
    given = {"title": "Part", "description": "Part.", "department": "rnd"}
    with pytest.raises(Refused):
        splitting.split(house.contacts["anna"], tx, number, **given)
    with pytest.raises(Missing):
        splitting.split(house.people["sara"], tx, number, **given)
    casework.solve(SYSTEM, tx, number, solution="All is well.")
    with pytest.raises(Conflict, match="solved"):
        splitting.split(house.people["lina"], tx, number, **given)


def test_a_case_that_stands_alone_has_nothing_to_merge(tx: Tx, number: str) -> None:
    assert splitting.finish(SYSTEM, tx, number) == {"parent": "", "parent_owner": "", "left": 0}
    assert facts.facts(tx, number)["results"] == ""


def test_nobody_waits_for_a_customer_of_a_part_that_has_none(house: House, tx: Tx, number: str) -> None:
    part = _split(house, tx, number)
    with pytest.raises(Conflict, match=part) as refused:
        casework.wait(SYSTEM, tx, part, reason="Which slot?")
    assert refused.value.params["whole"] == number


def test_a_case_is_not_merged_away_before_its_parts_are_done(house: House, tx: Tx, number: str) -> None:
    lina = house.people["lina"]
    part = _split(house, tx, number)
    into = house.report(tx).number
    with pytest.raises(Conflict, match=part):
        links.merge(lina, tx, number, into)
    assert record.get(tx, number).status != "closed"
    splitting.cancel(lina, tx, part, reason="Not needed.")
    links.merge(lina, tx, number, into)
    assert record.get(tx, number).status == "closed"
