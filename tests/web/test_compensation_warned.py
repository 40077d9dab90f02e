"""A customer who was warned of an emergency and has reported nothing can be compensated as well (EMG-8)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.emergency import letters
from loopdesk.desk.response import concerned
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.test_compensation import REPORT, kept, outage
from loopdesk.web.wiring import Loopdesk

Call = Callable[..., Api]
AURORA = {"title": "Slow", "description": "Since nine.", "email": "anna@aurora.example", "category": "fault"}


def reported(desk: Loopdesk, api: Call, report: dict[str, str]) -> str:
    made: Any = api("li.na").post("/cases", json=report)
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


@pytest.mark.row("EMG-8/computed", "EMG-8/recorded")
def test_who_was_only_warned_is_named_and_compensated_with_a_case_opened_since(
    desk: Loopdesk, api: Call, app: Flask, clock: VirtualClock
) -> None:
    before = reported(desk, api, AURORA)
    number = reported(desk, api, REPORT)
    clock.advance(timedelta(minutes=1))
    with desk.engine.begin() as tx:
        wide = emergencies.Response("global", "P0", "payment")
        made = emergencies.declare(SYSTEM, tx, number, commander="li.na", grade="I", kind="system_fault", response=wide)
        letters.warn(SYSTEM, tx, made, base_url="http://localhost")
    clock.advance(timedelta(hours=30))
    page = as_person(app, "wang.fang").get(f"/emergencies/compensation/new?emergency={made.id}").text
    warned = page.split('id="warned"')[1]
    assert "Aurora Retail" in warned
    assert "晨星物流" not in warned, "who has reported it stands in the list of cases"
    given = {"emergency": made.id, "outages": outage(made, 5)}
    refused: Any = api("li.na").post("/compensations", json=given | {"case": before})
    assert refused.status_code == 422, "a case from before says nothing of it"
    own = reported(desk, api, AURORA | {"title": "They were away, too"})
    assert (
        f'<option value="{own}">'
        in as_person(app, "wang.fang").get(f"/emergencies/compensation/new?emergency={made.id}").text
    )
    proposed: Any = api("li.na").post("/compensations", json=given | {"case": own})
    assert proposed.status_code == 201, proposed.json
    assert [(one.customer, one.case) for one in kept(desk, made)] == [("Aurora Retail", own)]
    with desk.engine.read() as tx:
        assert [one.number for one in concerned.reporters(tx, made)] == [number], "the report of the event goes on"
