"""Lists of implementations, changes, acceptances and cost-benefits come page by page, on pages and over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import case
from loopdesk.desk.acceptance import gates
from loopdesk.desk.acceptance.tables import benefit_
from loopdesk.desk.implementation import changes, course
from loopdesk.desk.implementation.change_rows import Wish
from loopdesk.desk.implementation.tables import implementation_, milestone_
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import new_id
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

REPORT = {"title": "Orders stand still", "description": "Nobody can order.", "email": "anna@aurora.example"}
MANY = 27


@pytest.fixture
def number(desk: Loopdesk, api: Callable[..., Api]) -> str:
    made: Any = api("ivan.link").post("/cases", json=REPORT | {"customer_number": "C-1001", "category": "fault"})
    settle(desk)
    return str(made.json["number"])


def reads(desk: Loopdesk, ask: Callable[[], Any]) -> int:
    """How many statements a request sends to the database."""
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    base = desk.engine.database.engine
    sa.event.listen(base, "before_cursor_execute", note)
    assert ask().status_code == 200
    sa.event.remove(base, "before_cursor_execute", note)
    return len([one for one in seen if one.startswith(("SELECT", "WITH"))])


def paged(client: Any, path: str, name: str) -> list[dict[str, Any]]:
    """All rows of a list, page by page; each is there once, and no page is longer than was asked for."""
    first = client.get(f"{path}?per_page=25").json
    second = client.get(f"{path}?per_page=25&page=2").json
    assert (first["total"], first["page"], second["page"], first["per_page"]) == (MANY, 1, 2, 25)
    assert (len(first[name]), len(second[name])) == (25, MANY - 25)
    assert client.get(f"{path}?per_page=101").status_code == 422
    rows = [*first[name], *second[name]]
    assert len({one["id"] for one in rows}) == MANY
    return rows


def pages(app: Flask, path: str, name: str = "page") -> tuple[str, str]:
    browser = as_person(app, "li.na")
    first, second = (browser.get(f"{path}{'&' if '?' in path else '?'}lang=en&{name}={page}").text for page in (1, 2))
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    return first, second


@pytest.mark.row("FIX-3/changes")
def test_changes_come_page_by_page_with_one_read_for_all(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-3: a list of many changes reads no more often than a list of one."""
    with desk.engine.begin() as tx:
        for one in range(MANY):
            changes.register(SYSTEM, tx, number, Wish(f"Change {one:02}", "Anew.", "configuration"))
    client: Any = api("ivan.link")
    rows = paged(client, "/changes", "changes")
    assert {one["title"] for one in rows} == {f"Change {one:02}" for one in range(MANY)}
    few, many = (reads(desk, lambda size=size: client.get(f"/changes?per_page={size}")) for size in (1, 25))  # type: ignore[misc]
    assert few == many
    first, second = pages(app, "/closure/changes?state=")
    assert all((f"Change {one:02}" in first) != (f"Change {one:02}" in second) for one in range(MANY))


@pytest.mark.row("FIX-1/board")
def test_the_board_comes_page_by_page_with_the_gravest_alarm_first(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-1: an alarm of the oldest one stands on the first page, and the counts are those of all pages."""
    with desk.engine.begin() as tx:
        made = []
        for _ in range(MANY):
            made.append(course.begin(SYSTEM, tx, number, plan="configuration", lead="li.na").id)
            course.stop(SYSTEM, tx, made[-1], reason="Begun anew.")
        for age, one in enumerate(reversed(made)):
            mine = implementation_.c.id == one
            values = {"begun_at": tx.now - timedelta(days=age), "state": "finished"}
            tx.conn.execute(sa.update(implementation_).where(mine).values(**values))
        tx.conn.execute(sa.update(milestone_).where(milestone_.c.implementation == made[0]).values(level="red"))
        tx.conn.execute(sa.update(milestone_).where(milestone_.c.implementation == made[1]).values(level="yellow"))
    client: Any = api("li.na")
    rows = paged(client, "/implementations", "implementations")
    assert [one["id"] for one in rows] == list(reversed(made))
    few, many = (reads(desk, lambda size=size: client.get(f"/implementations?per_page={size}")) for size in (1, 25))  # type: ignore[misc]
    assert few == many
    first, second = pages(app, "/closure/implementations?state=finished")
    assert first.index(f"implementation-{made[0]}") < first.index(f"implementation-{made[1]}")
    assert f"implementation-{made[-1]}" in first
    assert f"implementation-{made[2]}" in second
    for text in (first, second):
        assert "Red alarm: 1" in text
        assert "Yellow alarm: 1" in text


@pytest.mark.row("FIX-5/attainment", "FIX-8/finance-enters")
def test_acceptances_and_cost_benefits_come_page_by_page(
    desk: Loopdesk, api: Callable[..., Api], app: Flask, number: str
) -> None:
    """FIX-5, FIX-8: nothing is left out silently; the heading counts all, the pages show them."""
    with desk.engine.begin() as tx:
        for one in range(MANY):
            gates.open_(SYSTEM, tx, number, ["users"])
            other = case.open(SYSTEM, tx, case.Report("portal", f"Report {one}", email="anna@aurora.example"))
            row = {"id": new_id(), "case": other.number, "state": "waiting", "begun_at": tx.now, "currency": "EUR"}
            row |= {"due_at": tx.now + timedelta(days=one), "percent": "", "note": "", "entered_id": ""}
            tx.conn.execute(sa.insert(benefit_).values(**row, entered_by=""))
    client: Any = api("li.na")
    paged(client, "/acceptances", "acceptances")
    rows = paged(client, "/cost-benefits", "cost_benefits")
    assert [one["due_at"] for one in rows] == sorted(one["due_at"] for one in rows)
    first, second = pages(app, "/closure/acceptance")
    assert first.count('class="incident"') == 25
    assert second.count('class="incident"') == MANY - 25
    assert f'<span class="count">{MANY}</span>' in second
    _, last = pages(app, "/closure/acceptance", "counted")
    assert rows[-1]["case"] in last
