"""The cases that an emergency concerns: who may be compensated, who hears of its report (EMG-7, EMG-8)."""

import sqlalchemy as sa

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import record
from loopdesk.desk.emergency import rows
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.record import Case, case_
from loopdesk.desk.rights import readable
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx


def affected(actor: Actor, tx: Tx, emergency: Emergency) -> list[Case]:
    """The cases of organisations that an emergency concerns, as far as ``actor`` may see them.

    Of a customer who was warned and has reported nothing of it, these are the cases that were opened since: a
    compensation is kept with a case, and its letter leaves from there.
    """
    warned = [one.id for one in emergencies.warned_only(tx, emergency)]
    since = case_.c.organisation_id.in_(warned) & (case_.c.opened_at >= emergency.declared_at)
    found = [*_select(tx, _of(emergency) & readable(actor)), *_select(tx, since & readable(actor))]
    return [one for one in found if one.organisation_id]


def reporters(tx: Tx, emergency: Emergency) -> list[Case]:
    """The cases of all customers that an emergency concerns, whoever asks: each of them is written to."""
    return [one for one in _select(tx, _of(emergency)) if one.contact_id]


def _of(emergency: Emergency) -> sa.ColumnElement[bool]:
    """Its own case, those joined to it, the reports of its problem."""
    along = sa.select(rows.joined.c.number).where(rows.joined.c.emergency == emergency.id)
    mine = case_.c.number.in_([emergency.case]) | case_.c.number.in_(along)
    return mine | (case_.c.problem == emergency.case)


def _select(tx: Tx, wanted: sa.ColumnElement[bool]) -> list[Case]:
    query = sa.select(case_.c.number).where(wanted).order_by(case_.c.number)
    return [record.get(tx, number) for number in tx.conn.scalars(query)]
