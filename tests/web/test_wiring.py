"""What the joined rooms do together: a message leaves and is marked, nothing is shared, a first start is repeatable."""

import os
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from loopdesk.connectors.recorder import Recorder
from loopdesk.connectors.registry import Registry
from loopdesk.desk import case, communications, people
from loopdesk.engine import bundles, outbox
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.periodic import Schedule
from loopdesk.tests.web.conftest import settings_for
from loopdesk.web import wiring
from loopdesk.web.first_start import first_start
from loopdesk.web.wiring import Loopdesk

REPORT = case.Report(channel="portal", description="The printer smokes", email="anna@aurora.example")


def test_a_message_leaves_through_its_connector_and_is_marked_sent(desk: Loopdesk) -> None:
    recorder = Recorder()
    handlers = wiring._handlers(desk.settings, desk.engine, Registry([recorder]), desk.store)
    with desk.engine.begin() as tx:
        made = case.open(SYSTEM, tx, REPORT)
    while outbox.drain(desk.engine, handlers, worker="test"):
        pass
    first = next(iter(recorder.sent.values()))
    assert first.to == "anna@aurora.example"
    assert made.number in first.subject + first.body
    with desk.engine.read() as tx:
        states = {one["state"] for one in communications.listing(SYSTEM, tx, made.number) if one["direction"] == "out"}
    assert states == {"sent"}


def test_no_mail_server_is_an_incident_that_says_what_to_do(desk: Loopdesk) -> None:
    with desk.engine.begin() as tx:
        case.open(SYSTEM, tx, REPORT)
    while outbox.drain(desk.engine, desk.handlers, worker="test"):
        pass
    with desk.engine.read() as tx:
        query = "SELECT error FROM outbox WHERE state = 'failed' AND kind = 'send'"
        failed = tx.conn.exec_driver_sql(query).scalars().all()
    assert failed
    assert "SMTP_URL" in failed[0]


def test_a_developer_reads_mails_in_the_terminal(desk: Loopdesk, capsys: pytest.CaptureFixture[str]) -> None:
    console = wiring.build(replace(desk.settings, smtp_url="console:"), clock=desk.engine.clock)
    with console.engine.begin() as tx:
        made = case.open(SYSTEM, tx, REPORT)
    while outbox.drain(console.engine, console.handlers, worker="test"):
        pass
    console.close()
    assert made.number in capsys.readouterr().err


def test_a_second_start_changes_nothing(desk: Loopdesk) -> None:
    def look() -> tuple[int, list[tuple[str, int]]]:
        with desk.engine.read() as tx:
            rows = bundles.listing(SYSTEM, tx)
            return len(people.listing(SYSTEM, tx)), [(row["name"], row["number"]) for row in rows]

    before = look()
    first_start(desk)
    assert look() == before
    assert {"intake", "resolution", "handoff", "emergency", "closure", "feedback"} <= {name for name, _ in before[1]}


def test_an_owners_edit_is_not_overwritten_by_a_start(desk: Loopdesk) -> None:
    with desk.engine.begin() as tx:
        owner = people.by_login(tx, "admin")
        assert owner is not None
        files = dict(bundles.current(tx, "handoff").files) | {"README.md": b"# Ours\n"}
        bundles.deploy(people.actor_of(owner), tx, "handoff", files)
    first_start(desk)
    with desk.engine.read() as tx:
        assert bundles.current(tx, "handoff").files["README.md"] == b"# Ours\n"


def test_what_a_commit_leaves_to_do_rings_redis(light_desk: Loopdesk, redis_url: str, tmp_path: Path) -> None:
    import redis

    settings = replace(settings_for(tmp_path, light_desk.settings.database_url), redis_url=redis_url)
    desk = wiring.build(settings)
    with desk.engine.begin() as tx:
        case.open(SYSTEM, tx, REPORT)
    desk.close()
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("rq:queue:loopdesk") == 1


def test_content_that_belongs_to_no_case_goes_by_itself_within_a_day(desk: Loopdesk) -> None:
    kept, _ = desk.store.put(BytesIO(b"an upload that was given up"))
    (given_up,) = desk.settings.attachments.glob(f"*/{kept}")
    unfinished = desk.settings.attachments / ".part-of-a-process-that-was-killed"
    unfinished.touch()
    written = desk.engine.clock.now().timestamp()
    for path in (given_up, unfinished):
        os.utime(path, (written, written))
    pollers = [Schedule(desk.periodic), Schedule(desk.periodic)]
    for days in (0, 2):
        assert isinstance(desk.engine.clock, VirtualClock)
        desk.engine.clock.advance(timedelta(days=days))
        for poller in pollers:
            poller.tick(desk.engine)
        outbox.drain(desk.engine, desk.handlers, worker="test")
        assert [given_up.exists(), unfinished.exists()] == [days == 0] * 2
