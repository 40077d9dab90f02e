"""Clocks that move without anybody doing anything: time passes, and calendars change (SLA-2, SLA-4)."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from loopdesk.desk import policy, record
from loopdesk.desk.record import case_
from loopdesk.desk.sla import choice, kept, outcome
from loopdesk.desk.sla.live import CALENDARS
from loopdesk.desk.sla.rows import clock
from loopdesk.engine import bundles, outbox
from loopdesk.engine.actor import TIMER, Actor
from loopdesk.engine.calendar import Calendars
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

KIND = "clock.calendars"
"""The outbox row that counts clocks again because calendars have changed."""
SLICE = 500
"""Cases in one transaction."""
RUNNING = ("running", "paused")
WRITTEN = 25
"""Cases whose rows are written together: PostgreSQL takes longer over one statement for hundreds of them."""


def local_handlers() -> Mapping[str, Callable[[Tx, outbox.Row], None]]:
    """Outbox kind -> what performs it."""
    return {outcome.KIND: _look, KIND: lambda tx, row: _slice(tx, row.payload)}


def deployed(_actor: Actor, tx: Tx, bundle: str) -> None:
    """Other policies count from now on: clocks on calendars that have changed are counted again by a worker."""
    if bundle == policy.BUNDLE:
        made = bundles.current(tx, bundle).id
        outbox.put_many(tx, [outbox.Wanted(KIND, {"calendars": made, "after": ""}, f"{KIND}:{made}:{tx.now}:")])


def calendars_changed(actor: Actor, tx: Tx, bundle_id: str, *, after: str = "", limit: int = SLICE) -> str:
    """Count the clocks again that run on calendars which a deployment has changed: what was counted stays.

    Takes ``limit`` cases behind the number ``after``; returns the last one's, empty when there are no more.
    """
    changed = _changed(tx, bundle_id)
    if not changed:
        return ""
    of_case = sa.select(clock.c.case).where(
        sa.tuple_(clock.c.calendars_id, clock.c.calendar).in_(changed), clock.c.state.in_(RUNNING), clock.c.case > after
    )
    query = sa.select(case_).where(case_.c.number.in_(of_case)).order_by(case_.c.number).limit(limit)
    cases = [record.case_of_row(row) for row in tx.ask(query.with_for_update()).mappings()]
    names = sorted({name for _, name in changed})
    told = {"calendars": bundle_id, "changed": names}
    kept.remember(tx, [case.number for case in cases])
    for count, case in enumerate(cases, start=1):
        kept.append(tx, case.number, CALENDARS, tx.now, told)
        outcome.settle(actor, tx, case)
        if not count % WRITTEN:
            tx.flush()
    return cases[-1].number if len(cases) == limit else ""


def _look(tx: Tx, row: outbox.Row) -> None:
    """A moment has come at which a warning or a breach may be due."""
    try:
        case = record.get(tx, str(row.payload["case"]), lock=True)
    except Missing:
        return  # archived meanwhile
    outcome.settle(TIMER, tx, case)


def _slice(tx: Tx, payload: Mapping[str, str]) -> None:
    made = payload["calendars"]
    if made != bundles.current(tx, policy.BUNDLE).id:
        return  # a later deployment counts every clock itself; the older one must not come behind it
    last = calendars_changed(TIMER, tx, made, after=payload["after"])
    if last:
        wanted = {"calendars": made, "after": last}
        outbox.put_many(tx, [outbox.Wanted(KIND, wanted, f"{KIND}:{made}:{tx.now}:{last}")])


def _changed(tx: Tx, bundle_id: str) -> list[tuple[str, str]]:
    """(deployment, calendar) of running clocks that count otherwise in another deployment."""
    now = _calendars(tx, bundle_id)
    query = sa.select(clock.c.calendars_id, clock.c.calendar).where(clock.c.state.in_(RUNNING)).distinct()
    found = []
    for made, name in tx.ask(query):
        after = now.definition(name)
        if made != bundle_id and after and after != _calendars(tx, made).definition(name):
            found.append((made, name))
    return found


def _calendars(tx: Tx, bundle_id: str) -> Calendars:
    return choice.library(tx).calendars(bundle_id)
