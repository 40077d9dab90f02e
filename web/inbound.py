"""What came in from outside becomes a case or a part of one (INT-1, CON-7). Handlers of outbox kind ``inbound``.

Each thing received is dealt with in one transaction with its mark; a failure becomes an incident of the outbox and the
raw row stays, so that nothing is lost and a retry starts from the beginning.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

from loopdesk.connectors import inbound, mail_parse
from loopdesk.connectors.inbound import Item
from loopdesk.connectors.mail_parse import File, Inbound
from loopdesk.desk import attachments, case, communications, customers, sending
from loopdesk.desk.attachments import CUSTOMER, STAFF
from loopdesk.desk.closure import reopening
from loopdesk.desk.store import Store
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import N_, Invalid, Phrase, Refused, Translate
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Tx
from loopdesk.web import mail_threads
from loopdesk.web.words import translator

MAIL = Actor(kind="connector", id="email", name="E-mail")
LONGEST = 99_000
"""Characters of a mail that become a description or a reply; the rest is in a file beside it."""
NOBODY = "unknown@sender.invalid"
"""Stands for the sender of a mail that names none (RFC 2606 §2: no such domain can exist)."""
TEMPLATE = "attachment-refused"


@dataclass(frozen=True, slots=True)
class Desk:
    """What dealing with a mail needs: where files go, the base of links, our addresses, the language of notes."""

    store: Store
    base_url: str = ""
    own: Collection[str] = ()
    language: str = "en"


def local_handlers(
    store: Store, *, base_url: str = "", own: Collection[str] = (), language: str = "en"
) -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox handlers of this file; ``own`` are our addresses, ``language`` is that of notes to staff."""
    desk = Desk(store, base_url, frozenset(address.lower() for address in own), language)
    return {inbound.KIND: lambda tx, row: handle(desk, tx, row)}


def handle(desk: Desk, tx: Tx, row: Row) -> None:
    """Deal with one thing received, once; ``Refused`` for a channel that this release does not know."""
    item = inbound.get(tx, row.payload["inbound"])
    if item.state == inbound.DONE:
        return
    if item.channel != MAIL.id:
        raise Refused("Nothing here reads what comes in by “%(channel)s”.", channel=item.channel)
    mail = mail_parse.parse(item.raw, own=desk.own)
    outcome, number = _take(desk, tx, item, mail)
    inbound.done(tx, item.id, outcome=outcome, sender=mail.sender, case=number)


def _take(desk: Desk, tx: Tx, item: Item, mail: Inbound) -> tuple[str, str]:
    place = mail_threads.place(MAIL, tx, mail, item.message_id)
    if place.number and (mail.is_bounce or place.by == mail_threads.STAFF):
        return _note(desk, tx, item, mail, place.number)
    if place.number:
        return _reply(desk, tx, item, mail, place.number)
    if mail.is_bounce or mail.is_auto_reply:
        # Nobody wrote it and it belongs to no case: a case of its own would only feed a loop (RFC 3834 §2).
        data = {"inbound": item.id, "sender": mail.sender, "subject": mail.subject}
        events.record(MAIL, tx, "communication.set_aside", data=data)
        return "set_aside", ""
    return _open(desk, tx, item, mail, place)


def _open(desk: Desk, tx: Tx, item: Item, mail: Inbound, place: mail_threads.Place) -> tuple[str, str]:
    known = customers.contact_by_email(tx, mail.sender)
    report = case.Report(
        channel=MAIL.id,
        title=mail_threads.title(mail.subject),
        description=mail.text[:LONGEST] or mail.subject,
        email=mail.sender or NOBODY,
        name=mail.sender_name,
        language=known.language if known else mail_threads.language(f"{mail.subject} {mail.text[:2000]}"),
        external_id=item.key,
        automatic=mail.is_auto or not mail.sender,
    )
    number = case.open(MAIL, tx, report).number
    _attach(desk, tx, number, item, mail, mail.text, report.language)
    if place.foreign:
        text = N_("This mail names case %(other)s, which belongs to another customer. It became a case of its own.")
        _tell_staff(desk, tx, number, text, other=place.foreign)
    if place.closed:
        _tell_staff(desk, tx, number, N_("This mail answers case %(other)s, which is closed."), other=place.closed)
        closed = case.read(MAIL, tx, place.closed)
        reopening.wrote(MAIL, tx, closed, report.description, source=MAIL.id, other=number)
    return "opened", number


def _reply(desk: Desk, tx: Tx, item: Item, mail: Inbound, number: str) -> tuple[str, str]:
    language = case.read(MAIL, tx, number).language
    files = _attach(desk, tx, number, item, mail, mail.new_text, language)
    received = communications.Received(
        author=mail.sender_name or mail.sender,
        subject=mail.subject,
        body=mail.new_text[:LONGEST],
        channel=MAIL.id,
        message_id=item.key,
        in_reply_to=mail.in_reply_to,
        automatic=mail.is_auto,
        attachments=tuple(files),
    )
    communications.receive(MAIL, tx, number, received)
    return "replied", number


def _note(desk: Desk, tx: Tx, item: Item, mail: Inbound, number: str) -> tuple[str, str]:
    """A colleague's mail, or a mail server's complaint, is for staff only: a From line proves nobody's identity."""
    _attach(desk, tx, number, item, mail, mail.new_text, "", visibility=STAFF)
    heading = N_("A message could not be delivered: %(sender)s") if mail.is_bounce else N_("By e-mail from %(sender)s:")
    sender = f"{mail.sender_name} <{mail.sender}>".strip()
    _tell_staff(desk, tx, number, heading, mail.new_text[:LONGEST], sender=sender)
    return "noted", number


def _attach(
    desk: Desk, tx: Tx, number: str, item: Item, mail: Inbound, text: str, language: str, *, visibility: str = CUSTOMER
) -> list[str]:
    """Keep the mail's files on the case and return their ids; tell staff and customer about those that were refused.

    A mail that could not be read as it stood, and a text that was cut, leave the whole mail or text as a file.
    """
    kept, refused = _keep(desk, tx, number, mail.files, visibility)
    if len(text) > LONGEST:
        kept += _keep(desk, tx, number, [File("message.txt", "text/plain", text.encode())], visibility)[0]
    if mail.problems:
        _keep_original(desk, tx, number, item, mail.problems)
    if refused:
        _tell_refused(desk, tx, number, refused, language)
    return kept


def _keep(
    desk: Desk, tx: Tx, number: str, files: Iterable[File], visibility: str
) -> tuple[list[str], list[tuple[str, Invalid]]]:
    kept: list[str] = []
    refused: list[tuple[str, Invalid]] = []
    for file in files:
        try:
            stream = BytesIO(file.content)
            made = attachments.attach(MAIL, tx, desk.store, number, file.name, stream, visibility=visibility)
            kept.append(made.id)
        except Invalid as error:
            refused.append((file.name, error))
    return kept, refused


def _keep_original(desk: Desk, tx: Tx, number: str, item: Item, problems: Sequence[str]) -> None:
    text = N_("This mail is damaged (%(problems)s); the original is kept under %(id)s.")
    for name in ("message.eml", "message.raw"):  # with control bytes inside it is no text any more
        if _keep(desk, tx, number, [File(name, "message/rfc822", item.raw)], STAFF)[0]:
            text = N_("This mail is damaged (%(problems)s); the original is attached.")
            break
    _tell_staff(desk, tx, number, text, problems=", ".join(problems), id=item.id)


def _tell_refused(desk: Desk, tx: Tx, number: str, refused: Sequence[tuple[str, Invalid]], language: str) -> None:
    def reasons(wanted: str) -> list[dict[str, str]]:
        translate = translator(wanted)
        return [{"name": name, "reason": _reason(error, translate)} for name, error in refused]

    lines = "\n".join(f"{file['name']}: {file['reason']}" for file in reasons(desk.language))
    _tell_staff(desk, tx, number, N_("Files of this mail were refused:"), lines)
    if language:
        files = reasons(language)
        sending.send(
            SYSTEM, tx, number, template=TEMPLATE, to="customer", params={"files": files}, base_url=desk.base_url
        )


def _reason(error: Invalid, translate: Translate) -> str:
    """What is wrong with this very file, where the error says so, else what the error says."""
    said = next((problem for problems in error.fields.values() for problem in problems), None)
    return said.text(translate) if isinstance(said, Phrase) else error.text(translate)


def _tell_staff(desk: Desk, tx: Tx, number: str, text: str, below: str = "", **params: str) -> None:
    heading = translator(desk.language)(text) % params
    communications.comment(SYSTEM, tx, number, f"{heading}\n\n{below}".strip(), internal=True)
