"""One person's inbox beside a thousand open tasks and beside a million: the listings behind it, and the page."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

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


def fill_tasks(engine: Engine, number: int, person: people.Person) -> None:
    """Open tasks of five departments and two roles; a quarter are taken, a tenth are meant for one other person.

    The first ones hold a few for ``person`` alone, and a few of a department that has no others.
    """
    own = sa.and_(G % 7 == 0, G <= 7 * OWN)
    rare = sa.and_(G % 7 == 1, G <= 7 * 60)
    departments = sa.case((rare, RARE), (G % 5 == 0, person.departments[0]), else_=text("department-", G % 5))
    taken = sa.and_(G % 4 == 0, sa.not_(rare))
    meant = sa.and_(G % 10 == 3, sa.not_(rare))
    now = engine.clock.now()
    due = filling.spread(engine.database, now, timedelta(minutes=1), 500)
    made = {"instance_id": "i", "ref": "1", "bundle_id": bundle_of(engine), "process": "p", "element": "t", "form": ""}
    texts = {"name": {"en": "Answer"}, "raci": {}, "expected": {}, "input": {}, "limit": "PT4H", "priority": "P2"}
    fill(
        engine.database,
        task,
        number,
        id=text("task-", G + 10_000_000),
        key=text("L-"),
        department=departments,
        role=sa.case((G % 2 == 0, "agent"), else_="specialist"),
        assignee=sa.case((own, person.id), (taken, text("other-", G % 500)), else_=""),
        assignee_name=sa.case((taken, "Other"), else_=""),
        person=sa.case((meant, text("other-", G % 500)), else_=""),
        due_at=sa.case((G % 5 == 4, sa.null()), else_=due),
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


def listed(engine: Engine, actor: Actor, box: work.Box) -> int:
    """How many tasks one box shows."""
    with engine.read() as tx:
        return len(work.listing(actor, tx, box=box, limit=PAGE))


@dataclass(frozen=True)
class House:
    """A whole desk with so many open tasks, a browser in which its agent is signed in, and who looks."""

    engine: Engine
    browser: FlaskClient
    actors: dict[str, Actor]

    def page(self) -> None:
        """The inbox as HTML."""
        assert self.browser.get("/inbox?box=group").status_code == 200


@contextmanager
def house_with(kind: house.Kind, number: int) -> Iterator[House]:
    """A furnished house with ``number`` open tasks."""
    with house.database(kind) as database, tempfile.TemporaryDirectory() as folder:
        desk = build(replace(settings_for(Path(folder), database.url), redis_url=""))
        first_start(desk)
        with desk.engine.read() as tx:
            person = people.by_login(tx, LOGIN)
        assert person is not None
        agent = people.actor_of(person)
        actors = {
            "agent of a large group": agent,
            "agent of a small group": replace(agent, departments=frozenset({RARE})),
            "supervisor": replace(agent, roles=frozenset({"supervisor"})),
        }
        fill_tasks(desk.engine, number, person)
        yield House(desk.engine, as_person(create_app(desk=desk), LOGIN), actors)
        desk.close()


def measure(kind: house.Kind) -> list[dict[str, Any]]:
    """Both sizes in turns."""
    found = []
    with house_with(kind, FEW) as few, house_with(kind, MANY) as many:
        found.append(house.calibration(kind, many.engine.database, "inbox"))
        for who in few.actors:
            for box, _, _ in BOXES:
                looks = (partial(listed, one.engine, one.actors[who], box) for one in (few, many))
                found += pair(f"inbox, {who}, box {box}", kind, *house.compared(*looks))
        found += pair("inbox, the page in HTML", kind, *house.compared(few.page, many.page, times=30))
    return found


def pair(what: str, kind: house.Kind, few: float, many: float) -> list[dict[str, Any]]:
    """The time beside very many tasks, and how it compares."""
    return [
        row(f"{what}, {MANY:,} open tasks, {kind}", many, "ms"),
        row(f"{what}, {MANY:,} open tasks : {FEW:,}, {kind}", many / few, "times", 1.5),
    ]


def rows() -> list[dict[str, Any]]:
    """On both databases."""
    return [one for kind in house.KINDS for one in measure(kind)]
