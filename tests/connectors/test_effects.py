"""A service task of a diagram leaves through a connector, and its answer moves the process on (architecture §2)."""

from datetime import timedelta
from typing import Any

import pytest

from loopdesk.connectors.delivery import Effects
from loopdesk.connectors.http import Http
from loopdesk.connectors.registry import Registry
from loopdesk.connectors.webhook import Webhook
from loopdesk.engine import bundles, events, incidents, instances, outbox, runner
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.peers.http import HttpPeer

PROCESS = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://example.com">
  <bpmn:process id="ticket" name="Ticket" isExecutable="true">
    <bpmn:startEvent id="start" name="Wanted"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="post"/>
    <bpmn:serviceTask id="post" name="Open a ticket elsewhere">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="http.post"/>
        <zeebe:ioMapping>
          <zeebe:input source="=url" target="url"/>
          <zeebe:input source="={title: title, hours: 2}" target="body"/>
          <zeebe:output source="=body.id" target="ticket"/>
        </zeebe:ioMapping>
      </bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="post" targetRef="end"/>
    <bpmn:endEvent id="end" name="Done"/>
  </bpmn:process>
</bpmn:definitions>
"""


@pytest.fixture
def peer() -> Any:
    with HttpPeer(body=b'{"id": 77}') as peer:
        yield peer


@pytest.fixture
def handlers(engine: Engine, clock: VirtualClock, peer: HttpPeer) -> outbox.Handlers:
    registry = Registry([Webhook(Http(clock), [peer.host])])
    engine.host = Host(effects=registry.effects)
    return outbox.Handlers(
        local=dict(runner.local_handlers()), remote={"effect": Effects(registry, runner.settle_effect)}
    )


def _start(engine: Engine, peer: HttpPeer) -> None:
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "ticket", {"ticket.bpmn": PROCESS})
        runner.start(SYSTEM, tx, "ticket", key="L-2026-000001", data={"url": peer.url, "title": "付款失败"})


def _statuses(engine: Engine) -> list[str]:
    with engine.read() as tx:
        return [row["status"] for row in instances.of_key(tx, "L-2026-000001")]


def test_the_process_waits_for_the_answer_and_goes_on(
    engine: Engine, handlers: outbox.Handlers, peer: HttpPeer
) -> None:
    _start(engine, peer)
    assert _statuses(engine) == ["active"]
    assert peer.asked == [], "nothing leaves inside the transaction of a step"
    outbox.drain(engine, handlers, worker="w")
    assert _statuses(engine) == ["completed"]
    assert [asked.body for asked in peer.asked] == [{"title": "付款失败", "hours": 2}]
    assert peer.asked[0].headers["Idempotency-Key"].startswith("effect:")
    with engine.read() as tx:
        done = [one for one in events.timeline(tx, "L-2026-000001") if one["kind"] == "effect.done"]
    assert done[0]["data"]["result"] == {"status": 200, "body": {"id": 77}}


def test_a_system_that_is_away_is_asked_again_with_the_same_key(
    engine: Engine, clock: VirtualClock, handlers: outbox.Handlers, peer: HttpPeer
) -> None:
    peer.status, peer.headers = 503, {"Retry-After": "90"}
    _start(engine, peer)
    outbox.drain(engine, handlers, worker="w")
    assert _statuses(engine) == ["active"]
    peer.status, peer.headers = 200, {"Content-Type": "application/json"}
    clock.advance(timedelta(seconds=89))
    assert outbox.drain(engine, handlers, worker="w") == 0, "it asked for 90 seconds"
    clock.advance(timedelta(seconds=11))
    outbox.drain(engine, handlers, worker="w")
    assert _statuses(engine) == ["completed"]
    first, again = peer.asked
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]


def test_a_system_that_says_no_makes_an_incident_and_the_process_stands(
    engine: Engine, handlers: outbox.Handlers, peer: HttpPeer
) -> None:
    peer.status = 403
    _start(engine, peer)
    outbox.drain(engine, handlers, worker="w")
    assert _statuses(engine) == ["active"]
    with engine.begin() as tx:
        [incident] = incidents.listing(SYSTEM, tx)
        peer.status = 200
        incidents.retry(SYSTEM, tx, incident["id"])
    outbox.drain(engine, handlers, worker="w")
    assert _statuses(engine) == ["completed"]


@pytest.mark.parametrize(("status", "incident"), [(409, False), (403, True), (500, False)])
def test_a_diagram_may_deal_with_a_no_itself(
    engine: Engine, handlers: outbox.Handlers, peer: HttpPeer, status: int, incident: bool
) -> None:
    """EMG-5: statuses that it names are answers; others are incidents, and a system that is away is tried again."""
    names = b'target="url"/>'
    process = PROCESS.replace(names, names + b'<zeebe:input source="=[409, 500]" target="answers"/>')
    peer.status = status
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "ticket", {"ticket.bpmn": process})
        runner.start(SYSTEM, tx, "ticket", key="L-2026-000001", data={"url": peer.url, "title": "x"})
    outbox.drain(engine, handlers, worker="w")
    assert _statuses(engine) == ["completed" if status == 409 else "active"]
    with engine.begin() as tx:
        assert bool(incidents.listing(SYSTEM, tx)) == incident


def test_answers_that_are_no_statuses_are_an_incident(
    engine: Engine, handlers: outbox.Handlers, peer: HttpPeer
) -> None:
    names = b'target="url"/>'
    process = PROCESS.replace(names, names + b'<zeebe:input source="=[&quot;no&quot;]" target="answers"/>')
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "ticket", {"ticket.bpmn": process})
        runner.start(SYSTEM, tx, "ticket", key="L-2026-000001", data={"url": peer.url, "title": "x"})
    outbox.drain(engine, handlers, worker="w")
    with engine.begin() as tx:
        [incident] = incidents.listing(SYSTEM, tx)
    assert "list of statuses" in str(incident)
    assert peer.asked == []
