"""The board of each working morning: what was open, what blocks it, who promised what (HND-5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from loopdesk.desk import actions, arbitration, record
from loopdesk.desk.team import board
from loopdesk.desk.team.board import Board, Item
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House

Run = Callable[..., dict[str, object]]
DAY = timedelta(days=1)


@pytest.fixture
def offered(house: House, number: str, run: Run) -> str:
    """A handoff from support to R&D."""
    given = {"to_department": "rnd", "reason": "A bug", "summary": "Queue stops"}
    return str(run(house.people["lina"], "handoff.offer", number, **given)["handoff"])


def morning(tx: Tx) -> Board:
    """The board of the next day."""
    tx.now += DAY
    board.make(SYSTEM, tx)
    found = board.read(SYSTEM, tx)
    assert found is not None
    return found


def line(tx: Tx) -> Item:
    """The one line of the next day's board."""
    (item,) = morning(tx).items
    return item


def test_an_offer_and_what_was_taken_over_stand_there_until_the_case_is_solved(
    house: House, tx: Tx, number: str, run: Run, offered: str
) -> None:
    assert board.read(SYSTEM, tx) is None
    item = line(tx)
    assert (item.case, item.departments, item.state) == (number, ("support", "rnd"), "offered")
    run(house.people["zhangwei"], "handoff.accept", number, handoff=offered)
    assert line(tx).state == "accepted"
    run(SYSTEM, "case.solve", number, solution="Patched.")
    assert morning(tx).items == ()
    assert [count for _, count in board.days(SYSTEM, tx)] == [0, 1, 1]


def test_what_was_handed_on_or_sent_back_is_no_longer_open(house: House, tx: Tx, run: Run, offered: str) -> None:
    number = record.get(tx, line(tx).case).number
    run(house.people["zhangwei"], "handoff.accept", number, handoff=offered)
    onward = run(house.people["zhangwei"], "handoff.offer", number, to_department="security", reason="x", summary="y")
    assert {one.departments for one in morning(tx).items} == {("support", "rnd"), ("rnd", "security")}
    run(house.people["sara"], "handoff.accept", number, handoff=str(onward["handoff"]))
    assert line(tx).departments == ("rnd", "security")


def test_a_board_is_made_once_a_day_and_keeps_yesterdays_blocker(house: House, tx: Tx, offered: str) -> None:
    item = line(tx)
    board.block(house.people["zhangwei"], tx, item.id, blocker="The log is missing.")
    made = board.make(SYSTEM, tx)
    assert made == {"day": item.day.isoformat(), "open": 1, "missed": 0, "departments": ["rnd", "support"]}
    later = line(tx)
    assert (later.blocker, later.blocker_by) == ("The log is missing.", "张伟")
    assert board.read(SYSTEM, tx, item.day).items[0].blocker == "The log is missing."  # type: ignore[union-attr]
    assert offered == later.handoff


def test_a_missed_commitment_stays_until_it_is_done(house: House, tx: Tx, offered: str) -> None:
    item = line(tx)
    promised = {"text": "Read the log", "owner": "zhangwei", "due_at": tx.now + timedelta(hours=4)}
    made = board.commit(house.people["emma"], tx, item.id, **promised)  # type: ignore[arg-type]
    assert (made.source, made.source_id, made.department, made.case) == ("board", offered, "rnd", item.case)
    after = morning(tx)
    assert [one.id for one in after.missed] == [made.id]
    assert after.items[0].commitments[0].late(tx.now)
    actions.done(house.people["zhangwei"], tx, made.id, result="Read.")
    assert morning(tx).missed == ()


def test_bad_input_names_what_is_wrong(house: House, tx: Tx, run: Run, offered: str) -> None:
    item = line(tx)
    with pytest.raises(Invalid):
        board.block(house.people["zhangwei"], tx, item.id, blocker=" ")
    with pytest.raises(Missing):
        board.block(house.people["sara"], tx, item.id, blocker="x")
    with pytest.raises(Missing):
        board.block(house.people["lina"], tx, "nothing", blocker="x")
    with pytest.raises(Refused):
        board.make(house.people["lina"], tx)
    run(SYSTEM, "handoff.reject", item.case, handoff=offered, reason="Not ours.")
    with pytest.raises(Conflict):
        board.commit(house.people["lina"], tx, item.id, text="x", owner="lina", due_at=tx.now + DAY)


def test_a_restricted_case_is_on_the_board_of_those_only_who_may_see_it(house: House, tx: Tx, offered: str) -> None:
    item = line(tx)
    record.change(tx, item.case, restricted=True, department="security")
    seen = board.read(house.people["sara"], tx)
    hidden = board.read(house.people["zhangwei"], tx)
    assert seen is not None
    assert hidden is not None
    assert (len(seen.items), len(hidden.items)) == (1, 0)
    assert offered == item.handoff


def test_only_the_two_departments_promise_for_a_handoff(house: House, tx: Tx, offered: str) -> None:
    item = line(tx)
    assert board.open_to(house.people["zhangwei"], tx, offered) == item
    for outsider, handoff in (("sara", offered), ("zhangwei", "none")):
        with pytest.raises(Missing):
            board.open_to(house.people[outsider], tx, handoff)


def test_a_handoff_that_a_ruling_sends_back_is_over_and_the_case_stays_where_it_was(
    house: House, tx: Tx, number: str, run: Run, offered: str
) -> None:
    run(house.people["zhangwei"], "handoff.accept", number, handoff=offered)
    tx.now += DAY / 2
    given = {"to_department": "security", "reason": "x", "summary": "y"}
    onward = str(run(house.people["zhangwei"], "handoff.offer", number, **given)["handoff"])
    opened = run(SYSTEM, "arbitration.open", number, handoff=onward, reason="dispute")
    ruling = {"department": "rnd", "reasoning": "Theirs.", "for_customer": "Soon."}
    run(SYSTEM, "arbitration.rule", number, arbitration=opened["arbitration"], **ruling)
    assert line(tx).departments == ("support", "rnd")
    with pytest.raises(Refused):
        arbitration.rulings(house.contacts["anna"], tx)
    assert arbitration.rulings(house.people["lina"], tx)[1] == 1
