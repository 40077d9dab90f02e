"""Samples, attainment, load tests, key users, cost and benefit: what counts and what is refused (FIX-5 to FIX-8)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml

from loopdesk.desk import policy
from loopdesk.desk.acceptance import attainment, bars, benefits, gates, load_tests, samples, users, words
from loopdesk.desk.acceptance.attainment import DOWN, PASSED, SLOW
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Conflict, Invalid, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House

BARS = bars.read(policy.shipped("acceptance"))
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
END = START + BARS.window
WHOLE = BARS.slots
FIVE = timedelta(minutes=5)
Run = Callable[..., dict[str, object]]


def counted(known: dict[int, str], now: datetime = END) -> attainment.Standing:
    return attainment.count(BARS, START, known, now)


def window(verdict: str = PASSED, **others: range) -> dict[int, str]:
    """A whole window of one verdict, other ones in the ranges given by name."""
    return dict.fromkeys(range(WHOLE), verdict) | {slot: name for name, slots in others.items() for slot in slots}


def test_thirty_days_of_five_minutes_are_8640_samples() -> None:
    """FIX-5: 99.5 % of them are 8,596.8: 43 may fail, 44 may not."""
    assert (BARS.slots, BARS.daily) == (8640, 288)
    assert counted(window(slow=range(43))).fails == []
    assert counted(window(slow=range(44))).fails == ["attainment"]
    assert counted(window(slow=range(44))).percent == "99.49"


def test_a_gap_counts_as_a_fail() -> None:
    """FIX-5: 44 samples that did not come fail like 44 slow ones; a window of nothing has attained nothing."""
    known = {slot: PASSED for slot in range(WHOLE) if slot % 196}
    assert counted(known).missing == 45
    assert counted(known).fails == ["attainment"]
    assert counted({}).percent == "0.00"
    assert counted({}).fails == ["attainment", "recovery"]


def test_an_outage_is_what_lies_between_two_answers() -> None:
    """FIX-5: a gap within an outage is no recovery; slow answers are answers."""
    loose = bars.read({"monitoring": {**policy.shipped("acceptance")["monitoring"], "attainment": 90}})
    known = window(down=range(100, 149))
    assert attainment.count(loose, START, known, END).fails == ["recovery"]
    assert attainment.count(loose, START, window(down=range(100, 148)), END).fails == []
    holed = {slot: verdict for slot, verdict in known.items() if slot not in (110, 120)}
    assert attainment.count(loose, START, holed, END).outage == 49 * FIVE
    assert attainment.count(loose, START, known | {120: SLOW}, END).outage == 28 * FIVE


def test_it_is_lost_as_soon_as_nothing_can_save_it() -> None:
    """FIX-5: the 44th failing sample decides; what may still come is not held against it."""
    day = START + timedelta(days=1)
    assert not counted(dict.fromkeys(range(43), SLOW), day).lost
    assert counted(dict.fromkeys(range(44), SLOW), day).lost
    assert not counted({}, day).lost
    assert counted(dict.fromkeys(range(49), DOWN), day).lost


def test_days_are_counted_from_the_start() -> None:
    """FIX-5: what is not due yet is neither passed nor missing; nothing due has no per cent."""
    standing = counted({0: PASSED, 1: SLOW, 288: DOWN}, START + timedelta(days=1, minutes=10))
    first, second, third = standing.days[:3]
    assert (first.due, first.passed, first.slow, first.missing, first.failed) == (288, 1, 1, 286, 287)
    assert (second.due, second.down, second.missing) == (2, 1, 1)
    assert (third.due, third.percent) == (0, "")
    assert attainment.share(99_499, 100_000) == "99.49"


@pytest.fixture
def gate(house: House, tx: Tx, number: str) -> gates.Gate:
    """A monitoring gate whose window begins with the next five minutes."""
    made = gates.open_(SYSTEM, tx, number, ["monitoring", "load_test", "survey", "roi"])
    assert [one.kind for one in made.gates] == ["load_test", "monitoring", "users"]
    begun = gates.begin(SYSTEM, tx, gates.of_kind(tx, made.id, "monitoring").id)
    assert begun.from_at is not None
    tx.now = begun.from_at + timedelta(hours=2)
    return begun


def sent(house: House, tx: Tx, gate: gates.Gate, *given: Any) -> list[tuple[str, str]]:
    done = samples.add(house.people["ivan"], tx, gate.acceptance, given)
    return [(one.state, one.error.message % one.error.params if one.error else "") for one in done.answers]


def at(gate: gates.Gate, minutes: float, zone: timedelta = timedelta()) -> str:
    assert gate.from_at is not None
    return (gate.from_at + timedelta(minutes=minutes)).isoformat()


def test_each_sample_of_a_batch_is_answered(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-5, bad input: duplicates, other values, no zone, a wrong one, future, before the start, no number."""
    good = {"at": at(gate, 0), "seconds": 0.42}
    local = at(gate, 10)[:19]
    bad: list[Any] = [
        {"at": at(gate, 0), "seconds": 9},
        {"at": local, "seconds": 1},
        {"at": local + "+25:00", "seconds": 1},
        {"at": local + " Mars", "seconds": 1},
        {"at": at(gate, 180), "seconds": 1},
        {"at": at(gate, -5), "seconds": 1},
        {"at": at(gate, 10), "seconds": "fast"},
        {"at": at(gate, 10), "seconds": float("nan")},
        {"at": at(gate, 10), "seconds": -1},
        {"at": at(gate, 10), "seconds": True},
        {"at": at(gate, 10), "seconds": 1, "ok": "yes"},
        {"at": at(gate, 10), "ok": True},
        {"seconds": 1},
        {"at": at(gate, 10), "second": 1},
        "nonsense",
        None,
    ]
    answers = sent(house, tx, gate, good, good, *bad, {"at": at(gate, 5), "ok": False})
    assert [state for state, _ in answers] == ["kept", "again", *["refused"] * len(bad), "kept"]
    said = [text for state, text in answers if state == "refused"]
    assert "another sample of this interval" in said[0]
    assert "does not say its zone" in said[1]
    assert "is no moment" in said[2]
    assert "lies in the future" in said[4]
    assert "before the window" in said[5]
    assert "is no response time" in said[6]
    missing = [f"“{name}” is missing in this sample." for name in ("seconds", "at")]
    assert said[-5:-2] == [*missing, "A sample has no “second”."]
    assert all(said)
    assert sent(house, tx, gate, good, bad[0])[0] == ("again", "")
    standing = attainment.standing(tx, gates.one(tx, gate.id))
    assert standing is not None
    assert (standing.due, standing.passed, standing.days[0].down, standing.missing) == (24, 1, 1, 22)


def test_samples_after_the_end_are_refused_with_the_reason(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-5: within the grace they count; afterwards the window is decided."""
    assert gate.until_at is not None
    tx.now = gate.until_at + timedelta(minutes=59)
    assert sent(house, tx, gate, {"at": at(gate, 5), "seconds": 1})[0][0] == "kept"
    tx.now = gate.until_at + timedelta(minutes=61)
    with pytest.raises(Conflict, match="too late"):
        sent(house, tx, gate, {"at": at(gate, 10), "seconds": 1})


def test_a_whole_window_of_batches_is_kept_and_counted(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-5: 8,640 samples in batches of 1,000; a longer batch is refused as a whole."""
    assert gate.until_at is not None
    tx.now = gate.until_at
    given = [{"at": at(gate, 5 * slot), "seconds": 0.5} for slot in range(WHOLE)]
    for first in range(0, WHOLE, samples.MOST):
        batch = samples.add(house.people["ivan"], tx, gate.acceptance, given[first : first + samples.MOST])
        assert batch.count("kept") == len(batch.answers)
    assert (batch.standing.percent, batch.standing.fails) == ("100.00", [])
    with pytest.raises(Invalid, match="at most"):
        samples.add(house.people["ivan"], tx, gate.acceptance, given[:1001])


def test_only_integrators_hand_samples_in(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-5, SEC-1: with the scope samples:write, and with no other one."""
    with pytest.raises(Refused):
        samples.add(house.people["lina"], tx, gate.acceptance, [])
    ivan = house.people["ivan"]
    with pytest.raises(Refused):
        samples.add(Actor(ivan.kind, ivan.id, ivan.name, ivan.roles, scopes=frozenset({"cases:write"})), tx, "x", [])


def test_a_new_round_keeps_nothing_of_the_one_before(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-5: mended, the thirty days begin anew; a policy that changes meanwhile does not move a running round."""
    sent(house, tx, gate, {"at": at(gate, 0), "seconds": 9})
    gates.decide(SYSTEM, tx, gate.id, fails=["attainment"], figures={"attainment": "99.49"})
    again = gates.begin(SYSTEM, tx, gate.id)
    assert (again.round, again.state, again.fails) == (2, "running", [])
    standing = attainment.standing(tx, again)
    assert standing is not None
    assert standing.due == 0
    assert bars.of_kept(again.bars) == BARS


def test_an_exception_needs_two_words(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-5: a supervisor's with a reason and the customer's; one alone does not count."""
    gates.decide(SYSTEM, tx, gate.id, fails=["attainment"], figures={})
    with pytest.raises(Invalid):
        words.approve(SYSTEM, tx, gate.id, reason=" ")
    with pytest.raises(Conflict, match="both"):
        words.except_(SYSTEM, tx, gate.id)
    row = words.approve(SYSTEM, tx, gate.id, reason="One planned stop of the customer's own.")
    with pytest.raises(Conflict, match="both"):
        words.except_(SYSTEM, tx, gate.id)
    words.answer(house.contacts["anna"], tx, row["token"], True, "Fine.")
    with pytest.raises(Conflict, match="already"):
        words.answer(house.contacts["anna"], tx, row["token"], False)
    assert words.except_(SYSTEM, tx, gate.id).state == "excepted"


def test_a_newer_acceptance_takes_the_place_of_the_one_that_runs(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-5: its samples are refused, for they are of another fix."""
    newer = gates.open_(SYSTEM, tx, gate.case, ["monitoring"])
    assert gates.get(tx, gate.acceptance).state == "replaced"
    with pytest.raises(Conflict, match="too late"):
        sent(house, tx, gate, {"at": at(gate, 0), "seconds": 1})
    assert gates.get(tx, newer.id).state == "running"
    with pytest.raises(Invalid, match="no acceptance gate"):
        gates.open_(SYSTEM, tx, gate.case, ["moon"])


@pytest.mark.parametrize(
    "wrong", [{"peak": "three"}, {"success": 101}, {"hours": -1}, {"swing": "NaN"}, {"peak": None}]
)
def test_figures_of_a_load_test_that_are_none_are_named(wrong: dict[str, Any]) -> None:
    """FIX-6, bad input: each field says what is expected."""
    with pytest.raises(Invalid) as refused:
        load_tests.numbers({"peak": 3, "hours": 72, "success": 99.9, "swing": 15} | wrong)
    assert set(refused.value.fields) == set(wrong)


def test_key_users_are_named_one_a_line() -> None:
    """FIX-7, bad input: the line that is none is named; the same address counts once."""
    text = 'Wang Fang <wang@x.example>\n\nbo@x.example\n"Li, Na" <li@x.example>\nAgain <WANG@x.example>'
    assert users.people(text) == [
        ("Wang Fang", "wang@x.example"),
        ("bo@x.example", "bo@x.example"),
        ("Li, Na", "li@x.example"),
    ]
    with pytest.raises(Invalid, match="Line") as refused:
        users.people("ok@x.example\nnobody")
    assert refused.value.params["line"] == 2


def test_twenty_answers_decide_and_nineteen_do_not(house: House, tx: Tx, gate: gates.Gate) -> None:
    """FIX-7: it says how many are missing; a second answer by the same link is refused; scores are means, 0 to 100."""
    asked = gates.begin(SYSTEM, tx, gates.of_kind(tx, gate.acceptance, "users").id)
    rows = users.invite(SYSTEM, tx, asked.id, [(f"User {one}", f"u{one}@x.example") for one in range(20)])
    assert users.invite(SYSTEM, tx, asked.id, [("Again", "u1@x.example")]) == []
    points = {"function": 9, "ease": 8, "speed": 10, "reliability": 9, "support": 7}
    anna = house.contacts["anna"]
    with pytest.raises(Invalid) as refused:
        users.answer(anna, tx, rows[0]["token"], points | {"ease": 11, "speed": None})
    assert set(refused.value.fields) == {"ease", "speed"}
    for row in rows[:19]:
        users.answer(anna, tx, row["token"], points)
    score = users.score(tx, asked)
    assert (score.answers, score.missing) == (19, 1)
    with pytest.raises(Conflict, match="already"):
        users.answer(anna, tx, rows[0]["token"], points)
    users.answer(anna, tx, rows[19]["token"], points | {"support": 6}, "<b>fine</b>")
    score = users.score(tx, asked)
    assert (score.missing, score.overall, score.lowest, score.of["support"]) == (
        0,
        Decimal("85.9"),
        "support",
        Decimal("69.5"),
    )


def test_the_return_worked_by_hand() -> None:
    """FIX-8: 180,000 + 70,000 saved for 100,000: (250,000 − 100,000) ÷ 100,000 = 150 %; one cent less is no 150."""
    assert benefits.roi(labour=18_000_000, outage=7_000_000, cost=10_000_000) == Decimal(150)
    assert benefits.roi(labour=17_999_999, outage=7_000_000, cost=10_000_000) == Decimal("149.99")
    assert benefits.roi(labour=0, outage=0, cost=1) == Decimal(-100)


@pytest.mark.parametrize("cost", ["0", "-5", "0.00"])
def test_a_cost_of_nothing_has_no_return(house: House, tx: Tx, number: str, cost: str) -> None:
    """FIX-8, bad input: refused with the reason; nothing is kept, and it may be entered again."""
    asked = benefits.open_(SYSTEM, tx, number)
    assert benefits.open_(SYSTEM, tx, number).id == asked.id
    with pytest.raises(Conflict, match="asked on"):
        benefits.keep(SYSTEM, tx, asked.id, benefits.Entry("1", "1", "1"))
    benefits.ask(SYSTEM, tx, asked.id)
    with pytest.raises(Invalid, match="zero or less") as refused:
        benefits.keep(SYSTEM, tx, asked.id, benefits.Entry("10", "10", cost))
    assert list(refused.value.fields) == ["cost"]
    with pytest.raises(Invalid):
        benefits.keep(SYSTEM, tx, asked.id, benefits.Entry("ten", "10", "1"))
    kept = benefits.keep(SYSTEM, tx, asked.id, benefits.Entry("1,800.00", "700", "1000", "eur"))
    assert (kept.percent, kept.currency, kept.cost) == ("150.00", "EUR", 100_000)
    assert benefits.judge(SYSTEM, tx, asked.id, met=True).state == "met"


@pytest.mark.parametrize(
    "wrong",
    [{"attainment": 0}, {"attainment": "all"}, {"interval": "PT7M"}, {"window": "PT36H"}, {"recovery": "4 hours"}],
)
def test_bars_that_cannot_be_used_are_found_before_they_are_deployed(wrong: dict[str, Any]) -> None:
    """FIX-5: the check of the folder says so."""

    said = {"monitoring": {**policy.shipped("acceptance")["monitoring"], **wrong}}
    [finding] = bars.check({"acceptance.yaml": yaml.safe_dump(said).encode()})
    assert finding.rule == "acceptance.unusable"
    assert bars.check({"acceptance.yaml": policy.shipped_file("policies", "acceptance.yaml")}) == []
