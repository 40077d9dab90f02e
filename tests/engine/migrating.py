"""Two versions of a process and instances between them: the short verbs of the migration tests."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, instances, migration, outbox, runner, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.subscriptions import subscription
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import HEAD, extended, flows

OLGA = Actor("person", "olga", "Olga", frozenset({"owner"}))
AGENT = Actor("person", "ann", "Ann", frozenset({"agent"}))
HANDLERS = Handlers(local={**runner.local_handlers(), **migration.local_handlers()})


def user(identity: str, name: str = "", more: str = "") -> str:
    return f'<bpmn:userTask id="{identity}" name="{name or identity}">{more}</bpmn:userTask>'


def limited(text: str) -> str:
    return extended(f'<zeebe:properties><zeebe:property name="timeLimit" value="{text}"/></zeebe:properties>')


def boundary(host: str, definition: str, *, identity: str = "b", cancel: str = "true") -> str:
    return (
        f'<bpmn:boundaryEvent id="{identity}" attachedToRef="{host}" cancelActivity="{cancel}">{definition}'
        f'</bpmn:boundaryEvent><bpmn:endEvent id="{identity}-end"/>' + flows(f"{identity} > {identity}-end")
    )


def release(engine: Engine, body: str, *, messages: tuple[str, ...] = (), **files: bytes) -> int:
    """A new version of the process ``p``; its number."""
    named = "".join(f'<bpmn:message id="m-{name}" name="{name}"/>' for name in messages)
    xml = f'{HEAD}{named}<bpmn:process id="p" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'
    with engine.begin() as tx:
        whole = {"p.bpmn": xml.encode(), **{name.replace("_", "."): content for name, content in files.items()}}
        return bundles.deploy(OLGA, tx, "p", whole).number


def carry(engine: Engine, source: int, target: int, mapping: Mapping[str, str] = {}, **options: Any) -> dict[str, Any]:
    """Run a whole migration: its row, with ``reasons`` by case number."""
    with engine.begin() as tx:
        job = migration.start(OLGA, tx, "p", source, target, mapping=mapping, **options)
    drain(engine)
    return ended(engine, job)


def drain(engine: Engine) -> None:
    """Perform what waits in the outbox, timers that are due too."""
    for _ in range(50):
        with engine.begin() as tx:
            claimed = timers.claim_due(tx)
        if not outbox.drain(engine, HANDLERS, worker="test") and not claimed:
            return


def ended(engine: Engine, job: str) -> dict[str, Any]:
    with engine.read() as tx:
        row = migration.get(OLGA, tx, job)
        reasons = {
            one["key"]: [str(migration.told(reason)) for reason in one["reasons"]]
            for one in migration.items(OLGA, tx, job)
        }
    return row | {"reasons": reasons}


def tasks(engine: Engine, key: str = "L-1") -> dict[str, dict[str, Any]]:
    """Open tasks of a case by element, whole rows."""
    with engine.read() as tx:
        query = sa.select(work.task).where(work.task.c.key == key, work.task.c.state == "open")
        return {row["element"]: dict(row) for row in tx.conn.execute(query).mappings()}


def complete(engine: Engine, element: str, data: Mapping[str, Any] = {}, key: str = "L-1") -> None:
    row = tasks(engine, key)[element]
    with engine.begin() as tx:
        work.complete(SYSTEM, tx, row["id"], data)


def row_of(engine: Engine, instance: str) -> dict[str, Any]:
    with engine.read() as tx:
        return instances.whole(tx, instance)


def waits(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Open timers and subscriptions of instances."""
    with engine.read() as tx:
        mine = sa.select(subscription).where(subscription.c.instance_id != "").order_by(subscription.c.id)
        open_ = (
            sa.select(timers.timer).where(timers.timer.c.state.in_(("waiting", "queued"))).order_by(timers.timer.c.id)
        )
        return {
            "timers": [dict(row) for row in tx.conn.execute(open_).mappings()],
            "subscriptions": [dict(row) for row in tx.conn.execute(mine).mappings()],
        }
