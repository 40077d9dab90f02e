"""A person's data leave the house by law (GDPR Art. 17, PIPL Art. 47): a customer's contact, or who worked here.

What happened stays: numbers, times, kinds, figures. Who it was and what they said goes, from tables, events, messages,
process variables, letters, files and archives; tombstones keep the audit log whole.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import arbitration, archive, casefile, holds, idempotency, likeness, people, search
from loopdesk.desk import store as store_
from loopdesk.desk.acceptance import users
from loopdesk.desk.acceptance.tables import key_user_, word_
from loopdesk.desk.attachments import attachment
from loopdesk.desk.closure.tables import reopening_
from loopdesk.desk.closure.verification import verification
from loopdesk.desk.contacting.rows import call_
from loopdesk.desk.credentials import credential, sign_in_try
from loopdesk.desk.customers import contact_, organisation
from loopdesk.desk.duty import duty_
from loopdesk.desk.emergency.rows import told as told_
from loopdesk.desk.feedback.survey import survey_
from loopdesk.desk.feedback.tables import feedback_
from loopdesk.desk.handoff import signature
from loopdesk.desk.idempotency import answered
from loopdesk.desk.implementation import signing
from loopdesk.desk.letters import communication
from loopdesk.desk.negotiation import negotiation
from loopdesk.desk.people import membership, person
from loopdesk.desk.record import PROBLEM, case_
from loopdesk.desk.response.expectations import expectation
from loopdesk.desk.rights import require
from loopdesk.desk.skills import training
from loopdesk.desk.store import Store
from loopdesk.desk.tokens import api_token
from loopdesk.engine import redaction, related
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict
from loopdesk.engine.events import event
from loopdesk.engine.redaction import ERASED, Words
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import OPEN, task

APART = frozenset({"event", "bundle", "contact", "person", "legal_hold"})
"""Tables that are cleaned by a rule of their own, or hold nobody's words."""
QUOTING = ("communication.", "decision.")
"""Events of a contact's cases that may quote them in other words: an excerpt, the input of a decision."""
SIGNED = ("title", "description", "steps", "expected")
"""Fields of a signed dossier that a contact may have written."""
Mails = Callable[[Tx, Collection[str], Collection[str]], int]
"""Empties the raw mails of cases and of senders' addresses; returns how many."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about; ``names`` are words that stand for nobody else, ``cases`` those that are all about them."""

    kind: str
    id: str
    names: tuple[str, ...]
    cases: tuple[str, ...]
    login: str = ""
    email: str = ""


@dataclass
class Erasure:
    """What went: rows by table, events, files."""

    person: str
    kind: str
    cases: tuple[str, ...]
    rows: dict[str, int] = field(default_factory=dict)
    events: int = 0
    files: int = 0

    def add(self, table: str, rows: int) -> None:
        """Count rows of one table."""
        if rows:
            self.rows[table] = self.rows.get(table, 0) + rows


def erase(actor: Actor, tx: Tx, stores: Mapping[str, Store], who: str, mails: Mails, *, reason: str = "") -> Erasure:
    """Erase the person named by e-mail address, phone number, id, customer number or login.

    Roll the transaction back for a preview: contents of files go only after its commit. Raises `Missing` for nobody,
    `Conflict` while a case of theirs is open or on legal hold, naming it. ``stores``: attachments and archive. The
    ``reason`` stands in the log, but for the person's own name and words.
    """
    require(actor, "erasure.erase")
    subject = find(tx, who)
    _require_finished(tx, subject)
    holds.require_free(tx, subject.cases)
    done = Erasure(subject.id, subject.kind, subject.cases)
    words = Words(subject.names, _said(tx, subject))
    found = _findable(tx, subject)
    rulings = arbitration.naming(tx, found, redaction.containing(arbitration.arbitration_, words))
    done.events = _events(actor, tx, subject, words, words.clean(reason.strip()))
    for table, where in _scoped(subject, words):
        done.add(table.name, redaction.rows(tx, table, where, words.clean))
    done.add("answered_request", idempotency.clean(tx, (*subject.names, subject.id, *subject.cases), words))
    done.add("instance", redaction.states(tx, _cases_touched(tx, subject), words.clean))
    done.add("inbound", mails(tx, subject.cases if subject.kind == "contact" else (), [subject.email]))
    _files(tx, stores["attachments"], subject, done)
    done.add("archive", archive.clean(tx, stores["archive"], subject.id, words.clean))
    (_forget_contact if subject.kind == "contact" else _forget_person)(tx, subject, done)
    for index in (search, likeness):
        index.renew(tx, found)
    arbitration.renew(tx, rulings)
    return done


def _findable(tx: Tx, subject: Subject) -> set[str]:
    """Cases that are found by what goes: a contact's own, and all that name the person."""
    named = (tx.conn.execute(search.matching(tx, name)).all() for name in subject.names)
    return {*subject.cases, *(str(row[0]) for rows in named for row in rows)}


def find(tx: Tx, who: str) -> Subject:
    """The one person that ``who`` names; raises `Missing` for nobody, `Conflict` for several."""
    text, small = who.strip(), who.strip().lower()
    of = sa.select(organisation.c.id).where(organisation.c.number == text.upper())
    named = (contact_.c.id == text) | (contact_.c.email == small) | contact_.c.organisation_id.in_(of)
    phone = (contact_.c.phone == text) & (contact_.c.phone != "")
    contacts = tx.conn.execute(sa.select(contact_).where(named | phone)).mappings().all()
    ids = {row["merged_into"] or row["id"] for row in contacts}
    if len(ids) > 1:
        several = ", ".join(row["email"] or row["id"] for row in contacts)
        raise Conflict("%(who)s is several people: %(several)s.", who=who, several=several)
    if contacts:
        return _contact(tx, ids.pop())
    found = people.by_login(tx, text) or people.find(tx, text)
    if found is None:
        asked, names = users.known(tx, text)
        return Subject("person", asked, names, (), email=small)
    own = tuple(name for name in (found.name, found.email) if name and name != ERASED)
    return Subject("person", found.id, own, (), login=found.login, email=found.email)


def _contact(tx: Tx, contact_id: str) -> Subject:
    """A contact under all names and addresses of those who were merged into him."""
    rows = tx.conn.execute(sa.select(contact_).where(_same(contact_id))).mappings().all()
    said = [row[name] for row in rows for name in ("name", "email", "phone")]
    names = tuple(dict.fromkeys(name for name in said if name and name != ERASED))
    own = case_.c.contact_id == contact_id
    # A parent problem that began with a report of his repeats it word for word, and nobody else's.
    copied = sa.select(case_.c.description).where(own, case_.c.description != "")
    copy = (case_.c.channel == PROBLEM) & case_.c.description.in_(copied)
    cases = tx.conn.scalars(sa.select(case_.c.number).where(own | copy)).all()
    email = next(row["email"] for row in rows if row["id"] == contact_id)
    return Subject("contact", contact_id, names, tuple(sorted(cases)), email=email or "")


def _same(contact_id: str) -> sa.ColumnElement[bool]:
    return (contact_.c.id == contact_id) | (contact_.c.merged_into == contact_id)


def _require_finished(tx: Tx, subject: Subject) -> None:
    mine = (case_.c.contact_id == subject.id) | (case_.c.owner_id == subject.id) | (case_.c.assignee_id == subject.id)
    still = set(tx.conn.scalars(sa.select(case_.c.number).where(mine, case_.c.status != "closed")))
    busy = (task.c.assignee == subject.id) | (task.c.person == subject.id)
    still |= set(tx.conn.scalars(sa.select(task.c.key).where(task.c.state == OPEN, busy)))
    if still:
        raise Conflict(
            "This person is needed in %(cases)s, which is open.",
            remedy=N_("Close it, or give it to somebody else, and try again."),
            cases=", ".join(sorted(still)),
        )


def _said(tx: Tx, subject: Subject) -> set[str]:
    """What a contact has written, word for word: it stands in forms, messages and variables, too."""
    if subject.kind != "contact":
        return users.said(tx, subject.email)
    told = sa.select(case_.c.title, case_.c.description, case_.c.steps, case_.c.expected, case_.c.external_id)
    found = {text for row in tx.conn.execute(told.where(case_.c.number.in_(subject.cases))) for text in row if text}
    asked = sa.select(case_.c.details).where(case_.c.number.in_(subject.cases))
    answers = {text for details in tx.conn.scalars(asked) for text in details.values() if isinstance(text, str)}
    # What was signed for may have had other words than the case has now.
    signed = tx.conn.scalars(sa.select(signature.c.dossier).where(signature.c.case.in_(subject.cases)))
    found |= {dossier[name] or "" for dossier in signed if dossier for name in SIGNED}
    # A choice is answered with a code, which may stand elsewhere as the code of something else.
    found |= {text for text in answers if redaction.said(text) == ERASED}
    columns = [communication.c[name] for name in ("body", "subject", "message_id", "in_reply_to", "feedback")]
    letters = sa.select(*columns).where(_letters(subject))
    found |= {text for row in tx.conn.execute(letters) for text in row if text}
    found |= set(tx.conn.scalars(sa.select(attachment.c.name).where(_attached(subject))))
    comments = [one.c.comment for one in (survey_, verification, negotiation, expectation, key_user_, word_)]
    texts = (feedback_.c.text, feedback_.c.quote, reopening_.c.text, call_.c.said, negotiation.c.wish)
    for column in (*comments, *texts):
        found |= set(tx.conn.scalars(sa.select(column).where(column.table.c.case.in_(subject.cases))))
    found |= signing.said(tx, subject.cases) | users.said(tx, subject.email)
    return found - {""}


def _letters(subject: Subject) -> sa.ColumnElement[bool]:
    mine = (communication.c.author_id == subject.id) | (communication.c.recipient_id == subject.id)
    if subject.kind != "contact":
        return mine & sa.false()
    # By mail the customer writes through the connector, whose name stands there as the author's.
    return mine | (communication.c.case.in_(subject.cases) & (communication.c.direction == "in"))


def _attached(subject: Subject) -> sa.ColumnElement[bool]:
    mine = attachment.c.case.in_(subject.cases) & (attachment.c.by_kind != "person")
    return mine if subject.kind == "contact" else sa.false()


def _cases_touched(tx: Tx, subject: Subject) -> set[str]:
    acted = sa.select(event.c.key).where(event.c.actor_id == subject.id, event.c.key != "").distinct()
    return {*subject.cases, *tx.conn.scalars(acted)}


def _cases_of(tx: Tx, subject: Subject) -> set[str]:
    """The cases whose record on file may name the subject."""
    mine = (case_.c.owner_id == subject.id) | (case_.c.assignee_id == subject.id)
    return {*_cases_touched(tx, subject), *tx.conn.scalars(sa.select(case_.c.number).where(mine))}


def _scoped(subject: Subject, words: Words) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """Each table with the rows to look at: those of a contact's cases, and all that hold an address or a name."""
    strong = Words(name for name in words.names if subject.kind == "person" or "@" in name or name[-4:].isdigit())
    found = []
    for table, _column in related.tables(case_.name):
        if table.name in APART:
            continue
        own = related.of(table, case_.name, subject.cases)
        where = redaction.containing(table, strong)
        found.append((table, where if own is None else own | where))
    return found


def _events(actor: Actor, tx: Tx, subject: Subject, words: Words, reason: str) -> int:
    def clean(row: Mapping[str, Any]) -> dict[str, Any]:
        own = row["actor_id"] == subject.id
        told = own or (row["key"] in subject.cases and row["kind"].startswith(QUOTING))
        data = redaction.said(row["data"]) if told and subject.kind == "contact" else row["data"]
        return {"actor_name": ERASED if own else words.clean(row["actor_name"]), "data": words.clean(data)}

    where = (event.c.actor_id == subject.id) | event.c.key.in_(subject.cases) | redaction.containing(event, words)
    about = {"person": subject.id, "kind": subject.kind, "cases": list(subject.cases), "reason": reason}
    return redaction.events(actor, tx, where, clean, data=about)


def _files(tx: Tx, store: Store, subject: Subject, done: Erasure) -> None:
    """The contents of what a contact attached, by mail too; a colleague's file stays, its name is cleaned.

    Records on file go and are made anew.
    """
    where = _attached(subject)
    contents = casefile.forget(tx, _cases_of(tx, subject))
    contents |= set(tx.conn.scalars(sa.select(attachment.c.sha256).where(where, attachment.c.sha256 != "")))
    gone = {"sha256": "", "name": ERASED, "scan": "erased", "by_name": ERASED}
    done.add("attachment", tx.conn.execute(sa.update(attachment).where(where).values(**gone)).rowcount)
    contents -= set(tx.conn.scalars(sa.select(attachment.c.sha256).where(attachment.c.sha256.in_(contents))))
    done.files = len(contents)
    tx.after_commit(partial(store_.forget, store, contents))


def _forget_contact(tx: Tx, subject: Subject, done: Erasure) -> None:
    who = {"name": ERASED, "email": None, "phone": ""}
    done.add("contact", tx.conn.execute(sa.update(contact_).where(_same(subject.id)).values(**who)).rowcount)
    told: dict[str, Any] = {
        "title": ERASED,
        "description": ERASED,
        "steps": "",
        "expected": "",
        "external_id": None,
        "details": {},
    }
    mine = case_.c.number.in_(subject.cases)
    done.add("case_", tx.conn.execute(sa.update(case_).where(mine).values(**told)).rowcount)
    tx.kept(case_).clear()
    empty = {"author": ERASED, "recipient": ERASED, "address": "", "subject": ERASED, "body": ERASED, "feedback": ""}
    letters = sa.update(communication).where(_letters(subject))
    done.add("communication", tx.conn.execute(letters.values(**empty, message_id=None, in_reply_to="")).rowcount)
    tx.conn.execute(sa.delete(answered).where(answered.c.actor_id == subject.id))
    # Who was told of an emergency may have had no case of their own.
    alone = sa.case((told_.c.customer == told_.c.contact_id, ERASED), else_=told_.c.customer_name)
    heard = sa.update(told_).where(told_.c.contact_id == subject.id).values(contact=ERASED, customer_name=alone)
    done.add("emergency_told", tx.conn.execute(heard).rowcount)


def _forget_person(tx: Tx, subject: Subject, done: Erasure) -> None:
    login = f"erased-{subject.id}"[:100]
    who = {"login": login, "name": ERASED, "email": "", "active": False, "roles": [], "departments": []}
    done.add("person", tx.conn.execute(sa.update(person).where(person.c.id == subject.id).values(**who)).rowcount)
    theirs = [(table, table.c.person_id) for table in (credential, membership, training, duty_, api_token)]
    for table, column in (*theirs, (answered, answered.c.actor_id)):
        done.add(table.name, tx.conn.execute(sa.delete(table).where(column == subject.id)).rowcount)
    tries = sa.delete(sign_in_try).where(sign_in_try.c.login == subject.login[:64])
    done.add(sign_in_try.name, tx.conn.execute(tries).rowcount)
