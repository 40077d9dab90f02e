"""What a worker process holds after ten thousand steps and after a hundred thousand."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, instances, runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Engine
from loopdesk.tests.bench import house, worker
from loopdesk.tests.bench.report import row
from loopdesk.tests.engine.drawing import diagram, flows, service

FEW, MANY = 10_000, 100_000
ROUNDS = 1_000
INSTANCES = 120
PATIENCE = 330.0
"""Seconds; on a slow machine fewer steps are taken, and their number is told."""


def deploy(engine: Engine) -> None:
    """A loop of effects: each round is one effect, one result, one step, one commit."""
    body = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:exclusiveGateway id="g" default="f-g-t"/>'
    task = service("t", worker.EFFECT, '<zeebe:ioMapping><zeebe:output source="=n + 1" target="n"/></zeebe:ioMapping>')
    with engine.begin() as tx:
        files = {"p.bpmn": diagram(body + task + flows("s > t > g > t", f"g >[=n >= {ROUNDS}] e"))}
        bundles.deploy(SYSTEM, tx, "p", files)


def steps(engine: Engine) -> int:
    """Steps of all instances so far."""
    with engine.read() as tx:
        return int(tx.conn.scalar(sa.select(sa.func.sum(instances.instance.c.version))) or 0)


def resident(pid: int) -> float:
    """MB that a process has in memory."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def measure(kind: house.Kind) -> list[dict[str, Any]]:
    """One worker, from its first step on."""
    with house.database(kind) as database, house.redis() as url:
        engine = worker.engine(database.url, url)
        deploy(engine)
        for number in range(INSTANCES):
            with engine.begin() as tx:
                runner.start(SYSTEM, tx, "p", key=f"L-{number}", data={"n": 0})
        with house.workers(database.url, url, 1) as (pid,):
            end = time.monotonic() + PATIENCE
            few, at_first = held(engine, pid, FEW, end)
            many, at_last = held(engine, pid, MANY, end)
        engine.database.close()
    return [
        row(f"memory of a worker after {few:,} steps, {kind}", at_first, "MB"),
        row(f"memory of a worker after {many:,} steps : after {few:,}, {kind}", at_last / at_first, "times", 1.1),
    ]


def held(engine: Engine, pid: int, wanted: int, end: float) -> tuple[int, float]:
    """How many steps were taken, ``wanted`` unless time ran out, and the MB that the worker held then."""
    while steps(engine) < wanted and time.monotonic() < end:
        time.sleep(0.5)
    return min(steps(engine), wanted), resident(pid)


def rows() -> list[dict[str, Any]]:
    """On both databases at once: two workers on two cores."""
    with ThreadPoolExecutor(len(house.KINDS)) as pool:
        return [one for found in pool.map(measure, house.KINDS) for one in found]
