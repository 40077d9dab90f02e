"""Figures are kept as things happen, the same way however often it is done (ANA-1, ANA-2, ANA-8)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from loopdesk.desk import figures, record
from loopdesk.desk.figures import Filter, Period
from loopdesk.desk.figures.rows import case_figure, figure_day
from loopdesk.desk.figures.spread import Spread, bucket
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid, Refused
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.desk.house import House

Run = Callable[..., dict[str, object]]
HOUR = timedelta(hours=1)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def closed(house: House, tx: Tx, number: str, run: Run) -> str:
    """A P1 case, answered after 20 minutes, one hour of waiting in the three until its fix, then closed."""
    run(SYSTEM, "case.set_priority", number, priority="P1", reason="r")
    run(SYSTEM, "clock.start", number)
    tx.now += HOUR / 3
    run(house.people["lina"], "message.send", number, template="question", to="customer", question="Which?")
    run(SYSTEM, "case.wait", number, reason="Which?")
    tx.now += HOUR
    run(SYSTEM, "case.resume", number)
    tx.now += 5 * HOUR / 3
    run(SYSTEM, "case.solve", number, solution="Restarted.")
    tx.now += HOUR
    run(SYSTEM, "case.close", number, reason="confirmed")
    return number


def keep(tx: Tx) -> None:
    """Gather all cases anew, which needs no committed event, until everything is in."""
    figures.forget(tx)
    while figures.step(tx):
        pass


def shown(tx: Tx, **wanted: str) -> dict[str, tuple[float | None, int]]:
    """Name -> value and n of the whole month."""
    found = figures.overview(SYSTEM, tx, MARCH, Filter(**wanted)).figures
    return {name: (one.value, one.n) for name, one in found.items()}


def test_a_case_is_in_the_figures_after_one_run(tx: Tx, closed: str) -> None:
    """ANA-1, ANA-2: answered after 20 min; two hours of work, the waiting left out."""
    keep(tx)
    found = shown(tx)
    assert (found["first_response_time"], found["first_response_median"]) == ((20, 1), (20, 1))
    for name in ("first_response_attainment", "first_response_score", "response_rate", "on_time_closure"):
        assert found[name] == (100, 1)
    assert (found["repair_time"], found["repair_median"]) == ((120, 1), (120, 1))
    assert (found["escalated_share"], found["complaint_rate"]) == ((0, 1), (0, 1))
    assert [found[name] for name in ("reply_rate", "satisfaction", "nps")] == [(None, 0)] * 3
    assert closed in {line.number for line in figures.cases(SYSTEM, tx, "repair_time", MARCH).lines}


def test_doing_it_again_changes_nothing(tx: Tx, closed: str) -> None:
    """Idempotent: the same events again, and a rebuild, make the same rows and the same sums."""
    keep(tx)
    before = [tx.conn.execute(sa.select(table)).all() for table in (case_figure, figure_day)]
    keep(tx)
    assert [tx.conn.execute(sa.select(table)).all() for table in (case_figure, figure_day)] == before
    assert closed


def test_a_reopened_case_is_counted_where_it_is_closed_at_last(tx: Tx, closed: str, run: Run) -> None:
    """ANA-2: the time between fix and reopening is nobody's, the time after it counts."""
    keep(tx)
    tx.now += 24 * HOUR
    run(SYSTEM, "case.reopen", closed, reason="Again")
    keep(tx)
    assert shown(tx)["cases_closed"] == (0, 0)
    assert shown(tx)["repair_time"] == (None, 0)
    tx.now += HOUR
    run(SYSTEM, "case.solve", closed, solution="Again")
    run(SYSTEM, "case.close", closed, reason="confirmed")
    keep(tx)
    assert shown(tx)["repair_time"] == (180, 1)


def test_a_figure_says_how_far_it_reaches(house: House) -> None:
    """Never staler than a minute, and the page can say when it is: the job is down."""
    engine = house.engine
    with engine.begin() as tx:
        number = house.report(tx).number
        assert (figures.fresh(tx).as_of, figures.fresh(tx).late, figures.fresh(tx).total) == (None, True, 1)
    for _ in range(2):
        with engine.begin() as tx:
            figures.run(tx)
    house.clock.advance(timedelta(seconds=61))
    with engine.begin() as tx:
        assert (figures.fresh(tx).behind, figures.fresh(tx).late) == (61, True)
        house.run(tx, SYSTEM, "case.set_priority", number, priority="P1", reason="r")
    assert levels(engine) == {""}
    with engine.begin() as tx:
        figures.run(tx)
        assert (figures.fresh(tx).as_of, figures.fresh(tx).behind, figures.fresh(tx).late) == (tx.now, 0, False)
    assert levels(engine) == {"P1"}


def levels(engine: Engine) -> set[str]:
    """By what level cases are counted on their days."""
    with engine.read() as tx:
        return set(tx.conn.scalars(sa.select(figure_day.c.level).where(figure_day.c.dimensions == "level")))


def test_an_archived_case_keeps_its_figures(tx: Tx, closed: str) -> None:
    """SEC-3: nothing of a person stands in them, so they stay, also when all is counted anew."""
    keep(tx)
    before = shown(tx)
    record.change(tx, closed, title="gone")
    tx.flush()
    for table in reversed(record.case_.metadata.sorted_tables):
        if "case" in table.c and table.name != "case_figure":
            tx.conn.execute(sa.delete(table).where(table.c["case"] == closed))
    tx.conn.execute(sa.delete(record.case_).where(record.case_.c.number == closed))
    keep(tx)
    assert shown(tx) == before
    (line,) = figures.cases(SYSTEM, tx, "cases_closed", MARCH).lines
    assert (line.number, line.title, line.here) == (closed, "", False)


def test_staff_get_the_figures_of_their_departments(house: House, tx: Tx, closed: str, run: Run) -> None:
    """SEC-1: agents their departments', supervisors and owners all but restricted cases, customers none."""
    secret = house.report(tx).number
    run(SYSTEM, "case.set_type", secret, type="security", department="security")
    keep(tx)
    seen = {
        who: figures.overview(house.people[who], tx, MARCH).figures["cases_opened"].value
        for who in ("lina", "zhangwei", "petra", "wangfang", "sara", "admin", "ivan")
    }
    assert seen == {"lina": 1, "zhangwei": 0, "petra": 1, "wangfang": 1, "sara": 1, "admin": 2, "ivan": 0}
    assert figures.cases(house.people["petra"], tx, "cases_opened", MARCH).total == 1
    with pytest.raises(Refused):
        figures.overview(house.contacts["anna"], tx, MARCH)
    assert closed


def test_two_filters_at_once_are_asked_of_the_cases(tx: Tx, closed: str) -> None:
    """The same answer whether the sums of days or the cases are asked."""
    keep(tx)
    case = record.get(tx, closed)
    assert shown(tx) == shown(tx, channel="portal") | {
        name: shown(tx)[name] for name in ("availability", "availability_major")
    }
    assert shown(tx, channel="portal") == shown(tx, channel="portal", level="P1", customer=case.organisation_id or "")
    assert shown(tx, channel="portal", level="P0")["cases_opened"] == (0, 0)


@pytest.mark.parametrize("period", [MARCH, Period(date(2026, 3, 2), date(2026, 4, 1))], ids=["month", "days"])
def test_each_choice_of_filters_counts_the_cases_that_have_these_values(
    house: House, tx: Tx, closed: str, run: Run, period: Period
) -> None:
    """ANA-1: sums of a day are kept for each choice of channel, level and class; having none is a value as well."""
    urgent = house.report(tx).number
    run(SYSTEM, "case.set_type", urgent, type="technical", department="rnd")
    run(SYSTEM, "case.set_priority", urgent, priority="P1", reason="r")
    keep(tx)
    given = {name: ("", *figures.choices(SYSTEM, tx, "en")[name]) for name in figures.DIMENSIONS}
    assert figures.NONE in given["class"]
    seen = 0
    for values in product(*given.values()):
        stored = {n: "" if one == figures.NONE else one for n, one in zip(given, values, strict=True) if one}
        there = sa.and_(sa.true(), *(case_figure.c[name] == one for name, one in stored.items()))
        numbers = set(tx.conn.scalars(sa.select(case_figure.c.number).where(there)))
        found = figures.overview(SYSTEM, tx, period, Filter(*values)).figures["cases_opened"]
        listed = figures.cases(SYSTEM, tx, "cases_opened", period, Filter(*values))
        assert (found.n, listed.total) == (len(numbers), len(numbers)), values
        assert {one.number for one in listed.lines} == numbers
        seen += bool(numbers)
    assert seen > 2 ** len(figures.DIMENSIONS)


def test_wrong_questions_are_refused_in_words(tx: Tx) -> None:
    """An unknown figure, part or dimension, and a period that ends before it begins."""
    for wrong in (
        lambda: figures.series(SYSTEM, tx, "happiness", MARCH),
        lambda: figures.breakdown(SYSTEM, tx, MARCH, "weather"),
        lambda: figures.cases(SYSTEM, tx, "availability", MARCH),
        lambda: figures.cases(SYSTEM, tx, "nps", MARCH, part="some"),
        lambda: Period(date(2026, 3, 2), date(2026, 3, 1)),
    ):
        with pytest.raises(Invalid):
            wrong()


def test_the_median_of_many_is_at_most_one_percent_off() -> None:
    """Histograms add up; the middle is exact for few times and 1 % off at most for many."""
    times = [37 * number * number % 90_000 + 1 for number in range(30_001)]
    exact = sorted(times)[len(times) // 2]
    first, second = Spread(), Spread()
    for place, seconds in enumerate(times):
        (first if place % 2 else second).take({str(bucket(seconds)): 1})
    first.add(second)
    found = first.median()
    assert found == pytest.approx(exact, rel=0.01)
    assert Spread([3, 1, 2]).median() == 2
    assert Spread().median() is None


def test_a_series_adds_up_to_the_whole(tx: Tx, closed: str) -> None:
    """By days up to 31, by weeks up to half a year, then by months."""
    keep(tx)
    for period, many in (
        (MARCH, 31),
        (replace(MARCH, until=date(2026, 6, 30)), 19),
        (replace(MARCH, until=date(2026, 12, 31)), 10),
    ):
        points = figures.series(SYSTEM, tx, "cases_closed", period)
        assert (len(points), sum(one.figure.n for one in points)) == (many, 1)
        assert (points[0].since, points[-1].until) == (period.since, period.until)
    assert {one.figure.value for one in figures.series(SYSTEM, tx, "repair_median", MARCH)} == {None, 120}
    assert closed
