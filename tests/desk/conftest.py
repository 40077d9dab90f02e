"""A house with people, customers, the shipped policies and messages, and an intake that ends at once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loopdesk.desk import facts, operations, raci, rights, tables
from loopdesk.desk.store import FolderStore
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.desk.house import BASE, INTAKE, WORKFLOWS, House, settle_in
from loopdesk.tests.filled import Filled

assert tables.TABLES
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the house was furnished: where the ``clock`` of every test begins."""


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, filled: Filled) -> Iterator[Database]:
    """A database of its own for a test, with the house in it for those that ask for one."""
    inhabited = "house" in request.fixturenames
    url = filled(request.param, "desk", _furnish)[0] if inhabited else request.getfixturevalue(f"{request.param}_url")
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def house(engine: Engine, clock: VirtualClock, filled: Filled, tmp_path: Path) -> House:
    """The house on SQLite and on PostgreSQL."""
    store = FolderStore(tmp_path / "files")
    engine.host = _host(store)
    _, (people, contacts) = filled("sqlite" if engine.database.is_sqlite else "postgres", "desk", _furnish)
    return House(engine, clock, store, engine.host.operations, people, contacts)


def _furnish(url: str, folder: Path) -> tuple[dict[str, Actor], dict[str, Actor]]:
    database = Database(url)
    engine = Engine(database, VirtualClock(START), _host(FolderStore(folder / "files")))
    with engine.begin() as tx:
        for name in ("policies", "messages"):
            bundles.deploy(SYSTEM, tx, name, bundles.read_folder(WORKFLOWS / name))
        bundles.deploy(SYSTEM, tx, "intake", {"intake.bpmn": INTAKE})
        known = settle_in(tx)
    database.close()
    return known


def _host(store: FolderStore) -> Host:
    return Host(
        operations=operations.build(BASE, store), facts=facts.facts, assign=raci.assign, may_work=rights.may_work
    )


@pytest.fixture
def tx(house: House) -> Iterator[Tx]:
    """One writing transaction for a whole test."""
    with house.engine.begin() as tx:
        yield tx


@pytest.fixture
def number(house: House, tx: Tx) -> str:
    """A case that Anna of the VIP customer C-1001 has reported."""
    return house.report(tx).number


@pytest.fixture
def run(house: House, tx: Tx) -> Callable[..., dict[str, object]]:
    """Call an operation as a diagram does: ``run(actor, name, number, **inputs)``."""
    return lambda actor, name, number, **inputs: house.run(tx, actor, name, number, **inputs)
