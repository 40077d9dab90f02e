"""A deadlock is served again, at most three times, and never after something was saved (issue 4, Durable)."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, request

from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Tx
from loopdesk.tests.web.conftest import settings_for
from loopdesk.web.app import create_app
from loopdesk.web.context import open_tx
from loopdesk.web.wiring import Loopdesk, build


@pytest.fixture
def app(furnished: Callable[[str], str], tmp_path: Path, clock: VirtualClock) -> Iterator[Flask]:
    """Our application on PostgreSQL; on SQLite writers queue and never meet crosswise."""
    desk = build(settings_for(tmp_path, furnished("postgres")), clock=clock)
    app = create_app(desk=desk)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    desk.close()


def crosswise(tx: Tx, code: str) -> None:
    """What PostgreSQL says to the one of two that it gives up."""
    tx.conn.execute(sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'crosswise' USING ERRCODE = '{code}'; END $$"))


def view(app: Flask, times: int, code: str, *, before: bool = False) -> list[bytes]:
    """An address that writes an event, reads its upload, and meets somebody crosswise so many times first."""
    seen: list[bytes] = []

    def act() -> str:
        if before:
            with open_tx() as tx:
                events.record(SYSTEM, tx, "test.before", key="L-1")
        with open_tx() as tx:
            seen.append(request.files["file"].read())
            events.record(SYSTEM, tx, "test.done", key="L-1")
            if len(seen) <= times:
                crosswise(tx, code)
        return "done"

    app.add_url_rule("/api/crosswise", "crosswise", act, methods=["POST"])
    return seen


def post(app: Flask) -> int:
    return app.test_client().post("/api/crosswise", data={"file": (BytesIO(b"whole"), "a.txt")}).status_code


def kinds(app: Flask) -> list[str]:
    desk: Loopdesk = app.extensions["loopdesk"]
    with desk.engine.read() as tx:
        return [row["kind"] for row in events.timeline(tx, "L-1")]


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_a_request_that_met_another_crosswise_is_served_again_whole(app: Flask, code: str) -> None:
    seen = view(app, 2, code)
    assert post(app) == 200
    assert seen == [b"whole"] * 3
    assert kinds(app) == ["test.done"]


def test_after_three_times_it_is_said_and_nothing_is_left(app: Flask) -> None:
    seen = view(app, 9, "40P01")
    assert post(app) == 503
    assert len(seen) == 3
    assert kinds(app) == []


def test_a_request_that_has_saved_something_is_not_served_twice(app: Flask) -> None:
    seen = view(app, 1, "40P01", before=True)
    assert post(app) == 503
    assert len(seen) == 1
    assert kinds(app) == ["test.before"]


def test_a_database_that_is_away_is_said_at_once(app: Flask) -> None:
    seen = view(app, 9, "57P01")
    assert post(app) == 503
    assert len(seen) == 1
