"""The intake answers 250 only for what is durable, and says clearly what it does not take (INT-1)."""

import smtplib
import socket
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from loopdesk.connectors import mailbox
from loopdesk.connectors.email import Email, Server
from loopdesk.connectors.inbound import inbound
from loopdesk.engine import outbox_rows
from loopdesk.engine.errors import Missing, Refused
from loopdesk.engine.tx import Engine
from loopdesk.tests.connectors.test_senders import message
from loopdesk.tests.web.mails import SUPPORT, write
from loopdesk.web import dev_mail
from loopdesk.web.mail_intake import LARGEST_MAIL, MailServer, intake, sink

TOO_LARGE = (b"x" * 1022 + b"\r\n") * (LARGEST_MAIL // 1024 + 1)


@pytest.fixture
def server(engine: Engine) -> Iterator[MailServer]:
    server = intake(engine, "127.0.0.1", 0)
    server.open()
    yield server
    server.stop()


@pytest.fixture
def mails(engine: Engine) -> Iterator[MailServer]:
    server = sink(engine, "127.0.0.1", 0)
    server.open()
    yield server
    server.stop()


def _client(server: MailServer) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", server.port, timeout=30)


def _rows(engine: Engine) -> list[sa.RowMapping]:
    with engine.read() as tx:
        return list(tx.conn.execute(sa.select(inbound)).mappings())


def test_a_mail_is_durable_with_its_wish_before_it_is_answered(engine: Engine, server: MailServer) -> None:
    mail = write()
    with _client(server) as smtp:
        smtp.sendmail("anna@aurora.example", [SUPPORT], mail.as_bytes())
        [row] = _rows(engine)
    assert row["raw"].endswith(mail.as_bytes())
    assert row["raw"].startswith(b"Return-Path: <anna@aurora.example>\r\nDelivered-To: support@loopdesk.example\r\n")
    assert (row["channel"], row["state"], row["message_id"]) == ("email", "received", mail["Message-ID"])
    with engine.read() as tx:
        wish = tx.conn.execute(sa.select(outbox_rows.outbox)).mappings().one()
    assert (wish["kind"], wish["payload"]) == ("inbound", {"inbound": row["id"]})


def test_the_same_mail_by_two_ways_is_kept_once(engine: Engine, server: MailServer) -> None:
    raw = write().as_bytes()
    with _client(server) as smtp:
        smtp.sendmail("anna@aurora.example", [SUPPORT], raw)
        smtp.sendmail("anna@aurora.example", ["help@loopdesk.example"], b"Received: by relay\r\n" + raw)
    assert len(_rows(engine)) == 1


def test_a_mail_of_more_than_35_mb_is_refused_with_552(engine: Engine, server: MailServer) -> None:
    with _client(server) as smtp, pytest.raises(smtplib.SMTPResponseException) as announced:
        smtp.sendmail("anna@aurora.example", [SUPPORT], TOO_LARGE)
    assert announced.value.smtp_code == 552
    with _client(server) as smtp:
        smtp.ehlo()
        smtp.mail("anna@aurora.example")
        smtp.rcpt(SUPPORT)
        assert smtp.data(TOO_LARGE)[0] == 552
    assert _rows(engine) == []


def test_a_line_of_a_megabyte_is_taken(engine: Engine, server: MailServer) -> None:
    with _client(server) as smtp:
        smtp.sendmail("anna@aurora.example", [SUPPORT], b"Subject: long\r\n\r\n" + b"x" * 1_000_000 + b"\r\n")
    assert len(_rows(engine)) == 1


def test_a_database_that_is_away_is_answered_with_451(
    engine: Engine, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("server closed the connection"))

    with _client(server) as smtp:
        with monkeypatch.context() as patched:
            patched.setattr(sa.Connection, "execute", gone)
            with pytest.raises(smtplib.SMTPDataError) as caught:
                smtp.sendmail("anna@aurora.example", [SUPPORT], write().as_bytes())
        assert caught.value.smtp_code == 451
        smtp.sendmail("anna@aurora.example", [SUPPORT], write().as_bytes())
    assert len(_rows(engine)) == 1


def test_a_bug_of_ours_is_answered_with_451_too(
    engine: Engine, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("loopdesk.connectors.inbound.keep", broken)
    with _client(server) as smtp, pytest.raises(smtplib.SMTPDataError) as caught:
        smtp.sendmail("anna@aurora.example", [SUPPORT], write().as_bytes())
    assert caught.value.smtp_code == 451


def test_a_taken_port_is_one_clear_line(engine: Engine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=rf"127\.0\.0\.1:{port}.*INTAKE_SMTP_PORT"):
            intake(engine, "127.0.0.1", port).open()


def test_the_sink_shows_what_was_sent(engine: Engine, mails: MailServer) -> None:
    out = Email(Server.from_url(f"smtp://127.0.0.1:{mails.port}"), "Loopdesk <support@loopdesk.example>")
    out.send(message(body="请确认:\nhttps://desk.example/v/abc-1_x.\n"))
    with engine.read() as tx:
        [row] = dev_mail.listing(tx)
        mail = dev_mail.read(tx, row["id"])
    assert row["subject"] == "[L-2026-000042] 我们已收到您的问题"
    assert (row["sender"], row["recipients"]) == ("support@loopdesk.example", ["wang@acme.example"])
    assert mail["text"].startswith("请确认:")
    assert mail["links"] == ["https://desk.example/v/abc-1_x"]
    assert dict(mail["headers"])["Content-Language"] == "zh"
    assert mail["attachments"] == []


def test_the_sink_shows_a_mail_sent_twice_once(engine: Engine, mails: MailServer) -> None:
    out = Email(Server.from_url(f"smtp://127.0.0.1:{mails.port}"), "support@loopdesk.example")
    for key in ("send:1", "send:1", "send:2"):
        out.send(message(idempotency_key=key))
    with engine.read() as tx:
        assert len(dev_mail.listing(tx)) == 2
        assert len(dev_mail.listing(tx, limit=1)) == 1


def test_a_mail_that_is_not_there(engine: Engine) -> None:
    with engine.read() as tx, pytest.raises(Missing):
        mailbox.read(tx, "none")
