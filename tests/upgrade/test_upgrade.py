"""Work that a release left open is finished by the code of today (definition of done: upgrades with open instances)."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from loopdesk import __version__, migrations
from loopdesk.desk import attachments, customers, handoff, letters, people, survey
from loopdesk.desk.record import case_
from loopdesk.engine import bundles, incidents, instances, messages, outbox_rows, subscriptions, timers, work
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database, default_url
from loopdesk.tests.desk.house import CONTACTS, STAFF
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.shipped import WORKFLOWS
from loopdesk.tests.scenarios.stage import ADMIN, MORE, Stage
from loopdesk.tests.upgrade import open_work
from loopdesk.tests.upgrade.dump import HERE, Dump, read, restore
from loopdesk.tests.upgrade.open_work import EDITED, SOLVED, complete, post, task
from loopdesk.web import first_start, wiring
from loopdesk.web.settings import Settings

DUMPS = sorted(HERE.glob("*.json.gz"))
_numbers = count()


@pytest.fixture(params=DUMPS, ids=lambda path: path.name.removesuffix(".json.gz"))
def dump(request: pytest.FixtureRequest) -> Dump:
    """What each release left."""
    return read(request.param)


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    name = f"upgrade_{next(_numbers)}_{id(object())}"
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
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The processes of a release that changed every one of them."""
    folder = tmp_path / "workflows"
    shutil.copytree(WORKFLOWS, folder)
    for texts in folder.glob("*/*.en.yaml"):
        texts.write_text(texts.read_text() + "# A newer release.\n")
    monkeypatch.setattr(first_start, "WORKFLOWS", folder)
    return folder


@pytest.fixture
def stage(dump: Dump, empty: Database, server: SmtpPeer, tmp_path: Path) -> Iterator[Stage]:
    """The house as the release left it, with the tables of today."""
    settings = Settings(tmp_path, empty.url, url="https://desk.example", secret="s" * 32, smtp_url=smtp(server))
    restore(dump, empty, settings.attachments)
    migrations.upgrade(empty)
    assert migrations.is_current(empty)
    clock = VirtualClock(datetime.fromisoformat(dump.at))
    desk = wiring.build(settings, clock=clock)
    with desk.engine.read() as tx:
        staff = {one[0]: people.actor_of(_there(people.by_login(tx, one[0]))) for one in (*STAFF, *MORE)}
        contacts = {one[0]: customers.actor_of(_there(customers.contact_by_email(tx, one[3]))) for one in CONTACTS}
    yield Stage(desk, clock, staff, contacts)
    desk.close()


def smtp(server: SmtpPeer) -> str:
    return f"smtp://127.0.0.1:{server.port}"


def _there(found: Any) -> Any:
    assert found is not None
    return found


def rows(stage: Stage, query: sa.Select[Any]) -> list[Any]:
    with stage.desk.engine.read() as tx:
        return list(tx.conn.execute(query).all())


def test_this_version_has_its_dump() -> None:
    assert f"{__version__}.json.gz" in {path.name for path in DUMPS}


def test_shipped_processes_are_renewed_and_an_owners_are_not(stage: Stage, shipped: Path) -> None:
    """Architecture §3, Bundles: the newer release is deployed, an owner's edit stays, running instances keep theirs."""
    table = bundles.bundle
    current = sa.select(table.c.name, table.c.number, table.c.hash, table.c.author_kind).where(table.c.current)
    running = sa.select(instances.instance.c.id, instances.instance.c.bundle_id).order_by(instances.instance.c.id)
    before, bound = {row.name: row for row in rows(stage, current)}, rows(stage, running)
    first_start.first_start(stage.desk)
    after = {row.name: row for row in rows(stage, current)}
    assert after[EDITED] == before[EDITED]
    assert after[EDITED].author_kind == "person"
    for name in {*before} - {EDITED}:
        assert after[name].author_kind == "system"
        newer = bundles.digest_of(bundles.read_folder(shipped / name))
        changed = newer != before[name].hash
        assert (after[name].hash, after[name].number) == (newer, before[name].number + changed), name
    assert after["feedback"].number == before["feedback"].number + 1
    assert rows(stage, running) == bound


def test_work_left_open_is_finished(stage: Stage, dump: Dump, server: SmtpPeer, shipped: Path) -> None:
    """Every case closes with what belongs to it, nothing is left behind, and no letter goes out twice."""
    sent = set(_letters(stage, "sent"))
    assert sent
    first_start.first_start(stage.desk)
    _recover(stage)
    _people(stage, dump.cases)
    _silence(stage, dump.cases)
    assert _left(stage) == {}
    _outcome(stage, dump.cases)
    went_out = Counter(str(mail["Message-ID"]) for mail in server.mails)
    assert set(went_out.values()) == {1}
    assert set(went_out) == set(_letters(stage, "sent")) - sent
    assert _letters(stage, "queued") == _letters(stage, "failed") == []


def _letters(stage: Stage, state: str) -> list[str]:
    table = letters.communication
    return [row.message_id for row in rows(stage, sa.select(table.c.message_id).where(table.c.state == state))]


def _recover(stage: Stage) -> None:
    """What the worker was about to do when it was stopped, and what it could not do."""
    with stage.desk.engine.begin() as tx:
        [refused] = incidents.listing(ADMIN, tx)
        incidents.retry(ADMIN, tx, refused["id"])
    post(stage)
    stage.clock.advance(outbox_rows.LEASE * 2)
    with stage.desk.engine.begin() as tx:
        assert outbox_rows.reclaim(tx) == 1
    post(stage)


def _people(stage: Stage, cases: dict[str, str]) -> None:
    """Everybody does what is in their inbox."""
    complete(stage, "lina", cases["triage"], "triage", **open_work.TRIAGE)
    with stage.desk.engine.read() as tx:
        draft = work.form(tx, work.get(ADMIN, tx, task(stage, "lina", cases["resolve"], "resolve")["id"]), "en")[1]
    assert draft["solution"] == open_work.SOLUTION
    stage.reply(cases["asked"], "Version 4.2.")
    assert {stage.case(cases[name]).status for name in ("asked", "asked_by_mail")} == {"open"}
    complete(stage, "lina", cases["offer"], "offer", summary="Please look.", signed=True)
    complete(stage, "zhangwei", cases["offer"], "confirm", decision="reject", reason="No log.", signed=True)
    stage.wait(minutes=31)
    assert stage.letters(cases["confirm"])[-1]["template"] == "handoff-overdue"
    assert stage.letters(cases["emergency"])[-1]["template"] == "emergency-reminder"
    complete(stage, "zhangwei", cases["confirm"], "confirm", decision="accept", signed=True)
    complete(stage, "olga", cases["emergency"], "stand_down", summary="交换机故障。", stable=True)
    for name in ("triage", "asked", "asked_by_mail", "offer", "emergency"):
        complete(stage, "lina", cases[name], "resolve", **SOLVED)
    complete(stage, "lina", cases["resolve"], "resolve", **SOLVED | {"solution": draft["solution"]})
    complete(stage, "zhangwei", cases["confirm"], "resolve", **SOLVED)
    complete(stage, "lina", cases["read_reply"], "read_reply", outcome="keep_waiting")
    assert stage.form("lina", "read_reply")[1]["text"] == "It works, thank you!"
    complete(stage, "lina", cases["read_reply"], "read_reply", outcome="confirmed")
    complete(stage, "max", cases["call_back"], "call_back", reached=True, root_cause="A night.", improvement="A shift.")
    for name in ("verify", "triage", "resolve", "asked", "asked_by_mail", "offer", "confirm", "emergency"):
        stage.verify(cases[name], confirmed=True)
    stage.rate(cases["survey"], stars=5)


def _silence(stage: Stage, cases: dict[str, str]) -> None:
    """What nobody answers ends by its timers, and all letters go out."""
    stage.wait(hours=72)
    assert stage.case(cases["chased"]).close_reason == "no-answer"
    stage.wait(days=15)
    post(stage)


def _left(stage: Stage) -> dict[str, int]:
    """How much of everything is still open, without what is not."""
    incident, message = incidents.incident.c, messages.message.c
    still_open = [
        (case_, case_.c.status != "closed"),
        (instances.instance, instances.instance.c.status != instances.COMPLETED),
        (work.task, work.task.c.state == "open"),
        (timers.timer, timers.timer.c.state.in_((timers.WAITING, timers.QUEUED))),
        (subscriptions.subscription, subscriptions.subscription.c.instance_id != ""),
        (messages.message, message.state.in_((messages.NEW, messages.WAITING))),
        (outbox_rows.outbox, outbox_rows.outbox.c.state != outbox_rows.DONE),
        (incidents.incident, incident.state == "open"),
    ]
    counted = {
        table.name: rows(stage, sa.select(sa.func.count()).select_from(table).where(where))[0][0]
        for table, where in still_open
    }
    return {name: number for name, number in counted.items() if number}


def _outcome(stage: Stage, cases: dict[str, str]) -> None:
    """What later readers of the cases find."""
    confirmed = {name: stage.case(number).close_reason for name, number in cases.items() if name != "chased"}
    assert set(confirmed.values()) == {"confirmed"}
    sides = handoff.signature.c
    signed = sa.select(sides.side, sides.decision, sides.department).order_by(sides.id)
    sender = ("sender", "signed", "support")
    accepted = rows(stage, signed.where(sides.case == cases["confirm"]))
    assert accepted == [sender, ("receiver", "accepted", "rnd")]
    rejected = rows(stage, signed.where(sides.case == cases["offer"]))
    assert rejected == [sender, ("receiver", "rejected", "rnd")]
    asked = survey.survey_.c
    stars = {row.case: (row.stars, row.reached) for row in rows(stage, sa.select(*asked))}
    assert {name: stars[cases[name]] for name in ("survey", "call_back", "silent_survey")} == {
        "survey": (5, None), "call_back": (1, True), "silent_survey": (None, None)
    }  # fmt: skip
    assert set(stars) == set(cases.values())
    with stage.desk.engine.read() as tx:
        [kept] = attachments.listing(ADMIN, tx, cases["triage"])
        with attachments.read(ADMIN, tx, stage.desk.store, kept.id).stream as stream:
            assert stream.read() == open_work.LOG
