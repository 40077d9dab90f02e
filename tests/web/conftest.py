"""A whole Loopdesk on each database: shipped processes, demo people and customers, a clock that stands still."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import people, tokens
from loopdesk.engine import outbox
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import default_url
from loopdesk.tests.filled import create, leave
from loopdesk.tests.web.connections import one_at_a_time
from loopdesk.tests.web.probe import probe
from loopdesk.tests.web.served import Served
from loopdesk.web.first_start import first_start
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk, build

PASSWORD = "correct horse battery"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the house was furnished: a Monday morning, as the ``clock`` of every test begins."""
_numbers = count()


def settings_for(folder: Path, url: str) -> Settings:
    """Settings of a demo house on the database ``url``."""
    return Settings(
        data=folder,
        database_url=url,
        secret="a secret of the tests",
        url="http://localhost",
        demo=True,
        admin_password=PASSWORD,
    )


def _furnish(folder: Path, url: str, clock: VirtualClock) -> None:
    desk = build(settings_for(folder, url), clock=clock)
    first_start(desk)
    desk.close()


@pytest.fixture(scope="session")
def furnished_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with everything that a first start brings."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(sqlite_template, folder / "loopdesk.sqlite")
    _furnish(folder, default_url(folder), VirtualClock(START))
    return folder / "loopdesk.sqlite"


@pytest.fixture(scope="session")
def furnished_postgres(postgres_server: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same as a PostgreSQL database to copy from: its name."""
    name = f"furnished_{os.getpid()}"
    url = create(postgres_server, name, postgres_template)
    _furnish(tmp_path_factory.mktemp("furnished"), url, VirtualClock(START))
    return name


@pytest.fixture
def furnished(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a furnished database of its own for ``sqlite`` or ``postgres``: its URL."""
    made: list[str] = []

    def make(kind: str) -> str:
        number = next(_numbers)
        if kind == "sqlite":
            folder = tmp_path / f"desk{number}"
            folder.mkdir()
            shutil.copy(request.getfixturevalue("furnished_sqlite"), folder / "loopdesk.sqlite")
            return default_url(folder)
        made.append(f"web_{os.getpid()}_{number}")
        template = request.getfixturevalue("furnished_postgres")
        return create(request.getfixturevalue("postgres_server"), made[-1], template)

    yield make
    for name in made:
        leave(name)


@pytest.fixture(params=["sqlite", "postgres"])
def desk(
    request: pytest.FixtureRequest, furnished: Callable[[str], str], tmp_path: Path, clock: VirtualClock
) -> Iterator[Loopdesk]:
    """A furnished Loopdesk; each test that asks for it runs on SQLite and on PostgreSQL."""
    desk = build(settings_for(tmp_path, furnished(request.param)), clock=clock)
    with one_at_a_time(desk.engine.database):
        yield desk
    desk.close()


@pytest.fixture
def light_desk(furnished: Callable[[str], str], tmp_path: Path, clock: VirtualClock) -> Iterator[Loopdesk]:
    """The same on SQLite only, for what has nothing to do with the database."""
    desk = build(settings_for(tmp_path, furnished("sqlite")), clock=clock)
    with one_at_a_time(desk.engine.database):
        yield desk
    desk.close()


@pytest.fixture(scope="session")
def served() -> Served:
    """What serves ``desk``."""
    return Served()


@pytest.fixture
def app(desk: Loopdesk, served: Served) -> Flask:
    """Our own application on ``desk``."""
    return served.at(desk)


@pytest.fixture(scope="session")
def light_served() -> Served:
    """What serves ``light_desk``: a test may ask for both."""
    return Served()


@pytest.fixture
def light_app(light_desk: Loopdesk, light_served: Served) -> Flask:
    """Our own application on ``light_desk``."""
    return light_served.at(light_desk)


@pytest.fixture(scope="session")
def probed_served() -> Served:
    """What serves ``probed``."""

    def add(app: Flask) -> None:
        app.register_blueprint(probe())
        app.config["PROPAGATE_EXCEPTIONS"] = False

    return Served(add)


@pytest.fixture
def probed(light_desk: Loopdesk, probed_served: Served) -> Flask:
    """Our own application with a few views to look through; a bug in them is answered as in production."""
    return probed_served.at(light_desk)


class Api:
    """A client of the API with the token of one person."""

    def __init__(self, app: Flask, desk: Loopdesk, login: str, *scopes: str) -> None:
        with desk.engine.begin() as tx:
            person = people.by_login(tx, login)
            assert person is not None
            secret = tokens.make_token(SYSTEM, tx, person.id, name="test", scopes=scopes or tokens.SCOPES)
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        self.desk = desk

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(path: str, **options: object) -> Any:
            return getattr(self.client, method)(f"/api/v1{path}", **options)

        return call


@pytest.fixture
def api(app: Flask, desk: Loopdesk) -> Callable[..., Api]:
    """Makes an API client: ``api("li.na", "cases:read")``; all scopes when none is named."""
    return lambda login, *scopes: Api(app, desk, login, *scopes)


def settle(desk: Loopdesk) -> None:
    """Let the worker do whatever is ready now; mails wait, for no server is configured."""
    local = replace(desk.handlers, remote={})
    while outbox.drain(desk.engine, local, worker="test"):
        pass
