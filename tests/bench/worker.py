"""A worker process of the benches: ``python worker.py DATABASE REDIS NAME [FILE]``.

Its effect ``bench.note`` answers at once. Into FILE goes a line for each timer: the seconds from its due moment to the
commit of the step that it caused.
"""

import sys
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import jobs, runner
from loopdesk.engine.clock import SystemClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.timers import timer
from loopdesk.engine.tx import Engine, Tx

EFFECT = "bench.note"


class Note:
    """An outside system that takes no time: what is measured is ours alone."""

    def perform(self, row: Row) -> dict[str, Any]:
        """A result to be carried through the process."""
        return {"receipt": row.idempotency_key}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        """As the product's connectors do."""
        runner.settle_effect(tx, row, result)


def engine(database_url: str, redis_url: str) -> Engine:
    """As the processes of the product have it, without the desk."""
    host = Host(effects=frozenset({EFFECT}))
    return Engine(Database(database_url), SystemClock(), host, jobs.wake(redis_url))


def main(database_url: str, redis_url: str, name: str, file: str = "") -> None:
    """Work until SIGTERM."""
    late: list[float] = []

    def fire(tx: Tx, row: Row) -> None:
        due = tx.conn.scalar(sa.select(timer.c.due_at).where(timer.c.id == row.payload["timer"]))
        runner.fire_timer(tx, row)
        tx.after_commit(lambda: late.append(_seconds_since(due)))

    local = {**runner.local_handlers(), "timer": fire} if file else runner.local_handlers()
    handlers = Handlers(local=local, remote={"effect": Note()})
    jobs.work(engine(database_url, redis_url), handlers, redis_url, stop=Event(), name=name)
    if file:
        Path(file).write_text("".join(f"{seconds}\n" for seconds in late), encoding="utf-8")


def _seconds_since(moment: datetime | None) -> float:
    assert moment is not None
    return (SystemClock().now() - moment).total_seconds()


if __name__ == "__main__":
    main(*sys.argv[1:])
