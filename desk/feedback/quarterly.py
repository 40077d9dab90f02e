"""The survey of each quarter: active customers, each contact at most once in it (FBK-4)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk import policy
from loopdesk.desk.customers import contact_
from loopdesk.desk.feedback import survey
from loopdesk.desk.feedback.paths import POLICY
from loopdesk.desk.feedback.tables import QUARTERLY, survey_
from loopdesk.desk.record import PROBLEM, case_
from loopdesk.desk.rights import require
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

PLACE = f"{POLICY}.yaml: quarterly"


def quarter(tx: Tx) -> str:
    """The present quarter, as 2026-Q1, in the house's zone."""
    day = tx.now.astimezone(ZoneInfo(tx.host.zone))
    return f"{day.year}-Q{(day.month + 2) // 3}"


def ask(actor: Actor, tx: Tx) -> tuple[list[Mapping[str, Any]], bool]:
    """Open the surveys of the next contacts, each with the latest case of theirs; and whether others wait.

    Who was asked within the policy's rest is left out, and so is whoever has no address or is a machine.
    """
    require(actor, "survey.send")
    most = int(policy.said(tx, POLICY, "quarterly", "at_once"))
    found = _due(tx, most + 1)
    rows = [survey.ask(actor, tx, number, kind=QUARTERLY, contact_id=contact) for contact, number in found[:most]]
    return rows, len(found) > most


def unanswered(actor: Actor, tx: Tx) -> tuple[list[Mapping[str, Any]], bool]:
    """Count a reminder for the next open surveys that had none; and whether others wait."""
    require(actor, "survey.send")
    most = int(policy.said(tx, POLICY, "quarterly", "at_once"))
    waits = (survey_.c.kind == QUARTERLY) & survey_.c.answered_at.is_(None) & (survey_.c.reminded == 0)
    query = sa.select(survey_).where(waits, survey_.c.expires_at > tx.now).order_by(survey_.c.id).limit(most + 1)
    found: list[Mapping[str, Any]] = [dict(row) for row in tx.conn.execute(query).mappings()]
    ids = [row["id"] for row in found[:most]]
    tx.conn.execute(sa.update(survey_).where(survey_.c.id.in_(ids)).values(reminded=1))
    for row in found[:most]:
        events.record(actor, tx, "survey.reminded", key=row["case"], data={"id": row["id"]})
    return found[:most], len(found) > most


def _due(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """(contact, latest case) of whoever is active and had his rest."""
    active = case_.c.opened_at >= tx.now - _span(tx, "active")
    own = ~case_.c.restricted & ~case_.c.automatic & (case_.c.channel != PROBLEM)
    latest = sa.func.max(case_.c.number).label("number")
    rested = ~sa.exists().where(
        survey_.c.contact_id == contact_.c.id,
        survey_.c.kind == QUARTERLY,
        survey_.c.sent_at > tx.now - _span(tx, "rest"),
    )
    reached = contact_.c.email.is_not(None) & (contact_.c.email != "") & contact_.c.merged_into.is_(None)
    query = (
        sa.select(contact_.c.id, latest)
        .join(case_, case_.c.contact_id == contact_.c.id)
        .where(active, own, rested, reached)
        .group_by(contact_.c.id)
        .order_by(contact_.c.id)
    )
    return [(str(row[0]), str(row[1])) for row in tx.conn.execute(query.limit(limit))]


def _span(tx: Tx, name: str) -> timedelta:
    return policy.duration(policy.said(tx, POLICY, "quarterly", name), place=f"{PLACE}.{name}")
