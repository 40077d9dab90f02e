"""To whom a message goes: the customer, the owner, a department's role, or one person."""

from collections.abc import Iterable
from dataclasses import dataclass

from loopdesk.desk import customers, departments, escalation, people
from loopdesk.desk.people import Person
from loopdesk.desk.record import Case
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.tx import Tx

CUSTOMER = "customer"
CONTACT = "contact"
"""What stands before the id of a contact who is meant, whoever reported the case."""
WORDS = (CUSTOMER, "owner", "assignee", "backup", "supervisor", "head")
"""What may stand where a department, its role or a person could be named."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One person who is written to; without an ``address`` somebody has to call instead.

    A customer's contact also has the channel that he ``prefers`` and his ``phone`` (COM-1).
    """

    kind: str
    id: str
    name: str
    address: str
    language: str
    zone: str
    prefers: str = ""
    phone: str = ""


def resolve(tx: Tx, case: Case, to: str | Iterable[str]) -> list[Receiver]:
    """The people behind ``to``: ``customer``, ``owner``, ``assignee``, ``support/agent``, ``support``, a person's id
    or login, or a list of these; everybody once. ``supervisor`` and ``head`` (see departments.yaml) are those of the
    case's department, ``backup`` is who would take the case over (SLA-4). Raises `Invalid` for a word of nobody.
    """
    words = [to] if isinstance(to, str) else list(to)
    found: dict[str, Receiver] = {}
    for word in words:
        for receiver in _of_word(tx, case, word):
            found.setdefault(receiver.id, receiver)
    return list(found.values())


def departments_of(tx: Tx, to: str | Iterable[str]) -> list[str]:
    """The departments that ``to`` names, with or without a role."""
    words = [to] if isinstance(to, str) else list(to)
    known = departments.codes(tx)
    return [name for word in words if (name := word.partition("/")[0]) in known]


def _of_word(tx: Tx, case: Case, word: str) -> list[Receiver]:
    if word == CUSTOMER:
        return [_customer(tx, case, case.contact_id)] if case.contact_id else []
    if word in ("owner", "assignee"):
        person = people.find(tx, case.owner_id if word == "owner" else case.assignee_id)
        return [_staff(person)] if person else []
    if word == "backup":
        backup = escalation.backup(tx, case)
        return [_staff(backup)] if backup else []
    kind, parted, contact_id = word.partition(":")
    if parted and kind == CONTACT:
        return [_customer(tx, case, contact_id)]
    department, _, role = _placed(tx, case, word).partition("/")
    if department in departments.codes(tx):
        return [_staff(person) for person in people.in_department(tx, department, role)]
    person = people.find(tx, word)
    if person is None:
        raise Invalid(
            "Nobody is meant by receiver %(receiver)s.",
            remedy=N_("Write customer, owner, department/role or a person's sign-in name."),
            receiver=word,
        )
    return [_staff(person)]


def _placed(tx: Tx, case: Case, word: str) -> str:
    """``supervisor`` and ``head`` mean those of the department that holds the case (SLA-4)."""
    if word == "supervisor":
        return f"{case.department}/{word}"
    return f"{case.department}/{departments.head(tx, case.department)}" if word == "head" else word


def _customer(tx: Tx, case: Case, contact_id: str) -> Receiver:
    contact = customers.contact(tx, contact_id)
    who = (contact.id, contact.name, contact.email or "", case.language, contact.zone)
    return Receiver(CUSTOMER, *who, prefers=contact.channel, phone=contact.phone)


def _staff(person: Person) -> Receiver:
    return Receiver("person", person.id, person.name, person.email, person.language, person.zone)
