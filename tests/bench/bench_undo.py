"""A loop each of whose rounds may be undone: what its steps write at any age."""

from typing import Any

import sqlalchemy as sa

from loopdesk.engine import instances, values
from loopdesk.engine.clock import SystemClock
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.bench import house
from loopdesk.tests.bench.bench_steps import START, complete, deploy, opened, start
from loopdesk.tests.bench.report import row
from loopdesk.tests.engine.drawing import flows, script

ROUNDS = 2000
LOOP = START + '<bpmn:exclusiveGateway id="m"/><bpmn:userTask id="w"/>' + script("b", "=n + 1", "n")
LOOP += '<bpmn:boundaryEvent id="c" attachedToRef="b"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
LOOP += script("u", "=n", "undone").replace(" id=", ' isForCompensation="true" id=', 1)
LOOP += '<bpmn:association id="a" sourceRef="c" targetRef="u"/>' + flows("s > m > b > w > m")


def most_written(engine: Engine) -> int:
    """Bytes of the largest step: the instance's state, and what the step put beside it."""
    deploy(engine, LOOP)
    instance, most, beside = start(engine, n=0), 0, 0
    for _ in range(ROUNDS):
        complete(engine, opened(engine, instance)[0])
        before = beside
        own, beside = stored(engine, instance)
        most = max(most, own + beside - before)
    return most


def stored(engine: Engine, instance: str) -> tuple[int, int]:
    """Bytes of an instance's state, and of all values beside it."""
    state = sa.select(sa.func.length(instances.instance.c.state)).where(instances.instance.c.id == instance)
    contents = sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(values.value.c.content)), 0))
    with engine.read() as tx:
        beside = tx.ask(contents.where(values.value.c.instance_id == instance)).scalar_one()
        return int(tx.ask(state).scalar_one()), int(beside)


def rows() -> list[dict[str, Any]]:
    """The figure on both databases."""
    found = []
    for kind in house.KINDS:
        with house.database(kind) as database:
            most = most_written(Engine(database, SystemClock(), Host()))
            found.append(row(f"{kind}: most a step writes in {ROUNDS:,} rounds that may be undone", most, "B", 2048))
    return found
