"""The desk's own place inside a host: its address, its data and schema, a second desk beside it (architecture §3)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk import migrations
from loopdesk.engine import work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import Database
from loopdesk.engine.errors import Missing
from loopdesk.tests.web.conftest import settings_for
from loopdesk.web.plugin import Mount, SupportDesk, settings_of


def test_two_desks_in_one_process_share_nothing(furnished: Callable[[str], str], tmp_path: Path) -> None:
    app = Flask("two")
    one = SupportDesk(app, url_prefix="/one", settings=settings_for(tmp_path / "one", furnished("sqlite")))
    two = SupportDesk(url_prefix="two", settings=settings_for(tmp_path / "two", furnished("sqlite")))
    two.init_app(app)
    made = one.cases.open(description="Only in the first", customer_number="C-1001")
    with pytest.raises(Missing):
        two.cases.read(made.number)
    client = app.test_client()
    assert client.get("/one/readyz").status_code == client.get("/two/readyz").status_code == 200
    assert client.get("/one/inbox").headers["Location"].startswith("/one/sign-in")
    assert client.get("/two/inbox").headers["Location"].startswith("/two/sign-in")
    with one.loopdesk.engine.read() as tx:
        assert [row["key"] for row in work.listing(SYSTEM, tx)] in ([], [made.number])
    with two.loopdesk.engine.read() as tx:
        assert work.listing(SYSTEM, tx) == []
    assert sorted(app.cli.commands) == ["loopdesk", "loopdesk-two"]


def test_the_mount_changes_nothing_of_the_hosts_request() -> None:
    seen: list[dict[str, Any]] = []
    ours = Flask("ours")

    @ours.get("/<path:rest>")
    def view(rest: str) -> str:
        from flask import request

        return f"{request.script_root}|{request.path}"

    mount = Mount(lambda environ, start: seen.append(environ) or [b""], "/support", ours)  # type: ignore[func-returns-value]
    environ: dict[str, Any] = {"PATH_INFO": "/supportive", "SCRIPT_NAME": "/base"}
    mount(environ, lambda *_: None)  # type: ignore[arg-type]
    assert seen == [{"PATH_INFO": "/supportive", "SCRIPT_NAME": "/base"}]
    host = Flask("host")
    host.wsgi_app = Mount(host.wsgi_app, "/support", ours)  # type: ignore[method-assign]
    assert host.test_client().get("/support/a/b").text == "/support|/a/b"


@pytest.mark.parametrize(
    ("config", "environ", "expected"),
    [
        ({}, {}, "sqlite:"),
        ({}, {"DATABASE_URL": "sqlite:///host.db"}, "sqlite:"),
        ({"SQLALCHEMY_DATABASE_URI": "mysql://h/x"}, {}, "sqlite:"),
        ({"SQLALCHEMY_DATABASE_URI": "postgresql+psycopg2://u:p%40@h/x"}, {}, "postgresql://u:p%40@h/x"),
        ({}, {"DATABASE_URL": "postgres://u@h/x"}, "postgresql://u@h/x"),
        ({"LOOPDESK_DATABASE_URL": "sqlite:////own.db"}, {"DATABASE_URL": "postgres://u@h/x"}, "sqlite:////own.db"),
    ],
)
def test_where_our_data_lives_inside_a_host(
    tmp_path: Path, config: dict[str, str], environ: dict[str, str], expected: str
) -> None:
    app = Flask("host", instance_path=str(tmp_path))
    app.config.update(config)
    settings = settings_of(app, "/support", environ)
    assert settings.database_url.startswith(expected)
    assert "host.db" not in settings.database_url
    assert settings.data == tmp_path / "loopdesk-data"
    assert settings.url.endswith("/support")


def test_the_schema_stands_beside_the_hosts_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    migrations.upgrade(database)
    with database.engine.connect() as conn:
        schemas = set(conn.scalars(sa.text("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'case_'")))
    database.close()
    assert schemas == {"loopdesk"}
