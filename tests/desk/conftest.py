"""A house with people, customers, the shipped policies and messages, and an intake that ends at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loopdesk.desk import facts, operations, raci, rights, tables
from loopdesk.desk.store import FolderStore
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.desk.house import BASE, INTAKE, WORKFLOWS, House, settle_in

assert tables.TABLES


@pytest.fixture
def house(engine: Engine, clock: VirtualClock, tmp_path: Path) -> House:
    """The house on SQLite and on PostgreSQL."""
    store = FolderStore(tmp_path / "files")
    engine.host = Host(
        operations=operations.build(BASE, store), facts=facts.facts, assign=raci.assign, may_work=rights.may_work
    )
    with engine.begin() as tx:
        for name in ("policies", "messages"):
            bundles.deploy(SYSTEM, tx, name, bundles.read_folder(WORKFLOWS / name))
        bundles.deploy(SYSTEM, tx, "intake", {"intake.bpmn": INTAKE})
        people, contacts = settle_in(tx)
    return House(engine, clock, store, engine.host.operations, people, contacts)


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
