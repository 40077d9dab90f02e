"""E-mail out over SMTP (CON-7, COM-1)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from loopdesk.connectors.base import Field, Message, Receipt
from loopdesk.connectors.mail_compose import compose, domain_of
from loopdesk.engine.errors import N_, Away, Invalid, Refused
from loopdesk.engine.retries import Retries

_SCHEMES = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over: ``smtp://`` (STARTTLS where offered), ``smtp+starttls://`` (required), ``smtps://``."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read ``smtp[s]://user:password@host:port[?ca=/path/of/our/ca.pem]``; ``Invalid`` says what is wrong."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Invalid("The port in the SMTP address is not a number.") from error
        if parts.scheme not in _SCHEMES or not parts.hostname:
            # The address may carry a password: it is not repeated in the message.
            raise Invalid(
                "The SMTP address is not understood.",
                remedy=N_("Write SMTP_URL as smtp://host:25, smtp+starttls://user:password@host:587 or smtps://…"),
            )
        ca = parse_qs(parts.query).get("ca", [""])[0]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, port or _SCHEMES[parts.scheme], user, password, ca)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, where a password cannot be overheard."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


class Email:
    """Sends through one SMTP server, from one address."""

    name = "email"
    title = N_("E-mail")
    hint = N_("Messages to customers and colleagues by SMTP.")
    channels = frozenset({"email"})
    # Mail servers defer on purpose (greylisting), and a mail may well come half a day late (RFC 5321 §4.5.4.1).
    retries = Retries(attempts=16, first=15.0)
    fields: tuple[Field, ...] = (
        Field(
            "SMTP_URL", N_("SMTP server"), "secret", N_("smtp://, smtp+starttls:// or smtps:// address"), required=True
        ),
        Field("MAIL_FROM", N_("Sender"), "text", N_("Address that customers see and reply to"), required=True),
    )

    def __init__(self, server: Server, sender: str, *, timeout: float = 20.0) -> None:
        """Send from ``sender``; ``timeout`` in seconds holds for each answer of the server."""
        domain_of(sender)
        self.server = server
        self.sender = sender
        self.timeout = timeout

    def check(self) -> None:
        """Connect, secure the line and sign in, without sending anything."""
        with self._session() as smtp:
            smtp.noop()

    def send(self, message: Message) -> Receipt:
        """Hand the mail to the server.

        Raises ``Away`` on a 4xx answer or none at all, ``Refused`` on a 5xx answer, ``Invalid`` on a bad address.
        """
        mail = compose(message, self.sender)
        with self._session() as smtp:
            _hand_over(smtp, mail)
        return Receipt(self.name, str(mail["Message-ID"]))

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        with _translated(self.server.host):
            smtp = self._connect()
            try:
                smtp.ehlo_or_helo_if_needed()
                self._secure(smtp)
                if self.server.user:
                    smtp.login(self.server.user, self.server.password)
                yield smtp
            finally:
                _leave(smtp)

    def _connect(self) -> smtplib.SMTP:
        if self.server.scheme == "smtps":
            context = self._context()
            return smtplib.SMTP_SSL(self.server.host, self.server.port, timeout=self.timeout, context=context)
        return smtplib.SMTP(self.server.host, self.server.port, timeout=self.timeout)

    def _secure(self, smtp: smtplib.SMTP) -> None:
        if self.server.scheme == "smtps":
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._context())
            smtp.ehlo()
        elif self.server.scheme == "smtp+starttls" or (self.server.user and not self.server.is_local):
            raise Refused(
                "The mail server %(host)s offers no encryption.",
                remedy=N_("Use smtps://, or a server with STARTTLS; no password is sent over an open line."),
                host=self.server.host,
            )

    def _context(self) -> ssl.SSLContext:
        # Mail on this machine often has a self-made certificate; the line cannot be overheard there.
        if self.server.is_local and not self.server.ca:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        return ssl.create_default_context(cafile=self.server.ca or None)


def _hand_over(smtp: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        smtp.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise smtplib.SMTPResponseException(code, answer) from error


def _leave(smtp: smtplib.SMTP) -> None:
    # The mail is taken once DATA was answered: a server that stumbles over QUIT must not make us send it again.
    with suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    smtp.close()


@contextmanager
def _translated(host: str) -> Iterator[None]:
    """What smtplib raises, as one of our families; a 4xx answer is transient, a 5xx one permanent (RFC 5321 §4.2.1)."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            "The certificate of the mail server %(host)s is not trusted: %(reason)s.",
            remedy=N_("Name its certificate authority with ?ca=/path in SMTP_URL."),
            host=host,
            reason=error.verify_message,
        ) from error
    except smtplib.SMTPResponseException as error:
        answer = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        family = Away if error.smtp_code < 500 else Refused
        message = N_("The mail server %(host)s answered %(code)s: %(answer)s")
        raise family(message, host=host, code=error.smtp_code, answer=answer) from error
    except smtplib.SMTPNotSupportedError as error:
        message = N_("The mail server %(host)s cannot take this mail: %(reason)s")
        raise Refused(message, host=host, reason=error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Away("The mail server %(host)s does not answer: %(reason)s", host=host, reason=error) from error
