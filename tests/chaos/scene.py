"""A house with the processes and people of the chaos, for a run or for a look at one blow."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from loopdesk import migrations
from loopdesk.engine import bundles, events, instances
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.chaos import plans
from loopdesk.tests.chaos.crew import Crew, hire
from loopdesk.tests.chaos.house import House, Postgres
from loopdesk.tests.chaos.plans import Plan
from loopdesk.tests.chaos.target import Target
from loopdesk.tests.support import eventually
from loopdesk.web import wiring
from loopdesk.web.wiring import Loopdesk

PEOPLE = 8
PATIENCE = 120.0
"""Seconds that a test waits for something that takes two or three."""


@contextmanager
def furnished(house: House, target: Target) -> Iterator[tuple[Loopdesk, list[str]]]:
    """The database with its tables, processes and people."""
    house.settings.prepare()
    desk = wiring.build(house.settings)
    try:
        migrations.upgrade(desk.engine.database)
        with desk.engine.begin() as tx:
            bundles.deploy(SYSTEM, tx, "intake", plans.intake(target.url))
            bundles.deploy(SYSTEM, tx, "conductor", plans.conductor())
        yield desk, hire(desk.engine, PEOPLE)
    finally:
        desk.close()


@dataclass
class Scene:
    """A running house and what is around it."""

    house: House
    desk: Loopdesk
    target: Target
    secrets: list[str]
    postgres: Postgres | None

    def crew(self, number: int, *, pause: float = 0.1) -> Crew:
        """Who lives through one case, in which every timer but the first waits a moment only."""
        plan = Plan(number, pause, 0.1, 0.1, 30.0, early=True, approves=True, races=False)
        return Crew(self.desk.engine, self.house.url, [plan], self.secrets)

    def client(self) -> httpx.Client:
        """A person's access to the API."""
        headers = {"Authorization": f"Bearer {self.secrets[1]}"}
        return httpx.Client(base_url=self.house.url + "/api/v1", headers=headers, timeout=20)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a part."""
        os.kill(self.house.pids(name)[-1], number)

    def data(self, crew: Crew, number: int) -> dict[str, Any]:
        """The variables of a case's process."""
        with self.desk.engine.read() as tx:
            return instances.variables(tx, crew.state.instances[number])

    def times(self, crew: Crew, number: int, kind: str, element: str) -> int:
        """How often something happened at an element of a case's process."""
        row = events.event.c
        where = (row.instance_id == crew.state.instances[number], row.kind == kind, row.element == element)
        with self.desk.engine.read() as tx:
            return tx.conn.scalar(sa.select(sa.func.count()).select_from(events.event).where(*where)) or 0


@contextmanager
def scene(
    folder: Path, postgres: Postgres | None, *, without: tuple[str, ...] = (), workers: int = 2
) -> Iterator[Scene]:
    """A house on SQLite or on ``postgres`` whose target has no bad days."""
    with Target(0, (0.0, 0.0, 0.0, 0.0)) as target:
        house = House.at(folder, postgres.fresh() if postgres else "", target.host)
        with furnished(house, target) as (desk, secrets):
            house.start(without=without)
            try:
                eventually(house.answers, within=PATIENCE)
                yield Scene(house, desk, target, secrets, postgres)
            finally:
                house.stop()


def finish(crew: Crew, number: int) -> None:
    """Let a case go to its end; nothing may be refused on the way."""

    def ended() -> bool:
        crew.turn()
        return number in crew.state.ended

    eventually(ended, within=PATIENCE)
    crew.close()
    assert crew.refused == []
