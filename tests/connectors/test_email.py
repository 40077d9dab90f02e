"""Mail out, against real SMTP servers on loopback (CON-7)."""

import smtplib
import ssl
import subprocess
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from loopdesk.connectors.base import Message
from loopdesk.connectors.email import Email, Server
from loopdesk.connectors.mail_compose import compose
from loopdesk.engine.errors import Away, Invalid, LoopdeskError, Refused
from loopdesk.tests.connectors.test_senders import AT, SENDER, message
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.support import free_port


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer() as peer:
        yield peer


def email(peer: SmtpPeer, *, scheme: str = "smtp", account: str = "", query: str = "", timeout: float = 5) -> Email:
    return Email(Server.from_url(f"{scheme}://{account}127.0.0.1:{peer.port}{query}"), SENDER, timeout=timeout)


def test_chinese_arrives_as_written(peer: SmtpPeer) -> None:
    email(peer).send(message())
    mail = peer.mails[0]
    assert mail["Subject"] == "[L-2026-000042] 我们已收到您的问题"
    assert mail["To"].addresses[0].display_name == "王伟"
    assert mail.get_content().splitlines() == ["您好,", "编号 L-2026-000042。"]
    assert mail["Content-Language"] == "zh"
    assert parsedate_to_datetime(mail["Date"]) == AT
    assert peer.envelopes == [("support@loopdesk.example", ["wang@acme.example"])]
    assert peer.raw[0].isascii(), "a relay that knows no 8BITMIME must not spoil it"


def test_mail_of_a_case_forms_one_thread(peer: SmtpPeer) -> None:
    out = email(peer)
    out.send(message())
    out.send(
        message(idempotency_key="send:2", in_reply_to="<her-mail@acme.example>", references=("<older@acme.example>",))
    )
    first, second = peer.mails
    root = "<L-2026-000042.thread@loopdesk.example>"
    assert (first["In-Reply-To"], first["References"]) == (root, root)
    assert second["In-Reply-To"] == "<her-mail@acme.example>"
    assert second["References"].split() == [root, "<older@acme.example>", "<her-mail@acme.example>"]


@pytest.mark.parametrize(("automatic", "header"), [(True, "auto-generated"), (False, None)])
def test_only_automatic_mail_says_so(peer: SmtpPeer, automatic: bool, header: str | None) -> None:
    email(peer).send(message(automatic=automatic))
    assert peer.mails[0]["Auto-Submitted"] == header


def test_a_number_in_the_subject_is_not_repeated(peer: SmtpPeer) -> None:
    email(peer).send(message(subject="Case L-2026-000042 is solved"))
    assert peer.mails[0]["Subject"] == "Case L-2026-000042 is solved"


def test_a_subject_cannot_smuggle_a_header() -> None:
    mail = compose(message(subject="Hi\r\nBcc: all@acme.example", to_name='Eve"\n<x@y.z>'), SENDER)
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["wang@acme.example"]


def test_a_body_of_one_very_long_line_is_wrapped_on_the_way(peer: SmtpPeer) -> None:
    email(peer).send(message(body="长" * 5000))
    assert max(len(line) for line in peer.raw[0].split(b"\r\n")) < 1000
    assert peer.mails[0].get_content().strip() == "长" * 5000


def test_a_domain_in_chinese_is_written_in_ascii() -> None:
    assert "xn--" in str(compose(message(to="wang@公司.example"), SENDER)["To"])


@pytest.mark.parametrize(
    ("answer", "family"), [("451 4.3.0 later", Away), ("421 4.3.2 closing", Away), ("554 5.7.1 no", Refused)]
)
def test_an_answer_decides_about_another_try(peer: SmtpPeer, answer: str, family: type[LoopdeskError]) -> None:
    peer.answer = answer
    with pytest.raises(family) as caught:
        email(peer).send(message())
    assert type(caught.value) is family
    assert answer.split(" ", 1)[1] in caught.value.text()


@pytest.mark.parametrize(("answer", "family"), [("450 4.2.1 greylisted", Away), ("550 5.1.1 unknown user", Refused)])
def test_a_refused_recipient_is_told_by_its_code(peer: SmtpPeer, answer: str, family: type[LoopdeskError]) -> None:
    peer.recipient_answer = answer
    with pytest.raises(family) as caught:
        email(peer).send(message())
    assert type(caught.value) is family


def test_nobody_listens() -> None:
    with pytest.raises(Away):
        Email(Server.from_url(f"smtp://127.0.0.1:{free_port()}"), SENDER).send(message())


def test_a_server_that_fails_at_goodbye_has_taken_the_mail(peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    def quit_badly(_self: smtplib.SMTP) -> None:
        raise smtplib.SMTPResponseException(421, b"bye")

    monkeypatch.setattr(smtplib.SMTP, "quit", quit_badly)
    email(peer).send(message())
    assert len(peer.raw) == 1


@pytest.mark.parametrize(
    "url", ["", "localhost:25", "http://mail.example", "smtp://", "smtp://mail.example:port", "smtp://a:99999"]
)
def test_an_smtp_address_that_makes_no_sense_is_invalid(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        Server.from_url(url)
    assert caught.value.remedy or "port" in caught.value.message


def test_a_password_is_never_in_the_error() -> None:
    with pytest.raises(Invalid) as caught:
        Server.from_url("smpt://user:geheim@mail.example")
    assert "geheim" not in str(caught.value)


def test_the_address_is_read_with_its_account() -> None:
    server = Server.from_url("smtps://desk%40acme.example:p%3Aw@mail.acme.example")
    assert (server.user, server.password, server.port) == ("desk@acme.example", "p:w", 465)
    assert "p:w" not in repr(server)


def test_a_password_is_not_sent_over_an_open_line(peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "is_local", False)
    with pytest.raises(Refused, match="no encryption"):
        email(peer, account="user:secret@").send(message())


def test_required_encryption_is_required_even_here(peer: SmtpPeer) -> None:
    with pytest.raises(Refused, match="no encryption"):
        email(peer, scheme="smtp+starttls").send(message())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for 127.0.0.1 with its key in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=loopdesk test", "-addext", "subjectAltName=IP:127.0.0.1"]
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made: list[str | Path] = [*request, "-keyout", key, "-out", certificate, *subject]
    subprocess.run(made, check=True, capture_output=True)
    certificate.write_text(certificate.read_text() + key.read_text())
    return certificate


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp", False), ("smtp+starttls", False), ("smtps", True)])
def test_the_line_is_encrypted_and_the_account_signs_in(
    tls: ssl.SSLContext, certificate: Path, scheme: str, implicit: bool
) -> None:
    # The server itself says which line it has: aiosmtpd knows STARTTLS, not that its socket was secure from the start.
    with SmtpPeer(tls=tls, implicit=implicit, password="" if implicit else "secret") as peer:
        out = email(peer, scheme=scheme, account="" if implicit else "desk:secret@", query=f"?ca={certificate}")
        out.check()
        out.send(message())
        assert len(peer.raw) == 1
        assert implicit or peer.sessions[0].ssl is not None


def test_a_wrong_password_is_refused(tls: ssl.SSLContext) -> None:
    with SmtpPeer(tls=tls, password="secret") as peer, pytest.raises(Refused):
        email(peer, account="desk:wrong@").check()


def test_a_strange_certificate_is_refused_on_other_machines(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "is_local", False)
    with SmtpPeer(tls=tls) as peer, pytest.raises(Refused, match="certificate"):
        email(peer).send(message())


def test_a_message_needs_no_case() -> None:
    plain = Message(idempotency_key="k", to="a@b.example", subject="s", body="", at=AT)
    mail = compose(plain, SENDER)
    assert mail["Subject"] == "s"
    assert mail["References"] is None
