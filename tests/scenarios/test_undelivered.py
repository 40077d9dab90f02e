"""A letter that a mail server refuses for good, from the incident to the case page and back (COM-4)."""

from collections.abc import Callable, Iterator

import pytest

from loopdesk.engine import events, incidents
from loopdesk.engine.outbox import drain
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.stage import ADMIN, Stage


@pytest.fixture
def server() -> Iterator[SmtpPeer]:
    with SmtpPeer() as server:
        yield server


@pytest.fixture
def stage(staged: Callable[..., Stage], server: SmtpPeer) -> Stage:
    return staged(smtp_url=f"smtp://127.0.0.1:{server.port}")


def test_a_refused_letter_says_so_on_its_case_until_it_is_sent(stage: Stage, server: SmtpPeer) -> None:
    """COM-4: 5xx is final; the reason stands beside the letter, for staff alone; trying again mends it."""
    number = stage.report("anna")
    server.recipient_answer = "550 no such user"
    drain(stage.desk.engine, stage.desk.handlers, worker="test")
    refused = stage.letters(number)[0]
    assert refused["state"] == "failed"
    assert "550" in refused["note"]
    assert "no such user" in refused["note"]
    with stage.desk.engine.begin() as tx:
        told = [row for row in events.timeline(tx, number) if row["kind"] == "communication.failed"]
        assert {row["audience"] for row in told} == {"staff"}
        for incident in incidents.listing(ADMIN, tx):
            incidents.retry(ADMIN, tx, incident["id"])
    server.recipient_answer = ""
    drain(stage.desk.engine, stage.desk.handlers, worker="test")
    assert {(letter["state"], letter["note"]) for letter in stage.letters(number)} == {("sent", "")}
    assert any("anna@aurora.example" in to for _, to in server.envelopes)
