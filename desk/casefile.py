"""The record of a case: all that one reader needs to know what happened, as a page, as a PDF, and kept (DIA-7).

After a case is closed the policy ``record.yaml`` says when its record is put on file: as an attachment of the case.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import attachments, clocks, communications, customers, handoff, people, policy, record, subcases
from loopdesk.desk.attachments import STAFF
from loopdesk.desk.closure.verification import verification
from loopdesk.desk.diagnosis import course
from loopdesk.desk.diagnosis.course import Finding, Way
from loopdesk.desk.feedback.survey import survey_
from loopdesk.desk.record import NUMBER, Case, case_
from loopdesk.desk.rights import readable, require
from loopdesk.desk.store import Store
from loopdesk.desk.subcases import Part
from loopdesk.engine import events, outbox
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

POLICY = "record"

KIND = "casefile"
"""The outbox kind of a record that is to be put on file; its key is the case."""
MOST = 500
"""Cases that one look wants records for."""

casefile = sa.Table(
    "casefile",
    metadata,
    sa.Column("attachment", sa.String(32), sa.ForeignKey("attachment.id"), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("at", Moment, nullable=False),
)
"""Records that are on file; a case that was opened again gets another one after its next closing."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything about one case; ``names`` are people by id, ``feedback`` what the customer said about the outcome."""

    case: Case
    customer: str
    contact: str
    names: Mapping[str, str]
    events: list[Mapping[str, Any]]
    letters: list[Mapping[str, Any]]
    handoffs: list[Mapping[str, Any]]
    ways: list[Way]
    findings: list[Finding]
    parts: list[Part]
    parent: str
    feedback: list[Mapping[str, Any]]
    files: list[attachments.Attachment]
    made_at: datetime


def read(actor: Actor, tx: Tx, number: str) -> CaseFile:
    """The record as it stands now; raises `Missing` where there is no case that ``actor`` may see."""
    case = record.get(tx, number, visible=readable(actor))
    organisation = customers.organisation_of(tx, case.organisation_id)
    ways, findings, parts = course.ways(tx, number), course.findings(tx, number), subcases.parts(tx, number)
    return CaseFile(
        case=case,
        customer=organisation.name if organisation else "",
        contact=customers.contact(tx, case.contact_id).name if case.contact_id else "",
        names=_names(tx, [case.owner_id, case.assignee_id, *(part.owner_id for part in parts)]),
        events=list(events.timeline(tx, number)),
        letters=list(communications.listing(actor, tx, number)),
        handoffs=list(handoff.listing(actor, tx, number)),
        ways=ways,
        findings=findings,
        parts=parts,
        parent=subcases.parent_of(tx, number),
        feedback=_feedback(tx, number),
        files=attachments.listing(actor, tx, number),
        made_at=tx.now,
    )


def look(tx: Tx) -> None:
    """Want a record for each closed case whose time has come; one that fails does not stop the others."""
    after = policy.duration(policy.said(tx, POLICY, "after"), place="record.yaml: after")
    query = sa.select(case_.c.number, case_.c.closed_at).where(_unkept(), case_.c.closed_at <= tx.now - after)
    for number, closed_at in tx.conn.execute(query.order_by(case_.c.closed_at, case_.c.number).limit(MOST)).all():
        outbox.put(tx, KIND, {}, idempotency_key=f"{KIND}:{number}:{closed_at.isoformat()}", key=number)


def wanted(tx: Tx, number: str) -> bool:
    """Whether the case is still closed and its record not on file since."""
    query = sa.select(sa.func.count()).select_from(case_).where(_unkept(), case_.c.number == number)
    return bool(tx.conn.scalar(query))


def _unkept() -> sa.ColumnElement[bool]:
    kept = sa.exists().where(casefile.c.case == case_.c.number, casefile.c.at >= case_.c.closed_at)
    return (case_.c.status == "closed") & ~kept


def kept(tx: Tx, held: CaseFile) -> list[attachments.Attachment]:
    """The records among the files of a case that are on file."""
    query = sa.select(casefile.c.attachment).where(casefile.c.case == held.case.number)
    ids = set(tx.conn.scalars(query))
    return [file for file in held.files if file.id in ids]


def keep(actor: Actor, tx: Tx, store: Store, number: str, pdf: bytes, *, language: str) -> str:
    """Put a record on file as an attachment for staff and return its id. Raises what `attachments.attach` raises."""
    require(actor, "casefile.keep")
    name = f"record-{number}.pdf"
    made = attachments.attach(actor, tx, store, number, name, BytesIO(pdf), visibility=STAFF)
    row = {"attachment": made.id, "case": number, "language": language, "at": tx.now}
    tx.conn.execute(sa.insert(casefile).values(**row))
    events.record(actor, tx, "casefile.kept", key=number, data={"attachment": made.id, "name": name})
    clocks.happened(actor, tx, number, "archived")
    return made.id


def forget(tx: Tx, cases: Collection[str]) -> set[str]:
    """Take the records of these cases off file, for they name somebody who is erased; they are made anew.

    Returns the contents that no row of theirs refers to any more.
    """
    table = attachments.attachment
    kept = sa.select(casefile.c.attachment).where(casefile.c.case.in_(cases))
    ids = list(tx.conn.scalars(kept))
    contents = set(tx.conn.scalars(sa.select(table.c.sha256).where(table.c.id.in_(ids), table.c.sha256 != "")))
    tx.conn.execute(sa.delete(casefile).where(casefile.c.attachment.in_(ids)))
    tx.conn.execute(sa.delete(table).where(table.c.id.in_(ids)))
    wishes = outbox.outbox
    tx.conn.execute(sa.delete(wishes).where(wishes.c.kind == KIND, wishes.c.key.in_(cases)))
    return contents


def _names(tx: Tx, ids: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in {one for one in ids if one}:
        try:
            found[one] = people.by_id(tx, one).name
        except Missing:
            found[one] = one
    return found


def _feedback(tx: Tx, number: str) -> list[Mapping[str, Any]]:
    """Whether it worked, the stars, the words, and what a call back brought; the oldest first."""
    found: list[Mapping[str, Any]] = []
    for table in (verification, survey_):
        query = sa.select(*(column for column in table.c if column.name != "token"))
        answered = query.where(table.c.case == number, table.c.answered_at.is_not(None))
        found += [{"kind": table.name, **row} for row in tx.conn.execute(answered).mappings()]
    return sorted(found, key=lambda row: row["answered_at"])
