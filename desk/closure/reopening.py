"""It does not hold after all: the same case again within the window, a linked new one after it (FIX-9, COM-9).

The later word counts. Each word is kept as it came, whether a link, the portal, a mail or the API brought it; the same
words for the same fix are one wish, however often they are sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import case as cases
from loopdesk.desk import links, record
from loopdesk.desk.casework import OPEN
from loopdesk.desk.closure import rounds
from loopdesk.desk.closure.tables import reopening_, round_
from loopdesk.desk.duplicates import links as related
from loopdesk.desk.record import Case
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.desk.sql import row_as
from loopdesk.engine import events, messages
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

FAILS, ELSE, WORDS, WORKS = WISHES = ("fails", "else", "words", "works")
"""The fix does not hold; there is something else; a person has yet to read which of the two; it works after all."""
PENDING, REOPENED, LINKED, ADDED, DISMISSED = "pending", "reopened", "linked", "added", "dismissed"
LINK, PORTAL, MAIL, API, STAFF = "link", "portal", "email", "api", "staff"
WITHDRAWN, ANSWERED = "closure.withdrawn", "verification.answered"
REQUESTED, WRITTEN = "reopening.requested", "reopening.written"
LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Reopening:
    """One word about a fix that was told to be there, and what became of it; ``other`` is the linked case."""

    id: str
    case: str
    round: str
    at: datetime
    source: str
    wish: str
    text: str
    by_kind: str
    by_name: str
    state: str
    other: str
    decided_at: datetime | None


def ask(actor: Actor, tx: Tx, number: str, text: str, *, source: str, wish: str = FAILS) -> Reopening:
    """Say that the fix does not hold, or that there is something else. Raises `Missing`, `Invalid` without a word."""
    require(actor, "case.ask_reopening")
    record.get(tx, number, visible=visible_to(actor))
    return take(actor, tx, number, text, source=source, wish=wish)


def take(actor: Actor, tx: Tx, number: str, text: str, *, source: str, wish: str = FAILS) -> Reopening:
    """Like `ask`, for whoever holds a link to the case: who that is, nobody proves."""
    require(actor, "case.ask_reopening")
    number = related.merged_into(tx, number)
    case = record.get(tx, number, lock=True)
    words = text.strip()[:LONGEST] if wish == WORKS else _given(text)
    last = rounds.latest(tx, number)
    again = _same(tx, number, last.id if last else "", wish, words)
    if again is not None:
        return again
    one = _keep(actor, tx, case, last, words, source=source, wish=wish)
    if wish == ELSE:
        return branch(actor, tx, one.id)
    if wish == WORKS:
        return _decide(tx, one, ADDED)
    if case.status == "closed":
        return _after_the_end(actor, tx, case, one)
    if case.status == "solved":
        return _before_the_end(actor, tx, case, one)
    return _decide(tx, one, ADDED)


def by_link(actor: Actor, tx: Tx, token: str, text: str, *, wish: str) -> Reopening:
    """The same by the link of the closing letter. Raises `Missing` for an unknown token, `Conflict` for an old one."""
    row = links.by_token(tx, round_, token)
    links.check_open({**row, "answered_at": None}, tx.now)
    return take(actor, tx, row["case"], text, source=LINK, wish=wish)


def wrote(actor: Actor, tx: Tx, case: Case, text: str, *, source: str, other: str = "") -> Reopening:
    """Words of a customer about a closed case: a person reads them within the window, a linked case goes on after it.

    ``other`` is the case that such words have already opened by themselves.
    """
    one = _keep(actor, tx, case, rounds.latest(tx, case.number), text.strip()[:LONGEST], source=source, wish=WORDS)
    if within(tx, case) and not other:
        payload = {"reopening": one.id, "text": one.text}
        messages.publish(actor, tx, WRITTEN, key=case.number, payload=payload, message_id=f"reopening:{one.id}")
        return one
    if other:
        related.link(SYSTEM, tx, other, case.number)
    done = _decide(tx, one, LINKED, other) if other else branch(actor, tx, one.id)
    return _go_on(actor, tx, done)


def within(tx: Tx, case: Case) -> bool:
    """Whether a closed case is still within its verification window."""
    until = rounds.window(tx, case)
    return until is not None and tx.now < until


def take_up(actor: Actor, tx: Tx, reopening_id: str) -> Reopening:
    """Take the words as what opens the case again; the caller does so unless it is open already (FIX-9)."""
    require(actor, "closure.run")
    one = get(tx, reopening_id)
    if record.get(tx, one.case, lock=True).status not in OPEN:
        return _decide(tx, one, REOPENED)
    return one if one.state == REOPENED else _decide(tx, one, ADDED)


def branch(actor: Actor, tx: Tx, reopening_id: str) -> Reopening:
    """Open a new case with the words, linked to the old one; a second time it is the same one (COM-9)."""
    one = get(tx, reopening_id)
    if one.other:
        return one
    old = record.get(tx, one.case)
    report = cases.Report(
        channel=old.channel if one.source == STAFF else _channel(one.source),
        description=one.text,
        title=next(iter(one.text.splitlines()), ""),
        contact_id=old.contact_id or "",
        language=old.language,
        external_id=f"reopening:{one.id}",
    )
    made = cases.open(SYSTEM, tx, report)
    related.link(SYSTEM, tx, made.number, old.number)
    done = _decide(tx, one, LINKED, made.number)
    data = {"id": one.id, "other": made.number, "text": one.text}
    events.record(actor, tx, "case.continued", key=old.number, audience="customer", data=data)
    return done


def dismiss(actor: Actor, tx: Tx, reopening_id: str) -> Reopening:
    """A person has read the words: they ask for nothing."""
    require(actor, "closure.run")
    one = get(tx, reopening_id)
    return _decide(tx, one, DISMISSED) if one.state == PENDING else one


def waiting(tx: Tx, number: str) -> Reopening | None:
    """The last word that no process has taken yet while a case is being closed."""
    open_ = (reopening_.c.case == number) & (reopening_.c.state == PENDING) & (reopening_.c.wish == FAILS)
    found = _rows(tx, open_)
    return found[-1] if found else None


def taken(tx: Tx, number: str) -> None:
    """The case is open again: the words that asked for it are answered."""
    open_ = (reopening_.c.case == number) & (reopening_.c.state == PENDING) & (reopening_.c.wish == FAILS)
    tx.conn.execute(sa.update(reopening_).where(open_).values(state=REOPENED, decided_at=tx.now))


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind a closing letter's link shows; ``actor`` is who answers with it. Raises `Missing`."""
    row = links.by_token(tx, round_, token)
    return links.public(tx, {**row, "answered_at": None}) | standing(tx, row["case"])


def standing(tx: Tx, number: str) -> dict[str, Any]:
    """Whether a later word would open the case itself again, and until when it would."""
    case = record.get(tx, related.merged_into(tx, number))
    return {"status": case.status, "until": rounds.window(tx, case), "within": within(tx, case)}


def get(tx: Tx, reopening_id: str) -> Reopening:
    """The word; raises `Missing`."""
    found = _rows(tx, reopening_.c.id == reopening_id)
    if not found:
        raise Missing("There is no such wish to open a case again.")
    return found[0]


def of_case(actor: Actor, tx: Tx, number: str) -> list[Reopening]:
    """All words of a case that the actor may see, the oldest first."""
    record.get(tx, number, visible=readable(actor))
    return _rows(tx, reopening_.c.case == number)


def _after_the_end(actor: Actor, tx: Tx, case: Case, one: Reopening) -> Reopening:
    return _go_on(actor, tx, _decide(tx, one, REOPENED) if within(tx, case) else branch(actor, tx, one.id))


def _go_on(actor: Actor, tx: Tx, one: Reopening) -> Reopening:
    """Let the process tell everybody what became of it."""
    payload = {"reopening": one.id, "comment": one.text, "other": one.other}
    messages.publish(actor, tx, REQUESTED, key=one.case, payload=payload, message_id=f"reopening:{one.id}")
    return one


def _before_the_end(actor: Actor, tx: Tx, case: Case, one: Reopening) -> Reopening:
    # A round of a diagram of today hears of it at every stage; one that is older only waits for its question.
    if rounds.open_of(tx, case.number) is not None:
        name: str = WITHDRAWN
        payload: dict[str, Any] = {"comment": one.text}
    else:
        name, payload = ANSWERED, {"confirmed": False, "comment": one.text}
    messages.publish(actor, tx, name, key=case.number, payload=payload, message_id=f"reopening:{one.id}")
    return one


def _keep(
    actor: Actor, tx: Tx, case: Case, last: rounds.Round | None, text: str, *, source: str, wish: str
) -> Reopening:
    row: dict[str, Any] = {"id": new_id(), "case": case.number, "round": last.id if last else "", "at": tx.now}
    row |= {"source": source, "wish": wish, "text": text, "state": PENDING, "other": "", "decided_at": None}
    row |= {"by_kind": actor.kind, "by_id": actor.id, "by_name": actor.name[:200]}
    tx.conn.execute(sa.insert(reopening_).values(**row))
    data = {"id": row["id"], "wish": wish, "source": source, "text": text}
    kind = "verification.works_after_all" if wish == WORKS else "case.reopening_asked"
    events.record(actor, tx, kind, key=case.number, audience="customer", data=data)
    return row_as(Reopening, row)


def _decide(tx: Tx, one: Reopening, state: str, other: str = "") -> Reopening:
    values: Mapping[str, Any] = {"state": state, "decided_at": tx.now, **({"other": other} if other else {})}
    tx.conn.execute(sa.update(reopening_).where(reopening_.c.id == one.id).values(**values))
    return replace(one, **values)


def _same(tx: Tx, number: str, round_id: str, wish: str, text: str) -> Reopening | None:
    same = (reopening_.c.case == number) & (reopening_.c.round == round_id) & (reopening_.c.wish == wish)
    return next((one for one in _rows(tx, same) if one.text == text), None)


def _given(text: str) -> str:
    words = text.strip()
    if not words or len(words) > LONGEST:
        problem = Phrase("At most 10,000 characters; attach a file instead.") if words else Phrase("Write something.")
        raise Invalid("Please say what you see.", fields={"comment": [problem]})
    return words


def _channel(source: str) -> str:
    return {LINK: "portal", API: "api"}.get(source, source)


def _rows(tx: Tx, where: sa.ColumnElement[bool]) -> list[Reopening]:
    rows = tx.conn.execute(sa.select(reopening_).where(where).order_by(reopening_.c.at, reopening_.c.id)).mappings()
    return [row_as(Reopening, row) for row in rows]
