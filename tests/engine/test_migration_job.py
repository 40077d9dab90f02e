"""A migration of many as a job: batches, pause, resume, a worker that dies in the middle, two jobs at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.engine import events, instances, migration, outbox, outbox_rows
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database
from loopdesk.engine.errors import Conflict, Refused
from loopdesk.engine.host import Host
from loopdesk.engine.migration_one import migrate
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import catch, flows, timer
from loopdesk.tests.engine.migrating import AGENT, HANDLERS, OLGA, carry, drain, ended, release, row_of
from loopdesk.tests.engine.steps import start

MANY = 2 * migration.BATCH + 5


def body(name: str) -> str:
    ends = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
    return ends + f'<bpmn:userTask id="a" name="{name}"/>' + flows("s > a > e")


@pytest.fixture
def running(engine: Engine) -> list[str]:
    """Instances of version 1, and a version 2."""
    release(engine, body("One"))
    found = [start(engine, "p", key=f"L-{number}") for number in range(MANY)]
    release(engine, body("Two"))
    return found


def begin(engine: Engine, source: int = 1, target: int = 2) -> str:
    with engine.begin() as tx:
        return migration.start(OLGA, tx, "p", source, target)


def one_batch(engine: Engine) -> int:
    return outbox.drain(engine, HANDLERS, worker="test", limit=1)


def migrated(engine: Engine) -> list[str]:
    """Instances with an event that says so, one entry for each event."""
    with engine.read() as tx:
        query = sa.select(events.event.c.instance_id).where(events.event.c.kind == "instance.migrated")
        return list(tx.conn.execute(query).scalars())


def test_many_are_carried_over_in_batches_with_progress(engine: Engine, running: list[str]) -> None:
    job = begin(engine)
    assert one_batch(engine) == 1
    row = ended(engine, job)
    assert (row["state"], row["migrated"], row["waiting"]) == ("running", migration.BATCH, MANY - migration.BATCH)
    drain(engine)
    row = ended(engine, job)
    assert (row["state"], row["migrated"], row["waiting"], row["failed"]) == ("finished", MANY, 0, 0)
    assert sorted(migrated(engine)) == sorted(running)
    with engine.read() as tx:
        assert [one["id"] for one in migration.listing(OLGA, tx, "p")] == [job]


def test_a_paused_migration_rests_and_goes_on_where_it_was(engine: Engine, running: list[str]) -> None:
    job = begin(engine)
    one_batch(engine)
    with engine.begin() as tx:
        migration.pause(OLGA, tx, job)
    drain(engine)
    assert ended(engine, job)["migrated"] == migration.BATCH
    with engine.begin() as tx:
        with pytest.raises(Conflict):
            migration.pause(OLGA, tx, job)
        with pytest.raises(Refused):
            migration.resume(AGENT, tx, job)
        migration.resume(OLGA, tx, job)
        with pytest.raises(Conflict):
            migration.resume(OLGA, tx, job)
    drain(engine)
    assert ended(engine, job)["state"] == "finished"
    assert sorted(migrated(engine)) == sorted(running)


def test_a_batch_queued_before_a_pause_does_nothing_after_it(engine: Engine, running: list[str]) -> None:
    job = begin(engine)
    with engine.begin() as tx:
        migration.pause(OLGA, tx, job)
        migration.resume(OLGA, tx, job)
    assert outbox.drain(engine, HANDLERS, worker="test", limit=2) == 2
    assert ended(engine, job)["migrated"] == migration.BATCH
    drain(engine)
    assert sorted(migrated(engine)) == sorted(running)


class Killed(BaseException):
    """What SIGKILL is to a worker: nothing after it runs."""


def test_a_worker_killed_in_a_batch_leaves_nothing_half_done_and_nothing_twice(
    engine: Engine, running: list[str], clock: VirtualClock
) -> None:
    def dies(tx: Tx, row: Row) -> None:
        migration.run_batch(tx, row)
        raise Killed

    job = begin(engine)
    one_batch(engine)
    with pytest.raises(Killed):
        outbox.drain(engine, replace(HANDLERS, local={"migrate": dies}), worker="dead", limit=1)
    assert ended(engine, job)["migrated"] == migration.BATCH
    drain(engine)
    assert ended(engine, job)["state"] == "running", "the dead worker's lease still holds"
    clock.advance(outbox_rows.LEASE + timedelta(seconds=1))
    with engine.begin() as tx:
        assert outbox_rows.reclaim(tx) == 1
    drain(engine)
    assert ended(engine, job)["state"] == "finished"
    assert sorted(migrated(engine)) == sorted(running)


def test_two_migrations_of_the_same_instances_at_once_move_each_one_once(engine: Engine, running: list[str]) -> None:
    release(engine, body("Three"))
    jobs = [begin(engine, 1, 2), begin(engine, 1, 3)]

    def work(name: str) -> None:
        while outbox.drain(engine, HANDLERS, worker=name, limit=1):
            pass

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, ["one", "two"]))
    drain(engine)
    first, second = (ended(engine, job) for job in jobs)
    assert first["migrated"] + second["migrated"] == MANY
    assert first["failed"] + second["failed"] == MANY
    assert sorted(migrated(engine)) == sorted(running)
    said = {reason for row in (first, second) for reasons in row["reasons"].values() for reason in reasons}
    assert said <= {"it runs on version 2, not on 1", "it runs on version 3, not on 1"}


def test_one_that_fails_unexpectedly_stays_as_it_was_and_the_others_go_on(
    engine: Engine, running: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = row_of(engine, running[3])

    def fails(actor: object, tx: Tx, instance_id: str, *rest: object, **options: object) -> None:
        migrate(actor, tx, instance_id, *rest, **options)  # type: ignore[arg-type]
        if instance_id == broken["id"]:
            raise RuntimeError("a bug")

    monkeypatch.setattr(migration, "migrate", fails)
    job = begin(engine)
    drain(engine)
    row = ended(engine, job)
    assert (row["state"], row["failed"], row["migrated"]) == ("finished", 1, MANY - 1)
    assert row["reasons"][broken["key"]] == ["An unexpected error: RuntimeError: a bug"]
    assert row_of(engine, broken["id"]) == broken
    assert broken["id"] not in migrated(engine)


def test_an_instance_with_a_large_value_is_previewed_and_carried_over(engine: Engine) -> None:
    release(engine, body("One"))
    text = "x" * 5000
    instance = start(engine, "p", text=text)
    release(engine, body("Two"))
    with engine.read() as tx:
        (look,) = migration.preview(OLGA, tx, "p", 1, 2).looks
        assert look.obstacles == []
    job = begin(engine)
    drain(engine)
    assert ended(engine, job)["migrated"] == 1
    with engine.read() as tx:
        assert instances.variables(tx, instance) == {"text": text}


def test_an_instance_whose_rows_the_database_refuses_holds_up_no_other(postgres_url: str, clock: VirtualClock) -> None:
    engine = Engine(Database(postgres_url), clock, Host())
    ends = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + flows("s > c > e")
    release(engine, ends + catch("c", timer("Duration", "=short")))
    for number, long in enumerate((f"PT{'0' * 600}1H", "PT2H")):
        start(engine, "p", key=f"L-{number}", short="PT1H", long=long)
    release(engine, ends + catch("c", timer("Duration", "=long")))
    row = carry(engine, 1, 2, recompute=True)
    assert (row["state"], row["migrated"], row["failed"]) == ("finished", 1, 1)
    assert "too long" in row["reasons"]["L-0"][0]
    engine.database.close()
