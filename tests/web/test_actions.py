"""Improvement actions: agreed over the API, reminded when due, done with a result on the page (HND-9)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import actions
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.outbox_rows import outbox
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

GIVEN = {"source": "review", "source_id": "m1", "text": "Name a second signer in R&D.", "owner": "li.na"}


def agreed(api: Callable[..., Api], clock: VirtualClock, **given: str) -> Any:
    """The answer to an action of Li Na's for tomorrow."""
    due = (clock.now() + timedelta(days=1)).isoformat()
    return api("wang.fang").post("/actions", json=GIVEN | {"due_at": due} | given)


def letters(desk: Loopdesk, template: str) -> list[dict[str, Any]]:
    """The letters of a template that belong to no case, in their order."""
    with desk.engine.read() as tx:
        found = tx.conn.scalars(sa.select(outbox.c.payload).where(outbox.c.kind == "letter").order_by(outbox.c.id))
        return [one for one in found if one.get("template") == template]


@pytest.mark.row("HND-9/actions", "HND-9/reminded")
def test_the_owner_is_reminded_once_and_closes_it_with_a_result(
    api: Callable[..., Api], app: Flask, desk: Loopdesk, clock: VirtualClock
) -> None:
    made = agreed(api, clock)
    assert made.status_code == 201, made.json
    settle(desk)
    assert letters(desk, "action-due") == []
    clock.advance(timedelta(days=2))
    settle(desk)
    told = {one["to_name"]: one for one in letters(desk, "action-due")}
    assert set(told) == {"李娜", "王芳"}
    assert "Name a second signer in R&D." in told["李娜"]["subject"]
    assert "到期" in told["李娜"]["subject"]
    client = as_person(app, "li.na")
    page = client.get("/actions?whose=me&state=late").text
    assert "Name a second signer in R&amp;D." in page
    data = {"csrf_token": csrf_of(app, client), "result": "Zhao signs when Zhang is away.", "next": "/actions"}
    assert client.post(f"/actions/{made.json['id']}/done", data=data).status_code == 302
    with desk.engine.read() as tx:
        kept = actions.get(tx, made.json["id"])
    assert (kept.state, kept.result, kept.done_by) == ("done", "Zhao signs when Zhang is away.", "李娜")
    assert "Zhao signs" in client.get("/actions?whose=department&state=done").text
    assert client.get("/actions").text.count("Name a second") == 0


def test_what_is_done_in_time_reminds_nobody(api: Callable[..., Api], desk: Loopdesk, clock: VirtualClock) -> None:
    made = agreed(api, clock).json
    ended: Any = api("li.na").post(f"/actions/{made['id']}/done", json={"result": "Named."})
    assert ended.json["state"] == "done"
    clock.advance(timedelta(days=2))
    settle(desk)
    assert letters(desk, "action-due") == []
    found: Any = api("li.na").get("/actions?state=done")
    assert [(one["text"], one["done_by"]) for one in found.json] == [(GIVEN["text"], "李娜")]


@pytest.mark.row("HND-9/bad-input")
def test_bad_input_is_told_at_its_field_and_nothing_is_lost(
    api: Callable[..., Api], app: Flask, desk: Loopdesk, clock: VirtualClock
) -> None:
    wrong = agreed(api, clock, owner="nobody")
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["owner"])
    made = agreed(api, clock).json
    client = as_person(app, "li.na")
    data = {"csrf_token": csrf_of(app, client), "result": "  "}
    refused = client.post(f"/actions/{made['id']}/done", data=data)
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    other: Any = api("zhang.wei").post(f"/actions/{made['id']}/done", json={"result": "Named."})
    assert other.status_code == 403
    with desk.engine.read() as tx:
        assert actions.get(tx, made["id"]).state == "open"


def test_the_list_is_a_file_too_and_no_cell_runs(
    api: Callable[..., Api], app: Flask, desk: Loopdesk, clock: VirtualClock
) -> None:
    agreed(api, clock, text="=1+1")
    text = as_person(app, "wang.fang").get("/actions/actions.csv?whose=all").text
    assert "'=1+1" in text
    with desk.engine.read() as tx:
        assert len(actions.listing(SYSTEM, tx)) == 1
