"""A request holds one connection of the pool at a time: who holds one and waits for another can block the house."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context

from loopdesk.engine.db import Database

ROOMS = ("web", "desk", "forms", "engine", "connectors")
_ROOT = Path(__file__).parents[2]


@contextmanager
def one_at_a_time(database: Database) -> Iterator[None]:
    """Fails at the end, with the ways there, when a request took a second connection while it held a first."""
    second: set[str] = set()

    def taken(_connection: Any, record: Any, _proxy: Any) -> None:
        if has_request_context():
            held = g.setdefault("connections_held", [])
            if held:
                second.add(_way_here())
            held.append(record)

    def given_back(_connection: Any, record: Any) -> None:
        if has_request_context() and record in g.get("connections_held", ()):
            g.connections_held.remove(record)

    sa.event.listen(database.engine, "checkout", taken)
    sa.event.listen(database.engine, "checkin", given_back)
    yield
    sa.event.remove(database.engine, "checkout", taken)
    sa.event.remove(database.engine, "checkin", given_back)
    assert not second, "\n".join(["a second connection was taken here:", *sorted(second)])


def _way_here() -> str:
    frames = [
        one for one in traceback.extract_stack() if one.filename.startswith(tuple(f"{_ROOT}/{r}/" for r in ROOMS))
    ]
    return " > ".join(f"{Path(one.filename).relative_to(_ROOT)}:{one.lineno}" for one in frames[-8:])
