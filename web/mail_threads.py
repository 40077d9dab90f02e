"""Which case a mail belongs to, and whether its sender may add to it."""

import re
from dataclasses import dataclass, replace

from loopdesk.connectors.mail_parse import CASE_NUMBER, Inbound
from loopdesk.desk import case, communications, customers, people
from loopdesk.desk.closure import reopening
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

CUSTOMER, STAFF, SYSTEM = "customer", "staff", "system"
_PREFIX = re.compile(r"^(?:\s*(?:re|aw|fw|fwd|回复|答复|回覆|答覆|转发|轉寄)\s*(?:\[\d+\])?\s*[::])+\s*", re.IGNORECASE)
_NUMBER = re.compile(rf"\[?{CASE_NUMBER.pattern}\]?")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Place:
    """``number`` of the case that the mail joins, and ``by`` whom; empty for none. ``foreign`` is a case it names that
    is not its sender's, ``closed`` one that is his but closed.
    """

    number: str = ""
    by: str = ""
    foreign: str = ""
    closed: str = ""


def place(actor: Actor, tx: Tx, mail: Inbound, message_id: str) -> Place:
    """Where ``mail`` belongs: by the messages it refers to, else by the case numbers in its subject.

    A case takes mail from those who may see it, from staff (inside), and from machines that answer a message of ours:
    they quote its Message-ID, which nobody else knows.
    """
    answered = communications.case_of_message(tx, [message_id, *mail.references, *filter(None, [mail.in_reply_to])])
    found = Place()
    for number in dict.fromkeys([*filter(None, [answered]), *mail.case_numbers]):
        one = case.find(actor, tx, number)
        by = _who(tx, mail, number, answers=number == answered) if one else ""
        if one is None:
            continue
        # What machines and colleagues say after the end (a bounced survey) is no new problem.
        # Within the verification window a customer's words belong to the case itself: a person reads them (FIX-9).
        if by and (one.status != "closed" or mail.is_auto or by == STAFF or reopening.within(tx, one)):
            return Place(number=number, by=by)
        found = replace(found, closed=found.closed or number) if by else replace(found, foreign=found.foreign or number)
    return found


def _who(tx: Tx, mail: Inbound, number: str, *, answers: bool) -> str:
    contact = customers.contact_by_email(tx, mail.sender)
    if contact is not None and case.find(customers.actor_of(contact), tx, number) is not None:
        return CUSTOMER
    if mail.sender and people.find(tx, mail.sender) is not None:
        return STAFF
    return SYSTEM if answers and mail.is_auto else ""


def title(subject: str) -> str:
    """A case's title from a subject: without ``Re:`` and without numbers of other cases."""
    return _PREFIX.sub("", " ".join(_NUMBER.sub(" ", subject).split())).strip()


def language(text: str) -> str:
    """``zh`` for a text in which a tenth of the letters are Chinese, else ``en``."""
    letters = sum(character.isalpha() for character in text)
    return "zh" if letters and len(_CHINESE.findall(text)) * 10 >= letters else "en"
