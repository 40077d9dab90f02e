"""Processes of five service tasks through real RQ workers: each task has its own effect, job, result and commit."""

import time
from contextlib import ExitStack
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, instances, runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.events import event
from loopdesk.engine.outbox_rows import outbox
from loopdesk.engine.tx import Engine
from loopdesk.tests.bench import house, worker
from loopdesk.tests.bench.report import row
from loopdesk.tests.engine.drawing import diagram, flows, service
from loopdesk.tests.support import eventually

WORKERS = 2
TASKS = [f"t{number}" for number in range(1, 6)]
PROCESSES = {"PostgreSQL": 400, "SQLite": 400}


def deploy(engine: Engine) -> None:
    """The process: start, five service tasks in a row, end."""
    body = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + "".join(service(task, worker.EFFECT) for task in TASKS)
    with engine.begin() as tx:
        files = {"p.bpmn": diagram(body + flows(" > ".join(("s", *TASKS, "e"))))}
        bundles.deploy(SYSTEM, tx, "p", files)


def run(engine: Engine, processes: int) -> float:
    """Seconds from the first start to the last end."""
    began = time.perf_counter()
    for number in range(processes):
        with engine.begin() as tx:
            runner.start(SYSTEM, tx, "p", key=f"L-{number}")
    eventually(lambda: completed(engine) == processes, within=300)
    return time.perf_counter() - began


def completed(engine: Engine) -> int:
    """How many instances have ended."""
    table = instances.instance
    with engine.read() as tx:
        query = sa.select(sa.func.count()).where(table.c.status == instances.COMPLETED)
        return int(tx.conn.execute(query).scalar_one())


def check(engine: Engine, processes: int) -> None:
    """Each task left one done row, one event of its result and a step of its instance, and none was tried twice."""
    table, wanted = instances.instance, processes * len(TASKS)
    with engine.read() as tx:
        rows = tx.conn.execute(sa.select(outbox.c.state, outbox.c.claims).where(outbox.c.kind == "effect")).all()
        done = tx.conn.scalar(sa.select(sa.func.count()).where(event.c.kind == "effect.done"))
        steps = tx.conn.scalar(sa.select(sa.func.sum(table.c.version)))
    assert [tuple(one) for one in rows] == [("done", 1)] * wanted
    assert (done, steps) == (wanted, wanted + processes)


def rows() -> list[dict[str, Any]]:
    """Service tasks a second on both databases."""
    found = []
    for kind in house.KINDS:
        with ExitStack() as stack:
            database = stack.enter_context(house.database(kind))
            url = stack.enter_context(house.redis())
            engine = worker.engine(database.url, url)
            deploy(engine)
            found.append(house.calibration(kind, database, "workers"))
            stack.enter_context(house.workers(database.url, url, WORKERS))
            processes = PROCESSES[kind]
            seconds = run(engine, processes)
            check(engine, processes)
            engine.database.close()
            name = f"processes of 5 service tasks through {WORKERS} RQ workers, {kind}"
            found.append(row(f"{name}: service tasks", processes * len(TASKS) / seconds, "tasks/s", 30))
            found.append(row(f"{name}: processes", processes / seconds, "processes/s"))
    return found
