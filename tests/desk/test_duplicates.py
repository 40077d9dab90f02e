"""Duplicates and repeats are recognised; many customers with one problem get one parent problem (INT-8)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.desk import case, record
from loopdesk.desk.crm import merging
from loopdesk.desk.duplicates import links, look, problems, rules
from loopdesk.desk.record import case_
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.outbox import Handlers, drain
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import BASE, House, kinds, posted, told

Run = Callable[..., dict[str, object]]
TEXT = "The checkout page shows error 500 since nine o'clock and nobody in the shops can finish an order"
ALIKE = "Since nine o'clock the checkout page shows error 500, nobody in our shops can finish an order"


def _look(house: House, tx: Tx, text: str, who: str = "", **fields: str) -> tuple[str, dict[str, object]]:
    """A report over the portal, or by mail from an address; and what the house recognises."""
    if who and who not in house.contacts:
        opened = case.open(SYSTEM, tx, case.Report(channel="email", email=who, title=text[:60], description=text))
    else:
        opened = house.report(tx, house.contacts[who or "anna"], title=text[:60], description=text, **fields)
    return opened.number, house.run(tx, SYSTEM, "case.look", opened.number)


def _state(tx: Tx, number: str) -> list[tuple[str, str, str]]:
    return [(one.other.number, one.state, one.reason) for one in links.listing(SYSTEM, tx, number)]


def test_the_same_customer_with_the_same_problem_is_proposed(house: House, tx: Tx) -> None:
    first, nothing = _look(house, tx, TEXT)
    second, found = _look(house, tx, ALIKE, "bo")
    other, none = _look(house, tx, "How do I change the language of my invoices in the account settings?", "bo")
    assert nothing == {"problem": None, "similar": []}
    assert found == {"problem": None, "similar": [first]}
    assert none["similar"] == []
    assert _state(tx, second) == [(first, "proposed", "same_customer")]
    assert _state(tx, first) == [(second, "proposed", "same_customer")]
    assert told(tx, second, "case.similar_found") == {"cases": [first]}
    assert _state(tx, other) == []


def test_a_repeat_of_a_solved_case_is_recognised_within_two_weeks_only(house: House, tx: Tx) -> None:
    first, _ = _look(house, tx, TEXT)
    record.change(tx, first, status="closed", close_reason="confirmed", closed_at=tx.now)
    tx.now += timedelta(days=13)
    assert _look(house, tx, ALIKE)[1]["similar"] == [first]
    tx.now += timedelta(days=28)
    assert _look(house, tx, ALIKE)[1]["similar"] == []


@pytest.mark.parametrize("text", ["Help!", "打不开", "It fails"])
def test_texts_of_few_words_say_too_little(house: House, tx: Tx, text: str) -> None:
    for who in ("anna", "hejing", "x@one.example", "y@two.example"):
        assert _look(house, tx, text, who)[1] == {"problem": None, "similar": []}


def test_three_customers_with_one_problem_get_one_parent_problem(house: House, tx: Tx) -> None:
    numbers = [_look(house, tx, text, who)[0] for text, who in ((TEXT, "anna"), (ALIKE, "hejing"))]
    assert [record.get(tx, number).problem for number in numbers] == ["", ""]
    third, found = _look(house, tx, TEXT + ".", "cara@third.example")
    parent = str(found["problem"])
    problem = record.get(tx, parent)
    assert (problem.channel, problem.organisation_id, problem.contact_id) == ("problem", None, None)
    assert problem.scope == "several"
    assert {record.get(tx, number).problem for number in (*numbers, third)} == {parent}
    assert told(tx, parent, "problem.begun")["reports"] == sorted([*numbers, third])
    assert kinds(tx, third).count("problem.joined") == 1
    fourth, found = _look(house, tx, ALIKE, "dan@fourth.example")
    assert found["problem"] == parent
    assert record.get(tx, fourth).problem == parent
    shown, total = problems.reports(SYSTEM, tx, parent)
    assert (len(shown), total) == (4, 4)


def test_the_same_problem_an_hour_apart_is_no_burst(house: House, tx: Tx) -> None:
    for who in ("anna", "hejing", "cara@third.example", "dan@fourth.example"):
        assert _look(house, tx, TEXT, who)[1]["problem"] is None
        tx.now += timedelta(hours=1)


def test_reports_of_an_old_open_problem_still_join_it(house: House, tx: Tx) -> None:
    for who in ("anna", "hejing", "cara@third.example"):
        parent = _look(house, tx, TEXT, who)[1]["problem"]
    tx.now += timedelta(days=3)
    assert _look(house, tx, ALIKE, "dan@fourth.example")[1]["problem"] == parent
    record.change(tx, str(parent), status="solved")
    assert _look(house, tx, ALIKE, "eve@fifth.example")[1]["problem"] is None


def test_a_restricted_case_stays_apart(house: House, tx: Tx) -> None:
    for who in ("anna", "hejing"):
        record.change(tx, _look(house, tx, TEXT, who)[0], restricted=True)
    third, found = _look(house, tx, TEXT, "cara@third.example")
    assert found == {"problem": None, "similar": []}
    record.change(tx, third, restricted=True)
    assert house.run(tx, SYSTEM, "case.look", third) == {"problem": None, "similar": []}


def test_what_is_typed_reminds_of_cases_that_the_reader_may_see(house: House, tx: Tx) -> None:
    first, _ = _look(house, tx, TEXT)
    lina, zhang = house.people["lina"], house.people["zhangwei"]
    assert [one.case.number for one in look.typed(lina, tx, ALIKE, customer_number="C-1001")] == [first]
    assert [one.reason for one in look.typed(lina, tx, ALIKE, customer_number="C-1001")] == ["same_customer"]
    assert [one.reason for one in look.typed(lina, tx, ALIKE)] == ["like"]
    assert look.typed(zhang, tx, ALIKE) == []
    assert look.typed(lina, tx, "chec") == []


def test_a_merge_closes_the_later_case_and_keeps_the_way(house: House, tx: Tx) -> None:
    first, _ = _look(house, tx, TEXT)
    second, _ = _look(house, tx, ALIKE, "bo")
    links.merge(house.people["lina"], tx, second, first, note="said twice")
    merged = record.get(tx, second)
    assert (merged.status, merged.close_reason) == ("closed", "merged")
    assert links.merged_into(tx, second) == first
    # The customer reads this one; the note is for us.
    assert told(tx, second, "case.merged") == {"other": first}
    assert told(tx, first, "case.absorbed") == {"other": second, "note": "said twice"}
    assert told(tx, first, "case.absorbed")["other"] == second
    assert _look(house, tx, TEXT)[1]["similar"] == [first]


def test_merging_is_refused_in_a_circle_into_itself_and_across_customers(house: House, tx: Tx) -> None:
    lina = house.people["lina"]
    first, _ = _look(house, tx, TEXT)
    second, _ = _look(house, tx, ALIKE, "bo")
    foreign, _ = _look(house, tx, TEXT, "hejing")
    with pytest.raises(Invalid):
        links.merge(lina, tx, first, first)
    with pytest.raises(Invalid, match="Name another case"):
        links.merge(lina, tx, first, "L-1999-000001")
    with pytest.raises(Conflict, match="different customers"):
        links.merge(lina, tx, first, foreign)
    links.merge(lina, tx, second, first)
    with pytest.raises(Conflict, match="circle"):
        links.merge(lina, tx, first, second)
    with pytest.raises(Conflict, match="closed"):
        links.merge(lina, tx, second, first)
    assert record.get(tx, first).status == "new"


def test_linking_declining_and_parting_are_remembered(house: House, tx: Tx) -> None:
    lina = house.people["lina"]
    first, _ = _look(house, tx, TEXT)
    second, _ = _look(house, tx, ALIKE, "bo")
    links.decline(lina, tx, second, first)
    assert _state(tx, second) == []
    links.link(lina, tx, first, second)
    links.link(lina, tx, first, second)
    assert _state(tx, first) == [(second, "linked", "same_customer")]
    links.unlink(lina, tx, second, first)
    assert _state(tx, first) == []
    with pytest.raises(Conflict):
        links.unlink(lina, tx, second, first)
    with pytest.raises(Conflict):
        links.decline(lina, tx, second, first)
    assert kinds(tx, first).count("case.linked") == 1


def test_who_may_not_see_a_case_may_not_link_it(house: House, tx: Tx) -> None:
    first, _ = _look(house, tx, TEXT)
    second, _ = _look(house, tx, ALIKE, "bo")
    with pytest.raises(Refused):
        links.link(house.contacts["anna"], tx, first, second)
    with pytest.raises(Missing):
        links.link(house.people["zhangwei"], tx, first, second)


def test_a_problem_takes_no_problem_nor_itself_nor_closed_cases(house: House, tx: Tx) -> None:
    lina = house.people["wangfang"]
    for who in ("anna", "hejing", "cara@third.example"):
        parent = str(_look(house, tx, TEXT, who)[1]["problem"])
    lonely, _ = _look(house, tx, "Where do I find the invoices of last year in my account, please?")
    with pytest.raises(Invalid, match="Name another case"):
        problems.join(lina, tx, parent, parent)
    with pytest.raises(Invalid, match="parent problem"):
        problems.join(lina, tx, lonely, record.get(tx, lonely).number.replace(lonely, "L-2026-000001"))
    problems.join(lina, tx, lonely, parent)
    assert record.get(tx, lonely).problem == parent
    problems.leave(lina, tx, lonely)
    assert record.get(tx, lonely).problem == ""
    with pytest.raises(Conflict):
        problems.leave(lina, tx, lonely)
    record.change(tx, lonely, status="closed")
    with pytest.raises(Conflict, match="solved or closed"):
        problems.join(lina, tx, lonely, parent)
    record.change(tx, "L-2026-000001", channel="problem")
    with pytest.raises(Conflict, match="below"):
        problems.join(lina, tx, "L-2026-000001", parent)


def test_all_customers_hear_when_the_problem_is_solved(house: House) -> None:
    """In batches: whatever the number of reports, no transaction is long."""
    with house.engine.begin() as tx:
        for count in range(problems.BATCH + 7):
            number, found = _look(house, tx, TEXT, f"somebody{count}@many.example")
        parent = str(found["problem"])
        house.run(tx, SYSTEM, "case.set_type", parent, type="fault", department="rnd")
        house.run(tx, SYSTEM, "case.solve", parent, solution="The certificate was renewed.")
    handlers = Handlers(local={**problems.local_handlers(BASE)}, remote={})
    while drain(house.engine, handlers, worker="test"):
        pass
    with house.engine.begin() as tx:
        letters = [row for row in posted(tx) if "certificate" in str(row)]
        assert len(letters) == problems.BATCH + 7
        assert told(tx, number, "problem.solution_known")["solution"] == "The certificate was renewed."


def test_ten_thousand_identical_complaints_make_one_problem_and_stay_fast(house: House, tx: Tx) -> None:
    """Bounded work per case: the later ones ask and compare no more than the first ones (issue 6, Bad input)."""
    work: list[tuple[int, int]] = []
    for count in range(100):
        opened = case.open(
            SYSTEM, tx, case.Report(channel="email", email=f"c{count}@burst.example", title=TEXT[:60], description=TEXT)
        )
        with _statements(tx) as made:
            found = house.run(tx, SYSTEM, "case.look", opened.number)
        similar = found["similar"]
        assert isinstance(similar, list)
        work.append((len(made), len(similar)))
    parents = tx.conn.scalars(sa.select(case_.c.number).where(case_.c.channel == "problem")).all()
    assert len(parents) == 1
    assert tx.conn.scalar(sa.select(sa.func.count()).where(case_.c.problem == parents[0])) == 100
    assert max(work[50:]) <= max(work[10:50])


@contextmanager
def _statements(tx: Tx) -> Iterator[list[str]]:
    """The statements that are sent in the block."""
    made: list[str] = []

    def count(*said: object) -> None:
        made.append(str(said[2]))

    sa.event.listen(tx.conn, "before_cursor_execute", count)
    yield made
    sa.event.remove(tx.conn, "before_cursor_execute", count)


@pytest.mark.parametrize(
    "wrong",
    [{"words": 0}, {"same_customer": 2}, {"within": "soon"}, {"problem": None}, {"compared": 2}, {"same_asset": True}],
)
def test_a_policy_that_cannot_be_used_is_refused(wrong: dict[str, object]) -> None:
    good = {
        "words": 4,
        "compared": 30,
        "within": "P14D",
        "same_customer": 0.5,
        "same_asset": 0.3,
        "problem": {"likeness": 0.6, "within": "PT30M", "customers": 3, "reports": 10, "grows_at": [3, 10]},
    }
    assert rules.rules_of(good).reports == 10
    with pytest.raises(Invalid):
        rules.rules_of({**good, **wrong})


def test_an_owner_is_told_what_is_wrong_with_the_policy() -> None:
    assert rules.check({}) == []
    for wrong in (b"words: 0", b"[1]", b"\xff\xfe"):
        [found] = rules.check({"duplicates.yaml": wrong})
        assert (found.file, found.severity) == ("duplicates.yaml", "error")
        assert found.remedy


def test_whoever_is_merged_brings_his_cases_to_the_customer(house: House, tx: Tx) -> None:
    number, _ = _look(house, tx, TEXT, "anna.private@mail.example")
    gone = record.get(tx, number).contact_id
    stays = house.contacts["anna"]
    assert gone is not None
    merging.merge_contacts(SYSTEM, tx, gone, stays.id)
    moved = record.get(tx, number)
    assert (moved.contact_id, moved.organisation_id) == (stays.id, stays.organisation)


def test_reports_taken_in_meanwhile_solved_stay_as_they_are(house: House, tx: Tx) -> None:
    numbers = [_look(house, tx, text, who)[0] for text, who in ((TEXT, "anna"), (ALIKE, "hejing"))]
    seen = [record.get(tx, number) for number in numbers]
    parent = problems.begin(tx, seen[1], [])
    record.change(tx, numbers[0], status="closed", close_reason="confirmed", closed_at=tx.now)
    problems.take_in(SYSTEM, tx, parent, seen)
    assert [record.get(tx, number).problem for number in numbers] == ["", parent]
