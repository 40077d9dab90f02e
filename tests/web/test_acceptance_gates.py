"""Load test, key users and return of an acceptance over HTTP (FIX-6, FIX-7, FIX-8)."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import attachments, policy
from loopdesk.desk.acceptance import benefits
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Invalid
from loopdesk.tests.web.accepting import (
    REPORT,
    begin,
    complete,
    due,
    letters,
    now,
    path_in,
    supervisor,
)
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

QUESTIONS = ("function", "ease", "speed", "reliability", "support")


@pytest.fixture
def number(desk: Loopdesk, api: Callable[..., Api]) -> str:
    made: Any = api("ivan.link").post("/cases", json=REPORT)
    settle(desk)
    return str(made.json["number"])


@pytest.mark.row("FIX-6/stored", "FIX-6/checked", "FIX-6/peak-for-72-h", "FIX-6/success", "FIX-6/swing")
def test_a_load_test_is_handed_in_with_its_file(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-6: the API's report fails by its swing; the page's passes; both files stay on the case."""
    found = begin(desk, number, "load_test")
    client: Any = api("li.na")
    figures = {"peak": "3", "hours": "72", "success": "99.9", "swing": "15.5"}
    url = f"/acceptances/{found.id}/load-tests"
    missing = client.post(url, data=figures, content_type="multipart/form-data")
    assert missing.status_code == 422
    made = client.post(
        url, data=figures | {"file": (io.BytesIO(b"peak,3\n"), "load.csv")}, content_type="multipart/form-data"
    )
    assert made.status_code == 201, made.json
    settle(desk)
    assert now(desk, number).gates[0].fails == ["swing"]
    complete(desk, number, "mend", outcome="again", note="More memory.")
    browser = as_person(app, "li.na")
    good = figures | {"swing": "15", "csrf_token": csrf_of(app, browser)}
    wrong = browser.post(f"/closure/acceptance/{found.id}/load-test", data=good | {"peak": "much"})
    assert wrong.status_code == 422
    good["file"] = (io.BytesIO(b"peak,3\n"), "load-2.csv")  # type: ignore[assignment]
    assert browser.post(f"/closure/acceptance/{found.id}/load-test", data=good).status_code == 302
    settle(desk)
    assert now(desk, number).state == "accepted"
    with desk.engine.read() as tx:
        assert {one.name for one in attachments.listing(SYSTEM, tx, number)} == {"load.csv", "load-2.csv"}


@pytest.mark.row("FIX-7/twenty-users", "FIX-7/five-dimensions", "FIX-7/overall", "FIX-7/each-dimension")
def test_twenty_key_users_decide_by_their_own_links(
    desk: Loopdesk, app: Flask, clock: VirtualClock, number: str
) -> None:
    """FIX-7: nineteen answers decide nothing and the page says that one is missing; the twentieth does."""
    found = begin(desk, number, "users")
    with pytest.raises(Invalid):
        complete(desk, number, "name_users", people="nobody at all")
    complete(desk, number, "name_users", people="\n".join(f"User {one} <u{one}@x.example>" for one in range(20)))
    paths = [path_in(body) for body in letters(desk, number, "key-user-survey")]
    assert len(set(paths)) == 20
    browser = app.test_client()
    page = browser.get(paths[0])
    assert page.text.count("<fieldset") == 5
    asked = policy.shipped("acceptance")["dimensions"].values()
    for language in ("en", "zh"):
        shown = browser.get(f"{paths[0]}?lang={language}").text
        assert all(one["name"][language] in shown for one in asked), f"each question is asked in {language}"
    points = dict.fromkeys(QUESTIONS, "9")
    given = points | {"comment": "<script>alert(1)</script>", "csrf_token": csrf_of(app, browser)}
    assert browser.post(paths[0], data=given | {"ease": "11"}).status_code == 422
    for path in paths[:19]:
        assert browser.post(path, data=given).status_code == 200
    assert browser.post(paths[0], data=given).status_code == 409
    settle(desk)
    shown = as_person(app, "li.na").get(f"/closure/acceptance/{found.id}").text
    assert "<script>alert" not in shown
    assert now(desk, number).gates[0].state == "running"
    clock.advance(timedelta(days=6))
    due(desk)
    [reminder] = letters(desk, number, "key-user-reminder")
    assert path_in(reminder) == paths[19]
    assert browser.post(paths[19], data=given | {"support": "5"}).status_code == 200
    settle(desk)
    ended = now(desk, number)
    assert ended.state == "accepted"
    figures = dict(ended.gates[0].figures)
    assert figures | {"answers": 20, "lowest": 88.0, "dimension": "support"} == figures


@pytest.mark.row("FIX-7/overall", "FIX-7/each-dimension")
@pytest.mark.parametrize(
    ("points", "fails", "figures"),
    [
        ({"support": "6"}, ["dimension"], {"overall": 92.0, "lowest": 60.0, "dimension": "support"}),
        (dict.fromkeys(QUESTIONS, "8"), ["overall"], {"overall": 80.0, "lowest": 80.0}),
    ],
    ids=["one-below-70", "all-below-85"],
)
def test_a_survey_fails_by_one_dimension_or_by_all_together(
    desk: Loopdesk,
    app: Flask,
    number: str,
    points: dict[str, str],
    fails: list[str],
    figures: dict[str, Any],
) -> None:
    """FIX-7: what failed is stored with its figures, the owner has the task, the next round asks everybody anew."""
    begin(desk, number, "users")
    named = "\n".join(f"User {one} <u{one}@x.example>" for one in range(20))
    complete(desk, number, "name_users", people=named)
    browser = app.test_client()
    paths = [path_in(body) for body in letters(desk, number, "key-user-survey")]
    browser.get(paths[0])
    given = dict.fromkeys(QUESTIONS, "10") | points | {"csrf_token": csrf_of(app, browser)}
    for path in paths:
        assert browser.post(path, data=given).status_code == 200
    settle(desk)
    [gate] = now(desk, number).gates
    assert (gate.state, gate.fails) == ("failed", fails)
    assert dict(gate.figures) | figures == dict(gate.figures)
    complete(desk, number, "mend", outcome="again", note="The help desk answers within the hour now.")
    complete(desk, number, "name_users", people=named)
    again = [path_in(body) for body in letters(desk, number, "key-user-survey")]
    assert len(set(again) - set(paths)) == 20


@pytest.mark.row("FIX-8/after-six-months", "FIX-8/finance-enters", "FIX-8/return")
def test_finance_counts_half_a_year_later(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, clock: VirtualClock, number: str
) -> None:
    """FIX-8: nobody waits for it; a cost of zero is refused and the task stays; the result is shown and stored."""
    begin(desk, number, "benefit")
    assert now(desk, number).state == "accepted"
    clock.advance(timedelta(days=180))
    due(desk)
    finance = supervisor(desk, "finance")
    with desk.engine.read() as tx:
        assert work.listing(finance, tx, key=number) == []
    clock.advance(timedelta(days=5))
    due(desk)
    entered = {"labour": "180000", "outage": "70000", "currency": "CNY", "note": ""}
    with pytest.raises(Invalid, match="zero or less"):
        complete(desk, number, "enter", finance, **entered, cost="0")
    complete(desk, number, "enter", finance, **entered, cost="100000")
    with desk.engine.read() as tx:
        kept = benefits.of_case(tx, number)
    assert kept is not None
    assert (kept.state, kept.percent, kept.entered_by) == ("met", "150.00", finance.name)
    [listed] = api("li.na").get(f"/cost-benefits?case={number}").json["cost_benefits"]
    assert listed | {"state": "met", "percent": "150.00", "cost": 10_000_000} == listed
    assert "150.00 %" in as_person(app, "li.na").get("/closure/acceptance").text
    assert "150.00" in as_person(app, "li.na").get(f"/cases/{number}").text
