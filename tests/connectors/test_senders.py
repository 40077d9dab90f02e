"""One contract for everything that carries messages to people: the real one and its twins (COM-1, CON-7)."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from loopdesk.connectors.base import Message, Sends
from loopdesk.connectors.console import Console
from loopdesk.connectors.email import Email, Server
from loopdesk.connectors.recorder import Recorder
from loopdesk.engine.errors import Away, Invalid
from loopdesk.tests.peers.smtp import SmtpPeer

SENDER = "Loopdesk Support <support@loopdesk.example>"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "idempotency_key": "send:1",
        "to": "wang@acme.example",
        "to_name": "王伟",
        "subject": "我们已收到您的问题",
        "body": "您好,\n编号 L-2026-000042。\n",
        "at": AT,
        "case": "L-2026-000042",
        "language": "zh",
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as peer:
        yield peer


@pytest.fixture(params=["email", "console", "recorder"])
def sender(request: pytest.FixtureRequest) -> Sends:
    if request.param == "email":
        port = request.getfixturevalue("peer").port
        return Email(Server.from_url(f"smtp://127.0.0.1:{port}"), SENDER)
    return Console(SENDER, out=io.StringIO()) if request.param == "console" else Recorder()


def test_a_connector_describes_itself(sender: Sends) -> None:
    assert isinstance(sender, Sends)
    assert sender.name
    assert sender.title
    assert sender.hint
    assert "email" in sender.channels
    keys = [field.key for field in sender.fields]
    assert len(keys) == len(set(keys))


def test_it_can_be_checked_before_it_is_saved(sender: Sends) -> None:
    sender.check()


def test_the_receipt_names_the_connector_and_the_message(sender: Sends) -> None:
    receipt = sender.send(message())
    assert receipt.connector == sender.name
    assert receipt.message_id.startswith("<L-2026-000042.")


def test_the_same_wish_sent_twice_is_the_same_message(sender: Sends) -> None:
    first, again = sender.send(message()), sender.send(message())
    other = sender.send(message(idempotency_key="send:2"))
    assert first.message_id == again.message_id != other.message_id


def test_a_message_keeps_the_id_that_the_desk_gave_it(sender: Sends) -> None:
    assert sender.send(message(message_id="<abc@loopdesk>")).message_id == "<abc@loopdesk>"


@pytest.mark.parametrize("address", ["", "nobody", "a b@c.example", "x@y.example\r\nBcc: z@y.example", "@y.example"])
def test_a_bad_address_is_invalid(sender: Sends, address: str) -> None:
    with pytest.raises(Invalid):
        sender.send(message(to=address))


def test_a_line_break_in_a_subject_adds_no_header(sender: Sends) -> None:
    sender.send(message(subject="Hello\r\nBcc: all@acme.example"))


def test_the_recorder_keeps_each_message_once_and_fails_on_demand() -> None:
    recorder = Recorder()
    recorder.fail_with = Away("gone")
    with pytest.raises(Away):
        recorder.send(message())
    recorder.send(message())
    recorder.send(message())
    assert [kept.subject for kept in recorder.sent.values()] == ["我们已收到您的问题"]


def test_the_console_shows_what_the_reader_would_see() -> None:
    out = io.StringIO()
    Console(SENDER, out=out).send(message())
    assert "Subject: [L-2026-000042] 我们已收到您的问题" in out.getvalue()
    assert "编号 L-2026-000042。" in out.getvalue()
