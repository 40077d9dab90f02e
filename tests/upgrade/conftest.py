"""A released house, brought to the tables of today on each database, with a mail server and a ledger beside it."""

import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from loopdesk import migrations
from loopdesk.connectors.delivery import Effects
from loopdesk.connectors.registry import Registry
from loopdesk.desk import customers, people
from loopdesk.engine import bundles, runner
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database, default_url
from loopdesk.tests.desk.house import CONTACTS, STAFF
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.shipped import WORKFLOWS
from loopdesk.tests.scenarios.stage import MORE, Stage
from loopdesk.tests.upgrade.dump import HERE, Dump, read, restore
from loopdesk.tests.upgrade.ledger import Ledger
from loopdesk.web import first_start, wiring
from loopdesk.web.settings import Settings

DUMPS = sorted(HERE.glob("*.json.gz"))


@pytest.fixture(autouse=True)
def own_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dumps are made with the same ids each time: what one release's deployment holds is not the other's."""
    monkeypatch.setattr(bundles, "_cache", OrderedDict())


@pytest.fixture(params=DUMPS, ids=lambda path: path.name.removesuffix(".json.gz"))
def dump(request: pytest.FixtureRequest) -> Dump:
    """What each release left."""
    return read(request.param)


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    name = f"upgrade_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield postgres_server.replace("/postgres?", f"/{name}?")
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> str:
    """A SQLite file that is not there yet."""
    return default_url(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of each kind."""
    database = Database(request.getfixturevalue(f"empty_{request.param}"))
    yield database
    database.close()


@pytest.fixture
def server() -> Iterator[SmtpPeer]:
    with SmtpPeer() as server:
        yield server


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The processes of a release that changed every one of them."""
    folder = tmp_path / "workflows"
    shutil.copytree(WORKFLOWS, folder)
    for texts in folder.glob("*/*.en.yaml"):
        texts.write_text(texts.read_text() + "# A newer release.\n")
    monkeypatch.setattr(first_start, "WORKFLOWS", folder)
    return folder


@pytest.fixture
def stage(dump: Dump, empty: Database, server: SmtpPeer, ledger: Ledger, tmp_path: Path) -> Iterator[Stage]:
    """The house as the release left it, with the tables of today."""
    folder = tmp_path / "house"
    restore(dump, empty, folder / "attachments")
    migrations.upgrade(empty)
    assert migrations.is_current(empty)
    stage = move_in(empty.url, folder, dump.at, server, ledger)
    yield stage
    stage.desk.close()


def move_in(url: str, folder: Path, at: str, server: SmtpPeer, ledger: Ledger) -> Stage:
    """The house that stands in a database, at a moment."""
    settings = Settings(folder, url, url="https://desk.example", secret="s" * 32)
    settings = replace(settings, smtp_url=f"smtp://127.0.0.1:{server.port}")
    clock = VirtualClock(datetime.fromisoformat(at))
    desk = wiring.build(settings, clock=clock)
    remote = {**desk.handlers.remote, "effect": Effects(Registry([ledger]), runner.settle_effect)}
    desk = replace(desk, handlers=replace(desk.handlers, remote=remote))
    if not migrations.is_current(desk.engine.database):
        return Stage(desk, clock, {}, {})
    with desk.engine.read() as tx:
        staff = {one[0]: people.actor_of(_there(people.by_login(tx, one[0]))) for one in (*STAFF, *MORE)}
        contacts = {one[0]: customers.actor_of(_there(customers.contact_by_email(tx, one[3]))) for one in CONTACTS}
    return Stage(desk, clock, staff, contacts)


def _there(found: Any) -> Any:
    assert found is not None
    return found
