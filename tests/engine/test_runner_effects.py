"""Effects leave after the commit; what fails for good is an incident, on both databases (architecture §4)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loopdesk.engine import events, incidents, instances, modification, outbox, outbox_rows, runner, suspension
from loopdesk.engine.actor import Actor
from loopdesk.engine.bpmn import codec
from loopdesk.engine.bpmn.execution import FORMAT
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, Invalid
from loopdesk.engine.host import Call
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import flows, inputs, message, service
from loopdesk.tests.engine.steps import ANN, END, START, data_of, deploy, publish, start, status, work_off


class Crm:
    """A connector that counts what it was asked for."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.keys: list[str] = []

    def perform(self, row: Row) -> dict[str, Any]:
        self.keys.append(row.idempotency_key)
        if self.errors:
            raise self.errors.pop(0)
        return {"external": row.payload["inputs"]["number"] + "-crm"}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        runner.settle_effect(tx, row, result)


EFFECT = START + service("t", "crm.push", inputs(number="=case.number")) + END + flows("s > t > e")


@pytest.fixture
def effects(engine: Engine) -> Callable[[Crm], Handlers]:
    engine.host.effects = frozenset({"crm.push"})
    local, wanted = runner.local_handlers(), {"effect": runner.still_wanted}
    return lambda crm: Handlers(local=local, remote={"effect": crm}, wanted=wanted)


def test_an_effect_leaves_after_the_commit_and_its_result_comes_back(
    engine: Engine, effects: Callable[[Crm], Handlers]
) -> None:
    deploy(engine, EFFECT)
    instance = start(engine)
    assert status(engine, instance) == "active"
    work_off(engine, effects(Crm()))
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance) == {"external": "L-1-crm"}


def test_an_effect_is_tried_again_with_the_same_key(
    engine: Engine, clock: VirtualClock, effects: Callable[[Crm], Handlers]
) -> None:
    deploy(engine, EFFECT)
    instance = start(engine)
    crm = Crm(Away("down"))
    work_off(engine, effects(crm))
    clock.advance(timedelta(minutes=1))
    work_off(engine, effects(crm))
    assert status(engine, instance) == "completed"
    assert len(crm.keys) == 2
    assert len(set(crm.keys)) == 1


def test_an_effect_that_fails_for_good_is_an_incident_at_its_element(
    engine: Engine, effects: Callable[[Crm], Handlers]
) -> None:
    deploy(engine, EFFECT)
    instance = start(engine)
    crm = Crm(Invalid("wrong"))
    work_off(engine, effects(crm))
    with engine.begin() as tx:
        assert instances.tokens(tx, instance) == {"active": ["t"], "completed": ["f-s-t", "s"], "incidents": ["t"]}
        (incident,) = incidents.of_instance(tx, instance)
        incidents.retry(ANN, tx, incident["id"])
    work_off(engine, effects(crm))
    assert status(engine, instance) == "completed"


def test_an_effect_of_no_instance_fails_as_an_incident_that_says_why(
    engine: Engine, effects: Callable[[Crm], Handlers]
) -> None:
    with engine.begin() as tx:
        outbox.put(tx, "effect", {"type": "crm.push", "inputs": {}}, idempotency_key="of nobody", key="L-1")
    work_off(engine, effects(Crm(Invalid("There is no such customer."))))
    with engine.read() as tx:
        [row] = incidents.listing(ANN, tx)
    assert "There is no such customer." in str(row)


@pytest.mark.parametrize("error", [Invalid("wrong"), KeyError("a mistake in an operation")])
def test_a_step_that_fails_behind_a_message_is_an_incident_at_the_failing_element(
    engine: Engine, error: Exception
) -> None:
    def op(actor: Actor, tx: Tx, call: Call, /, **_: Any) -> None:
        if errors:
            raise errors.pop()

    errors = [error]
    engine.host.operations = {"op": op}
    catch = f'<bpmn:intermediateCatchEvent id="c">{message("reply")}</bpmn:intermediateCatchEvent>'
    deploy(engine, START + catch + service("t", "op") + END + flows("s > c > t > e"), named=("reply",))
    instance = start(engine)
    publish(engine, "reply")
    work_off(engine)
    with engine.begin() as tx:
        assert instances.tokens(tx, instance) == {"active": ["c"], "completed": ["f-s-c", "s"], "incidents": ["t"]}
        incidents.retry(ANN, tx, incidents.of_instance(tx, instance)[0]["id"])
    work_off(engine)
    assert status(engine, instance) == "completed"


BESIDE = (
    START
    + '<bpmn:parallelGateway id="g"/>'
    + service("t", "crm.push", inputs(number="=case.number"))
    + '<bpmn:userTask id="u"/>'
    + END
    + flows("s > g > t > e", "g > u > e")
)


@pytest.mark.parametrize("error", [Away("down"), Invalid("wrong")], ids=["a fault", "for good"])
@pytest.mark.parametrize("whole", [False, True], ids=["the activity", "the process"])
def test_an_effect_that_fails_after_its_activity_was_cancelled_ends_quietly_and_says_so(
    engine: Engine, clock: VirtualClock, effects: Callable[[Crm], Handlers], error: Exception, *, whole: bool
) -> None:
    class Slow(Crm):
        def perform(self, row: Row) -> dict[str, Any]:
            with engine.begin() as tx:
                if whole:
                    suspension.terminate(ANN, tx, instance, "not needed")
                else:
                    modification.apply(ANN, tx, instance, [{"do": "cancel", "element": "t"}], "not needed")
            return super().perform(row)

    deploy(engine, BESIDE)
    instance = start(engine)
    crm = Slow(error)
    work_off(engine, effects(crm))
    clock.advance(timedelta(hours=3))
    work_off(engine, effects(crm))
    assert len(crm.keys) == 1, "not tried again"
    with engine.read() as tx:
        assert incidents.of_instance(tx, instance) == []
        assert [row["data"]["error"] for row in events.timeline(tx, "L-1") if row["kind"] == "effect.dropped"] == [
            str(error)
        ]
    assert status(engine, instance) == ("cancelled" if whole else "active")


def test_what_a_killed_worker_left_behind_is_not_performed_for_an_activity_that_was_cancelled_since(
    engine: Engine, clock: VirtualClock, effects: Callable[[Crm], Handlers]
) -> None:
    deploy(engine, BESIDE)
    instance = start(engine)
    with engine.begin() as tx:
        assert outbox_rows.claim_batch(tx, ["effect"], "killed", 10)
    with engine.begin() as tx:
        modification.apply(ANN, tx, instance, [{"do": "cancel", "element": "t"}], "not needed")
    clock.advance(outbox_rows.LEASE + timedelta(seconds=1))
    with engine.begin() as tx:
        outbox_rows.reclaim(tx)
    crm = Crm()
    work_off(engine, effects(crm))
    assert crm.keys == []
    with engine.read() as tx:
        assert tx.conn.execute(outbox.outbox.select()).mappings().one()["state"] == outbox_rows.CANCELLED


@pytest.mark.parametrize(("error", "state"), [(Away("down"), "ready"), (Invalid("wrong"), "failed")])
def test_a_failure_is_kept_as_it_was_where_only_a_newer_release_knows_whether_it_is_waited_for(
    engine: Engine, effects: Callable[[Crm], Handlers], error: Exception, state: str
) -> None:
    """Workers of two releases side by side: the older one still performs the effect and says what came of it."""
    deploy(engine, EFFECT)
    instance = start(engine)
    with engine.begin() as tx:
        stored = codec.unpack(instances.whole(tx, instance)["state"])
        tx.conn.execute(instances.instance.update().values(state=codec.pack({**stored, "v": FORMAT + 1})))
    work_off(engine, effects(Crm(error)))
    with engine.read() as tx:
        row = tx.conn.execute(outbox.outbox.select()).mappings().one()
        assert (row["state"], row["error"]) == (state, str(error))
