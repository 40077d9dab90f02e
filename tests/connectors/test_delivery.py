"""Outbox rows leave through the right connector and their answer is written down (architecture §2, step 4)."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from loopdesk.connectors.delivery import Delivery, Effects
from loopdesk.connectors.email import Email, Server
from loopdesk.connectors.http import Http
from loopdesk.connectors.recorder import Recorder
from loopdesk.connectors.registry import Registry
from loopdesk.connectors.webhook import Webhook
from loopdesk.engine import incidents, outbox, outbox_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Away, Invalid, Missing, Refused
from loopdesk.engine.retries import USUAL
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.peers.http import HttpPeer
from loopdesk.tests.peers.smtp import SmtpPeer

PAYLOAD = {
    "communication": "c1",
    "case": "L-2026-000001",
    "channel": "email",
    "to": "ann@acme.example",
    "to_name": "Ann",
    "subject": "Received",
    "body": "Thank you.",
    "language": "en",
    "message_id": "<c1@loopdesk>",
    "in_reply_to": "",
    "automatic": True,
}


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as peer:
        yield peer


def test_connectors_are_found_by_name_channel_and_effect(clock: VirtualClock) -> None:
    recorder, webhook = Recorder("email"), Webhook(Http(clock), [])
    registry = Registry([webhook, recorder])
    assert registry.all() == [recorder, webhook]
    assert registry.get("email") is recorder
    assert registry.sender("email") is recorder
    assert registry.sender("portal") is recorder, "a channel without a connector of its own is told by e-mail"
    assert registry.effects == {"http.post"}
    with pytest.raises(Missing):
        registry.get("fax")
    with pytest.raises(Refused):
        registry.performer("fax.send")
    with pytest.raises(Refused):
        Registry([]).sender("email")


def test_two_connectors_of_one_kind_are_refused_at_the_start() -> None:
    with pytest.raises(Invalid, match="email"):
        Registry([Recorder("email"), Recorder("email")])
    with pytest.raises(Invalid, match="email"):
        Registry([Recorder("a"), Recorder("b")])


def _handlers(registry: Registry, clock: VirtualClock, settled: list[tuple[str, str]]) -> outbox.Handlers:
    def sent(_tx: Tx, payload: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        settled.append((payload["communication"], result["message_id"]))

    return outbox.Handlers(remote={"send": Delivery(registry, clock, sent)})


def test_a_message_leaves_by_smtp_and_is_marked_sent(engine: Engine, clock: VirtualClock, peer: SmtpPeer) -> None:
    settled: list[tuple[str, str]] = []
    registry = Registry([Email(Server.from_url(f"smtp://127.0.0.1:{peer.port}"), "Desk <desk@loopdesk.example>")])
    with engine.begin() as tx:
        outbox.put(tx, "send", PAYLOAD, idempotency_key="send:c1", key="L-2026-000001")
    assert outbox.drain(engine, _handlers(registry, clock, settled), worker="w") == 1
    assert settled == [("c1", "<c1@loopdesk>")]
    mail = peer.mails[0]
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<c1@loopdesk>", "auto-generated")
    assert "L-2026-000001" in mail["Subject"]
    assert parsed_date(mail["Date"]) == clock.now().isoformat()


def parsed_date(value: Any) -> str:
    return str(value.datetime.isoformat())


def test_a_worker_killed_after_sending_sends_the_same_mail_again(
    engine: Engine, clock: VirtualClock, peer: SmtpPeer
) -> None:
    registry = Registry([Email(Server.from_url(f"smtp://127.0.0.1:{peer.port}"), "desk@loopdesk.example")])
    settled: list[tuple[str, str]] = []
    handlers = _handlers(registry, clock, settled)
    payload = {name: value for name, value in PAYLOAD.items() if name != "message_id"}
    with engine.begin() as tx:
        outbox.put(tx, "send", payload, idempotency_key="send:c1")
    with engine.begin() as tx:
        row = outbox_rows.claim_batch(tx, ["send"], "killed", 1)[0]
    handlers.remote["send"].perform(row)
    clock.advance(outbox_rows.LEASE * 2)
    with engine.begin() as tx:
        outbox_rows.reclaim(tx)
    outbox.drain(engine, handlers, worker="next")
    first, again = peer.mails
    assert first["Message-ID"] == again["Message-ID"], "the receiver can tell that it is one mail"
    assert len(settled) == 1


def test_a_server_that_is_away_is_tried_again(engine: Engine, clock: VirtualClock) -> None:
    settled: list[tuple[str, str]] = []
    recorder = Recorder("email")
    recorder.fail_with = Away("gone")
    handlers = _handlers(Registry([recorder]), clock, settled)
    with engine.begin() as tx:
        outbox.put(tx, "send", PAYLOAD, idempotency_key="send:c1")
    outbox.drain(engine, handlers, worker="w")
    assert settled == []
    clock.advance(USUAL.after_failure(1) * 2)
    outbox.drain(engine, handlers, worker="w")
    assert len(settled) == 1


def test_a_mail_refused_for_good_becomes_an_incident(engine: Engine, clock: VirtualClock, peer: SmtpPeer) -> None:
    peer.recipient_answer = "550 5.1.1 nobody here"
    registry = Registry([Email(Server.from_url(f"smtp://127.0.0.1:{peer.port}"), "desk@loopdesk.example")])
    with engine.begin() as tx:
        outbox.put(tx, "send", PAYLOAD, idempotency_key="send:c1")
    outbox.drain(engine, _handlers(registry, clock, []), worker="w")
    with engine.read() as tx:
        found = incidents.listing(SYSTEM, tx)
    assert len(found) == 1
    assert "nobody here" in str(found[0])


def test_an_effect_is_performed_and_its_answer_goes_to_the_runner(engine: Engine, clock: VirtualClock) -> None:
    answers: list[tuple[str, dict[str, Any]]] = []

    def settle(_tx: Tx, row: outbox.Row, result: dict[str, Any]) -> None:
        answers.append((row.element, result))

    with HttpPeer(body=b'{"id": 9}') as hook:
        registry = Registry([Webhook(Http(clock), [hook.host])])
        handlers = outbox.Handlers(remote={"effect": Effects(registry, settle)})
        payload = {"type": "http.post", "inputs": {"url": hook.url, "body": {"case": "L-1"}}}
        with engine.begin() as tx:
            outbox.put(tx, "effect", payload, idempotency_key="effect:1", element="Notify")
        outbox.drain(engine, handlers, worker="w")
        assert answers == [("Notify", {"status": 200, "body": {"id": 9}})]
        assert hook.asked[0].headers["Idempotency-Key"] == "effect:1"
