"""What an effect has done is done once, even if the process cannot follow its result (issue 4, Durable)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

import pytest

from loopdesk.engine import incidents, repair, runner
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid
from loopdesk.engine.host import Call
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import flows, inputs, service
from loopdesk.tests.engine.steps import ANN, END, START, data_of, deploy, start, status, work_off

BODY = (
    START + service("t", "crm.push", inputs(number="=case.number")) + service("u", "op") + END + flows("s > t > u > e")
)


class Counting(BaseHTTPRequestHandler):
    """A peer that writes down the idempotency key of each request."""

    keys: list[str]

    def do_POST(self) -> None:
        self.keys.append(str(self.headers["Idempotency-Key"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def peer() -> Iterator[tuple[str, list[str]]]:
    keys: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Peer", (Counting,), {"keys": keys}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", keys
    server.shutdown()
    thread.join()
    server.server_close()


class Http:
    """A connector that calls the peer."""

    def __init__(self, url: str) -> None:
        self.url = url

    def perform(self, row: Row) -> dict[str, Any]:
        request = Request(self.url, b"", {"Idempotency-Key": row.idempotency_key}, method="POST")
        with urlopen(request, timeout=5) as answer:
            return {"status": answer.status}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        runner.settle_effect(tx, row, result)


@pytest.fixture
def failing(engine: Engine) -> list[Exception]:
    """Errors that the step behind the effect raises, one a time."""
    errors: list[Exception] = [Invalid("wrong amount")]

    def op(actor: Actor, tx: Tx, call: Call, /, **_: Any) -> None:
        if errors:
            raise errors.pop()

    engine.host.operations = {"op": op}
    engine.host.effects = frozenset({"crm.push"})
    return errors


@pytest.mark.parametrize("way", ["retry", "skip", "change"])
def test_a_failure_behind_an_effect_is_tried_again_without_the_effect(
    engine: Engine, peer: tuple[str, list[str]], failing: list[Exception], way: str
) -> None:
    url, keys = peer
    handlers = Handlers(local=runner.local_handlers(), remote={"effect": Http(url)})
    failing.append(Invalid("wrong amount"))
    deploy(engine, BODY)
    instance = start(engine)
    work_off(engine, handlers)
    with engine.begin() as tx:
        (row,) = incidents.of_instance(tx, instance)
        assert (row["element"], row["kind"], row["type"]) == ("u", "result", "")
        if way == "retry":
            incidents.retry(ANN, tx, row["id"])
        elif way == "skip":
            repair.skip(ANN, tx, row["id"], reason="by hand")
        else:
            repair.retry_with(ANN, tx, row["id"], values={"amount": 5}, reason="missing")
    work_off(engine, handlers)
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance)["status"] == 204
    assert len(keys) == 1
