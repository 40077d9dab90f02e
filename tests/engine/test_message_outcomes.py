"""What became of a message: the first result for the same id again, the end of its time, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.engine import events, messages, outbox
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict
from loopdesk.engine.messages import Published
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import flows, message
from loopdesk.tests.engine.steps import CATCH, CORA, END, deploy, start, status, work_off


def send(engine: Engine, name: str = "reply", key: str = "L-1", message_id: str | None = "mail-1") -> Published:
    with engine.begin() as tx:
        return messages.publish(CORA, tx, name, key=key, message_id=message_id, ttl=timedelta(hours=1))


def kinds(engine: Engine) -> list[str]:
    with engine.read() as tx:
        return [event["kind"] for event in events.timeline(tx, "L-1")]


def test_the_same_id_again_is_answered_with_what_became_of_the_first(engine: Engine) -> None:
    deploy(engine, CATCH, named=("reply",))
    instance = start(engine)
    first = send(engine)
    assert (first.state, first.instances, first.again) == ("new", [], False)
    assert send(engine) == Published(first.id, "mail-1", "new", [], first.expires_at, again=True)
    work_off(engine)
    second_instance = start(engine)
    again = send(engine)
    assert (again.id, again.state, again.instances) == (first.id, "correlated", [instance])
    work_off(engine)
    assert status(engine, second_instance) == "active", "the repeated message is not handed out anew"
    assert kinds(engine).count("message.published") == 1


def test_a_message_that_begins_an_instance_is_answered_with_it(engine: Engine) -> None:
    began = f'<bpmn:startEvent id="s">{message("go")}</bpmn:startEvent>' + END + flows("s > e")
    deploy(engine, began, named=("go",))
    send(engine, "go")
    work_off(engine)
    again = send(engine, "go")
    assert again.state == "correlated"
    assert status(engine, again.instances[0]) == "completed"


@pytest.mark.parametrize(("name", "key"), [("reply", "L-2"), ("other", "L-1")])
def test_an_id_of_another_message_is_refused_and_tells_nothing_of_it(engine: Engine, name: str, key: str) -> None:
    send(engine)
    with pytest.raises(Conflict, match="belongs to another message"):
        send(engine, name, key)


def test_messages_without_an_id_are_all_new(engine: Engine) -> None:
    assert send(engine, message_id=None).id != send(engine, message_id=None).id


def test_a_message_that_nobody_took_in_time_expires_and_the_case_says_so(engine: Engine, clock: VirtualClock) -> None:
    send(engine)
    work_off(engine)
    with engine.begin() as tx:
        assert messages.expire(tx) == 0, "its time is not over"
    clock.advance(timedelta(hours=1, seconds=1))
    with engine.begin() as tx:
        assert messages.expire(tx) == 1
        assert messages.expire(tx) == 0
    with engine.read() as tx:
        (event,) = [event for event in events.timeline(tx, "L-1") if event["kind"] == "message.expired"]
        assert (event["actor_kind"], event["data"]["message"]) == ("timer", "reply")
    assert send(engine).state == "expired"


def test_a_message_that_comes_too_late_to_its_receiver_expires_on_the_way(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, CATCH, named=("reply",))
    instance = start(engine)
    send(engine)
    clock.advance(timedelta(hours=2))
    work_off(engine)
    assert status(engine, instance) == "active"
    assert "message.expired" in kinds(engine)


def test_a_thrown_message_is_left_to_workers_that_know_it(engine: Engine) -> None:
    """It is told by its message id, which a worker of 0.2 could not read; so its row is of a kind of its own."""
    with engine.begin() as tx:
        messages.throw(CORA, tx, "paid", key="L-9", payload={"amount": 3})
    old = Handlers(local={"message": lambda *_: pytest.fail("not for me")})
    assert outbox.drain(engine, old, worker="old") == 0
    work_off(engine)
    with engine.read() as tx:
        row = tx.ask(sa.select(messages.message)).mappings().one()
    assert (row["state"], row["key"], row["payload"]) == (messages.WAITING, "L-9", {"amount": 3})
