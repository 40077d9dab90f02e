"""Messages by a key of their own find the instance that waits for it, whatever its case: on both databases."""

import pytest

from loopdesk.engine import bundles, events, instances, messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.bpmn.test_correlation import THROW, WAIT, keyed
from loopdesk.tests.engine.drawing import diagram
from loopdesk.tests.engine.migrating import carry
from loopdesk.tests.engine.test_event_starts import start, work_off


def deploy(engine: Engine, name: str, body: str, key: str) -> None:
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, name, {f"{name}.bpmn": keyed(diagram(body, process=name, messages=("pay",)), key)})


def publish(engine: Engine, key: str) -> None:
    with engine.begin() as tx:
        messages.publish(SYSTEM, tx, "pay", key=key, payload={"amount": 3})
    work_off(engine)


def status(engine: Engine, instance: str) -> str:
    with engine.read() as tx:
        return str(instances.get(tx, instance)["status"])


def test_a_message_finds_who_waits_for_its_key(engine: Engine) -> None:
    deploy(engine, "waits", WAIT, "=order")
    one, other = (start(engine, "waits", key="L-1", order=order) for order in ("A-7", "B-8"))
    publish(engine, "L-1")
    publish(engine, "B-8")
    assert (status(engine, one), status(engine, other)) == ("active", "completed")
    with engine.read() as tx:
        assert instances.variables(tx, other)["amount"] == 3
        assert "message.correlated" in [event["kind"] for event in events.timeline(tx, "L-1")]


def test_a_message_that_came_before_is_waited_for_by_its_key_too(engine: Engine) -> None:
    deploy(engine, "waits", WAIT, "=order")
    publish(engine, "A-7")
    one = start(engine, "waits", key="L-1", order="A-7")
    work_off(engine)
    assert status(engine, one) == "completed"


def test_a_diagram_throws_to_the_key_and_its_own_case_tells_so(engine: Engine) -> None:
    deploy(engine, "waits", WAIT, "=order")
    deploy(engine, "throws", THROW, "=number")
    one = start(engine, "waits", key="L-1", order="A-7")
    start(engine, "throws", key="L-2", order="A-7")
    work_off(engine)
    assert status(engine, one) == "completed"
    with engine.read() as tx:
        (thrown,) = (event for event in events.timeline(tx, "L-2") if event["kind"] == "message.published")
    assert thrown["data"]["key"] == "A-7"


def test_a_key_without_a_value_stops_the_step(engine: Engine) -> None:
    deploy(engine, "waits", WAIT, "=order")
    with pytest.raises(Invalid, match="pay"):
        start(engine, "waits", key="L-1")


@pytest.mark.parametrize("early", [True, False])
def test_a_wait_whose_key_another_version_works_out_otherwise_follows_it(engine: Engine, early: bool) -> None:
    deploy(engine, "p", WAIT, "=order")
    one = start(engine, "p", key="L-1", order="A-7", invoice="I-1")
    deploy(engine, "p", WAIT, "=invoice")
    if early:
        publish(engine, "I-1")
    assert carry(engine, 1, 2)["migrated"] == 1
    publish(engine, "A-7")
    assert status(engine, one) == ("completed" if early else "active")
    publish(engine, "I-1")
    assert status(engine, one) == "completed"


def test_a_wait_for_which_another_version_finds_no_key_stays(engine: Engine) -> None:
    deploy(engine, "p", WAIT, "=order")
    one = start(engine, "p", key="L-1", order="A-7")
    deploy(engine, "p", WAIT, "=invoice")
    row = carry(engine, 1, 2)
    assert (row["failed"], "is empty" in row["reasons"]["L-1"][0]) == (1, True)
    publish(engine, "A-7")
    assert status(engine, one) == "completed"
