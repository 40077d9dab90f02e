"""A real SMTP server on loopback that keeps what it takes and can be told to refuse."""

import ssl
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from loopdesk.tests.support import free_port


class SmtpPeer:
    """``mails`` are what arrived; ``answer`` refuses the next mail at DATA, ``recipient_answer`` at RCPT."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, implicit: bool = False, password: str = "", port: int = 0
    ) -> None:
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.sessions: list[Session] = []
        self.answer = ""
        self.recipient_answer = ""
        self._password = password
        options: dict[str, Any] = {}
        if password:
            options = {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": tls is not None}
        if tls and not implicit:
            options["tls_context"] = tls
        self._controller = Controller(
            self, hostname="127.0.0.1", port=port or free_port(), ssl_context=tls if implicit else None, **options
        )

    @property
    def port(self) -> int:
        return self._controller.port

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for raw in self.raw]

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == self._password.encode(), handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer:
            answer, self.answer = self.answer, ""
            return answer
        self.raw.append(bytes(envelope.original_content or b""))
        self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        self.sessions.append(session)
        return "250 OK"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()
