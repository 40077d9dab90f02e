"""Figures say no more than they know: a stopped job, days without end, what is gathered (ANA-1, ANA-2, ANA-8)."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from loopdesk.desk import emergency, figures
from loopdesk.desk.figures import Period
from loopdesk.desk.figures import keep as job
from loopdesk.desk.figures.rows import case_figure
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House

HOUR = timedelta(hours=1)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def keep(house: House) -> None:
    """Two runs of the job: it gathers, then follows."""
    for _ in range(2):
        with house.engine.begin() as tx:
            figures.run(tx)


def availability(house: House) -> tuple[float | None, float | None]:
    """Its value and the minutes that it knows of."""
    with house.engine.read() as tx:
        found = figures.overview(SYSTEM, tx, MARCH).figures["availability"]
    return found.value, found.denominator


def test_availability_reaches_no_further_than_the_job_came(house: House) -> None:
    """ANA-8: while the job stands, the hours that it has not seen are neither service nor outage."""
    with house.engine.begin() as tx:
        number = house.report(tx).number
    house.clock.advance(HOUR)
    keep(house)
    assert availability(house) == (100, 60)
    with house.engine.begin() as tx:
        emergency.declare(SYSTEM, tx, number, commander="lina", grade="I", kind="system_fault")
    house.clock.advance(2 * HOUR)
    assert availability(house) == (100, 60)
    keep(house)
    share, minutes = availability(house)
    assert share == pytest.approx(100 / 3)
    assert minutes == 180


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(1, 1, 1), date(1, 1, 31)),
        (date(9999, 12, 1), date(9999, 12, 31)),
        (date(2000, 1, 1), date(2020, 1, 1)),
        (date(1, 1, 1), date(9999, 12, 31)),
    ],
)
def test_a_period_without_end_is_refused_in_words(since: date, until: date) -> None:
    """A year that no clock reaches, or more days than anybody compares: no error inside, no endless answer."""
    with pytest.raises(Invalid) as told:
        Period(since, until)
    assert told.value.remedy
    assert set(told.value.fields) <= {"since", "until"}


def test_ten_years_can_be_asked_for(tx: Tx) -> None:
    """The longest period, in every form."""
    period = Period(date(2017, 1, 1), date(2026, 12, 31))
    assert figures.overview(SYSTEM, tx, period).figures["cases_opened"].value == 0
    for name in figures.SHOWN:
        assert len(figures.series(SYSTEM, tx, name, period)) == 120


def test_all_cases_are_told_gathered_before_the_first_events_are_followed(
    house: House, tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild that ends on a full slice has gathered all there are, and not none."""
    monkeypatch.setattr(job, "GATHERED", 1)
    house.report(tx)
    figures.forget(tx)
    assert not figures.step(tx)
    known = figures.fresh(tx)
    assert (known.as_of, known.gathered, known.total) == (None, 1, 1)
    assert tx.conn.scalar(sa.select(sa.func.count()).select_from(case_figure)) == 1


def test_what_may_be_filtered_by_is_what_ones_cases_have(house: House, tx: Tx) -> None:
    """SEC-1: each value once, of the cases that count for whoever asks, without going through every case."""
    house.report(tx)
    other = house.report(tx, SYSTEM, channel="phone", email="hejing@chenxing.example", customer_number="C-1002").number
    house.run(tx, SYSTEM, "case.set_type", other, type="security", department="security")
    figures.forget(tx)
    figures.step(tx)
    figures.run(tx)
    wide = figures.choices(house.people["admin"], tx, "en")
    assert [set(wide[name]) for name in ("channel", "team", "class")] == [
        {"portal", "phone"},
        {"support", "security"},
        {figures.NONE, "security"},
    ]
    assert len(wide["customer"]) == 2
    narrow = figures.choices(house.people["lina"], tx, "en")
    assert [set(narrow[name]) for name in ("channel", "team", "class")] == [{"portal"}, {"support"}, {figures.NONE}]
    assert set(narrow["customer"]) < set(wide["customer"])
    assert not any(figures.choices(house.people["zhangwei"], tx, "en").values())
    plain = tx.ask(sa.select(case_figure.c.customer).distinct()).scalars().all()
    assert set(wide["customer"]) == {one for one in plain if one}
