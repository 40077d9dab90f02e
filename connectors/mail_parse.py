"""A raw e-mail read into what the desk needs; never fails, whatever arrives (CON-7, issue "Bad input").

What could not be read as it stood is listed in ``problems``; the raw mail is then worth keeping beside the case.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message as Part
from email.policy import Compat32
from email.utils import getaddresses

from loopdesk.connectors.mail_html import html_to_text
from loopdesk.connectors.mail_part import MailPart
from loopdesk.connectors.mail_text import decode_bytes, decode_header_text, new_part

CASE_NUMBER = re.compile(r"\bL-\d{4}-\d{6,}\b")
"""Case numbers as the desk gives them (``L-2026-000042``)."""
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_BULK = frozenset({"bulk", "list", "junk"})
_NO_ANSWER = frozenset({"all", "autoreply"})
_MAX_PARTS = 500
_MAX_HOPS = 50
_LONGEST_ID = 500
_READABLE_BYTES = 1_000_000
_OF_CONTENT = re.compile(rb"^content-[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)
"""Headers that say how the body is to be read, with the lines that they are continued on."""
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]+)", re.I)


class _AsIs(Compat32):
    """Headers as they came: 8-bit bytes stay surrogates, where the stock policy replaces them by question marks."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the base class' signature
        """The header's value, unchanged."""
        return value


_AS_IS = _AsIs()


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: ``name`` as the sender called it (not yet safe for a disk), ``type`` as declared."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Inbound:
    """A mail as the desk sees it.

    ``text`` is everything readable, ``new_text`` without quoted history. ``case_numbers`` are those found in subject
    and references, most telling first; ``references`` include the mails that a delivery report encloses.
    ``is_auto``: no person wrote it, it must not be answered (RFC 3834 §2); ``is_auto_reply``: it answers a mail
    (out of office, our own mail come back); ``is_bounce``: a mail system reports on a mail of ours (RFC 3464).
    """

    message_id: str
    sender: str
    sender_name: str
    to: tuple[str, ...]
    subject: str
    text: str
    new_text: str
    files: tuple[File, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    case_numbers: tuple[str, ...] = ()
    is_auto: bool = False
    is_auto_reply: bool = False
    is_bounce: bool = False
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Body:
    plain: list[str]
    html: list[str]
    files: list[File]
    problems: list[str]
    reported: list[str]
    """Subjects, ids and references of mails enclosed in a delivery report."""


def parse(raw: bytes, *, own: Collection[str] = ()) -> Inbound:
    """Read ``raw``; ``own`` are our own addresses (lower case): mail from them is never answered.

    A mail that Python's reader cannot cope with (nested without end, absurd parameters) still yields its headers and
    its raw text, with the problem named.
    """
    try:
        return _parse(raw, own)
    except Exception as error:  # noqa: BLE001 - recorded in `problems`; whatever arrives becomes a case
        head = _head(raw)
        charset = _CHARSET.search(head)
        readable = decode_bytes(raw[:_READABLE_BYTES], charset[1].decode() if charset else "")[0].strip()
        # Without what it says of a body that could not be read: it might fail for the same reason again.
        found = _parse(_OF_CONTENT.sub(b"", head), own)
        problems = (f"{type(error).__name__}: {error}", *found.problems)
        return replace(found, message_id=message_id_of(raw), text=readable, new_text=readable, problems=problems)


def _parse(raw: bytes, own: Collection[str]) -> Inbound:
    mail = message_from_bytes(raw, MailPart, policy=_AS_IS)
    body = _Body([], [], [], [], [])
    _walk(mail, body)
    text = "\n\n".join(part for part in body.plain if part.strip())
    text = (text or "\n\n".join(html_to_text(part) for part in body.html)).strip()
    name, sender = _sender(mail)
    references = [*_ids(mail, "References"), *_MESSAGE_ID.findall("\n".join(body.reported))]
    in_reply_to = next(iter(_ids(mail, "In-Reply-To")), "")
    subject = header(mail, "Subject")
    is_bounce = mail.get_content_type() == "multipart/report" or sender.startswith("mailer-daemon@")
    is_auto_reply = is_bounce or sender in own or _is_auto_reply(mail)
    return Inbound(
        message_id=message_id_of(raw, mail),
        sender=sender,
        sender_name=name,
        to=tuple(address.lower() for _, address in _addresses(mail, "To", "Cc", "Delivered-To") if address),
        subject=subject,
        text=text,
        new_text=new_part(text),
        files=tuple(body.files),
        in_reply_to=in_reply_to,
        references=tuple(references),
        case_numbers=_case_numbers([subject, in_reply_to, *reversed(references), *body.reported]),
        is_auto=is_auto_reply or _is_auto(mail, sender),
        is_auto_reply=is_auto_reply,
        is_bounce=is_bounce,
        problems=tuple(dict.fromkeys([*([] if sender else ["no sender"]), *body.problems, *_defects(mail)])),
    )


def message_id_of(raw: bytes, mail: Part | None = None) -> str:
    """The Message-ID, or a digest of the whole mail where it has none: the same mail twice has the same id."""
    mail = mail if mail is not None else message_from_bytes(_OF_CONTENT.sub(b"", _head(raw)), policy=_AS_IS)
    named = next(iter(_ids(mail, "Message-ID")), "")
    return named if named and len(named) <= _LONGEST_ID else f"<sha256.{hashlib.sha256(raw).hexdigest()}@missing>"


def _head(raw: bytes) -> bytes:
    """The headers alone: reading them cannot fail on what follows."""
    ends = [end for end in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if end >= 0]
    return raw[: min(ends, default=len(raw))] + b"\n\n"


def header(mail: Part, name: str) -> str:
    """One header, unfolded and decoded; empty when it is not there."""
    return decode_header_text(str(mail.get(name, "")))


def _ids(mail: Part, name: str) -> list[str]:
    return _MESSAGE_ID.findall(header(mail, name))


def _addresses(mail: Part, *names: str) -> list[tuple[str, str]]:
    values = [header(mail, name) for name in names]
    return getaddresses([value for value in values if value])


def _sender(mail: Part) -> tuple[str, str]:
    """Display name and address (lower case) of who wrote: From, else Sender, else the envelope."""
    for name in ("From", "Sender", "Return-Path"):
        raw = str(mail.get(name, ""))
        # An encoded display name may hold a comma or an @: addresses are cut before decoding, and only a mailer that
        # encoded the address as well is read the other way round.
        for display, address in getaddresses([raw]) + getaddresses([decode_header_text(raw)]):
            if "@" in address:
                return decode_header_text(display), decode_header_text(address).lower()
    return "", ""


def _is_auto_reply(mail: Part) -> bool:
    return (
        header(mail, "Auto-Submitted").lower().startswith("auto-replied")
        or header(mail, "Precedence").lower() == "auto_reply"
        or header(mail, "Return-Path") == "<>"
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond"))
    )


def _is_auto(mail: Part, sender: str) -> bool:
    signs = (
        header(mail, "Auto-Submitted").partition(";")[0].strip().lower() not in ("", "no"),
        header(mail, "Precedence").lower() in _BULK,
        not _NO_ANSWER.isdisjoint(header(mail, "X-Auto-Response-Suppress").lower().replace(",", " ").split()),
        any(name in mail for name in ("List-Id", "List-Unsubscribe", "X-Loop")),
        sender.startswith("postmaster@"),
        len(mail.get_all("Received", [])) > _MAX_HOPS,
    )
    return any(signs)


def _case_numbers(places: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for place in places for number in CASE_NUMBER.findall(place)))


def _defects(mail: Part) -> list[str]:
    return [type(defect).__name__ for part in mail.walk() for defect in part.defects]


def _walk(mail: Part, body: _Body) -> None:
    """Sort every part, in order, into texts and files; a mail enclosed in a mail is not entered."""
    waiting, seen = [mail], 0
    while waiting:
        part, seen = waiting.pop(), seen + 1
        if seen > _MAX_PARTS:
            body.problems.append(f"more than {_MAX_PARTS} parts")
            return
        if part.get_content_maintype() == "message":
            _enclosed(part, body)
        elif part.is_multipart():
            waiting += reversed(_children(part))
        else:
            _leaf(part, body)


def _children(part: Part) -> list[Part]:
    """The parts of a part; what is none is not read here, for that would ask for its characters."""
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Part)]


def _enclosed(part: Part, body: _Body) -> None:
    """A mail inside a mail stays one file; what it says of case and thread is noted for delivery reports."""
    inner = _children(part)
    for child in inner:
        body.reported += [header(child, name) for name in ("Subject", "Message-ID", "References")]
    if part.get_content_type() == "message/delivery-status":
        body.plain.append("\n".join(child.as_string().strip() for child in inner))
        return
    content = b"\n".join(child.as_bytes() for child in inner) if inner else _content(part, body)
    name = _file_name(part) or (header(inner[0], "Subject") if inner else "") or "message"
    body.files.append(File(name if name.endswith(".eml") else f"{name}.eml", "message/rfc822", content))


def _leaf(part: Part, body: _Body) -> None:
    # A part that says multipart and has no parts is text whose mailer forgot the boundary.
    kind = "text/plain" if part.get_content_maintype() == "multipart" else part.get_content_type()
    name = _file_name(part)
    disposition = str(part.get("Content-Disposition", "")).split(";")[0].strip().lower()
    content = _content(part, body)
    if kind == "text/rfc822-headers":
        body.reported.append(content.decode("utf-8", "replace"))
    elif kind in ("text/plain", "text/html") and not name and disposition != "attachment":
        text, sure = decode_bytes(content, part.get_content_charset() or "")
        if not sure:
            body.problems.append("unreadable characters")
        (body.plain if kind == "text/plain" else body.html).append(text)
    elif content or name:
        body.files.append(File(name or _invented(kind, len(body.files) + 1), kind, content))


def _content(part: Part, body: _Body) -> bytes:
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    body.problems.append("a part without content")
    return b""


def _file_name(part: Part) -> str:
    try:
        value = part.get_filename("")
    except ValueError:  # RFC 2231: what stands where the name's character set should is none
        return ""
    return decode_header_text(value).replace("\n", " ").strip()


def _invented(kind: str, number: int) -> str:
    suffix = {"application/ms-tnef": "dat", "text/calendar": "ics", "text/plain": "txt", "text/html": "html"}
    return f"attachment-{number}.{suffix.get(kind, kind.rpartition('/')[2][:8] or 'bin')}"
