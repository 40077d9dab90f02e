"""The list for an outage: service time, credit, rounding, and what cannot be computed (EMG-8)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from loopdesk.desk import policy
from loopdesk.desk.response import answers, compensation, money
from loopdesk.desk.response.compensation import Fee, award, fee_of, outage_of, percent_of
from loopdesk.engine.errors import Invalid

LIST = compensation.read(policy.shipped("compensation"))
EURO = Fee(120_050, "EUR")


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("outage", "percent"),
    [
        (timedelta(minutes=29, seconds=59), 0),
        (timedelta(minutes=30), 5),
        (timedelta(hours=3, minutes=59), 5),
        (timedelta(hours=4), 10),
        (timedelta(hours=12), 15),
        (timedelta(hours=24), 20),
        (timedelta(days=30), 20),
    ],
)
def test_the_list_gives_five_to_twenty_per_cent(outage: timedelta, percent: int) -> None:
    """EMG-8: by the length of the outage; each step begins exactly at its length."""
    assert percent_of(LIST, outage) == percent


def test_an_award_worked_by_hand() -> None:
    """EMG-8: five hours: 10 % of 1,200.50 EUR = 120.05 EUR, and 3 × 5 h = 15 h of service."""
    made = award(LIST, timedelta(hours=5), EURO)
    assert (made.service_time, made.percent, made.credit, made.currency) == (
        timedelta(hours=15),
        Decimal(10),
        12_005,
        "EUR",
    )


@pytest.mark.parametrize(("fee", "credit"), [(110, 6), (109, 5), (90, 5), (89, 4), (0, 0)])
def test_half_a_cent_counts_as_one(fee: int, credit: int) -> None:
    """EMG-8: 5 % of 1.10 are 5.5 cents: 6; of 1.09 5.45: 5."""
    assert award(LIST, timedelta(minutes=30), Fee(fee, "EUR")).credit == credit


def test_without_a_base_fee_there_is_service_time_alone() -> None:
    """EMG-8: no figure is invented."""
    made = award(LIST, timedelta(hours=5), None)
    assert (made.credit, made.currency, made.service_time) == (None, "", timedelta(hours=15))


def test_overlapping_outages_count_once() -> None:
    """EMG-8: 9–11 and 10–12 are three hours; 10–10:30 lies inside; 14–15 is one more."""
    spans = [(at(10), at(12)), (at(9), at(11)), (at(10), at(10, 30)), (at(14), at(15))]
    assert outage_of(spans) == timedelta(hours=4)


@pytest.mark.parametrize("spans", [[], [(at(10), at(10))], [(at(10), at(9))], [(at(8), at(9)), (at(12), at(11))]])
def test_no_zero_or_negative_outage(spans: list[tuple[datetime, datetime]]) -> None:
    """EMG-8: each is refused with its field."""
    with pytest.raises(Invalid) as refused:
        outage_of(spans)
    assert set(refused.value.fields) <= {"since", "until"}


@pytest.mark.parametrize("percent", ["20.01", "25", "4.99", "0", "-5"])
def test_a_share_beyond_the_list_is_refused(percent: str) -> None:
    """EMG-8: between 5 and 20 per cent, whatever somebody wishes."""
    with pytest.raises(Invalid, match="between 5 and 20") as refused:
        award(LIST, timedelta(hours=5), EURO, Decimal(percent))
    assert list(refused.value.fields) == ["percent"]


def test_a_share_is_no_finer_than_a_hundredth() -> None:
    """EMG-8: what is approved is what was said, and it fits where it is kept."""
    with pytest.raises(Invalid, match="hundredths") as refused:
        award(LIST, timedelta(hours=5), EURO, Decimal("7.1234567890123456789012345"))
    assert list(refused.value.fields) == ["percent"]
    assert award(LIST, timedelta(hours=5), EURO, Decimal("7.50")).percent == Decimal("7.5")


def test_nothing_to_award_for_no_time() -> None:
    """EMG-8: negative lengths, too."""
    for length in (timedelta(), timedelta(minutes=-1)):
        with pytest.raises(Invalid, match="nothing to compensate"):
            award(LIST, length, EURO)


def test_currencies_are_not_mixed() -> None:
    """EMG-8: two contracts in one currency add up, in two they do not."""
    assert fee_of([Fee(100, "EUR"), Fee(50, "EUR")]) == Fee(150, "EUR")
    assert fee_of([]) is None
    with pytest.raises(Invalid, match="CNY, EUR"):
        fee_of([Fee(100, "EUR"), Fee(50, "CNY")])


@pytest.mark.parametrize(
    "change",
    [
        {"least": "a few"},
        {"service_time_factor": -1},
        {"most": 101},
        {"least": 30},
        {"credit": [{"from": "PT4H", "percent": 5}, {"from": "PT1H", "percent": 10}]},
        {"credit": [{"from": "PT4H", "percent": 10}, {"from": "PT5H", "percent": 5}]},
        {"credit": [{"from": "PT4H", "percent": 50}]},
        {"credit": [{"from": "soon", "percent": 5}]},
        {"credit": ["PT4H"]},
        {"credit": [{"from": "PT4H"}]},
    ],
)
def test_a_list_that_cannot_be_used_is_refused(change: dict[str, object]) -> None:
    """EMG-8: a process owner's slip is named, not computed with."""
    with pytest.raises(Invalid):
        compensation.read({**policy.shipped("compensation"), **change})


def test_amounts_as_people_write_and_read_them() -> None:
    """EMG-8: minor units differ by currency; rounding is half up."""
    assert money.minor("1,200.505", "EUR", "fee") == 120_051
    assert money.minor("900", "JPY", "fee") == 900
    assert (money.amount(120_051, "EUR"), money.amount(900, "JPY")) == ("1,200.51 EUR", "900 JPY")
    assert (money.amount(None, ""), money.plain(120_051, "EUR"), money.plain(None, "")) == ("", "1200.51", "")
    assert money.hours(19_801) == "5:31 h"
    for text in ("", "many", "NaN", "1.2.3", "1200,50", "12,00.5", "1e9999999"):
        with pytest.raises(Invalid):
            money.minor(text, "EUR", "fee")


ASKS = {"cores": 32, "memory_gb": 128, "environments": ["a", "b"]}


@pytest.mark.parametrize(
    ("status", "body", "missing"),
    [
        (200, {"granted": {"cores": 32, "memory_gb": 256, "environments": ["b", "a", "c"]}}, {}),
        (200, {"granted": {"cores": 31, "memory_gb": 128, "environments": ["a"]}}, {"cores": 1, "environments": ["b"]}),
        (200, {"granted": {"cores": "32", "memory_gb": True, "environments": "a b"}}, ASKS),
        (200, {"ok": False, "granted": ASKS}, ASKS),
        (200, "all fine", ASKS),
        (200, None, ASKS),
        (200, [], ASKS),
        (409, {"granted": ASKS}, ASKS),
    ],
)
def test_answers_are_checked_against_what_was_asked_for(status: int, body: object, missing: dict[str, object]) -> None:
    """EMG-5: at least the figures, all of the names, and nothing that only looks like them."""
    assert answers.missing(ASKS, status, body) == missing


def test_an_answer_to_an_undo_needs_a_yes_only() -> None:
    """EMG-5: nothing is asked for, so any good answer that is no no will do."""
    assert answers.missing({}, 204, "") == {}
    assert answers.missing({}, 500, "") == {"answer": 500}
    assert answers.missing({}, 200, {"ok": False}) == {"answer": 200}
