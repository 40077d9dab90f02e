"""The page of feedback leads to all that was said, page by page, however much it is (FBK-3)."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import feedback
from loopdesk.desk.feedback.tables import feedback_
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.test_sentiment import reported
from loopdesk.web.wiring import Loopdesk

MANY = 520


@pytest.fixture
def desk_told(desk: Loopdesk) -> Loopdesk:
    """A desk whose customers said more than one page, or a list of 500, can hold: every tenth complains."""
    number = reported(desk)
    with desk.engine.begin() as tx:
        words = feedback.Words("Told number 0.", source="call", kind="praise")
        first = feedback.add(SYSTEM, tx, number, words, follow=False)
        row = dict(tx.conn.execute(sa.select(feedback_)).mappings().one())
        more: list[dict[str, Any]] = [
            row
            | {"id": f"told-{n}", "text": f"Told number {n}.", "at": first.at + timedelta(seconds=n)}
            | ({"kind": "complaint"} if n % 10 == 0 else {})
            for n in range(1, MANY)
        ]
        tx.conn.execute(sa.insert(feedback_), more)
    return desk


def told_on(page: str) -> list[int]:
    return [int(found) for found in re.findall(r"data-row>Told number (\d+)\.", page)]


@pytest.mark.row("FBK-3/complaint-first")
def test_every_page_of_feedback_is_reached_and_each_is_told_once(app: Flask, desk_told: Loopdesk) -> None:
    browser = as_person(app, "petra.owner")
    told, path = [], "/feedback?lang=en"
    while path:
        page = browser.get(path).text
        assert f'<span class="count">{MANY}</span>' in page
        told += told_on(page)
        after = re.search(r'<a class="button" href="(/feedback\?[^"]*)">Next page', page)
        path = after[1].replace("&amp;", "&") if after else ""
    complaints = [n for n in range(MANY - 1, 0, -1) if n % 10 == 0]
    assert told == complaints + [n for n in range(MANY - 1, -1, -1) if n not in complaints]


def test_pages_keep_their_filters_in_both_languages(app: Flask, desk_told: Loopdesk) -> None:
    browser = as_person(app, "petra.owner")
    page = browser.get("/feedback?lang=en&kind=complaint&page=2").text
    assert ("Page 2 of 3" in page, '<span class="count">51</span>' in page) == (True, True)
    assert told_on(page)[0] == 260
    assert re.search(r'href="/feedback\?[^"]*kind=complaint[^"]*page=3"', page)
    assert "第 2 页，共 3 页" in browser.get("/feedback?lang=zh&kind=complaint&page=2").text
    assert "Page 1 of" not in browser.get("/feedback?lang=en&kind=suggestion").text
    beyond = browser.get("/feedback?lang=en&page=99").text
    assert ("Nothing matches" in beyond, "Page 99 of 21" in beyond) == (True, True)
    assert told_on(browser.get("/feedback?lang=en&page=none").text)[0] == 510
