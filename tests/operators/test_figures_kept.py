"""Figures outlive their case and know no person: archive and erasure leave them as they are (SEC-3, ANA-2)."""

from datetime import date, timedelta

from loopdesk.desk import figures
from loopdesk.desk.figures import Period
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.operators.conftest import ADDRESS, NAME, SAID, House
from loopdesk.tests.operators.test_erasure import erase
from loopdesk.tests.operators.test_retention import later, run


def keep(house: House) -> None:
    """Let the job catch up."""
    for _ in range(2):
        with house.stage.desk.engine.begin() as tx:
            figures.run(tx)


def shown(house: House) -> dict[str, tuple[float | None, int]]:
    """Name -> value and n of the years around."""
    with house.stage.desk.engine.read() as tx:
        found = figures.overview(SYSTEM, tx, Period(date(2026, 1, 1), date(2027, 12, 31))).figures
    return {name: (one.value, one.n) for name, one in found.items() if not name.startswith("availability")}


def test_an_archived_case_stays_in_the_figures_without_a_person(house: House) -> None:
    keep(house)
    before = shown(house)
    assert (before["cases_closed"], before["satisfaction"], before["reply_rate"]) == ((1, 1), (5, 1), (100, 1))
    later(house, 3.1)
    assert run(house)["cases"] == 1
    keep(house)
    assert shown(house) == before
    with house.stage.desk.engine.begin() as tx:
        figures.forget(tx)
    keep(house)
    assert shown(house) == before
    with house.stage.desk.engine.read() as tx:
        page = figures.cases(SYSTEM, tx, "cases_closed", Period(date(2026, 1, 1), date(2026, 12, 31)))
    assert [(line.number, line.title, line.here) for line in page.lines] == [(house.number, "", False)]


def test_an_erased_contact_leaves_no_trace_in_the_figures(house: House) -> None:
    keep(house)
    before = shown(house)
    erase(house, ADDRESS)
    house.stage.clock.advance(timedelta(minutes=1))
    keep(house)
    assert shown(house) == before
    tables = ("case_figure", "held_time", "figure_day", "downtime", "figure_state")
    kept = [line for line in house.everything().splitlines() if line.split(":")[0] in tables]
    assert kept
    assert not [line for line in kept if any(word in line for word in (ADDRESS, NAME, SAID, "Lindenweg"))]
