"""What customers said, read: one, those that match, page by page, and all of a period (FBK-3)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.feedback.tables import COMPLAINT, DONE, NEW, Answer, Feedback, feedback_, survey_
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sql import Page, paged, row_as
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.tx import Tx


def get(tx: Tx, feedback_id: str, reader: Actor | None = None) -> Feedback:
    """The feedback with that id, if ``reader`` may see its case; raises `Missing`."""
    where = feedback_.c.id == feedback_id
    if reader is not None:
        require(reader, "feedback.read")
        where &= _seen(reader)
    found = _select(tx, where)
    if not found:
        raise Missing("There is no such feedback.", remedy=N_("Look for it in the list."))
    return found[0]


def told_as(tx: Tx, number: str, external_id: str) -> Feedback:
    """What another system has told of a case under its own id; it is there."""
    return _select(tx, (feedback_.c.case == number) & (feedback_.c.external_id == external_id))[0]


def listing(actor: Actor, tx: Tx, **wanted: Any) -> list[Feedback]:
    """What customers said in cases that ``actor`` may see: what is open first, of that complaints, then the newest.

    ``wanted``: kind, department, source, state, case; ``stars`` (at most so many), ``late`` (true: only what is),
    ``since`` and ``until`` (when it came), ``limit``.
    """
    require(actor, "feedback.read")
    return _select(tx, _wanted(actor, tx, wanted), int(wanted.get("limit") or 500))


def page(actor: Actor, tx: Tx, number: int, per_page: int, **wanted: Any) -> Page[Feedback]:
    """One page, counted from 1, of what `listing` finds without a limit, in its order."""
    require(actor, "feedback.read")
    query = sa.select(feedback_).where(_wanted(actor, tx, wanted)).order_by(*_ORDER)
    return paged(tx, query, lambda row: row_as(Feedback, row), number, per_page)


def of_surveys(tx: Tx, surveys: Collection[str]) -> list[Feedback]:
    """What answers of these surveys said and nobody has sorted yet; for work inside, nobody's rights are asked."""
    return _select(tx, feedback_.c.survey.in_(surveys) & (feedback_.c.state == NEW))


def within(tx: Tx, since: datetime, until: datetime) -> list[Feedback]:
    """All feedback that came from ``since`` until before ``until``; for work inside, nobody's rights are asked."""
    return _select(tx, (feedback_.c.at >= since) & (feedback_.c.at < until), None)


def answers(tx: Tx, since: datetime, until: datetime) -> list[Answer]:
    """Every survey that was sent from ``since`` until before ``until``, answered or not; nobody's rights are asked."""
    query = sa.select(survey_).where(survey_.c.sent_at >= since, survey_.c.sent_at < until)
    rows = tx.conn.execute(query.order_by(survey_.c.sent_at, survey_.c.id)).mappings()
    return [row_as(Answer, row) for row in rows]


def _seen(actor: Actor) -> sa.ColumnElement[bool]:
    return sa.exists().where(case_.c.number == feedback_.c.case, visible_to(actor))


def _wanted(actor: Actor, tx: Tx, wanted: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    where = _seen(actor) & _matching(wanted)
    return where & _late(tx.now) if wanted.get("late") else where


def _matching(wanted: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    where: sa.ColumnElement[bool] = sa.true()
    for name in ("kind", "department", "source", "state", "case"):
        if wanted.get(name):
            where &= feedback_.c[name] == wanted[name]
    if wanted.get("stars"):
        where &= feedback_.c.stars <= wanted["stars"]
    if wanted.get("since"):
        where &= feedback_.c.at >= wanted["since"]
    if wanted.get("until"):
        where &= feedback_.c.at < wanted["until"]
    return where


def _late(now: datetime) -> sa.ColumnElement[bool]:
    forwarded, answered = (sa.func.coalesce(feedback_.c[name], now) for name in ("forwarded_at", "result_at"))
    return (forwarded > feedback_.c.forward_due_at) | (answered > feedback_.c.result_due_at)


_OPEN = sa.case((feedback_.c.state == DONE, 1), else_=0)
_FIRST = sa.case((feedback_.c.kind == COMPLAINT, 0), else_=1)
_ORDER = (_OPEN, _FIRST, feedback_.c.at.desc(), feedback_.c.id)


def _select(tx: Tx, where: sa.ColumnElement[bool], limit: int | None = 500) -> list[Feedback]:
    rows = tx.conn.execute(sa.select(feedback_).where(where).order_by(*_ORDER).limit(limit)).mappings()
    return [row_as(Feedback, row) for row in rows]
