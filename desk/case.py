"""A customer's problem: opened once whatever the channel (INT-1), read and listed by those who may."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import channels, customers, likeness, record, search
from loopdesk.desk.crm import scope
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.desk.record import EMPTY, Case, case_, case_of_row
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.desk.sql import insert_new, page_of
from loopdesk.engine import events, late_starts
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.tx import Tx

PROCESS = "intake"
TITLE, TEXT = 300, 100_000
"""Most characters of a title and of a free text; the rest of a longer text is refused, not cut."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came in over a channel (INT-2). Empty fields are asked for later, not refused.

    ``external_id`` is the channel's own id (Message-ID, idempotency key): the same one again is the same case.
    ``automatic``: a machine wrote it, so no machine answers (RFC 3834 §2). ``device`` is its serial number, model or
    name; ``template`` the key of the form for a frequent problem, ``details`` what else was asked, by field (INT-3).
    """

    channel: str
    description: str = ""
    title: str = ""
    customer_number: str = ""
    contact_id: str = ""
    email: str = ""
    name: str = ""
    phone: str = ""
    occurred_at: datetime | None = None
    steps: str = ""
    expected: str = ""
    system_version: str = ""
    scope: str = ""
    urgency: str = ""
    category: str = ""
    language: str = ""
    zone: str = ""
    external_id: str = ""
    automatic: bool = False
    device: str = ""
    template: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of cases; ``total`` counts all that match and may be seen."""

    cases: list[Case]
    total: int
    page: int
    per_page: int


def open(actor: Actor, tx: Tx, report: Report) -> Case:
    """Write the case and start its intake process, in one transaction (architecture §2); a retired one starts later.

    A report with a known (channel, external id) returns the case it made before. Raises `Invalid` with the field for
    an unknown channel or customer number, a missing customer, a future time or a text that is too long.
    """
    require(actor, "case.open")
    _check(tx, report)
    known = _opened_before(tx, report)
    if known is not None:
        return known
    contact, organisation = _customer(actor, tx, report)
    row = dict(EMPTY) | _facts(report, contact)
    row |= {
        "number": record.next_number(tx),
        "status": "new",
        "department": FIRST_LINE,
        "owner_id": _first_asked(actor, tx, report.channel),
        "organisation_id": organisation.id if organisation else None,
        "contact_id": contact.id if contact else None,
        "opened_at": tx.now,
    }
    mine = organisation.id if organisation else None
    row |= scope.beside(tx, mine, device=report.device, kind=report.category, channel=report.channel)
    row["system_version"] = report.system_version.strip()[:200] or row["system_version"]
    if not insert_new(tx, case_, row, unique=["channel", "external_id"]):
        known = _opened_before(tx, report)
        assert known is not None
        return known
    number = str(row["number"])
    _let_be_found(tx, number, row)
    record.involve(tx, number, FIRST_LINE)
    data = {"channel": report.channel, "title": row["title"], "unknown_customer": organisation is None}
    events.record(actor, tx, "case.opened", key=number, audience="customer", data=data)
    scope.flag(actor, tx, number, str(row["out_of_scope"]))
    late_starts.begin(actor, tx, PROCESS, key=number, data=_for_process(report, row))
    return record.get(tx, number)


def _let_be_found(tx: Tx, number: str, row: Mapping[str, object]) -> None:
    search.keep(tx, number, [str(row[name]) for name in search.TEXT])
    likeness.keep(tx, number, likeness.told(str(row["title"]), str(row["description"])))


def read(actor: Actor, tx: Tx, number: str) -> Case:
    """The case as it stands; raises `Missing` where there is none that ``actor`` may see."""
    return record.get(tx, number, visible=readable(actor))


def waits_to_begin(tx: Tx, number: str) -> bool:
    """Whether the intake of a case has yet to begin, because it was retired when the case came in."""
    return late_starts.waits(tx, PROCESS, number)


def find(actor: Actor, tx: Tx, number: str) -> Case | None:
    """The case, or None where there is none that ``actor`` may see."""
    query = sa.select(case_).where(case_.c.number == number, readable(actor))
    row = tx.conn.execute(query).mappings().first()
    return case_of_row(row) if row else None


def reported(actor: Actor, tx: Tx, number: str, *, new: bool) -> Case:
    """What whoever may report is answered: the case just opened (``new``), else the known one if he may see it.

    Needs no right to read cases; raises `Missing` for another's case that ``actor`` may not see.
    """
    require(actor, "case.open")
    return record.get(tx, number, visible=None if new else visible_to(actor))


def several(actor: Actor, tx: Tx, numbers: Iterable[str]) -> list[Case]:
    """Those of the cases ``numbers`` that ``actor`` may see, in one query."""
    query = sa.select(case_).where(case_.c.number.in_(sorted(set(numbers))), readable(actor))
    return [case_of_row(row) for row in tx.conn.execute(query).mappings()]


def listing(
    actor: Actor,
    tx: Tx,
    *,
    q: str = "",
    status: str = "",
    priority: str = "",
    department: str = "",
    owner: str = "",
    page: int = 1,
    per_page: int = 25,
) -> Listing:
    """The cases that ``actor`` may see, newest first; those with all words of ``q`` before them, the best match first.

    Of very many matches only the newest thousand are looked at.
    """
    condition = readable(actor)
    wanted = {"status": status, "priority": priority, "department": department, "owner_id": owner}
    for column, value in wanted.items():
        if value:
            condition &= case_.c[column] == value
    limit, offset = page_of(page, per_page)
    newest = (case_.c.opened_at.desc(), case_.c.number.desc())
    if q.strip():
        found = search.matching(tx, q).subquery()
        matches = sa.select(case_.c.number, case_.c.opened_at, found.c.rank).join(found, found.c.case == case_.c.number)
        best = matches.where(condition, search.literal(q)).order_by(*newest).limit(search.RANKED).subquery()
        total = tx.conn.scalar(sa.select(sa.func.count()).select_from(best)) or 0
        ranked = sa.select(case_).join(best, best.c.number == case_.c.number)
        query = ranked.order_by(best.c.rank.desc(), *newest)
    else:
        total = tx.conn.scalar(sa.select(sa.func.count()).select_from(case_).where(condition)) or 0
        query = sa.select(case_).where(condition).order_by(*newest)
    rows = tx.conn.execute(query.limit(limit).offset(offset)).mappings()
    return Listing([case_of_row(row) for row in rows], total, max(page, 1), limit)


def _check(tx: Tx, report: Report) -> None:
    problems: dict[str, list[str]] = {}
    if not report.channel.strip():
        problems["channel"] = [Phrase("Name the channel that this came over.")]
    elif report.channel not in channels.codes(tx):
        problems["channel"] = [Phrase("There is no channel %(channel)s.", channel=report.channel[:60])]
    # An hour of grace: clocks of customers' computers are wrong.
    if report.occurred_at is not None and report.occurred_at > tx.now + timedelta(hours=1):
        problems["occurred_at"] = [Phrase("This time lies in the future.")]
    for name in ("description", "steps", "expected"):
        if len(getattr(report, name)) > TEXT:
            problems[name] = [Phrase("This text is longer than 100,000 characters; attach it as a file.")]
    if problems:
        raise Invalid("This report cannot be taken as it is.", fields=problems)


def _opened_before(tx: Tx, report: Report) -> Case | None:
    if not report.external_id:
        return None
    same = (case_.c.channel == report.channel) & (case_.c.external_id == report.external_id)
    row = tx.conn.execute(sa.select(case_).where(same)).mappings().first()
    return case_of_row(row) if row else None


def _customer(actor: Actor, tx: Tx, report: Report) -> tuple[customers.Contact | None, customers.Organisation | None]:
    """Who reports, for whom. A number that somebody claims makes the case that customer's, never the contact."""
    known_by = actor.id if actor.kind == "customer" else report.contact_id
    if known_by:
        contact: customers.Contact | None = customers.contact(tx, known_by)
    elif report.email or report.phone:
        who = {name: getattr(report, name) for name in ("email", "name", "phone", "language", "zone")}
        contact = customers.find_or_create_contact(actor, tx, **who)
    else:
        contact = None
    organisation = _organisation(actor, tx, report, contact)
    if contact is None and organisation is not None and not _customerless(tx, report):
        contact = customers.first_contact(tx, organisation.id) if actor.kind != "customer" else None
        if contact is None:
            _needs_address(organisation.number)
    return contact, organisation


def _organisation(
    actor: Actor, tx: Tx, report: Report, contact: customers.Contact | None
) -> customers.Organisation | None:
    own = customers.organisation_of(tx, contact.organisation_id if contact else None)
    if own is not None or (actor.kind == "customer" and actor.id):
        return own
    named = customers.by_number(tx, report.customer_number) if report.customer_number else None
    if report.customer_number and named is None:
        raise Invalid(
            "There is no customer %(number)s.",
            remedy=N_("Check the number on your contract, or leave it empty: we find you by your e-mail address."),
            fields={"customer_number": [Phrase("This customer number is not known.")]},
            number=report.customer_number,
        )
    if contact is None and named is None and not _customerless(tx, report):
        raise Invalid(
            "Nobody could be answered: the customer is missing.",
            remedy=N_("Give a customer number or an e-mail address."),
            fields={"email": [Phrase("Give a customer number or an e-mail address.")]},
        )
    return named


def _customerless(tx: Tx, report: Report) -> bool:
    return report.channel in channels.codes(tx, channels.CUSTOMERLESS)


def _needs_address(number: str) -> None:
    raise Invalid(
        "Nobody of customer %(number)s is known whom we could write to.",
        remedy=N_("Give the e-mail address of whoever reports."),
        fields={"email": [Phrase("This is needed.")]},
        number=number,
    )


def _facts(report: Report, contact: customers.Contact | None) -> dict[str, object]:
    text = report.description.strip()
    title = report.title.strip() or next(iter(text.splitlines()), "") or "-"
    language = report.language or (contact.language if contact else "") or "en"
    return {
        "title": title if len(title) <= TITLE else title[: TITLE - 1] + "…",
        "description": text,
        "category": report.category[:60],
        "urgency": report.urgency[:30],
        "scope": report.scope[:60],
        "channel": report.channel,
        "language": language[:10],
        "automatic": report.automatic,
        "occurred_at": report.occurred_at,
        "steps": report.steps.strip(),
        "expected": report.expected.strip(),
        "external_id": report.external_id[:500] or None,
        "template": report.template[:60],
        "details": {str(key)[:60]: value for key, value in report.details.items()},
    }


def _for_process(report: Report, row: dict[str, object]) -> dict[str, object]:
    """What the intake process gets to know: the report's own words, nothing about who wrote it (SEC-1)."""
    personal = {"contact_id", "email", "name", "phone", "external_id", "customer_number", "zone", "details", "device"}
    words = {key: value for key, value in asdict(report).items() if key not in personal}
    when = report.occurred_at
    return words | {"title": row["title"], "occurred_at": when.isoformat() if when else None}


def _first_asked(actor: Actor, tx: Tx, channel: str) -> str:
    """The first person asked stays responsible (INT-6); an app that reports with a person's token is nobody, unless
    people are asked on that channel."""
    asked = actor.kind == "person" and not actor.roles.isdisjoint(("agent", "supervisor"))
    return actor.id if asked and (not actor.scopes or channel in channels.codes(tx, channels.STAFFED)) else ""
