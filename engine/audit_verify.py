"""Proving the audit log: what was changed, removed or inserted behind its back (docs/decisions/0007-audit.md).

Everything streams: the memory needed does not grow with the log.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from loopdesk.engine.audit import ARCHIVED, ERASED
from loopdesk.engine.audit_rows import (
    START,
    audit,
    chain_of,
    content_of,
    head,
    house,
    link,
    mark,
    payload_of,
    seal,
    tombstone,
)
from loopdesk.engine.errors import Phrase
from loopdesk.engine.events import event
from loopdesk.engine.tx import Tx

MOST = 1000
"""Findings kept of one run; the rest is counted."""
CHANGED, REMOVED, INSERTED = "changed", "removed", "inserted"
HOUSE = "seals"
"""Where findings about the chain of seals stand; their position is the seal's number."""
_EVENT = [column.label(f"e_{column.name}") for column in event.c if column.name != "xact"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: ``what`` is changed, removed or inserted; ``chain``, ``position`` and ``event`` say where."""

    what: str
    message: Phrase
    chain: str = ""
    position: int = 0
    event: int = 0


@dataclass
class Report:
    """What a run saw. ``pending``: events not chained yet; ``seal``: the house's last link, to keep elsewhere."""

    rows: int = 0
    chains: int = 0
    erased: int = 0
    archived: int = 0
    pending: int = 0
    seals: int = 0
    seal: str = ""
    wrong: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong

    def add(self, what: str, message: Phrase, *, chain: str = "", position: int = 0, event: int = 0) -> None:
        """Keep one more finding."""
        self.wrong += 1
        if len(self.findings) < MOST:
            self.findings.append(Finding(what, message, chain, position, event))


def verify(tx: Tx, *, anchor: tuple[int, str] | None = None) -> Report:
    """Look through the whole log; ``tx`` is a snapshot.

    ``anchor``: number and hash of a seal that was noted down elsewhere.
    """
    report = Report()
    _check_chains(tx, report)
    _check_seals(tx, report, anchor)
    _check_tombstones(tx, report)
    _check_events(tx, report)
    return report


def _stream(tx: Tx, query: sa.Select[Any]) -> Iterator[sa.RowMapping]:
    return iter(tx.conn.execute(query.execution_options(yield_per=2000)).mappings())


def _check_chains(tx: Tx, report: Report) -> None:
    newest = sa.select(tombstone.c.event_id, sa.func.max(tombstone.c.id).label("id")).group_by(tombstone.c.event_id)
    latest = newest.subquery("latest")
    joined = (
        audit.outerjoin(event, event.c.id == audit.c.event_id)
        .outerjoin(latest, latest.c.event_id == audit.c.event_id)
        .outerjoin(tombstone, tombstone.c.id == latest.c.id)
    )
    columns = [*audit.c, *_EVENT, tombstone.c.id.label("grave"), tombstone.c.payload.label("left")]
    query = sa.select(*columns).select_from(joined).order_by(audit.c.chain, audit.c.position)
    ends = {str(row.chain): (row.position, bytes(row.hash)) for row in tx.conn.execute(sa.select(head))}
    chain, position, previous = "", 0, START
    for row in _stream(tx, query):
        if row["chain"] != chain:
            _check_end(report, ends, chain, position, previous)
            chain, position, previous = row["chain"], 0, START
            report.chains += 1
        report.rows += 1
        _check_place(report, row, position, previous)
        _check_row(report, row)
        position, previous = row["position"], bytes(row["hash"])
    _check_end(report, ends, chain, position, previous)
    for name, (last, _) in sorted(ends.items()):
        report.add(REMOVED, Phrase("The whole chain of %(count)s rows is gone.", count=last), chain=name)


def _check_place(report: Report, row: sa.RowMapping, position: int, previous: bytes) -> None:
    where = {"chain": row["chain"], "event": row["event_id"]}
    if row["position"] != position + 1:
        for lost in range(position + 1, min(row["position"], position + MOST)):
            report.add(REMOVED, Phrase("The row is gone."), chain=row["chain"], position=lost)
    elif bytes(row["previous"]) != previous:
        report.add(CHANGED, Phrase("The row does not follow the one before it."), position=row["position"], **where)
    if link(bytes(row["previous"]), bytes(row["content"])) != bytes(row["hash"]):
        report.add(CHANGED, Phrase("The row's hash is not that of its content."), position=row["position"], **where)


def _check_row(report: Report, row: sa.RowMapping) -> None:
    where = {"chain": row["chain"], "position": row["position"], "event": row["event_id"]}
    archived = row["grave"] is not None and row["left"] is None
    if row["e_at"] is None and not archived:
        report.add(REMOVED, Phrase("The event is gone."), **where)
        return
    if archived:
        report.archived += 1
        if row["e_at"] is not None:
            report.add(INSERTED, Phrase("The event stands there although it was archived."), **where)
        return
    found = {column.name: row[f"e_{column.name}"] for column in event.c if column.name != "xact"}
    payload = payload_of(found)
    if row["grave"] is not None:
        report.erased += 1
    if payload != bytes(row["left"] if row["grave"] is not None else row["payload"]):
        report.add(CHANGED, Phrase("The event's data or its actor's name was changed."), **where)
    elif content_of(found, bytes(row["payload"])) != bytes(row["content"]):
        report.add(CHANGED, Phrase("The event was changed: its time, kind, place or actor."), **where)


def _check_end(report: Report, ends: dict[str, tuple[int, bytes]], chain: str, position: int, previous: bytes) -> None:
    """Compare where a chain ends with where it should."""
    if not chain:
        return
    last, expected = ends.pop(chain, (0, b""))
    if not last:
        report.add(REMOVED, Phrase("The note of where this chain ends is gone."), chain=chain)
    for lost in range(position + 1, min(last, position + MOST) + 1):
        report.add(REMOVED, Phrase("The row at the end is gone."), chain=chain, position=lost)
    if last and last < position:
        report.add(INSERTED, Phrase("The row stands behind the end of the chain."), chain=chain, position=position)
    elif last == position and expected != previous:
        report.add(CHANGED, Phrase("The chain ends with another hash."), chain=chain, position=position)


def _check_seals(tx: Tx, report: Report, anchor: tuple[int, str] | None) -> None:
    """Every row belongs to exactly one seal, in the order of numbers, and no seal is missing."""
    rows = _stream(tx, sa.select(audit.c.number, audit.c.hash, audit.c.chain).order_by(audit.c.number))
    row = next(rows, None)
    number, last, previous, anchored = 0, 0, START, anchor is None
    for sealed in _stream(tx, sa.select(house).order_by(house.c.number)):
        row = _check_seal(report, sealed, rows, row)
        follows = sealed["number"] == number + 1 and sealed["first"] == last + 1
        if not follows or bytes(sealed["previous"]) != previous:
            report.add(REMOVED, Phrase("A seal before this one is gone."), **_at(sealed))
        if link(bytes(sealed["previous"]), seal(dict(sealed))) != bytes(sealed["hash"]):
            report.add(CHANGED, Phrase("The seal was changed."), **_at(sealed))
        number, last, previous = sealed["number"], sealed["last"], bytes(sealed["hash"])
        anchored = anchored or (number, previous.hex()) == anchor
    while row is not None:
        report.add(INSERTED, Phrase("No seal covers this row."), chain=row["chain"])
        row = next(rows, None)
    if not anchored and anchor is not None:
        report.add(REMOVED, Phrase("The seal that was noted down is not in the log."), chain=HOUSE, position=anchor[0])
    report.seals, report.seal = number, previous.hex()


def _at(sealed: sa.RowMapping) -> dict[str, Any]:
    return {"chain": HOUSE, "position": sealed["number"]}


def _check_seal(
    report: Report, sealed: sa.RowMapping, rows: Iterator[sa.RowMapping], row: sa.RowMapping | None
) -> sa.RowMapping | None:
    """Compare one seal with the rows that it covers; ``row`` is the first not looked at yet, so is what is returned."""
    digest, found = hashlib.sha256(), 0
    while row is not None and row["number"] <= sealed["last"]:
        digest.update(row["hash"])
        found += 1
        row = next(rows, None)
    wanted = sealed["last"] - sealed["first"] + 1
    if found != wanted:
        text = Phrase("%(found)s of the %(wanted)s rows of this seal are there.", found=found, wanted=wanted)
        report.add(REMOVED if found < wanted else INSERTED, text, **_at(sealed))
    elif digest.digest() != bytes(sealed["digest"]):
        report.add(CHANGED, Phrase("The rows of this seal are not those that it sealed."), **_at(sealed))
    return row


def _check_tombstones(tx: Tx, report: Report) -> None:
    """Every lawful change is answered for by an event, and by that event's digest."""
    answers = {
        row["data"]["tombstones"]: row
        for row in tx.conn.execute(sa.select(event).where(event.c.kind.in_((ERASED, ARCHIVED)))).mappings()
        if row["data"].get("tombstones")
    }
    sums: dict[str, Any] = {}
    for row in _stream(tx, sa.select(tombstone).order_by(tombstone.c.token, tombstone.c.event_id)):
        if row["token"] not in answers:
            text = Phrase("Nobody answers for this erasure.")
            report.add(CHANGED, text, event=row["event_id"])
        else:
            sums.setdefault(row["token"], hashlib.sha256()).update(mark(dict(row)))
    for token, answer in answers.items():
        digest = sums.get(token, hashlib.sha256()).hexdigest()
        if digest != answer["data"]["digest"]:
            text = Phrase("The tombstones are not those that this event answers for.")
            report.add(CHANGED, text, event=answer["id"])


def _check_events(tx: Tx, report: Report) -> None:
    """Events that no chain holds: those behind the cursor are waiting, the others were brought in from elsewhere."""
    cursor = tx.conn.scalar(sa.select(house.c.cursor).order_by(house.c.number.desc()).limit(1)) or "0.0"
    xact, number = (int(part) for part in cursor.split("."))
    late = sa.tuple_(event.c.xact, event.c.id) > sa.tuple_(sa.literal(xact), sa.literal(number))
    query = sa.select(event.c.id, event.c.key, event.c.instance_id, late.label("late"))
    for row in _stream(tx, query.where(~sa.exists().where(audit.c.event_id == event.c.id)).order_by(event.c.id)):
        if row["late"]:
            report.pending += 1
        else:
            text = Phrase("The event is not in the audit log.")
            report.add(INSERTED, text, chain=chain_of(dict(row)), event=row["id"])
