"""Targets are proposed from history and accepted by a person (SLA-8)."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import thresholds
from loopdesk.desk.sla.rows import clock as clock_table
from loopdesk.engine import bundles, versions
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api
from loopdesk.tests.web.test_breaches import REPORT
from loopdesk.web.wiring import Loopdesk


def met(api: Callable[..., Api], desk: Loopdesk, minutes: list[float]) -> None:
    """Cases whose first response (P1 of p-levels) took so many minutes."""
    for length in minutes:
        made: Any = api("ivan.link").post("/cases", json=REPORT)
        mine = (clock_table.c.case == made.json["number"]) & (clock_table.c.name == "first_response")
        values: dict[str, Any] = {
            "elapsed_minutes": length,
            "target_minutes": 30.0,
            "policy": "p-levels",
            "level": "P1",
            "state": "met",
        }
        with desk.engine.begin() as tx:
            at = tx.now - timedelta(days=1)
            assert tx.conn.execute(sa.update(clock_table).where(mine).values(**values, met_at=at)).rowcount == 1


def page(app: Flask, login: str) -> str:
    """The page of proposals, its words on one line."""
    text = as_person(app, login).get("/sla/proposals?lang=en").text
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(text)).split())


def sent(app: Flask, login: str, accepted: str, **other: str) -> Any:
    client = as_person(app, login)
    form = {"policy": "p-levels", "level": "P1", "clock": "first_response", "accepted": accepted} | other
    return client.post("/sla/proposals", data={"csrf_token": csrf_of(app, client), **form})


def live(desk: Loopdesk) -> str:
    with desk.engine.read() as tx:
        return bundles.current(tx, "policies").files["sla.yaml"].decode()


def test_the_percentile_is_the_nearest_rank() -> None:
    """SLA-8: of 1…20 the 90th is the 18th value; of one value it is that; seconds count as a minute begun."""
    assert thresholds.percentile([float(n) for n in range(20, 0, -1)], 90) == 18
    assert thresholds.percentile([7.2], 90) == 8
    assert thresholds.percentile([0.0, 0.0], 90) == 1


def test_a_target_is_replaced_where_it_stands() -> None:
    """SLA-8: comments and all other figures stay, also where a target has more to say."""
    text = "policies: # ours\n  p: {levels: {A: {targets: {x: {target: PT15M, by: phone}, y: PT4H}}}}\n"
    assert thresholds.with_target(text, "p", "A", "x", 20) == text.replace("PT15M", "PT20M")
    assert thresholds.with_target(text, "p", "A", "y", 7) == text.replace("PT4H", "PT7M")


@pytest.mark.row("SLA-8/proposed", "SLA-8/accepted")
def test_a_proposal_is_accepted_as_a_draft_and_never_by_itself(
    api: Callable[..., Api], app: Flask, desk: Loopdesk
) -> None:
    met(api, desk, [float(n) for n in range(1, 20)])
    assert "Nothing to propose yet" in page(app, "petra.owner"), "19 clocks are too few"
    met(api, desk, [20.0])
    before = live(desk)
    assert "First response p-levels · P1 30 min 18 min 20" in page(app, "petra.owner")
    assert sent(app, "wang.fang", "1").status_code == 403
    assert sent(app, "petra.owner", "1", level="P7").status_code == 404
    assert sent(app, "petra.owner", "0").status_code == 302
    assert "declined" in page(app, "petra.owner")
    assert sent(app, "petra.owner", "1").status_code == 302
    assert live(desk) == before, "the live figures stay"
    with desk.engine.read() as tx:
        newest = versions.listing(SYSTEM, tx, "policies")[0]
        files = bundles.get(tx, newest["id"]).files
        rows = tx.conn.execute(sa.select(thresholds.decision).order_by(thresholds.decision.c.at)).mappings().all()
    changed = before.replace("first_response: PT30M, diagnosis: PT8H", "first_response: PT18M, diagnosis: PT8H")
    assert files["sla.yaml"].decode() == changed != before
    assert [(row["accepted"], row["version"], row["cases"]) for row in rows] == [
        (False, None, 20),
        (True, newest["number"], 20),
    ]
    assert rows[1]["by_name"] == "Petra Lang"
    with desk.engine.begin() as tx:
        versions.promote(SYSTEM, tx, "policies", newest["number"], note="")
    assert "PT18M" in live(desk)
