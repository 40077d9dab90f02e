"""How much a problem hurts (INT-9): figures noted as they arrive; what they mean is a decision table, not this file."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.record import NUMBER, PERSON_ID, case_
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx

CHANGED = "facts.changed"
"""The message that lets a case's impact and priority be decided anew (INT-5)."""
LONGEST = 2_000
"""Characters of a note at most."""

impact_figure = sa.Table(
    "impact_figure",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("loss", sa.Float),
    sa.Column("share", sa.Float),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.Index("ix_impact_figure_case", "case", "at"),
)
"""``loss``: by how many per cent business fell (orders, say); ``share``: how many per cent of the users are hit."""


def note(
    actor: Actor, tx: Tx, number: str, *, loss: float | None = None, share: float | None = None, text: str = ""
) -> str:
    """Keep figures as they arrive and let the impact be weighed again; the id of what was kept.

    Each figure is per cent, 0 to 100; one that is not given stays as it was. Raises `Invalid` without any figure or
    for one outside, `Conflict` on a closed case.
    """
    require(actor, "case.weigh")
    record.get(tx, number, visible=visible_to(actor))
    case = record.get(tx, number, lock=True)
    _check(loss, share, text)
    if case.status == "closed":
        remedy = N_("Reopen it first, or open a new case that refers to it.")
        raise Conflict("Case %(number)s is closed.", remedy=remedy, number=number)
    row = {"id": new_id(), "case": number, "at": tx.now, "loss": loss, "share": share, "note": text.strip()}
    tx.insert(impact_figure, {**row, "by_id": actor.id, "by_name": actor.name[:200]})
    data = {"loss": loss, "share": share, "note": text.strip()}
    events.record(actor, tx, "impact.noted", key=number, data=data)
    changed(actor, tx, number)
    return str(row["id"])


def changed(actor: Actor, tx: Tx, number: str, *, why: str = "") -> None:
    """Say that a fact has changed on which impact or priority depends; with ``why`` once for that reason only."""
    identity = f"{CHANGED}:{number}:{why}" if why else None
    messages.publish(actor, tx, CHANGED, key=number, payload={"why": why}, message_id=identity)


def customer_changed(actor: Actor, tx: Tx, organisation: str) -> None:
    """Let impact and priority of a customer's unsolved cases be decided anew: his tier is another one."""
    unsolved = case_.c.status.not_in(("solved", "closed"))
    query = sa.select(case_.c.number).where(case_.c.organisation_id == organisation, unsolved)
    for number in tx.conn.scalars(query.order_by(case_.c.number)).all():
        changed(actor, tx, number)


def keep(actor: Actor, tx: Tx, number: str, *, level: str, score: float) -> bool:
    """Keep what the table made of the figures; whether the level is another one than before."""
    require(actor, "case.keep_impact")
    case = record.get(tx, number, lock=True)
    if not level:
        text = Phrase("This is needed.")
        raise Invalid(
            "The level of the impact is missing.",
            remedy=N_("Check the decision table that has to give it."),
            fields={"level": [text]},
        )
    if (case.impact, case.impact_score) == (level, score):
        return False
    record.change(tx, number, impact=level, impact_score=score)
    data = {"impact": level, "score": f"{score:g}", "before": case.impact}
    events.record(actor, tx, "case.impact_weighed", key=number, data=data)
    return case.impact != level


def figures(tx: Tx, number: str) -> Mapping[str, float | None]:
    """The newest figure of each kind: ``loss`` and ``share``, None where none was noted."""
    rows = tx.conn.execute(_of(number)).all()
    return {
        "loss": next((row.loss for row in rows if row.loss is not None), None),
        "share": next((row.share for row in rows if row.share is not None), None),
    }


def reports(tx: Tx, number: str) -> tuple[int, int]:
    """How many reports a parent problem has, and of how many customers; nothing and nobody for another case."""
    customer = sa.func.coalesce(case_.c.organisation_id, case_.c.contact_id, case_.c.number)
    query = sa.select(sa.func.count(), sa.func.count(sa.distinct(customer))).where(case_.c.problem == number)
    found = tx.conn.execute(query).one()
    return int(found[0]), int(found[1])


def listing(actor: Actor, tx: Tx, number: str) -> list[dict[str, Any]]:
    """What was noted about a case, newest first."""
    record.get(tx, number, visible=readable(actor))
    return [dict(row) for row in tx.conn.execute(_of(number)).mappings()]


def _of(number: str) -> sa.Select[Any]:
    query = sa.select(impact_figure).where(impact_figure.c.case == number)
    return query.order_by(impact_figure.c.at.desc(), impact_figure.c.id.desc()).limit(100)


def _check(loss: float | None, share: float | None, text: str) -> None:
    problems: dict[str, list[str]] = {}
    for name, value in (("loss", loss), ("share", share)):
        if value is not None and not 0 <= value <= 100:
            problems[name] = [Phrase("Per cent, from 0 to 100.")]
    if loss is None and share is None:
        problems["loss"] = [Phrase("Give one of the two figures.")]
    if len(text) > LONGEST:
        problems["note"] = [Phrase("At most 2,000 characters.")]
    if problems:
        raise Invalid("These figures cannot be kept.", fields=problems)
