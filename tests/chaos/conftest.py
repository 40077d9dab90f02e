"""Databases that may be struck: a PostgreSQL of one's own, or SQLite, which cannot be away."""

from collections.abc import Iterator

import pytest

from loopdesk.tests.chaos.house import Postgres
from loopdesk.tests.chaos.scene import Scene, scene


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that nobody else uses."""
    with Postgres() as postgres:
        yield postgres


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def postgres(request: pytest.FixtureRequest) -> Postgres | None:
    """The server of a house on PostgreSQL; none for a house on SQLite."""
    return request.getfixturevalue("own_postgres") if request.param == "PostgreSQL" else None


@pytest.fixture(scope="module")
def struck(own_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A running house that the tests of a file strike one after another, each with a case of its own."""
    with scene(tmp_path_factory.mktemp("house") / "data", own_postgres) as found:
        yield found
