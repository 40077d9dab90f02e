"""Plugged into a host that has models, sign-in, CSRF, CSP, migrations and a `forms.py` of its own (architecture §3)."""

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from loopdesk.desk import people
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import metadata, normalise
from loopdesk.engine.errors import Invalid, Missing
from loopdesk.tests.filled import Filled
from loopdesk.tests.support import eventually
from loopdesk.web import wiring
from loopdesk.web.first_start import first_start
from loopdesk.web.identity import HostIdentity
from loopdesk.web.settings import Settings

HOST = Path(__file__).parent / "host"
MODULES = ("hostapp", "forms")


@pytest.fixture(params=["sqlite", "postgres"])
def host_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The host's own database; on PostgreSQL the desk lives beside it in a schema of its own, on SQLite in a file."""
    if request.param == "postgres":
        url = str(request.getfixturevalue("postgres_url"))
        engine = sa.create_engine(normalise(url))
        with engine.begin() as conn:
            conn.exec_driver_sql("DROP SCHEMA loopdesk CASCADE")
        engine.dispose()
        return normalise(url)
    return f"sqlite:///{tmp_path}/host.sqlite"


@pytest.fixture
def environment(host_database: str, tmp_path: Path) -> dict[str, str]:
    """What the host is started with."""
    folder = tmp_path / "host"
    shutil.copytree(HOST, folder)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {"HOST_DATABASE": host_database, "HOST_FOLDER": str(folder), "PYTHONPATH": str(folder)}


@pytest.fixture
def prepared(environment: dict[str, str], filled: Filled, tmp_path: Path) -> dict[str, str]:
    """The same beside a desk that has had its first start already, which takes seconds."""
    if environment["HOST_DATABASE"].startswith("sqlite"):
        filled("sqlite", "host", _first_start)
        shutil.copytree(tmp_path / "data", Path(environment["HOST_FOLDER"]) / "loopdesk-data")
        return environment
    return environment | {"HOST_DATABASE": normalise(filled("postgres", "host", _first_start)[0])}


def _first_start(url: str, folder: Path) -> None:
    desk = wiring.build(Settings(folder, url), identity=HostIdentity(lambda _environ: None))
    first_start(desk)
    desk.close()


@pytest.fixture
def host(prepared: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The host, imported from its own folder as `hostapp`, with its tables, two accounts, and the desk prepared."""
    with running(prepared, monkeypatch) as hostapp:
        yield hostapp


@pytest.fixture
def new_host(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The same, where nothing of the desk was there before."""
    with running(environment, monkeypatch) as hostapp:
        yield hostapp


@contextmanager
def running(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The host as it stands in its folder, until the end."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("DATABASE_URL", "LOOPDESK_DATA", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.syspath_prepend(environment["HOST_FOLDER"])
    hostapp = importlib.import_module("hostapp")
    with hostapp.app.app_context():
        hostapp.db.create_all()
        hostapp.db.session.add(hostapp.Account(name="mia", is_agent=True))
        hostapp.db.session.add(hostapp.Account(name="bob"))
        hostapp.db.session.commit()
    hostapp.desk.prepare()
    yield hostapp
    hostapp.desk.loopdesk.close()
    with hostapp.app.app_context():
        hostapp.db.engine.dispose()
    for name in MODULES:
        sys.modules.pop(name, None)


def browser(host: ModuleType, name: str = "") -> FlaskClient:
    """A browser at the host, signed in there as ``name``."""
    client: FlaskClient = host.app.test_client()
    if name:
        token = client.get("/in").text.split('value="')[1].split('"')[0]
        assert client.post("/in", data={"name": name, "csrf_token": token}).status_code == 302
    return client


def test_each_one_answers_under_its_own_address(host: ModuleType) -> None:
    client = browser(host)
    assert client.get("/").text == "host: nobody"
    assert client.get("/support/healthz").json == {"status": "up"}
    assert client.get("/healthz").status_code == 404
    assert client.get("/supporting").text == "HOST ERROR 404"


def test_the_hosts_person_is_ours_without_another_sign_in(host: ModuleType) -> None:
    client = browser(host, "mia")
    page = client.get("/support/inbox")
    assert page.status_code == 200
    with host.desk.loopdesk.engine.read() as tx:
        mia = people.by_id(tx, "acc-1")
    assert (mia.name, mia.roles, mia.departments, mia.language) == ("mia", ("agent",), ("support",), "zh")
    assert 'lang="zh' in page.text


def test_whoever_is_not_signed_in_goes_to_the_hosts_page(host: ModuleType) -> None:
    client = browser(host)
    answer = client.get("/support/inbox?box=due")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/in?next=%2Fsupport%2Finbox%3Fbox%3Ddue"
    assert client.get("/support/sign-in").headers["Location"] == "/in"


def test_a_change_at_the_host_arrives_and_own_choices_stay(host: ModuleType) -> None:
    client = browser(host, "bob")
    client.get("/support/me")
    with host.desk.loopdesk.engine.begin() as tx:
        people.prefer(SYSTEM, tx, "acc-2", language="en", zone="Europe/Berlin")
    with host.app.app_context():
        host.db.session.get(host.Account, 2).is_agent = True
        host.db.session.commit()
    client.get("/support/me")
    with host.desk.loopdesk.engine.read() as tx:
        bob = people.by_id(tx, "acc-2")
    assert (bob.roles, bob.language, bob.zone) == (("agent",), "en", "Europe/Berlin")


def test_people_are_known_to_workers_before_they_ever_came(host: ModuleType) -> None:
    with host.desk.loopdesk.engine.read() as tx:
        assert [one.name for one in people.in_department(tx, "support", "agent")] == ["mia"]


def test_the_hosts_rollback_stays_a_rollback(host: ModuleType) -> None:
    client = browser(host, "mia")
    good = client.post("/orders", data={"text": "table"})
    assert good.get_json()["orders"] == 1
    bad = client.post("/orders", data={"text": "broken"})
    assert bad.text == "HOST ERROR 500"
    with host.app.app_context():
        assert [order.text for order in host.db.session.query(host.Order)] == ["TABLE"]
    titles = [case.title for case in host.desk.cases.listing().cases]
    assert titles == ["Help with broken", "Help with table"] or set(titles) == {"Help with broken", "Help with table"}


def test_cookies_do_not_meet(host: ModuleType) -> None:
    client = browser(host, "mia")
    ours = client.get("/support/inbox?lang=en").headers.getlist("Set-Cookie")
    assert ours
    for cookie in ours:
        assert cookie.startswith(("loopdesk_session=", "loopdesk_language="))
        assert "Path=/support" in cookie
    theirs = client.get("/").headers.getlist("Set-Cookie")
    assert all("loopdesk" not in cookie for cookie in theirs)
    assert client.get("/").text == "host: mia"


def test_error_pages_and_policies_do_not_mix(host: ModuleType) -> None:
    client = browser(host, "mia")
    theirs, ours = client.get("/nowhere"), client.get("/support/nowhere")
    assert theirs.text == "HOST ERROR 404"
    assert ours.status_code == 404
    assert "HOST ERROR" not in ours.text
    assert theirs.headers["Content-Security-Policy"] == "default-src 'none'"
    assert "script-src 'self'" in ours.headers["Content-Security-Policy"]
    assert client.get("/support/api/v1/nothing").content_type == "application/problem+json"


def test_the_hosts_csrf_and_ours_guard_their_own(host: ModuleType) -> None:
    client = browser(host, "mia")
    assert client.post("/in", data={"name": "bob"}).status_code == 400
    refused = client.post("/support/sign-out", headers={"Accept": "application/json"})
    assert refused.get_json()["type"] == "urn:loopdesk:problem:stale-form"


def test_the_hosts_forms_module_is_still_the_hosts(host: ModuleType) -> None:
    import loopdesk.forms

    assert sys.modules["forms"].OrderForm.__name__ == "OrderForm"
    assert not hasattr(loopdesk.forms, "OrderForm")


def test_in_process_verbs_open_read_and_refuse(host: ModuleType) -> None:
    made = host.desk.cases.open(description="The printer smokes", email="buyer@host.example", title="Printer")
    host.desk.cases.comment(made.number, "seen by the host", internal=True)
    assert host.desk.cases.read(made.number).title == "Printer"
    assert host.desk.cases.listing(q="printer").total == 1
    with pytest.raises(Missing):
        host.desk.cases.read("L-1999-000001")
    with pytest.raises(Invalid) as refused:
        host.desk.cases.open(description="x", customer_number="C-nobody", email="stranger@elsewhere.example")
    assert "customer_number" in refused.value.fields


def test_the_host_hears_of_events_and_goes_on_after_an_error(host: ModuleType) -> None:
    heard: list[tuple[str, str]] = []

    def listen(event: Any, cursor: str) -> None:
        heard.append((event["kind"], cursor))
        if len(heard) == 1:
            raise RuntimeError("the host stumbles")

    follower = host.desk.on_event(listen)
    host.desk.cases.open(description="The printer smokes", email="buyer@host.example")
    eventually(lambda: ("case.opened" in [kind for kind, _ in heard]) and len(heard) > 2)
    follower.stop()
    follower.join(5)
    again: list[str] = []
    follower = host.desk.on_event(lambda event, cursor: again.append(cursor), after=heard[1][1])
    eventually(lambda: again)
    follower.stop()
    follower.join(5)
    assert again[0] == heard[2][1]


def test_our_tables_are_none_of_the_hosts(new_host: ModuleType) -> None:
    with new_host.app.app_context():
        tables = set(sa.inspect(new_host.db.engine).get_table_names())
    assert tables == {"account", "order"}
    ours = set(sa.inspect(new_host.desk.loopdesk.engine.database.engine).get_table_names())
    assert set(metadata.tables) <= ours
    with new_host.desk.loopdesk.engine.read() as tx:
        assert [one.name for one in people.in_department(tx, "support", "agent")] == ["mia"]


def test_the_hosts_migrations_know_nothing_of_ours(environment: dict[str, str]) -> None:
    def flask(*arguments: str) -> str:
        command = [sys.executable, "-P", "-m", "flask", "--app", "hostapp", *arguments]
        place: dict[str, Any] = {"cwd": environment["HOST_FOLDER"], "env": environment}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **place)
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout + done.stderr)

    flask("db", "init")
    flask("db", "migrate", "-m", "first")
    flask("db", "upgrade")
    flask("loopdesk", "migrate")
    proposed = flask("db", "migrate", "-m", "nothing")
    assert "No changes in schema detected" in proposed
    flask("db", "upgrade")
    assert "mia" not in flask("loopdesk", "user", "list")
