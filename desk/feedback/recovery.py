"""After few stars: called back, tried again, a report to the customer, and asked once more (FBK-2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import actions, policy, record
from loopdesk.desk.feedback import paths, reading, survey
from loopdesk.desk.feedback.paths import LONGEST, POLICY
from loopdesk.desk.feedback.tables import CLOSURE, NONE, SECOND, survey_
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx

RECOVERED, STILL_LOW, SILENT, NOT_REACHED = "recovered", "still-low", "silent", "not-reached"
"""What the call-back came to: content at the second time, not content, no second answer, never reached."""
SOURCE = "feedback"
"""What an action comes out of that a call-back or a suggestion wanted."""


def next_reminder(tx: Tx, row: Mapping[str, Any]) -> datetime:
    """When a survey is reminded of next: policy ``feedback.yaml``; its end once all reminders are out."""
    end: datetime = row["expires_at"]
    return min(end, *_reminders(tx, row)[row["reminded"] :][:1], end)


def _reminders(tx: Tx, row: Mapping[str, Any]) -> list[datetime]:
    said = policy.said(tx, POLICY, "survey", "reminders") or ()
    return sorted(row["sent_at"] + policy.duration(one, place=f"{POLICY}.yaml: survey.reminders") for one in said)


def remind(actor: Actor, tx: Tx, survey_id: str) -> tuple[Mapping[str, Any], bool]:
    """Count a reminder whose time has come: the survey, and whether the customer is to be written to.

    Reminders whose times have passed together, as after an outage, are one letter. One whose time comes while the case
    is open again is left out (see `rests`).
    """
    require(actor, "survey.send")
    row = survey.get(tx, survey_id)
    due = row["answered_at"] is None and next_reminder(tx, row) <= tx.now < row["expires_at"]
    asked = due and not rests(tx, row)
    if due:
        passed = sum(moment <= tx.now for moment in _reminders(tx, row))
        tx.conn.execute(sa.update(survey_).where(survey_.c.id == survey_id).values(reminded=passed))
    if asked:
        events.record(actor, tx, "survey.reminded", key=row["case"], data={"id": survey_id})
    return survey.get(tx, survey_id), asked


def rests(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Whether a survey waits because its case is open again: nobody is asked how it was solved before it is (FIX-9).

    A quarterly survey, and the second ask after it, is about us and not about how the case ended.
    """
    about = survey.get(tx, row["first"]) if row["kind"] == SECOND else row
    return about["kind"] == CLOSURE and record.get(tx, row["case"]).status != "closed"


def tried(actor: Actor, tx: Tx, survey_id: str, note: str = "") -> tuple[datetime | None, int]:
    """Nobody answered the call: when to try again by the policy (None: a supervisor takes it), and how often it was."""
    require(actor, "survey.call_back")
    row = survey.get(tx, survey_id)
    tries = row["tries"] + 1
    tx.conn.execute(sa.update(survey_).where(survey_.c.id == survey_id).values(tries=tries))
    data = {"id": survey_id, "tries": tries, "note": note.strip()[:LONGEST]}
    events.record(actor, tx, "survey.not_reached", key=row["case"], data=data)
    said = list(policy.said(tx, POLICY, "call_back", "try_again") or ())
    if tries > len(said):
        return None, tries
    return tx.now + policy.duration(said[tries - 1], place=f"{POLICY}.yaml: call_back.try_again"), tries


@dataclass(frozen=True, slots=True)
class Promise:
    """What gets better, by whom, until when; ``other`` names somebody whom the list of the form does not have.

    Nobody named: whoever promises it does it.
    """

    text: str = ""
    owner: str = ""
    other: str = ""
    until: datetime | None = None


NOTHING = Promise()


def report(actor: Actor, tx: Tx, survey_id: str, *, text: str, promised: Promise = NOTHING) -> Mapping[str, Any]:
    """Keep the improvement report; what it promises becomes an action with an owner, followed until it is done.

    Raises `Invalid` for no words, and what `promise` raises.
    """
    require(actor, "survey.call_back")
    row = survey.get(tx, survey_id)
    if not text.strip():
        raise Invalid("Write what the customer is to read.", fields={"report": [Phrase("This is needed.")]})
    values = {"report": text.strip()[:LONGEST], "reported_at": tx.now}
    tx.conn.execute(sa.update(survey_).where(survey_.c.id == survey_id).values(**values))
    promise(actor, tx, row["case"], survey_id, promised)
    events.record(actor, tx, "survey.reported", key=row["case"], data={"id": survey_id, "report": values["report"]})
    return survey.get(tx, survey_id)


def promise(actor: Actor, tx: Tx, number: str, source_id: str, promised: Promise) -> None:
    """An improvement action of a case; none without a text.

    Raises `Invalid` with the form's field that is wrong, such as a name that nobody here has.
    """
    if not promised.text.strip():
        return
    named = promised.other.strip() or promised.owner
    said = {"text": promised.text, "owner": named or actor.id, "case": number}
    try:
        actions.add(actor, tx, source=SOURCE, source_id=source_id, due_at=promised.until or tx.now, **said)
    except Invalid as error:
        fields = {"owner": "action_other" if promised.other.strip() else "action_owner", "due_at": "action_until"}
        wrong = {fields.get(name, name): messages for name, messages in error.fields.items()}
        raise Invalid("Please check this action.", fields=wrong) from error


def ask_at(tx: Tx) -> datetime:
    """When the customer is asked again after a report that goes out now: policy ``feedback.yaml``."""
    return tx.now + policy.duration(
        policy.said(tx, POLICY, "call_back", "ask_again"), place=f"{POLICY}.yaml: ask_again"
    )


def ask_again(actor: Actor, tx: Tx, survey_id: str, *, wait: bool = False) -> Mapping[str, Any] | None:
    """The second survey, linked to the first; asked twice, it is the same one.

    None where ``wait`` is wished and the case is open again (see `rests`): the caller asks once it is closed.
    """
    require(actor, "survey.send")
    first = survey.get(tx, survey_id)
    if wait and rests(tx, first):
        events.record(actor, tx, "survey.rests", key=first["case"], data={"id": survey_id})
        return None
    query = sa.select(survey_).where(survey_.c.first == survey_id)
    known = tx.conn.execute(query).mappings().first()
    return dict(known) if known else survey.ask(actor, tx, first["case"], kind=SECOND, first=survey_id)


def close(actor: Actor, tx: Tx, survey_id: str, *, outcome: str, note: str = "") -> None:
    """Keep what the call-back came to; what a content customer said the second time goes the way of all feedback."""
    require(actor, "survey.call_back")
    row = survey.get(tx, survey_id)
    tx.conn.execute(sa.update(survey_).where(survey_.c.id == survey_id).values(outcome=outcome[:20]))
    again = sa.select(survey_.c.id).where(survey_.c.first == survey_id)
    for found in reading.of_surveys(tx, list(tx.conn.scalars(again))):
        if outcome == RECOVERED or found.kind:
            paths.begin(actor, tx, found)
        else:
            paths.sort(actor, tx, found.id, kind=NONE)
    data = {"id": survey_id, "outcome": outcome, "note": note.strip()[:LONGEST]}
    events.record(actor, tx, "survey.recovered", key=row["case"], data=data)
