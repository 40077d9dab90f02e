"""A message as an e-mail: encoded headers, threading per case, one Message-ID for one wish (CON-7)."""

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from loopdesk.connectors.base import Message
from loopdesk.engine.errors import N_, Invalid

# cte_type 7bit: quoted-printable or base64 chosen by length, so that no relay on the way has to speak 8BITMIME.
POLICY = SMTP.clone(cte_type="7bit")
_HEADER_UNSAFE = re.compile(r"[\x00-\x1f\x7f]+")
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]]+@[^@\s<>,;:\"()\[\]]+")


def compose(message: Message, sender: str) -> EmailMessage:
    """The e-mail that carries ``message`` from ``sender`` (``Support <support@…>``).

    The Message-ID comes from the idempotency key: sent again after a crash it is the same mail, which mailboxes and
    our own intake recognise. Every mail of a case refers to one common ancestor, so mail readers show one thread.
    """
    domain = domain_of(sender)
    mail = EmailMessage(policy=POLICY)
    mail["From"] = _address(sender, "")
    mail["To"] = _address(message.to, message.to_name)
    mail["Subject"] = _subject(message)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message_id(message, domain)
    references = _references(message, domain)
    if references:
        mail["In-Reply-To"] = message.in_reply_to or references[0]
        mail["References"] = " ".join(references)
    if message.automatic:
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
        mail["X-Auto-Response-Suppress"] = "All"  # Exchange does not read RFC 3834
    mail.set_content(message.body or "\n", charset="utf-8")
    if message.language:
        mail["Content-Language"] = message.language
    return mail


def message_id(message: Message, domain: str) -> str:
    """The Message-ID of ``message``: the one it names, else case number and digest of its key, at our domain."""
    if message.message_id:
        return _HEADER_UNSAFE.sub("", message.message_id)
    digest = hashlib.sha256(message.idempotency_key.encode()).hexdigest()[:32]
    return f"<{message.case}.{digest}@{domain}>" if message.case else f"<{digest}@{domain}>"


def thread_root(case: str, domain: str) -> str:
    """The common ancestor of all mails of a case; never sent, only referred to."""
    return f"<{case}.thread@{domain}>"


def domain_of(address: str) -> str:
    """The part after the @ of ``Name <local@domain>``, or ``Invalid``."""
    domain = parseaddr(address)[1].rpartition("@")[2]
    if not domain:
        raise Invalid("“%(address)s” is not an e-mail address.", address=address)
    return domain


def _references(message: Message, domain: str) -> list[str]:
    chain = [thread_root(message.case, domain)] if message.case else []
    return list(dict.fromkeys([*chain, *message.references, *filter(None, [message.in_reply_to])]))


def _subject(message: Message) -> str:
    subject = _HEADER_UNSAFE.sub(" ", message.subject).strip()
    return f"[{message.case}] {subject}" if message.case and message.case not in subject else subject


def _address(value: str, name: str) -> Address:
    display, spec = parseaddr(value)
    if _HEADER_UNSAFE.search(value) or not _ADDRESS.fullmatch(spec):
        raise Invalid(
            "“%(address)s” is not an e-mail address.",
            remedy=N_("Correct the address of the contact, then retry the incident."),
            address=value,
        )
    local, _, domain = spec.rpartition("@")
    return Address(_HEADER_UNSAFE.sub(" ", name or display), local, _ascii_domain(domain))


def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError as error:
        raise Invalid("“%(address)s” is not an e-mail address.", address=domain) from error
