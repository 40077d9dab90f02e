"""A house with its shipped processes, deployed once for each database and copied for each test that plays on it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.filled import Filled
from loopdesk.tests.scenarios.stage import Stage, build, furnish
from loopdesk.web.wiring import Loopdesk

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When people and processes came: where the ``clock`` of every test begins."""


def _built(url: str, folder: Path) -> Stage:
    stage = build(url, VirtualClock(START), folder)
    stage.desk.close()
    return stage


@pytest.fixture(params=["sqlite", "postgres"])
def staged(
    request: pytest.FixtureRequest, filled: Filled, clock: VirtualClock, tmp_path: Path
) -> Iterator[Callable[..., Stage]]:
    """Opens a house of its own for a test, on SQLite and on PostgreSQL, with the servers that `furnish` is told."""
    url, known = filled(request.param, "stage", _built)
    opened: list[Loopdesk] = []

    def open_(**servers: str) -> Stage:
        opened.append(furnish(url, clock, tmp_path, **servers))
        return replace(known, desk=opened[-1], clock=clock)

    yield open_
    for desk in opened:
        desk.close()


@pytest.fixture
def stage(staged: Callable[..., Stage]) -> Stage:
    """A house of its own for a test that needs no server."""
    return staged()
