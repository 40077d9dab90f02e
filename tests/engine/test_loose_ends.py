"""Nothing is left lying when people and time cross each other: ended instances, replaced versions, odd texts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import incidents, instances, messages, outbox, repair, retention, runner, suspension, timers, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database
from loopdesk.engine.errors import Away, Conflict, Missing, Refused
from loopdesk.engine.host import Host
from loopdesk.engine.instances import instance as instances_
from loopdesk.engine.messages import message as message_
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import flows, message, service, timer
from loopdesk.tests.engine.migrating import carry, release
from loopdesk.tests.engine.steps import ANN, END, START, deploy, publish, start, status, work_off
from loopdesk.tests.support import eventually

TASK = '<bpmn:userTask id="t"/>'
BOB = Actor("person", "bob", "Bob", frozenset({"agent"}))


class Deaf:
    """A connector whose other side answers no."""

    def perform(self, row: Row) -> dict[str, Any]:
        raise Refused("The other side answered 400.")

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        runner.settle_effect(tx, row, result)


DEAF = Handlers(local=runner.local_handlers(), remote={"effect": Deaf(), "send": Deaf()})


def terminate(engine: Engine, instance: str) -> None:
    with engine.begin() as tx:
        suspension.terminate(ANN, tx, instance, "duplicate")


def open_incidents(engine: Engine) -> list[dict[str, Any]]:
    with engine.read() as tx:
        return incidents.listing(ANN, tx)


def test_a_terminated_case_leaves_nothing_that_keeps_it_from_its_archive(engine: Engine) -> None:
    engine.host.effects = frozenset({"crm.push"})
    deploy(engine, START + service("x", "crm.push") + END + flows("s > x > e"))
    terminate(engine, start(engine))
    with engine.read() as tx:
        assert [key for query in retention.busy() for key in tx.conn.scalars(query)] == []
    with engine.begin() as tx:
        assert retention.outbox_done(tx, tx.now.replace(year=2030)) == 1


def test_a_mail_that_was_not_sent_stays_an_incident_when_its_instance_is_terminated(engine: Engine) -> None:
    deploy(engine, START + TASK + END + flows("s > t > e"))
    instance = start(engine)
    with engine.begin() as tx:
        outbox.put(tx, "send", {}, idempotency_key="mail", key="L-1", instance=instance, element="t")
    work_off(engine, DEAF)
    terminate(engine, instance)
    assert [row["kind"] for row in open_incidents(engine)] == ["send"]


def _bad(*_: object, **__: object) -> dict[str, Any]:
    raise Refused("This never works.")


def test_a_message_that_failed_in_a_terminated_instance_can_be_tried_elsewhere(engine: Engine) -> None:
    catch = f'<bpmn:intermediateCatchEvent id="c">{message("reply")}</bpmn:intermediateCatchEvent>'
    engine.host.operations = {"bad": _bad}
    deploy(engine, START + catch + service("x", "bad") + END + flows("s > c > x > e"), named=("reply",))
    instance = start(engine)
    publish(engine, "reply")
    work_off(engine)
    assert [row["instance_id"] for row in open_incidents(engine)] == [instance]
    terminate(engine, instance)
    (incident,) = open_incidents(engine)
    with engine.begin() as tx:
        incidents.retry(ANN, tx, incident["id"], reason="look elsewhere")
    work_off(engine)
    with engine.read() as tx:
        assert tx.conn.scalar(sa.select(message_.c.state)) == messages.WAITING


class Ended(Deaf):
    """Fails after somebody has terminated the instance meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def perform(self, row: Row) -> dict[str, Any]:
        terminate(self._engine, row.instance_id)
        raise Refused("The other side answered 400.")


def test_an_incident_of_an_instance_that_has_ended_meanwhile_can_be_cancelled(engine: Engine) -> None:
    engine.host.effects = frozenset({"crm.push"})
    deploy(engine, START + service("x", "crm.push") + END + flows("s > x > e"))
    instance = start(engine)
    work_off(engine, Handlers(local=runner.local_handlers(), remote={"effect": Ended(engine)}))
    (incident,) = open_incidents(engine)
    with engine.begin() as tx:
        repair.cancel(ANN, tx, incident["id"], reason="over anyway")
    assert (open_incidents(engine), status(engine, instance)) == ([], "cancelled")


def test_the_timer_of_a_version_that_does_not_count_any_more_begins_nothing(
    engine: Engine, clock: VirtualClock
) -> None:
    begins = f'<bpmn:startEvent id="s">{timer("Cycle", "R/PT1H")}</bpmn:startEvent>'
    deploy(engine, begins + TASK + END + flows("s > t > e"))
    with engine.read() as tx:
        old = tx.conn.scalar(sa.text("SELECT id FROM bundle"))
    deploy(engine, START + '<bpmn:userTask id="u"/>' + END + flows("s > u > e"))
    with engine.begin() as tx:
        # As a round that was set by one transaction while another one made the new version current.
        timers.set(tx, instance="", key="", element="s", ref=str(old), due_at=tx.now, name="p", expression="R/PT1H")
    work_off(engine)
    with engine.read() as tx:
        assert tx.conn.scalar(sa.select(sa.func.count()).select_from(instances_)) == 0
        assert timers.next_due(tx) is None


def test_elements_that_follow_one_another_in_a_mapping_keep_their_own_incidents(engine: Engine) -> None:
    engine.host.effects = frozenset({"one", "two"})
    ends = START + END + '<bpmn:parallelGateway id="g"/>'
    release(engine, ends + service("a", "one") + service("b", "two") + flows("s > g > a > e", "g > b > e"))
    start(engine)
    work_off(engine, DEAF)
    release(engine, ends + service("b", "one") + service("c", "two") + flows("s > g > b > e", "g > c > e"))
    assert carry(engine, 1, 2, {"a": "b", "b": "c"})["migrated"] == 1
    assert {row["type"]: row["element"] for row in open_incidents(engine)} == {"one": "b", "two": "c"}
    with engine.read() as tx:
        rows = tx.conn.execute(sa.select(outbox.outbox).where(outbox.outbox.c.kind == "effect")).mappings()
        assert {row["payload"]["type"]: row["element"] for row in rows} == {"one": "b", "two": "c"}


def test_an_answer_with_a_nul_character_is_taken(engine: Engine) -> None:
    deploy(engine, START + TASK + END + flows("s > t > e"))
    instance = start(engine)
    publish(engine, "reply", payload={"text": "a\0b"})
    with engine.begin() as tx:
        (task,) = work.listing(ANN, tx)
        outbox.put(tx, "send", {"text": "a\0b", "slash": "\\u0000"}, idempotency_key="mail")
        work.complete(ANN, tx, task["id"], {"text": "a\0b"})
    assert status(engine, instance) == "completed"
    with engine.read() as tx:
        payload = tx.conn.execute(sa.select(outbox.outbox.c.payload).where(outbox.outbox.c.kind == "send")).scalar_one()
    assert payload["text"].replace("\0", "\N{REPLACEMENT CHARACTER}") == "a\N{REPLACEMENT CHARACTER}b"
    assert payload["slash"] == "\\u0000"


def test_who_may_not_do_a_task_learns_nothing_of_its_instance(engine: Engine) -> None:
    deploy(engine, START + TASK + END + flows("s > t > e"))
    instance = start(engine)
    engine.host.may_work = lambda actor, _task: actor.id != "bob"
    with engine.begin() as tx:
        (task,) = work.listing(ANN, tx)
        suspension.suspend(ANN, tx, instance, "outage")
    with pytest.raises(Missing), engine.begin() as tx:
        work.complete(BOB, tx, task["id"], {"answer": 42})


def test_a_row_changed_before_it_is_written_keeps_all_that_was_changed(engine: Engine) -> None:
    with engine.begin() as tx:
        row = {
            "key": "",
            "element": "s",
            "name": "",
            "ref": "b",
            "due_at": tx.now,
            "expression": "",
            "state": "waiting",
        }
        tx.insert(timers.timer, row | {"id": 7, "instance_id": "", "created_at": tx.now})
        tx.change(timers.timer, {"id": 7, "calendar": "office", "state": "fired"})
    with engine.read() as tx:
        found = tx.conn.execute(sa.select(timers.timer.c.calendar, timers.timer.c.state)).one()
    assert tuple(found) == ("office", "fired")


def test_what_an_undone_attempt_put_off_to_the_commit_is_undone_too(engine: Engine) -> None:
    told: list[str] = []
    with engine.begin() as tx:
        tx.after_commit(lambda: told.append("whole"))
        with pytest.raises(Away), tx.attempt():
            tx.after_commit(lambda: told.append("undone"))
            raise Away("Later.")
    assert told == ["whole"]


def test_a_new_message_never_gets_the_number_of_one_that_was_deleted(engine: Engine) -> None:
    publish(engine, "first")
    with engine.begin() as tx:
        messages.forget(tx, "first", key="L-1")
    with engine.begin() as tx:
        retention.messages_done(tx, tx.now.replace(year=2030))
    publish(engine, "second")
    with engine.read() as tx:
        wanted = tx.conn.scalars(sa.select(outbox.outbox.c.payload)).all()
    assert len({payload["message"] for payload in wanted}) == 2


def test_who_mends_an_incident_beside_a_step_never_waits_crosswise(postgres_url: str, clock: VirtualClock) -> None:
    engine = Engine(Database(postgres_url), clock, Host(effects=frozenset({"crm.push"})))
    deploy(engine, START + service("x", "crm.push") + END + flows("s > x > e"))
    instance = start(engine)
    work_off(engine, DEAF)
    (incident,) = open_incidents(engine)

    def skip() -> None:
        with engine.begin() as tx:
            repair.skip(ANN, tx, incident["id"], reason="by hand")

    with ThreadPoolExecutor(1) as beside:
        with engine.begin() as tx:
            instances.lock(tx, instance)
            second = beside.submit(skip)
            eventually(lambda: _blocked(engine))
            suspension.terminate(ANN, tx, instance, "duplicate")
        with pytest.raises(Conflict):
            second.result(10)
    assert (open_incidents(engine), status(engine, instance)) == ([], "cancelled")
    engine.database.close()


def _blocked(engine: Engine) -> bool:
    with engine.read() as tx:
        return bool(tx.conn.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_a_row_that_the_database_refuses_is_an_incident_and_holds_up_no_other(engine: Engine) -> None:
    performed: list[int] = []

    def refused(tx: Tx, row: Row) -> None:
        tx.conn.execute(sa.insert(outbox.outbox).values(id=row.id))

    local = {"bad": refused, "good": lambda _tx, row: performed.append(row.id)}
    with engine.begin() as tx:
        for kind in ("bad", "good"):
            outbox.put(tx, kind, {}, idempotency_key=kind, key="L-1")
    work_off(engine, Handlers(local=local))
    assert ([row["kind"] for row in open_incidents(engine)], len(performed)) == (["bad"], 1)


@pytest.mark.parametrize("family", [Refused, Away])
def test_whatever_the_other_side_says_its_failure_is_written_down(engine: Engine, family: type[Refused | Away]) -> None:
    def failing(_tx: Tx, _row: Row) -> None:
        raise family("It said: %(text)s", text="a\0b\ud800")

    with engine.begin() as tx:
        outbox.put(tx, "bad", {}, idempotency_key="bad", key="L-1")
    work_off(engine, Handlers(local={"bad": failing}))
    with engine.read() as tx:
        row = tx.conn.execute(sa.select(outbox.outbox)).one()
    assert (row.attempts, row.error) == (1, "It said: a\N{REPLACEMENT CHARACTER}b?")
