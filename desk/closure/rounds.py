"""One pass from solved to closed: what the team checks, how long a fix is watched, what the customer says (FIX-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import links, policy, record
from loopdesk.desk.closure.tables import check_, round_
from loopdesk.desk.record import Case
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

POLICY = "closure"
ANY = "any"
RETEST, STABLE = PARTS = ("retest", "stable")
"""What is ticked at once, and what is ticked after the fix was watched."""
WATCHED, ASKED, CHASED, GATES, DONE = "watched", "asked", "chased", "gates", "done"
STAGES = (RETEST, WATCHED, STABLE, ASKED, CHASED, GATES)
"""What an open round waits for: the team's re-test, the time of watching, the team again, the customer, the customer
who was reminded, the acceptance gates."""
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Round:
    """A round; ``items`` are the codes by part, ``until`` is when the stage ends by itself, None where it does not."""

    id: str
    case: str
    kind: str
    items: Mapping[str, Sequence[str]]
    stage: str
    until: datetime | None
    chased_at: datetime | None
    began_at: datetime
    ended_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Check:
    """One item as somebody found it."""

    round: str
    item: str
    passed: bool
    note: str
    at: datetime
    by_name: str


def begin(actor: Actor, tx: Tx, number: str) -> Mapping[str, Any]:
    """Open a round with the items of the case's kind; returns what the diagram goes by. An open one ends unfinished.

    ``retest`` and ``stable`` are the codes to tick, ``stability`` is how long the fix is watched, empty for not at all.
    """
    require(actor, "closure.run")
    case = record.get(tx, number, lock=True)
    end(tx, number, "given_up")
    said = _checks(tx, case.type)
    items = {part: [str(code) for code in said.get(part) or ()] for part in PARTS}
    row: dict[str, Any] = {"id": new_id(), "case": number, "kind": case.type, "items": items, "stage": RETEST}
    row |= {"began_at": tx.now, "outcome": "", "token": links.new_token()}
    row["expires_at"] = tx.now + links.term(tx, "reopening")
    tx.conn.execute(sa.insert(round_).values(**row))
    events.record(actor, tx, "closure.began", key=number, data={"id": row["id"], "kind": case.type})
    waits = {name: str(policy.said(tx, POLICY, name)) for name in ("chase_after", "close_after")}
    return {"round": row["id"], "stability": str(said.get("stability") or ""), **items, **waits}


def options(tx: Tx, codes: Sequence[str]) -> dict[str, list[dict[str, str]]]:
    """The items as choices of a form, by language."""
    named = policy.held(tx, POLICY).get("items") or {}
    shipped = policy.shipped(POLICY)["items"]

    def name(code: str, language: str) -> str:
        return policy.name_in(named.get(code), language) or policy.name_in(shipped.get(code), language) or code

    return {language: [{"value": one, "label": name(one, language)} for one in codes] for language in ("en", "zh")}


def check(actor: Actor, tx: Tx, round_id: str, part: str, passed: Sequence[str], note: str = "") -> list[str]:
    """Keep what somebody found of each item of a ``part``; returns the codes of those that failed.

    Raises `Invalid` when something failed and nobody says what, `Conflict` for a round that is over.
    """
    require(actor, "closure.run")
    one = get(tx, round_id)
    if one.ended_at is not None:
        raise Conflict(
            "This verification of case %(number)s is over.", remedy=N_("Load the page again."), number=one.case
        )
    items = list(one.items.get(part) or ())
    failed = [code for code in items if code not in passed]
    words = note.strip()
    if failed and not words:
        raise Invalid("Say what does not hold.", fields={"note": [Phrase("Needed where something is not ticked.")]})
    if len(words) > LONGEST:
        raise Invalid("This note cannot be kept.", fields={"note": [Phrase("At most 2,000 characters.")]})
    who = {"note": words, "at": tx.now, "by_id": actor.id, "by_name": actor.name[:200]}
    for code in items:
        row = {"case": one.case, "round": round_id, "item": code, "passed": code in passed, **who}
        tx.conn.execute(sa.insert(check_).values(**row))
    data = {"id": round_id, "part": part, "passed": [code for code in items if code in passed], "failed": failed}
    events.record(actor, tx, "closure.checked", key=one.case, data=data | {"note": words})
    return failed


def watch(actor: Actor, tx: Tx, round_id: str, within: str) -> None:
    """The fix is watched from now on for so long."""
    require(actor, "closure.run")
    move(tx, get(tx, round_id).case, WATCHED, within)


def move(tx: Tx, number: str, stage: str, within: str = "") -> Round | None:
    """Write where the open round of a case stands, and when that ends by itself; None where there is no round."""
    one = open_of(tx, number)
    if one is not None:
        until = tx.now + policy.duration(within) if within else None
        values: dict[str, Any] = {"stage": stage, "until": until}
        values |= {"chased_at": tx.now} if stage == CHASED else {}
        tx.conn.execute(sa.update(round_).where(round_.c.id == one.id).values(**values))
    return one


def end(tx: Tx, number: str, outcome: str) -> None:
    """Close the open round of a case; does nothing where there is none."""
    open_ = (round_.c.case == number) & round_.c.ended_at.is_(None)
    values = {"ended_at": tx.now, "outcome": outcome, "stage": DONE, "until": None}
    tx.conn.execute(sa.update(round_).where(open_).values(**values))


def open_of(tx: Tx, number: str) -> Round | None:
    """The round of a case that is not over; None for a case that an older diagram verifies."""
    found = _rounds(tx, (round_.c.case == number) & round_.c.ended_at.is_(None))
    return found[-1] if found else None


def latest(tx: Tx, number: str) -> Round | None:
    """The last round of a case, over or not."""
    found = _rounds(tx, round_.c.case == number)
    return found[-1] if found else None


def get(tx: Tx, round_id: str) -> Round:
    """The round; raises `Missing`."""
    found = _rounds(tx, round_.c.id == round_id)
    if not found:
        raise Missing("There is no verification with the id %(id)s.", id=round_id)
    return found[0]


def token(tx: Tx, round_id: str) -> str:
    """What the link of the round's closing letter ends with."""
    return str(tx.conn.scalar(sa.select(round_.c.token).where(round_.c.id == round_id)))


def of_case(actor: Actor, tx: Tx, number: str) -> list[Round]:
    """The rounds of a case that the actor may see, the oldest first."""
    record.get(tx, number, visible=readable(actor))
    return _rounds(tx, round_.c.case == number)


def checklist(actor: Actor, tx: Tx, number: str) -> list[Check]:
    """All that was checked on a case, in order."""
    record.get(tx, number, visible=readable(actor))
    rows = tx.conn.execute(sa.select(check_).where(check_.c.case == number).order_by(check_.c.id)).mappings()
    return [row_as(Check, row) for row in rows]


def window(tx: Tx, case: Case) -> datetime | None:
    """Until when a closed case is opened again itself (FIX-9); None while it is not closed."""
    length: timedelta = policy.duration(policy.said(tx, POLICY, "reopen_within"))
    return case.closed_at + length if case.closed_at else None


def _checks(tx: Tx, kind: str) -> Mapping[str, Any]:
    checks = policy.said(tx, POLICY, "checks")
    found: Mapping[str, Any] = checks.get(kind) or checks.get(ANY) or {}
    return found


def _rounds(tx: Tx, where: sa.ColumnElement[bool]) -> list[Round]:
    rows = tx.conn.execute(sa.select(round_).where(where).order_by(round_.c.began_at, round_.c.id)).mappings()
    return [row_as(Round, row) for row in rows]
