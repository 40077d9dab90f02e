"""A number, its cases and its file agree: at one moment, in full, as numbers (ANA-1, FBK-4)."""

import csv
import io
from datetime import date
from threading import Thread
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import case, figures
from loopdesk.desk.figures import Period, gather
from loopdesk.engine import incidents, outbox
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person
from loopdesk.web.pages import figures as pages
from loopdesk.web.pages.sheets import sheet
from loopdesk.web.wiring import Loopdesk

OF_DAY = Period(date(2026, 3, 2), date(2026, 3, 2))
DAY = "since=2026-03-02&until=2026-03-02&figure=cases_opened"


def report(desk: Loopdesk) -> str:
    """One more case: its number."""
    with desk.engine.begin() as tx:
        made = case.open(SYSTEM, tx, case.Report("portal", "No light", "Dark", email="anna@aurora.example"))
    return made.number


def keep(desk: Loopdesk) -> None:
    """Two runs of the job."""
    for _ in range(2):
        with desk.engine.begin() as tx:
            figures.run(tx)


def grow(desk: Loopdesk) -> None:
    """One more case in the figures."""
    report(desk)
    keep(desk)


def test_an_nps_below_nought_stays_a_number_in_a_file() -> None:
    """Words that begin like a formula are held back, numbers are not: the file says what the table says."""
    text = sheet("figures.csv", ("nps", "n", "title"), [[-20.0, -1, "-1+1"]]).get_data(as_text=True)
    assert list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1] == ["-20.0", "-1", "'-1+1"]


def test_a_number_and_its_cases_are_of_one_moment(app: Flask, desk: Loopdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job comes by between the list and its number: both are still of the same state. A file is whole or none."""
    report(desk)
    keep(desk)
    head, plain, whole = as_person(app, "wang.fang"), figures.cases, figures.overview
    seen: list[int] = []

    def listed(*given: Any, **wanted: Any) -> figures.CasePage:
        found = plain(*given, **wanted)
        seen.append(found.total)
        # In a thread of its own, as the job runs beside a request and not within it.
        beside = Thread(target=grow, args=(desk,))
        beside.start()
        beside.join()
        return found

    def counted(*given: Any, **wanted: Any) -> figures.Overview:
        found = whole(*given, **wanted)
        seen.append(found.figures["cases_opened"].n)
        return found

    monkeypatch.setattr(figures, "overview", counted)
    monkeypatch.setattr(figures, "cases", listed)
    page = head.get(f"/figures/cases?lang=en&{DAY}")
    assert (page.status_code, seen) == (200, [1, 1])
    monkeypatch.undo()
    assert len(head.get(f"/figures/cases.csv?lang=en&{DAY}").text.splitlines()) == 3
    monkeypatch.setattr(pages, "EXPORTED", 1)
    refused = head.get(f"/figures/cases.csv?lang=en&{DAY}")
    assert refused.status_code == 422
    assert "A file holds 1 cases, and these are 2." in refused.text


def test_a_case_that_cannot_be_counted_is_an_incident_and_the_others_go_on(
    desk: Loopdesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The incident names the case; tried again once it is mended, the case is counted."""
    bad, good = report(desk), report(desk)
    plain = gather._Known.course

    def broken(known: Any, row: Any) -> Any:
        if row["number"] == bad:
            raise ValueError("no such turn")
        return plain(known, row)

    monkeypatch.setattr(gather._Known, "course", broken)
    keep(desk)
    keep(desk)
    assert counted(desk) == {good}
    assert f"case {bad} cannot be counted" in caplog.text
    outbox.drain(desk.engine, desk.handlers, worker="w")
    with desk.engine.read() as tx:
        [found] = [one for one in incidents.listing(SYSTEM, tx) if one["kind"] == "figures.count"]
    assert found["key"] == bad
    monkeypatch.undo()
    with desk.engine.begin() as tx:
        incidents.retry(SYSTEM, tx, found["id"])
    outbox.drain(desk.engine, desk.handlers, worker="w")
    assert counted(desk) == {bad, good}


def counted(desk: Loopdesk) -> set[str]:
    """The cases that are in the figures."""
    with desk.engine.read() as tx:
        return {one.number for one in figures.cases(SYSTEM, tx, "cases_opened", OF_DAY).lines}
