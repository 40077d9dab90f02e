"""How was it? Stars and NPS through a link, once; few stars are called back (FBK-1, FBK-2)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import links, record
from loopdesk.desk.feedback import Words, add, low
from loopdesk.desk.feedback.tables import BOUNDS, CLOSURE, QUARTERLY
from loopdesk.desk.feedback.tables import SECOND as SECOND
from loopdesk.desk.feedback.tables import survey_ as survey_
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Invalid, Phrase
from loopdesk.engine.tx import Tx

ANSWERED = "survey.answered"
QUARTER_ANSWERED = "quarterly.answered"
SECOND_ANSWERED = "survey.answered_again"
"""Keyed by the survey, for its own call-back: a case may have another survey open, or a second call-back."""


def send(actor: Actor, tx: Tx, number: str) -> Mapping[str, Any] | None:
    """Open the survey of a closed case; None for one that was answered before: one answer per case (FBK-1).

    One that is still open from a closing before is asked anew, with its whole time and its reminders: whichever mail
    the customer takes the link from, it works.
    """
    require(actor, "survey.send")
    record.get(tx, number, lock=True)
    query = sa.select(survey_).where(survey_.c.case == number, survey_.c.kind == CLOSURE)
    known = [dict(row) for row in tx.conn.execute(query.order_by(survey_.c.sent_at.desc())).mappings()]
    if any(row["answered_at"] for row in known):
        return None
    still = next((row for row in known if links.state(row, tx.now) == "open"), None)
    return _anew(actor, tx, still) if still else ask(actor, tx, number, kind=CLOSURE)


def ask(actor: Actor, tx: Tx, number: str, *, kind: str, first: str = "", contact_id: str = "") -> Mapping[str, Any]:
    """A new survey with its link, which works as long as policy ``links.yaml`` says."""
    row = {"id": new_id(), "case": number, "token": links.new_token(), "sent_at": tx.now, "kind": kind, "first": first}
    row |= dict.fromkeys(("comment", "called_by", "root_cause", "improvement"), "") | {"contact_id": contact_id}
    row["expires_at"] = tx.now + links.term(tx, QUARTERLY if kind == QUARTERLY else "survey")
    tx.conn.execute(sa.insert(survey_).values(**row))
    return _sent(actor, tx, str(row["id"]))


def _anew(actor: Actor, tx: Tx, row: Mapping[str, Any]) -> Mapping[str, Any]:
    values = {"sent_at": tx.now, "expires_at": tx.now + links.term(tx, "survey"), "reminded": 0}
    tx.conn.execute(sa.update(survey_).where(survey_.c.id == row["id"]).values(**values))
    return _sent(actor, tx, row["id"])


def _sent(actor: Actor, tx: Tx, survey_id: str) -> Mapping[str, Any]:
    row = get(tx, survey_id)
    data = {"id": row["id"], "expires": row["expires_at"], "kind": row["kind"]}
    events.record(actor, tx, "survey.sent", key=row["case"], audience="customer", data=data)
    return row


def answer(
    actor: Actor,
    tx: Tx,
    token: str,
    *,
    stars: int,
    nps: int | None = None,
    quality: int | None = None,
    speed: int | None = None,
    attitude: int | None = None,
    comment: str = "",
) -> None:
    """Take the one answer and tell the process. Raises `Missing` for an unknown token, `Conflict` for a used or
    expired one, `Invalid` with the field for a value out of bounds (FBK-1).
    """
    require(actor, "survey.answer")
    row = links.by_token(tx, survey_, token)
    links.check_open(row, tx.now)
    given = {"stars": stars, "nps": nps, "quality": quality, "speed": speed, "attitude": attitude}
    _check(given)
    text = comment.strip()[:10_000]
    once = sa.update(survey_).where(survey_.c.id == row["id"], survey_.c.answered_at.is_(None))
    if not tx.conn.execute(once.values(answered_at=tx.now, comment=text, **given)).rowcount:
        links.check_open({**row, "answered_at": tx.now}, tx.now)
    quarterly = row["kind"] == QUARTERLY
    source = QUARTERLY if quarterly else "survey"
    said = Words(text, source, stars=stars, nps=nps, survey=row["id"])
    kept = add(actor, tx, row["case"], said, follow=False)
    payload = {**given, "comment": text, "survey": row["id"], "feedback": kept.id, "source": source}
    payload["call_within"] = low.within(tx)
    # The link proves that its holder got our mail, not who that is.
    data = {"id": row["id"], "kind": row["kind"], "through": "link", **payload}
    events.record(actor, tx, ANSWERED, key=row["case"], audience="customer", data=data)
    if row["kind"] == SECOND:
        messages.throw(actor, tx, SECOND_ANSWERED, key=row["id"], case=row["case"], payload=payload)
        return
    told = QUARTER_ANSWERED if quarterly else ANSWERED
    messages.publish(actor, tx, told, key=row["case"], payload=payload, message_id=f"survey:{row['id']}")


def call_back(
    actor: Actor, tx: Tx, survey_id: str, *, reached: bool, root_cause: str, improvement: str
) -> Mapping[str, Any]:
    """Keep what the call-back found: root cause and what is done about it (FBK-2). Raises `Invalid` without a cause."""
    require(actor, "survey.call_back")
    row = get(tx, survey_id)
    if not root_cause.strip():
        raise Invalid("A call-back needs a root cause.", fields={"root_cause": [Phrase("This is needed.")]})
    values = {"reached": reached, "root_cause": root_cause.strip(), "improvement": improvement.strip()}
    found = sa.update(survey_).where(survey_.c.id == survey_id)
    tx.conn.execute(found.values(called_at=tx.now, called_by=actor.id, **values))
    events.record(actor, tx, "survey.called_back", key=row["case"], data={"id": survey_id, **values})
    return get(tx, survey_id)


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind the link shows; ``actor`` is who answers with it, the rest as `low.promised` says.

    Raises `Missing`.
    """
    row = links.by_token(tx, survey_, token)
    return links.public(tx, row) | {"kind": row["kind"], **low.promised(tx)}


def get(tx: Tx, survey_id: str) -> Mapping[str, Any]:
    """The survey's row; raises `Missing`."""
    return links.by_id(tx, survey_, survey_id)


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """The surveys of a case, oldest first, without their tokens."""
    return links.listing(actor, tx, survey_, number)


def _check(given: Mapping[str, int | None]) -> None:
    wrong: dict[str, list[str]] = {}
    for name, (least, most) in BOUNDS.items():
        value = given[name]
        needed = value is None and name == "stars"
        if needed or (value is not None and not least <= value <= most):
            wrong[name] = [Phrase("Choose between %(least)s and %(most)s.", least=least, most=most)]
    if wrong:
        raise Invalid("This answer cannot be taken as it is.", fields=wrong)
