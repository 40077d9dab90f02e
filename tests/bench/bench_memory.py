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
    held = {}
    with house.database(kind) as database, house.redis() as url:
        engine = worker.engine(database.url, url)
        deploy(engine)
        for number in range(INSTANCES):
            with engine.begin() as tx:
                runner.start(SYSTEM, tx, "p", key=f"L-{number}", data={"n": 0})
        with house.workers(database.url, url, 1) as (pid,):
            for wanted in (FEW, MANY):
                while steps(engine) < wanted:
                    time.sleep(0.5)
                held[wanted] = resident(pid)
        engine.database.close()
    return [
        row(f"memory of a worker after {FEW:,} steps, {kind}", held[FEW], "MB"),
        row(f"memory of a worker after {MANY:,} steps : after {FEW:,}, {kind}", held[MANY] / held[FEW], "times", 1.1),
    ]


def rows() -> list[dict[str, Any]]:
    """On both databases at once: two workers on two cores."""
    with ThreadPoolExecutor(len(house.KINDS)) as pool:
        return [one for found in pool.map(measure, house.KINDS) for one in found]
