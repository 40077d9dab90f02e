"""A worker of its own process for the tests: ``python worker_process.py DATABASE REDIS [FILE [NAME]]``.

Rows of kind ``note`` leave an event. With FILE, a row is begun by writing FILE and ends when FILE is gone.
"""

import sys
from pathlib import Path
from threading import Event

from loopdesk.engine import events, jobs
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import SystemClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx


def main(database_url: str, redis_url: str, file: str = "", name: str = "") -> None:
    engine = Engine(Database(database_url), SystemClock(), Host(), jobs.wake(redis_url))

    def note(tx: Tx, row: Row) -> None:
        events.record(SYSTEM, tx, "noted", key=row.idempotency_key)
        if file:
            Path(file).touch()
            while Path(file).exists():
                Event().wait(0.01)

    jobs.work(engine, Handlers(local={"note": note}), redis_url, stop=Event(), name=name)


if __name__ == "__main__":
    main(*sys.argv[1:])
