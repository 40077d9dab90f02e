"""Complaint, suggestion, praise: each goes to its department, gets an answer, and the customer hears of it (FBK-3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import customers, departments, policy, record
from loopdesk.desk.feedback.reading import get, told_as
from loopdesk.desk.feedback.tables import (
    COMPLAINT,
    DONE,
    FORWARDED,
    KINDS,
    NEW,
    NONE,
    PRAISE,
    SORTED,
    SOURCES,
    SUGGESTION,
    Feedback,
    feedback_,
)
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sql import insert_new
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

POLICY = "feedback"
RECEIVED = "feedback.received"
LONGEST = 10_000
"""Characters that are kept of what somebody writes."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is kept of what a customer said; ``kind`` is empty where the table has to decide it."""

    text: str
    source: str
    kind: str = ""
    stars: int | None = None
    nps: int | None = None
    survey: str = ""
    external_id: str | None = None


def add(actor: Actor, tx: Tx, number: str, said: Words, *, follow: bool = True) -> Feedback:
    """What `tell` keeps, for whoever need not know whether it is new."""
    return tell(actor, tx, number, said, follow=follow)[0]


def tell(actor: Actor, tx: Tx, number: str, said: Words, *, follow: bool = True) -> tuple[Feedback, bool]:
    """Keep what the customer of a case said, and whether it is new: told twice under one external id, it is kept once.

    Its path begins; ``follow``: false where a process that waits for it begins it itself. Raises `Missing` for a case
    that ``actor`` may not see, `Invalid` for a source or kind that is none, and for neither words nor stars.
    """
    require(actor, "feedback.add")
    case = record.get(tx, number, visible=visible_to(actor))
    _check(said)
    row = _row(actor, tx, case, said)
    if not insert_new(tx, feedback_, row, unique=("case", "external_id")):
        return told_as(tx, number, said.external_id or ""), False
    if not said.survey:  # The answer of a survey has an event of its own.
        shown = {name: row[name] for name in ("id", "source", "stars", "text")}
        events.record(actor, tx, "feedback.added", key=number, audience="customer", data=shown)
    if follow:
        begin(actor, tx, get(tx, str(row["id"])))
    return get(tx, str(row["id"])), True


def begin(actor: Actor, tx: Tx, found: Feedback) -> None:
    """Let the path of it begin: its process reads what the table needs."""
    payload = {"feedback": found.id, "source": found.source, "stars": found.stars, "text": found.text}
    payload |= {"kind": found.kind, "nps": found.nps, "customer": found.customer}
    messages.publish(actor, tx, RECEIVED, key=found.case, payload=payload)


def sort(actor: Actor, tx: Tx, feedback_id: str, *, kind: str, department: str = "") -> Feedback:
    """Keep what the table says it is; its clocks run from when it came (policy ``feedback.yaml``, FBK-3).

    What a person has said before the table looked counts instead.
    """
    require(actor, "feedback.run")
    found = get(tx, feedback_id)
    kind = found.kind or kind
    if kind not in KINDS:
        raise Invalid("There is no kind %(kind)s of feedback.", kind=kind or "-")
    values: dict[str, Any] = {"kind": kind, "department": department or record.get(tx, found.case).department}
    values |= {"decided_by": found.decided_by or "kind.dmn", "state": DONE if kind == NONE else SORTED}
    values |= _clocks(tx, kind, found.at)
    return _change(actor, tx, found, "feedback.sorted", **values)


def correct(actor: Actor, tx: Tx, feedback_id: str, kind: str) -> Feedback:
    """Say that it is something else than the table thought; who said so is kept. What was left as nothing to follow
    begins its path now; one on its way goes on as what it is now. Raises `Conflict` once it is answered, `Invalid` for
    no kind.
    """
    require(actor, "feedback.change")
    found = get(tx, feedback_id, actor)
    record.get(tx, found.case, lock=True)
    found = get(tx, feedback_id)  # Somebody else's correction may just have begun the path.
    if kind not in KINDS:
        raise Invalid("Choose what it is.", fields={"kind": [Phrase("Choose one of the list.")]})
    if found.state == DONE and found.kind != NONE:
        raise Conflict("%(name)s has answered this already.", name=found.result_by)
    if kind == found.kind:
        return found
    idle = found.state in (NEW, DONE)
    values: dict[str, Any] = {"kind": kind, "decided_by": actor.name[:200], "state": NEW if idle else found.state}
    values |= {"result_at": None, "result_by": ""} if idle else _clocks(tx, kind, found.at)
    changed = _change(actor, tx, found, "feedback.corrected", **values)
    if found.state == DONE and kind != NONE:
        begin(actor, tx, changed)
    return changed


def forward(
    actor: Actor, tx: Tx, feedback_id: str, *, kind: str, department: str, note: str = "", known: str = ""
) -> Feedback:
    """Give it to its department; a person may have corrected the kind. Raises `Invalid` for no such department.

    ``known``: the kind that the form was filled with. Handed in as it was, it takes back no correction made meanwhile.
    """
    require(actor, "feedback.run")
    found = get(tx, feedback_id)
    kind = found.kind if kind == known else kind
    if department not in departments.codes(tx):
        raise Invalid("There is no department %(department)s.", department=department or "-")
    if kind != found.kind:
        found = correct(actor, tx, feedback_id, kind)
    if kind == NONE:
        return _change(actor, tx, found, "feedback.dropped", state=DONE, result_at=tx.now, result_by=actor.name[:200])
    record.involve(tx, found.case, department)
    values: dict[str, Any] = {"state": FORWARDED, "department": department, "forwarded_at": tx.now}
    values |= {"forwarded_by": actor.name[:200]}
    return _change(actor, tx, found, "feedback.forwarded", note=note.strip()[:LONGEST], **values)


def settle(actor: Actor, tx: Tx, feedback_id: str, *, result: str, quote: str = "") -> Feedback:
    """Keep what came of it; ``quote``: the words of praise that may be published if the customer agrees."""
    require(actor, "feedback.run")
    found = get(tx, feedback_id)
    if not result.strip():
        raise Invalid("Say what came of it.", fields={"result": [Phrase("This is needed.")]})
    values: dict[str, Any] = {"state": DONE, "result": result.strip()[:LONGEST], "result_at": tx.now}
    values |= {"result_by": actor.name[:200], "quote": quote.strip()[:LONGEST]}
    return _change(actor, tx, found, "feedback.settled", **values)


def told_within(tx: Tx) -> timedelta:
    """How soon a customer hears what came of his words, whatever kind they are of: the longest time of the policy."""
    kinds = (COMPLAINT, SUGGESTION, PRAISE)
    return max(
        policy.duration(policy.said(tx, POLICY, "paths", kind, "result"), place=f"{kind}: result") for kind in kinds
    )


def _check(said: Words) -> None:
    wrong: dict[str, list[str]] = {}
    if said.source not in SOURCES:
        wrong["source"] = [Phrase("Choose one of the list.")]
    if said.kind and said.kind not in KINDS:
        wrong["kind"] = [Phrase("Choose one of the list.")]
    if said.stars is None and not said.text.strip():
        wrong["text"] = [Phrase("Write a few words.")]
    if said.stars is not None and not 1 <= said.stars <= 5:
        wrong["stars"] = [Phrase("Choose between %(least)s and %(most)s.", least=1, most=5)]
    if wrong:
        raise Invalid("This feedback cannot be taken as it is.", fields=wrong)


def _row(actor: Actor, tx: Tx, case: record.Case, said: Words) -> dict[str, Any]:
    organisation = customers.organisation_of(tx, case.organisation_id)
    contact = customers.contact(tx, case.contact_id).name if case.contact_id else ""
    empty = dict.fromkeys(("forwarded_by", "result_by", "result", "quote", "consent"), "")
    return empty | {
        "id": new_id(),
        "case": case.number,
        "customer": (organisation.name if organisation else contact)[:200],
        "source": said.source,
        "survey": said.survey,
        "kind": said.kind,
        "decided_by": actor.name[:200] if said.kind else "",
        "text": said.text.strip()[:LONGEST],
        "stars": said.stars,
        "nps": said.nps,
        "state": NEW,
        "department": case.department,
        "at": tx.now,
        "by": actor.name[:200],
        "external_id": said.external_id or None,
    }


def _clocks(tx: Tx, kind: str, since: datetime) -> dict[str, datetime | None]:
    """When it has to be at its department and answered, by its kind; what nobody follows is never late."""
    if kind == NONE:
        return {"forward_due_at": None, "result_due_at": None}
    return {
        f"{name}_due_at": since + policy.duration(policy.said(tx, POLICY, "paths", kind, name), place=f"{kind}: {name}")
        for name in ("forward", "result")
    }


def _change(actor: Actor, tx: Tx, found: Feedback, what: str, note: str = "", **values: Any) -> Feedback:
    tx.conn.execute(sa.update(feedback_).where(feedback_.c.id == found.id).values(**values))
    data = {"id": found.id, "before": found.kind} | {name: values[name] for name in _TOLD if name in values}
    events.record(actor, tx, what, key=found.case, data=data | ({"note": note} if note else {}))
    return get(tx, found.id)


_TOLD = ("kind", "department", "result", "consent")
