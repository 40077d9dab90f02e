"""The dashboard of figures: bars, numbers with their cases, files, old and missing figures (ANA-1, ANA-2, ANA-8)."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import case, casework, figures
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_contact, as_person
from loopdesk.web.wiring import Loopdesk

DAY = "since=2026-03-02&until=2026-03-02"


@pytest.fixture
def numbers(desk: Loopdesk, clock: VirtualClock) -> list[str]:
    """Three cases, closed after 10, 20 and 40 minutes; the second came by phone."""
    told = [("portal", 10), ("phone", 20), ("portal", 40)]
    with desk.engine.begin() as tx:
        made = [
            case.open(SYSTEM, tx, case.Report(channel, f"No light {at}", "Dark", email="anna@aurora.example")).number
            for channel, at in told
        ]
        for number in made:
            casework.set_type(SYSTEM, tx, number, kind="technical", department="support")
            casework.set_priority(SYSTEM, tx, number, priority="P2", reason="x")
    begun = clock.now()
    for number, (_, at) in zip(made, told, strict=True):
        clock.set(begun + timedelta(minutes=at))
        with desk.engine.begin() as tx:
            casework.solve(SYSTEM, tx, number, solution="A new lamp.")
            casework.close(SYSTEM, tx, number, reason="confirmed")
    _kept(desk)
    return made


@pytest.fixture
def head(app: Flask) -> FlaskClient:
    """A supervisor's browser."""
    return as_person(app, "wang.fang")


def _kept(desk: Loopdesk) -> None:
    for _ in range(20):
        with desk.engine.begin() as tx:
            if not figures.step(tx):
                return


def card(page: str, title: str) -> str:
    """The card of a figure as words."""
    [found] = [one for one in re.findall(r'<article class="figure">.*?</article>', page, re.S) if f">{title}<" in one]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def rows(answer: Any) -> list[dict[str, str]]:
    """A CSV file as rows by column."""
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


@pytest.mark.row("ANA-2/mean", "ANA-2/median")
def test_each_number_stands_with_its_size_and_leads_to_its_cases(
    head: FlaskClient, desk: Loopdesk, numbers: list[str]
) -> None:
    page = head.get(f"/figures?lang=en&{DAY}&figure=repair_time&by=channel").text
    assert "23 min" in card(page, "Time to resolution (mean, MTTR)")
    assert "of 3 cases" in card(page, "Time to resolution (mean, MTTR)")
    assert "20 min" in card(page, "Time to resolution (median)")
    link = re.search(r'href="(/figures/cases\?[^"]*figure=repair_time)"', page)
    assert link
    behind = head.get(link[1].replace("&amp;", "&")).text
    assert all(f'href="/cases/{number}"' in behind for number in numbers)
    table = page[page.index('id="apart"') :]
    assert re.search(r'<th scope="row">Portal</th>.*?data-value="25.0000"', table, re.S)
    assert re.search(r'<th scope="row">Phone</th>.*?data-value="20.0000"', table, re.S)
    phone = head.get(f"/figures/cases?lang=en&{DAY}&figure=repair_time&channel=phone").text
    assert [number for number in numbers if f'href="/cases/{number}"' in phone] == [numbers[1]]


def test_cases_that_have_no_such_value_are_found_as_well(head: FlaskClient, desk: Loopdesk, numbers: list[str]) -> None:
    with desk.engine.begin() as tx:
        bare = case.open(SYSTEM, tx, case.Report("portal", "No light", "Dark", email="nobody@example.org")).number
    _kept(desk)
    page = head.get(f"/figures?lang=en&{DAY}&figure=cases_opened&by=customer").text
    row = re.search(r'<th scope="row">not known</th>.*?href="([^"]*figure=cases_opened)"', page, re.S)
    assert row
    assert '<option value="-">not known</option>' in page
    assert '<option value="-" selected>not known</option>' in head.get(f"/figures?lang=en&{DAY}&level=-").text
    named = head.get(f"/figures?lang=zh&{DAY}&by=class").text
    assert '<option value="other">其他</option>' in named
    assert '<th scope="row">其他</th>' in named
    behind = head.get(row[1].replace("&amp;", "&")).text
    assert f'href="/cases/{bare}"' in behind
    assert not [number for number in numbers if f'href="/cases/{number}"' in behind]


def test_the_tables_leave_as_files(head: FlaskClient, desk: Loopdesk, numbers: list[str]) -> None:
    whole = {one["figure"]: one for one in rows(head.get(f"/figures/overview.csv?{DAY}"))}
    assert (float(whole["repair_median"]["value"]), whole["repair_median"]["n"]) == (20.0, "3")
    assert whole["reply_rate"]["value"] == ""
    mean = whole["repair_time"]
    assert (mean["unit"], float(mean["numerator"]), float(mean["denominator"])) == ("minutes", 70.0, 3.0)
    assert float(mean["value"]) == pytest.approx(70 / 3)
    [day] = rows(head.get(f"/figures/series.csv?{DAY}&figure=cases_closed"))
    assert (day["since"], float(day["value"])) == ("2026-03-02", 3)
    apart = rows(head.get(f"/figures/breakdown.csv?{DAY}&by=channel"))
    assert {one["channel"]: float(one["value"]) for one in apart if one["figure"] == "cases_closed"} == {
        "portal": 2,
        "phone": 1,
    }
    behind = rows(head.get(f"/figures/cases.csv?{DAY}&figure=on_time_closure"))
    assert {one["number"] for one in behind} == set(numbers)
    assert {one["counts"] for one in behind} == {"True"}


def test_an_empty_period_says_no_data_and_never_nought(head: FlaskClient, numbers: list[str]) -> None:
    quiet = "since=2026-02-01&until=2026-02-02"
    page = head.get(f"/figures?lang=en&{quiet}").text
    for title in ("First response in time", "Closed in time", "Reply rate", "Satisfaction (CSS)"):
        assert "no data" in card(page, title), title
        assert not re.search(r"\d+ %", card(page, title).replace("Target ≥ 98 %", "")), title
    assert {one["value"] for one in rows(head.get(f"/figures/series.csv?{quiet}&figure=reply_rate"))} == {""}


@pytest.mark.parametrize(
    ("lang", "given", "said"),
    [
        ("en", "since=2026-03-09&until=2026-03-02", "This period ends before it begins."),
        ("en", "since=2026-02-30", "Give a day."),
        ("zh", "since=yesterday", "请填写日期。"),
    ],
)
def test_a_period_that_is_none_is_refused_beside_its_field(
    head: FlaskClient, numbers: list[str], lang: str, given: str, said: str
) -> None:
    answer = head.get(f"/figures?lang={lang}&{given}")
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert head.get(f"/figures/overview.csv?{given}").status_code == 422
    assert head.get(f"/figures?{DAY}&figure=nonsense&by=nonsense&channel=%3Cb%3E&page=-3").status_code == 200
    assert head.get(f"/figures/cases?{DAY}&figure=repair_time&part=nonsense&page=99999999999").status_code == 200


@pytest.mark.parametrize("given", ["since=2026-13-01", "since=2026-02-02&until=2026-02-01"])
def test_a_period_that_is_none_leaves_the_cases_with_their_form(
    head: FlaskClient, numbers: list[str], given: str
) -> None:
    answer = head.get(f"/figures/cases?lang=en&figure=reply_rate&{given}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<h1>Reply rate</h1>" in answer.text
    assert 'name="until"' in answer.text


@pytest.mark.parametrize(
    "asked", ["cases?figure=nope", "cases?figure=availability", "cases?figure=held_time", "series.csv?figure=nope"]
)
def test_a_figure_that_there_is_not_is_refused_and_no_other_shown_in_its_place(
    head: FlaskClient, numbers: list[str], asked: str
) -> None:
    answer = head.get(f"/figures/{asked}&lang=en")
    assert answer.status_code == 422
    assert "There is no figure or part of one called" in answer.text
    assert "First response in time" not in answer.text
    assert head.get("/figures/breakdown.csv?by=colour").status_code == 422
    assert head.get("/figures/cases.csv?figure=availability").status_code == 422


def test_old_figures_say_so(head: FlaskClient, desk: Loopdesk, numbers: list[str], clock: VirtualClock) -> None:
    fresh = head.get(f"/figures?lang=en&{DAY}").text
    assert "0 seconds ago" in fresh
    assert "These figures are old" not in fresh
    with desk.engine.begin() as tx:
        case.open(SYSTEM, tx, case.Report("portal", "Later", "Dark", email="anna@aurora.example"))
    clock.advance(timedelta(minutes=10))
    late = head.get(f"/figures?lang=en&{DAY}").text
    assert "These figures are old" in late
    assert "10 minutes ago" in late


def test_figures_are_for_staff_and_of_what_they_may_see(
    app: Flask, head: FlaskClient, desk: Loopdesk, numbers: list[str]
) -> None:
    assert as_contact(app, "anna@aurora.example").get("/figures").status_code in (302, 403, 404)
    other = as_person(app, "priya.raman")
    mine = {one["figure"]: one["value"] for one in rows(other.get(f"/figures/overview.csv?{DAY}"))}
    assert float(mine["cases_closed"] or 0) == 0
    assert not [number for number in numbers if number in other.get(f"/figures/cases?{DAY}&figure=cases_closed").text]
    said: list[str] = []
    database = desk.engine.database.engine
    sa.event.listen(database, "before_cursor_execute", lambda _c, _u, text, *_: said.append(text))
    assert head.get(f"/figures?{DAY}").status_code == 200
    assert len(said) < 60, "each card does not ask anew"
