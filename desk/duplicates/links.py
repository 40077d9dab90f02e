"""Cases that have to do with each other: proposed by the house, linked, merged or parted by people (INT-8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import clocks, record, sending, subcases
from loopdesk.desk.record import NUMBER, PERSON_ID, Case, case_, case_of_row
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.engine import events, instances, outbox
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.outbox import Row
from loopdesk.engine.step import Step
from loopdesk.engine.suspension import end
from loopdesk.engine.tx import Tx

PROPOSED, LINKED, MERGED, DECLINED, UNLINKED = "proposed", "linked", "merged", "declined", "unlinked"
BY_HAND = "by_hand"
TELL = "case.merged.tell"
"""The outbox kind that tells the customer where his case goes on."""
LONGEST = 2_000
"""Characters of a reason at most."""

case_link = sa.Table(
    "case_link",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False),
    sa.Column("other", NUMBER, nullable=False, index=True),
    sa.Column("reason", sa.String(30), nullable=False),
    sa.Column("likeness", sa.Float, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.UniqueConstraint("case", "other"),
)
"""``case``: the later of the two. ``reason``: same_customer, same_asset or by_hand; ``other`` outlives its archive."""


@dataclass(frozen=True, slots=True)
class Link:
    """How a case has to do with ``other``; ``outgoing`` when it is the later one of the two."""

    other: Case
    state: str
    reason: str
    likeness: float
    outgoing: bool
    by_name: str


def propose(actor: Actor, tx: Tx, number: str, found: Sequence[tuple[str, str, float]]) -> None:
    """Write down what the house recognised: (other, reason, likeness) each; a person decides."""
    for other, reason, likeness in found:
        _put(actor, tx, number, other, state=PROPOSED, reason=reason, likeness=likeness, note="")
    if found:
        data = {"cases": [other for other, _reason, _likeness in found]}
        events.record(actor, tx, "case.similar_found", key=number, data=data)


def link(actor: Actor, tx: Tx, number: str, other: str, *, note: str = "") -> None:
    """Say that two cases have to do with each other; a second time changes nothing.

    Raises `Invalid` for a case and itself, `Missing` for one that the actor may not see.
    """
    require(actor, "case.link")
    _pair(actor, tx, number, other)
    if _state(tx, number, other) in (LINKED, MERGED):
        return
    _decide(actor, tx, number, other, LINKED, _noted(note))
    events.record(actor, tx, "case.linked", key=number, data={"other": other, "note": note})
    events.record(actor, tx, "case.linked", key=other, data={"other": number, "note": note})


def decline(actor: Actor, tx: Tx, number: str, other: str) -> None:
    """Say that a proposal is wrong: it is not shown again. Raises `Conflict` where nothing is proposed."""
    require(actor, "case.link")
    _pair(actor, tx, number, other)
    if _state(tx, number, other) != PROPOSED:
        raise Conflict("Nothing is proposed here any more.", remedy=N_("Load the page again to see how it stands."))
    _decide(actor, tx, number, other, DECLINED, "")
    events.record(actor, tx, "case.link_declined", key=number, data={"other": other})


def unlink(actor: Actor, tx: Tx, number: str, other: str) -> None:
    """Part two linked cases. Raises `Conflict` for two that are not linked; a merge stays."""
    require(actor, "case.link")
    _pair(actor, tx, number, other)
    if _state(tx, number, other) != LINKED:
        raise Conflict("These two cases are not linked.", remedy=N_("Load the page again to see how it stands."))
    _decide(actor, tx, number, other, UNLINKED, "")
    events.record(actor, tx, "case.unlinked", key=number, data={"other": other})
    events.record(actor, tx, "case.unlinked", key=other, data={"other": number})


def merge(actor: Actor, tx: Tx, number: str, into: str, *, note: str = "") -> None:
    """Close a case as the same report as ``into``, where the work goes on; its running processes end.

    What is written to it from now on belongs to ``into``. Raises `Invalid` for a merge into itself, `Conflict` for a
    circle, for other customers' cases, and for a case that is closed or has reports of its own.
    """
    require(actor, "case.link")
    _pair(actor, tx, number, into)
    # Processes before cases, as each step does, and always in the same order: who comes crosswise waits in line.
    for one in sorted(row["id"] for row in instances.of_key(tx, number) if row["status"] == instances.ACTIVE):
        instances.lock(tx, one)
    locked = {one: record.get(tx, one, lock=True) for one in sorted((number, into))}
    case, target = locked[number], locked[into]
    _require_mergeable(tx, case, target)
    for one in instances.of_key(tx, number):
        if one["status"] == instances.ACTIVE:
            end(Step.open(actor, tx, one["id"], held=True), Phrase("Merged into case %(number)s.", number=into))
    record.change(tx, number, status="closed", closed_at=tx.now, close_reason=MERGED, problem="")
    _decide(actor, tx, number, into, MERGED, _noted(note))
    # The customer sees that it was merged; the note is for us.
    events.record(actor, tx, "case.merged", key=number, audience="customer", data={"other": into})
    clocks.happened(actor, tx, number, "merged", into=into)
    outbox.put(tx, TELL, {"case": number, "into": into}, idempotency_key=f"{TELL}:{number}:{into}", key=number)
    events.record(actor, tx, "case.absorbed", key=into, data={"other": number, "note": note})


def local_handlers(base_url: str) -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox kind that writes to the customer of a merged case; links in letters begin with ``base_url``."""

    def tell(tx: Tx, row: Row) -> None:
        params = {"into": row.payload["into"]}
        sending.send(
            SYSTEM, tx, row.payload["case"], template="case-merged", to="customer", params=params, base_url=base_url
        )

    return {TELL: tell}


def merged_into(tx: Tx, number: str) -> str:
    """The case in which the work on ``number`` goes on: itself, unless it was merged, perhaps more than once."""
    seen = {number}
    while (target := _target(tx, number)) and target not in seen:
        seen.add(target)
        number = target
    return number


def listing(actor: Actor, tx: Tx, number: str) -> list[Link]:
    """What a case has to do with, in the order in which it was found; hidden cases and what was undone left out."""
    away = case_link.c.state.in_((DECLINED, UNLINKED))
    mine = (case_link.c.case == number) | (case_link.c.other == number)
    rows = tx.conn.execute(sa.select(case_link).where(mine, ~away).order_by(case_link.c.at, case_link.c.id)).all()
    of = {row.id: row.other if row.case == number else row.case for row in rows}
    query = sa.select(case_).where(case_.c.number.in_(set(of.values())), readable(actor))
    cases = {row["number"]: case_of_row(row) for row in tx.conn.execute(query).mappings()}
    return [
        Link(cases[of[row.id]], row.state, row.reason, row.likeness, row.case == number, row.by_name)
        for row in rows
        if of[row.id] in cases
    ]


def _require_mergeable(tx: Tx, case: Case, target: Case) -> None:
    if merged_into(tx, target.number) == case.number:
        raise Conflict("Case %(into)s is merged into this one already: that would be a circle.", into=target.number)
    for one in (case, target):
        if one.status == "closed":
            raise Conflict(
                "Case %(number)s is closed, so nothing can be merged with it.",
                remedy=N_("Link the two cases instead, or reopen it first."),
                number=one.number,
            )
    same = (case.organisation_id and case.organisation_id == target.organisation_id) or (
        case.contact_id and case.contact_id == target.contact_id
    )
    if not same:
        raise Conflict(
            "The two cases are of different customers, who each need an answer.",
            remedy=N_("Link them, or put both under one parent problem."),
        )
    if tx.conn.scalar(sa.select(case_.c.number).where(case_.c.problem == case.number).limit(1)):
        raise Conflict("Case %(number)s is a parent problem with reports of its own.", number=case.number)
    # DIA-10: a merge closes the case, which must not happen before its parts are done.
    subcases.require_finished(tx, case.number)


def _pair(actor: Actor, tx: Tx, number: str, other: str) -> tuple[Case, Case]:
    if number == other:
        text = Phrase("A case cannot be linked to itself.")
        raise Invalid("Name another case.", fields={"other": [text]})
    first = record.get(tx, number, visible=visible_to(actor))
    try:
        return first, record.get(tx, other, visible=visible_to(actor))
    except Missing as error:
        text = Phrase("There is no case %(number)s.", number=other)
        raise Invalid("Name another case.", fields={"other": [text]}) from error


def _noted(note: str) -> str:
    if len(note) > LONGEST:
        text = Phrase("At most 2,000 characters.")
        raise Invalid("This note cannot be kept.", fields={"note": [text]})
    return note.strip()


def _between(number: str, other: str) -> sa.ColumnElement[bool]:
    one = (case_link.c.case == number) & (case_link.c.other == other)
    return one | ((case_link.c.case == other) & (case_link.c.other == number))


def _state(tx: Tx, number: str, other: str) -> str:
    return tx.conn.scalar(sa.select(case_link.c.state).where(_between(number, other))) or ""


def _target(tx: Tx, number: str) -> str | None:
    merged = (case_link.c.case == number) & (case_link.c.state == MERGED)
    return tx.conn.scalar(sa.select(case_link.c.other).where(merged))


def _decide(actor: Actor, tx: Tx, number: str, other: str, state: str, note: str) -> None:
    """Write the decision on what was proposed, or as a link made by hand; a merge points to where the work goes on."""
    old = tx.conn.execute(sa.select(case_link).where(_between(number, other))).mappings().first()
    kept: dict[str, Any] = {"reason": BY_HAND, "likeness": 0.0}
    if old is not None:
        kept = {"reason": old["reason"], "likeness": old["likeness"]}
        tx.conn.execute(sa.delete(case_link).where(case_link.c.id == old["id"]))
        if state != MERGED:
            number, other = old["case"], old["other"]
    _put(actor, tx, number, other, state=state, note=note, **kept)


def _put(actor: Actor, tx: Tx, number: str, other: str, **values: Any) -> None:
    who = {"at": tx.now, "by_id": actor.id, "by_name": actor.name[:200]}
    tx.insert(case_link, {"id": new_id(), "case": number, "other": other, **who, **values})
