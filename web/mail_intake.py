"""Mail servers of our own: the intake that customers' mail arrives at (INT-1, CON-7), and the demo's sink.

A mail is answered with 250 only once it is durable; what cannot be kept now is answered with 451, so that the sending
server keeps it and comes back.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from loopdesk.connectors import inbound, mail_parse, mailbox
from loopdesk.engine.errors import N_, Refused
from loopdesk.engine.tx import Engine

LARGEST_MAIL = 35 * 1024 * 1024
"""Bytes of a whole mail: an attachment of 25 MB is 34.2 MB on the way (base64)."""
LONGEST_LINE = 2 * 1024 * 1024
"""Bytes of one line; RFC 5321 §4.5.3.1.6 wants 1000, broken mailers send whole texts in one."""
IDLE = 120.0
"""Seconds after which a silent connection is closed."""
CHANNEL = "email"

log = logging.getLogger(__name__)
Keep = Callable[[Envelope], None]


class _Server(SMTP):
    line_length_limit = LONGEST_LINE


class _Handler:
    """Keeps each mail in a thread, so that a slow database holds up only its own sender."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        try:
            await asyncio.to_thread(self._keep, envelope)
        except sa.exc.SQLAlchemyError as error:
            log.error("A mail from %s could not be kept: %s", envelope.mail_from, error)
            return "451 4.3.0 The mail cannot be kept now, please try again later"
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever else goes wrong is our fault: the sender keeps the mail."""
        log.error("A mail could not be taken", exc_info=error)
        return "451 4.3.0 Something went wrong here, please try again later"


class MailServer(Controller):
    """An SMTP server in a thread of its own; ``start()`` and ``stop()``."""

    def __init__(self, keep: Keep, host: str, port: int) -> None:
        """Listen on ``host:port`` and hand each mail to ``keep``."""
        self._socket: socket.socket | None = None
        super().__init__(_Handler(keep), hostname=host, port=port, ready_timeout=10)

    def factory(self) -> SMTP:
        """One conversation."""
        return _Server(
            self.handler,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            timeout=IDLE,
            hostname="loopdesk",
            ident="Loopdesk",
            loop=self.loop,
        )

    def open(self) -> None:
        """Start listening; raises ``Refused`` in one clear line when the port is taken."""
        try:
            # Bound here and not in the server's thread: that one would say so only after ten seconds.
            family = socket.AF_INET6 if ":" in self.hostname else socket.AF_INET
            self._socket = socket.create_server((self.hostname, self.port), family=family)
        except OSError as error:
            raise Refused(
                "The mail server cannot listen on %(host)s:%(port)s: %(reason)s.",
                remedy=N_("Choose another port with INTAKE_SMTP_PORT, or 0 for no mail intake."),
                host=self.hostname,
                port=self.port,
                reason=error.strerror or str(error),
            ) from error
        self.port = self._socket.getsockname()[1]
        self.start()

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        assert self._socket is not None, "open() binds the socket"
        return self.loop.create_server(self._factory_invoker, sock=self._socket)


def intake(engine: Engine, host: str, port: int) -> MailServer:
    """The server that customers' mail arrives at."""

    def keep(envelope: Envelope) -> None:
        content = _content(envelope)
        body = content.partition(b"\r\n\r\n")[2]
        with engine.begin() as tx:
            message_id = mail_parse.message_id_of(content)
            inbound.keep(tx, CHANNEL, _stamp(envelope) + content, message_id=message_id, content=body)

    return MailServer(keep, host, port)


def sink(engine: Engine, host: str, port: int) -> MailServer:
    """The demo's server for outgoing mail: what it takes is shown at ``/dev/mail`` and goes nowhere."""

    def keep(envelope: Envelope) -> None:
        with engine.begin() as tx:
            recipients = [str(address) for address in envelope.rcpt_tos]
            mailbox.keep(tx, _content(envelope), sender=envelope.mail_from or "", recipients=recipients)

    return MailServer(keep, host, port)


def _content(envelope: Envelope) -> bytes:
    content = envelope.content or b""
    return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else bytes(content)


def _stamp(envelope: Envelope) -> bytes:
    """The envelope as headers on top, as a delivering mail server writes it (RFC 5321 §4.4)."""
    to = "".join(f"Delivered-To: {address}\r\n" for address in envelope.rcpt_tos[:10])
    sender = (envelope.mail_from or "").strip("<>")
    return f"Return-Path: <{sender}>\r\n{to}".encode("utf-8", "replace")
