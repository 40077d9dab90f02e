"""Reviews with the customer while an implementation runs: agenda, minutes, actions (FIX-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import actions, record, templates
from loopdesk.desk.actions import Action
from loopdesk.desk.implementation import alarms, plans, representatives, tables
from loopdesk.desk.implementation.tables import DROPPED, RUNNING, Implementation, Review, milestone_, review_
from loopdesk.desk.receivers import CUSTOMER
from loopdesk.desk.record import Case
from loopdesk.desk.rights import readable, require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

SOURCE = "customer-review"
AGENDA = "review-agenda"
"""The template that makes the agenda of the milestones."""


@dataclass(frozen=True, slots=True)
class Next:
    """The review to come: it ``starts_at``, and is prepared from ``prepare_at`` on; ``over`` when none comes."""

    over: bool
    starts_at: datetime
    prepare_at: datetime


def next_(actor: Actor, tx: Tx, implementation_id: str) -> Next:
    """When the next review is: two weeks (of the policy) after the last one, or after the beginning."""
    require(actor, "implementation.look")
    found = tables.get(tx, implementation_id)
    held = tables.reviews(tx, review_.c.implementation == implementation_id)
    starts_at = plans.review_at(tx, max([found.begun_at, *(one.starts_at for one in held)]))
    while starts_at <= tx.now:  # Nobody catches up on reviews that were missed while the process stood still.
        starts_at = plans.review_at(tx, starts_at)
    prepare_at = max(starts_at - plans.length(tx, "reviews", "prepare"), tx.now)
    return Next(found.state != RUNNING, starts_at, prepare_at)


def open_(actor: Actor, tx: Tx, implementation_id: str, starts_at: datetime) -> Review:
    """Write down the review with its agenda in the customer's language; asked again, the same one."""
    require(actor, "implementation.look")
    found = tables.get(tx, implementation_id, lock=True)
    mine = (review_.c.implementation == implementation_id) & (review_.c.starts_at == starts_at)
    known = tables.reviews(tx, mine)
    if known:
        return known[0]
    case = record.get(tx, found.case)
    new = Review(new_id(), found.id, case.number, starts_at, _agenda(tx, case, found), "", "", None, held_by="")
    tx.conn.execute(sa.insert(review_).values(**asdict(new)))
    events.record(actor, tx, "customer_review.planned", key=case.number, data={"id": new.id, "starts_at": starts_at})
    return new


def keep(
    actor: Actor, tx: Tx, review_id: str, *, minutes: str, attendees: str, agreed: Sequence[Mapping[str, Any]]
) -> list[Action]:
    """Keep the minutes; what was ``agreed`` ({text, owner}) becomes actions due within ``actions_within``.

    Raises `Invalid` without minutes or for an action of nobody, `Conflict` for a review that has its minutes.
    """
    require(actor, "implementation.look")
    found = get(tx, review_id)
    needed = {"minutes": minutes, "attendees": attendees}
    wrong: dict[str, list[str]] = {
        name: [Phrase("This is needed.")] for name, text in needed.items() if not text.strip()
    }
    if wrong:
        raise Invalid("Please check these minutes.", fields=wrong)
    once = sa.update(review_).where(review_.c.id == review_id, review_.c.held_at.is_(None))
    values = {name: text.strip() for name, text in needed.items()} | {"held_at": tx.now, "held_by": actor.name[:200]}
    if not tx.conn.execute(once.values(**values)).rowcount:
        raise Conflict("%(name)s has written the minutes already.", name=found.held_by)
    due_at = tx.now + plans.length(tx, "actions_within")
    made = [
        actions.add(
            actor,
            tx,
            source=SOURCE,
            source_id=review_id,
            text=str(one.get("text") or ""),
            owner=str(one.get("owner") or ""),
            due_at=due_at,
            case=found.case,
        )
        for one in agreed
    ]
    events.record(actor, tx, "customer_review.held", key=found.case, data={"id": review_id, "actions": len(made)})
    return made


def receiver(tx: Tx, number: str) -> str:
    """To whom letters about the implementation go, as a diagram writes it: the representative, else the customer."""
    contact = representatives.of_case(tx, record.get(tx, number))
    return f"contact:{contact.id}" if contact else CUSTOMER


def get(tx: Tx, review_id: str) -> Review:
    """The review with that id; raises `Missing`."""
    found = tables.reviews(tx, review_.c.id == review_id)
    if not found:
        raise Missing("There is no such review.")
    return found[0]


def of_case(actor: Actor, tx: Tx, number: str) -> list[Review]:
    """The reviews of a case that ``actor`` may see, newest first."""
    record.get(tx, number, visible=readable(actor))
    return tables.reviews(tx, review_.c.case == number)


def _agenda(tx: Tx, case: Case, found: Implementation) -> str:
    """What stands for review: each milestone with its day, its state, and the plan against its last alarm."""
    language = templates.base_language(case.language)
    mine = [one for one in tables.milestones(tx, milestone_.c.implementation == found.id) if one.state != DROPPED]
    answers = alarms.of_milestones(tx, *(one.id for one in mine))
    lines = [
        {
            "name": one.name(language),
            "due_at": one.due_at,
            "state": one.state,
            "progress": one.progress,
            "level": one.level,
            "plan": next((alarm.plan for alarm in answers[one.id] if alarm.plan), ""),
        }
        for one in mine
    ]
    known = [one for one in actions.of_case(tx, case.number) if one.source == SOURCE and one.done_at is None]
    scope = {"milestones": lines, "actions": [{"text": one.text, "owner": one.owner} for one in known]}
    return templates.render(tx, AGENDA, language=case.language, zone=tx.host.zone, scope=scope).body.strip()
