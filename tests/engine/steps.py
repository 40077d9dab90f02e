"""Deploy, start, publish, work off and look: the short verbs of the runner's tests."""

from typing import Any

from loopdesk.engine import bundles, instances, messages, outbox, runner, timers
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, flows, message

ANN = Actor("person", "ann", "Ann", frozenset({"admin"}))
CORA = Actor("customer", "cora", "Cora")
START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
CATCH = (
    START
    + f'<bpmn:intermediateCatchEvent id="c">{message("reply")}</bpmn:intermediateCatchEvent>'
    + END
    + flows("s > c > e")
)
"""A process that waits for the message ``reply``."""


def deploy(engine: Engine, body: str, *, name: str = "p", named: tuple[str, ...] = ()) -> None:
    """A bundle of one process, both called ``name``; ``named`` are the names of its messages."""
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, name, {f"{name}.bpmn": diagram(body, process=name, messages=named)})


def start(engine: Engine, name: str = "p", key: str = "L-1", **data: Any) -> str:
    """An instance of the newest version for the case ``key``: its id."""
    with engine.begin() as tx:
        return runner.start(SYSTEM, tx, name, key=key, data=data)


def work_off(engine: Engine, handlers: Handlers | None = None) -> None:
    """Everything that is due: timers into the outbox, the outbox until it is empty."""
    handlers = handlers or Handlers(local=runner.local_handlers())
    for _ in range(20):
        with engine.begin() as tx:
            claimed = timers.claim_due(tx)
        if not outbox.drain(engine, handlers, worker="test") and not claimed:
            return


def status(engine: Engine, instance: str) -> str:
    with engine.read() as tx:
        return str(instances.get(tx, instance)["status"])


def data_of(engine: Engine, instance: str) -> dict[str, Any]:
    with engine.read() as tx:
        return instances.variables(tx, instance)


def publish(engine: Engine, name: str, key: str = "L-1", **more: Any) -> None:
    """A message from Cora; ``work_off`` carries it to whoever waits for it."""
    with engine.begin() as tx:
        messages.publish(CORA, tx, name, key=key, **more)
