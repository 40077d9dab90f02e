"""A million waiting timers, a burst of due ones, and a hundred thousand cases in which nothing happens."""

import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, jobs, outbox, runner, timers
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.timers import timer
from loopdesk.engine.tx import Engine
from loopdesk.tests.bench import filling, house, worker
from loopdesk.tests.bench.report import row
from loopdesk.tests.engine.drawing import catch, diagram, flows
from loopdesk.tests.engine.drawing import timer as waits
from loopdesk.tests.support import eventually

WAITING, DUE, FIRED, RATE, WANTED = 1_000_000, 50_000, 2_000, 220, 200
"""``RATE`` fall due in a second so that ``WANTED`` can be reached although the look for the last one counts, too."""
IDLE = 100_000
SOON = timedelta(seconds=4)
NOWHERE = "redis://127.0.0.1:1/0"


def deploy(engine: Engine) -> str:
    """A process that waits an hour and ends: the id of its bundle."""
    body = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + catch("wait", waits("Duration", "PT1H"))
    with engine.begin() as tx:
        return bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(body + flows("s > wait > e"))}).id


def poll(engine: Engine) -> None:
    """What the poller does when nothing is due."""
    jobs.tick(engine, lambda: None)


def look(engine: Engine) -> None:
    """What a worker does that finds nothing."""
    outbox.drain(engine, Handlers(local=runner.local_handlers()), worker="bench")


def idle(engine: Engine, kind: house.Kind, bundle: str) -> list[dict[str, Any]]:
    """The same looks into a house without any case and into one with very many in which nothing happens."""
    filling.open_cases(engine.database, IDLE, bundle, engine.clock.now())
    house.settle(engine.database)
    with house.database(kind) as empty:
        other = worker.engine(empty.url, NOWHERE)
        pairs = {
            "the poller looks": house.compared(partial(poll, other), partial(poll, engine), times=200),
            "a worker looks": house.compared(partial(look, other), partial(look, engine), times=200),
        }
        other.database.close()
    return [
        row(f"{what}, {IDLE:,} idle cases : none, {kind}", with_them / without, "times", 1.5)
        for what, (without, with_them) in pairs.items()
    ]


def nothing_due(engine: Engine, kind: house.Kind) -> dict[str, Any]:
    """One poll among a million timers that wait."""
    filling.waiting_timers(engine.database, WAITING - IDLE, engine.clock.now() + timedelta(days=1))
    house.settle(engine.database)
    name = f"poll with nothing due, {WAITING:,} timers waiting, {kind}"
    return row(name, house.milliseconds(partial(poll, engine), times=200), "ms", 2)


def claimed(engine: Engine, kind: house.Kind) -> dict[str, Any]:
    """Due timers that a poller moves to the outbox, among a million that wait."""
    with engine.begin() as tx:
        due = sa.select(timer.c.id).where(timer.c.state == "waiting").order_by(timer.c.id).limit(DUE)
        tx.conn.execute(sa.update(timer).where(timer.c.id.in_(due)).values(due_at=tx.now))
    moved, began = 0, time.perf_counter()
    while moved < DUE:
        with engine.begin() as tx:
            moved += timers.claim_due(tx)
    seconds = time.perf_counter() - began
    with engine.begin() as tx:  # they belong to no instance: nobody shall fire them
        tx.conn.execute(sa.update(outbox.outbox).where(outbox.outbox.c.kind == "timer").values(state="done"))
    return row(f"timers claimed into the outbox, {WAITING:,} waiting, {kind}", moved / seconds, "timers/s", 5_000)


def fired(engine: Engine, redis_url: str, kind: house.Kind) -> list[dict[str, Any]]:
    """Timers of real instances, due one after the other: poller, Redis, workers, and a committed step for each."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FIRED):
            with engine.begin() as tx:
                runner.start(SYSTEM, tx, "p", key=f"L-{number}")
        log = f"{folder}/late-"
        with house.workers(engine.database.url, redis_url, 2, log), house.poller(engine.database.url, redis_url):
            began = time.perf_counter()
            first = spread_due(engine)
            eventually(lambda: all_fired(engine, first), within=120)
            seconds = time.perf_counter() - began - SOON.total_seconds()
        late = sorted(float(line) for file in Path(folder).iterdir() for line in file.read_text().splitlines())
    assert len(late) == FIRED
    where = f"{WAITING:,} waiting, {kind}"
    return [
        row(f"timers fired (step committed through RQ), {where}", FIRED / seconds, "timers/s", WANTED),
        row(f"their lateness at {RATE}/s, half of them, {where}", late[FIRED // 2] * 1e3, "ms"),
        row(f"their lateness at {RATE}/s, 99 of 100, {where}", late[int(FIRED * 0.99)] * 1e3, "ms", 250),
    ]


def spread_due(engine: Engine) -> int:
    """Let the waiting timers of real instances be due at an even rate, beginning soon; the id of the first of them."""
    with engine.begin() as tx:
        query = sa.select(timer.c.id).where(timer.c.key.like("L-%")).order_by(timer.c.id)
        ids = list(tx.conn.execute(query).scalars())
        first = engine.clock.now() + SOON
        moments = [{"one": id_, "due": first + timedelta(seconds=n / RATE)} for n, id_ in enumerate(ids)]
        update = sa.update(timer).where(timer.c.id == sa.bindparam("one")).values(due_at=sa.bindparam("due"))
        tx.conn.execute(update, moments)
    return int(ids[0])


def all_fired(engine: Engine, first: int) -> bool:
    """Whether every timer from ``first`` on has fired; looks seldom, not to disturb what is measured."""
    time.sleep(0.2)
    with engine.read() as tx:
        query = sa.select(timer.c.id).where(timer.c.id >= first, timer.c.state != timers.FIRED).limit(1)
        return tx.conn.execute(query).first() is None


def rows() -> list[dict[str, Any]]:
    """On both databases."""
    found = []
    for kind in house.KINDS:
        with house.database(kind) as database, house.redis() as url:
            engine = worker.engine(database.url, url)
            bundle = deploy(engine)
            found.append(house.calibration(kind, database, "timers"))
            found += idle(engine, kind, bundle)
            found.append(nothing_due(engine, kind))
            found.append(claimed(engine, kind))
            found += fired(engine, url, kind)
            engine.database.close()
    return found
