"""Incidents are retried, mended, skipped and cancelled by people, one or all of a kind (issue 4)."""

from collections.abc import Callable
from typing import Any

import pytest

from loopdesk.engine import bulk, events, incidents, instances, repair, runner, selection
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Conflict, Invalid, LoopdeskError, Missing, Refused
from loopdesk.engine.host import Call
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import flows, inputs, message, service
from loopdesk.tests.engine.steps import ANN, END, START, data_of, deploy, publish, start, status, work_off

BOB = Actor("person", "bob", "Bob", frozenset({"agent"}))


class Picky:
    """A connector that takes nothing but numbers."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def perform(self, row: Row) -> dict[str, Any]:
        self.asked.append(row.payload["inputs"]["amount"])
        if not isinstance(row.payload["inputs"]["amount"], int):
            raise Refused("The other side answered 400.")
        return {"external": f"x-{row.payload['inputs']['amount']}"}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        runner.settle_effect(tx, row, result)


EFFECT = START + service("t", "crm.push", inputs(amount="=amount")) + END + flows("s > t > e")
Settle = Callable[[], None]


@pytest.fixture
def picky() -> Picky:
    return Picky()


@pytest.fixture
def settle(engine: Engine, picky: Picky) -> Settle:
    engine.host.effects = frozenset({"crm.push"})
    local = {**runner.local_handlers(), **bulk.local_handlers()}
    return lambda: work_off(engine, Handlers(local=local, remote={"effect": picky}))


def incident_of(engine: Engine, instance: str) -> str:
    with engine.read() as tx:
        (row,) = incidents.of_instance(tx, instance)
    return str(row["id"])


def broken(engine: Engine, settle: Settle, key: str = "L-1") -> tuple[str, str]:
    """An instance that an incident stops, and the incident."""
    instance = start(engine, key=key, amount="much")
    settle()
    return instance, incident_of(engine, instance)


def test_changed_inputs_are_tried_and_the_change_is_written_down(engine: Engine, settle: Settle, picky: Picky) -> None:
    deploy(engine, EFFECT)
    instance, incident = broken(engine, settle)
    with engine.begin() as tx:
        assert repair.data_of(ANN, tx, incident)["inputs"] == {"amount": "much"}
        repair.retry_with(ANN, tx, incident, inputs={"amount": 5}, reason="typo")
    settle()
    assert (status(engine, instance), picky.asked) == ("completed", ["much", 5])
    with engine.read() as tx:
        (event,) = (row for row in events.timeline(tx, "L-1") if row["kind"] == "incident.resolved")
    assert (event["actor_id"], event["element"], event["data"]["reason"]) == ("ann", "t", "typo")
    assert event["data"]["before"] == {"inputs": {"amount": "much"}}
    assert event["data"]["after"] == {"inputs": {"amount": 5}}


def test_changed_variables_make_new_inputs(engine: Engine, settle: Settle, picky: Picky) -> None:
    deploy(engine, EFFECT)
    instance = start(engine)
    settle()
    with engine.begin() as tx:
        repair.retry_with(ANN, tx, incident_of(engine, instance), values={"amount": 7}, reason="was missing")
    settle()
    assert (status(engine, instance), picky.asked) == ("completed", [None, 7])
    assert data_of(engine, instance) == {"amount": 7, "external": "x-7"}


def test_a_skipped_effect_is_completed_with_the_result_that_was_given(
    engine: Engine, settle: Settle, picky: Picky
) -> None:
    deploy(engine, EFFECT)
    instance, incident = broken(engine, settle)
    with engine.begin() as tx:
        repair.skip(ANN, tx, incident, result={"external": "by hand"}, reason="phoned them")
    settle()
    assert (status(engine, instance), picky.asked) == ("completed", ["much"])
    assert data_of(engine, instance) == {"amount": "much", "external": "by hand"}


def test_a_cancelled_activity_leaves_the_rest_and_the_last_one_takes_the_process_along(
    engine: Engine, settle: Settle
) -> None:
    deploy(
        engine,
        START
        + '<bpmn:parallelGateway id="g"/>'
        + service("t", "crm.push", inputs(amount="=amount"))
        + '<bpmn:userTask id="u"/>'
        + END
        + flows("s > g > t > e", "g > u > e"),
    )
    instance, incident = broken(engine, settle)
    with engine.begin() as tx:
        found = repair.data_of(ANN, tx, incident)
        assert (found["activity"], found["alone"]) == (True, False)
        repair.cancel(ANN, tx, incident, reason="not needed")
        assert instances.tokens(tx, instance) == {
            "active": ["u"],
            "completed": ["f-g-t", "f-g-u", "f-s-g", "g", "s"],
            "incidents": [],
        }
    deploy(engine, EFFECT)
    instance, incident = broken(engine, settle, "L-2")
    with engine.begin() as tx:
        assert repair.data_of(ANN, tx, incident)["alone"], "the page says that the process ends with it"
        repair.cancel(ANN, tx, incident, reason="not needed")
    assert status(engine, instance) == "cancelled"


def test_an_operation_behind_a_message_is_skipped_or_mended_or_ends_the_process(engine: Engine) -> None:
    def op(actor: Actor, tx: Tx, call: Call, /, **given: Any) -> None:
        if given["amount"] != 5:
            raise Invalid("wrong amount")

    engine.host.operations = {"op": op}
    catch = f'<bpmn:intermediateCatchEvent id="c">{message("reply")}</bpmn:intermediateCatchEvent>'
    body = START + catch + service("t", "op", inputs(amount="=amount")) + END + flows("s > c > t > e")
    deploy(engine, body, named=("reply",))
    skipped, mended, ended = (start(engine, key=key, amount=1) for key in ("L-1", "L-2", "L-3"))
    for key in ("L-1", "L-2", "L-3"):
        publish(engine, "reply", key)
    work_off(engine)
    with engine.begin() as tx:
        with pytest.raises(Refused, match="cannot be cancelled alone"), tx.conn.begin_nested():
            repair.cancel(ANN, tx, incident_of(engine, ended), reason="no")
        repair.skip(ANN, tx, incident_of(engine, skipped), result={"done": "by hand"}, reason="did it")
        repair.retry_with(ANN, tx, incident_of(engine, mended), values={"amount": 5}, reason="typo")
        repair.cancel(ANN, tx, incident_of(engine, ended), whole=True, reason="duplicate")
    work_off(engine)
    assert [status(engine, one) for one in (skipped, mended, ended)] == ["completed", "completed", "cancelled"]
    assert data_of(engine, skipped) == {"amount": 1, "done": "by hand"}


def test_all_incidents_of_one_connector_are_retried_with_a_result_for_each(
    engine: Engine, settle: Settle, picky: Picky
) -> None:
    deploy(engine, EFFECT)
    found = [broken(engine, settle, f"L-{number}") for number in range(25)]
    with engine.begin() as tx:
        # Somebody deals with one of them between the choice and its turn.
        chosen = selection.incidents_of({"type": "crm.push", "process": "p"})
        assert len(selection.open_incidents(ANN, tx, chosen)) == 25
        action = bulk.start(ANN, tx, "retry", chosen, "outage is over")
        incidents.retry(ANN, tx, found[3][1])
    picky.perform = lambda row: {"external": "x"}  # type: ignore[method-assign]
    settle()
    with engine.read() as tx:
        state = bulk.get(ANN, tx, action)
        (refused,) = bulk.items(ANN, tx, action, state="refused")
    assert [state[name] for name in ("total", "done", "refused", "waiting")] == [25, 24, 1, 0]
    assert (refused["subject"], "already dealt with" in refused["message"]) == (found[3][1], True)
    assert {status(engine, instance) for instance, _ in found} == {"completed"}


def test_instances_are_chosen_by_filter_and_suspended_resumed_and_terminated_in_bulk(
    engine: Engine, settle: Settle
) -> None:
    deploy(engine, START + '<bpmn:userTask id="u"/>' + END + flows("s > u > e"))
    ids = [start(engine, key=f"L-{number}") for number in range(5)]

    def all_of(action: str, **chosen: Any) -> int:
        with engine.begin() as tx:
            made = bulk.start(ANN, tx, action, selection.instances_of(chosen), "maintenance")
        settle()
        with engine.read() as tx:
            return int(bulk.get(ANN, tx, made)["done"])

    assert all_of("suspend", process="p", element="u", number=1) == 5
    assert all_of("resume", status="suspended", key="L-2") == 1
    assert all_of("terminate", status="suspended", older_than=0) == 4
    assert [status(engine, one) for one in ids] == ["cancelled"] * 2 + ["active"] + ["cancelled"] * 2
    with pytest.raises(Conflict, match="Nothing is chosen"):
        all_of("suspend", process="p", element="nowhere")
    for wrong in ({"colour": "red"}, {"status": "odd"}, {"older_than": -1}, {"process": 5}):
        with pytest.raises(Invalid):
            selection.instances_of(wrong)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"inputs": [1]}, Invalid, "no JSON object"),
        ({"inputs": {"x": "x" * 2_000_000}}, Invalid, "larger than"),
        ({"values": {"case": 1}}, Invalid, "no variable"),
        ({"values": {"amount": 5}}, Invalid, "would become"),
        ({"inputs": {}, "reason": ""}, Invalid, "reason"),
    ],
)
def test_bad_data_is_refused_and_the_incident_stays(
    engine: Engine, settle: Settle, given: dict[str, Any], error: type[LoopdeskError], says: str
) -> None:
    deploy(engine, EFFECT)
    instance, incident = broken(engine, settle)
    with pytest.raises(error, match=says), engine.begin() as tx:
        repair.retry_with(ANN, tx, incident, **{"reason": "why", **given})
    assert incident_of(engine, instance) == incident


def test_acting_twice_or_without_right_is_refused(engine: Engine, settle: Settle) -> None:
    deploy(engine, EFFECT)
    _, incident = broken(engine, settle)
    with pytest.raises(Refused), engine.begin() as tx:
        repair.skip(BOB, tx, incident, reason="no")
    with pytest.raises(Missing), engine.begin() as tx:
        repair.skip(ANN, tx, "unknown", reason="no")
    with engine.begin() as tx:
        repair.skip(ANN, tx, incident, reason="yes")
    with pytest.raises(Conflict, match="already dealt with"), engine.begin() as tx:
        repair.cancel(ANN, tx, incident, reason="too late")
