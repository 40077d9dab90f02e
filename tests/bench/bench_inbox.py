"""One person's inbox beside a thousand open tasks and beside a million: the listings behind it, and the page."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import people
from loopdesk.engine import bundles, instances, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.tx import Engine
from loopdesk.engine.work_rows import task
from loopdesk.tests.bench import filling, house
from loopdesk.tests.bench.filling import G, fill, text
from loopdesk.tests.bench.report import row
from loopdesk.tests.engine.drawing import diagram, flows
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import settings_for
from loopdesk.web.app import create_app
from loopdesk.web.first_start import first_start
from loopdesk.web.pages.inbox import BOXES, PAGE
from loopdesk.web.wiring import build

FEW, MANY = 1_000, 1_000_000
OWN = 30
LOGIN, RARE = "li.na", "rare"


def fill_tasks(engine: Engine, first: int, number: int, person: people.Person) -> None:
    """Open tasks of five departments and two roles; a quarter are taken, a tenth are meant for one other person.

    The first ones hold a few for ``person`` alone, and a few of a department that has no others.
    """
    count = G + first
    own = sa.and_(count % 7 == 0, count <= 7 * OWN)
    rare = sa.and_(count % 7 == 1, count <= 7 * 60)
    departments = sa.case((rare, RARE), (count % 5 == 0, person.departments[0]), else_=text("department-", count % 5))
    taken = sa.and_(count % 4 == 0, sa.not_(rare))
    meant = sa.and_(count % 10 == 3, sa.not_(rare))
    now = engine.clock.now()
    due = filling.spread(engine.database, now, timedelta(minutes=7), 5_000)
    made = {"instance_id": "i", "ref": "1", "bundle_id": bundle_of(engine), "process": "p", "element": "t", "form": ""}
    texts = {"name": {"en": "Answer"}, "raci": {}, "expected": {}, "input": {}, "limit": "PT4H", "priority": "P2"}
    fill(
        engine.database,
        task,
        number,
        id=text("task-", count + 10_000_000),
        key=text("L-", count),
        department=departments,
        role=sa.case((count % 2 == 0, "agent"), else_="specialist"),
        assignee=sa.case((own, person.id), (taken, text("other-", count % 500)), else_=""),
        assignee_name=sa.case((taken, "Other"), else_=""),
        person=sa.case((meant, text("other-", count % 500)), else_=""),
        due_at=sa.case((count % 5 == 4, sa.null()), else_=due),
        state="open",
        created_at=now,
        **made,
        **texts,
    )
    house.settle(engine.database)


def bundle_of(engine: Engine) -> str:
    """A deployed process with an instance ``i`` for the tasks to hang on: its id."""
    body = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + flows("s > e")
    with engine.begin() as tx:
        made = bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(body)}).id
        if tx.conn.scalar(sa.select(sa.func.count()).where(instances.instance.c.id == "i")) == 0:
            state = {"state": b"", "version": 1, "status": "active", "started_at": tx.now}
            instances.add(tx, {"id": "i", "bundle_id": made, "process": "p", "key": "L-1", **state, "ended_at": None})
    return made


def looks(engine: Engine, actors: dict[str, Actor], page: Callable[[], None]) -> dict[str, float]:
    """Milliseconds of each box for each person, and of the page in a browser."""
    found = {}
    for who, actor in actors.items():
        for box, _, _ in BOXES:
            found[f"{who}, box {box}"] = house.milliseconds(partial(listed, engine, actor, box))
    return found | {"the page in HTML": house.milliseconds(page, times=30)}


def listed(engine: Engine, actor: Actor, box: work.Box) -> int:
    """How many tasks one box shows."""
    with engine.read() as tx:
        return len(work.listing(actor, tx, box=box, limit=PAGE))


def measure(kind: house.Kind) -> list[dict[str, Any]]:
    """Both sizes on one database, in one run."""
    with house.database(kind) as database, tempfile.TemporaryDirectory() as folder:
        desk = build(replace(settings_for(Path(folder), database.url), redis_url=""))
        first_start(desk)
        with desk.engine.read() as tx:
            person = people.by_login(tx, LOGIN)
        assert person is not None
        agent = people.actor_of(person)
        rare = replace(agent, departments=frozenset({RARE}))
        actors = {"agent of a large group": agent, "agent of a small group": rare}
        actors["supervisor"] = replace(agent, roles=frozenset({"supervisor"}))
        browser = as_person(create_app(desk=desk), LOGIN)

        def page() -> None:
            assert browser.get("/inbox?box=group").status_code == 200

        fill_tasks(desk.engine, 0, FEW, person)
        few = looks(desk.engine, actors, page)
        fill_tasks(desk.engine, FEW, MANY - FEW, person)
        many = looks(desk.engine, actors, page)
        desk.close()
    return [row(f"inbox, {what}: {MANY:,} open tasks, {kind}", many[what], "ms") for what in many] + [
        row(f"inbox, {what}: {MANY:,} open tasks : {FEW:,}, {kind}", many[what] / few[what], "times", 1.5)
        for what in many
    ]


def rows() -> list[dict[str, Any]]:
    """On both databases."""
    return [one for kind in house.KINDS for one in measure(kind)]
