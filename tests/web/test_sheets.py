"""Files for a spreadsheet hold what the filters of their page choose, or say that they do not (COM-4)."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import case, letters
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.web.pages import sheets
from loopdesk.web.wiring import Loopdesk

SAID = 130
"""Letters of two days: more than one page of the log, and more than a listing of the database gives."""


def rows(client: FlaskClient, **wanted: object) -> list[list[str]]:
    answer = client.get("/cases/communications.csv", query_string=wanted)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))[1:]


@pytest.fixture
def number(desk: Loopdesk, clock: VirtualClock) -> str:
    """A case about which much was said: half of it on Monday, half on Tuesday."""
    with desk.engine.begin() as tx:
        report = case.Report("phone", title="x", email="hejing@chenxing.example", customer_number="C-1002")
        opened = case.open(SYSTEM, tx, report)
    for day in range(2):
        with desk.engine.begin() as tx:
            for one in range(SAID // 2):
                said = {"direction": letters.IN, "channel": "sms", "body": f"No {day}-{one}", "state": "received"}
                letters.add(SYSTEM, tx, opened, {"author": "何静", "subject": "=1+1", **said})
        clock.advance(timedelta(days=1))
    return opened.number


@pytest.mark.row("COM-4/recorded")
def test_the_file_of_the_log_holds_all_that_its_filters_choose(app: Flask, number: str) -> None:
    client = as_person(app, "wang.fang")
    found = rows(client, case=number, channel="sms")
    assert [row[10] for row in found] == [f"No {day}-{one}" for day in (1, 0) for one in _newest(found, day)]
    assert len({row[0] for row in found}) == SAID
    assert {row[9] for row in found} == {"'=1+1"}
    monday = {"since": "2026-03-02", "until": "2026-03-02"}
    assert {row[10][:4] for row in rows(client, case=number, channel="sms", **monday)} == {"No 0"}
    assert len(rows(client, channel="sms", since="2026-03-03")) == SAID // 2
    page = client.get("/cases/communications", query_string={"channel": "sms", **monday}).text
    assert f'<span class="count">{SAID // 2}</span>' in page
    assert "since=2026-03-02&amp;until=2026-03-02" in page.replace("&amp;amp;", "&amp;")


def _newest(found: list[list[str]], day: int) -> list[str]:
    """Letters of one moment stand in the order of their ids."""
    return [row[10].partition("-")[2] for row in found if row[10].startswith(f"No {day}")]


def test_a_file_that_is_cut_says_so_in_its_last_line_and_on_the_page(
    app: Flask, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_person(app, "wang.fang")
    assert "holds the newest" not in client.get("/cases/communications?channel=sms&lang=en").text
    monkeypatch.setattr(sheets, "MOST", 100)
    assert "holds the newest 100" in client.get("/cases/communications?channel=sms&lang=en").text
    found = rows(client, case=number, channel="sms", lang="en")
    assert len(found) == 101
    assert found[-1] == ["Only the first 100 rows are in this file. Choose narrower filters."]


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_told_and_finds_nothing(light_app: Flask, day: str) -> None:
    client = as_person(light_app, "wang.fang")
    for path in ("/cases/communications", "/cases/communications.csv"):
        answer = client.get(path, query_string={"until": day, "lang": "en"})
        assert (answer.status_code, "is no day" in answer.text) == (422, True)
