"""Versions of a process folder over time: which one counts, which are over, and how many instances run on each."""

from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, events, instances, start_timers, subscriptions
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.bundles import ROLES, bundle
from loopdesk.engine.errors import N_, Conflict, Refused
from loopdesk.engine.sql import hold
from loopdesk.engine.tx import Tx

READ, WRITE = "definitions:read", "definitions:write"
"""Scopes of an API token that these verbs need."""
CURRENT, RETIRED, FORMER, DRAFT = "current", "retired", "former", "draft"
"""States of a version; ``DRAFT`` is one that is newer than the current one and was never current."""


def listing(_actor: Actor, tx: Tx, name: str) -> list[dict[str, Any]]:
    """All versions of ``name``, newest first: number, author, note, at, state, ``running`` instances.

    Raises ``Missing`` for a name that was never deployed.
    """
    bundles.current(tx, name)
    first = _first_counted(tx, name)
    columns = (bundle.c.id, bundle.c.number, bundle.c.hash, bundle.c.author, bundle.c.note, bundle.c.at)
    query = sa.select(*columns, bundle.c.current, bundle.c.chosen, bundle.c.retired_at).where(bundle.c.name == name)
    counts = running(tx, name)
    return [
        {**row, "state": _state(row, first), "running": counts.get(row["id"], 0)}
        for row in tx.conn.execute(query.order_by(bundle.c.number.desc())).mappings()
    ]


def running(tx: Tx, name: str) -> dict[str, int]:
    """Bundle id -> how many instances of ``name`` have not ended there; bundles without any are left out."""
    table = instances.instance
    query = (
        sa.select(table.c.bundle_id, sa.func.count())
        .join(bundle, bundle.c.id == table.c.bundle_id)
        .where(bundle.c.name == name, table.c.ended_at.is_(None))
        .group_by(table.c.bundle_id)
    )
    return {row[0]: row[1] for row in tx.conn.execute(query)}


def _state(row: Any, first: int) -> str:
    if row["retired_at"]:
        return RETIRED
    if row["current"]:
        return CURRENT
    return FORMER if row["chosen"] or row["number"] < first else DRAFT


def _first_counted(tx: Tx, name: str) -> int:
    """The oldest version that is known to count or to have counted. Those before it come from a Loopdesk that kept no
    drafts: each of them was current."""
    query = sa.select(sa.func.min(bundle.c.number)).where(bundle.c.name == name, bundle.c.chosen | bundle.c.current)
    return tx.conn.execute(query).scalar() or 0


def promote(actor: Actor, tx: Tx, name: str, number: int, *, note: str = "") -> Bundle:
    """Make a version the current one, a retired one too: new instances begin with it, running ones keep theirs.

    Raises ``Refused`` without the role, ``Missing`` for an unknown version, ``Conflict`` when it is current already.
    """
    require(actor)
    hold(tx, f"bundle\n{name}")
    made = bundles.numbered(tx, name, number)
    if state_of(tx, made) == CURRENT:
        raise Conflict("Version %(number)s of “%(name)s” is current already.", name=name, number=number)
    bundles.enact(actor, tx, made, "bundle.promoted", note=note, chosen=True)
    return made


def retire(actor: Actor, tx: Tx, name: str, number: int | None = None, *, note: str = "") -> Bundle:
    """Let nothing new begin with a version (the current one without ``number``); what runs on it goes on.

    Messages for a retired current version wait until one is made current, or until their time to live is over. Raises
    ``Refused`` without the role or for a folder without diagrams, ``Missing`` for an unknown version, ``Conflict``
    when it is retired already.
    """
    require(actor)
    hold(tx, f"bundle\n{name}")
    made = bundles.numbered(tx, name, number)
    if not made.program.specs:
        remedy = N_("Make another version of it current instead.")
        raise Refused("“%(name)s” holds no diagram; the other folders need it.", remedy=remedy, name=name)
    state = state_of(tx, made)
    if state == RETIRED:
        raise Conflict("Version %(number)s of “%(name)s” is retired already.", name=name, number=made.number)
    tx.conn.execute(sa.update(bundle).where(bundle.c.id == made.id).values(retired_at=tx.now))
    if state == CURRENT:
        subscriptions.withdraw_starts(tx, name)
        start_timers.withdraw(tx, made.id)
    data = {"name": name, "number": made.number, "hash": made.hash, "note": note}
    events.record(actor, tx, "bundle.retired", process=name, data=data)
    return made


def roll_back(actor: Actor, tx: Tx, name: str, *, note: str = "") -> Bundle:
    """Make the newest version before the current one current that counted and is not retired; see ``promote``.

    A draft that nobody ever made current is nothing to go back to. Raises ``Refused`` without the role, ``Conflict``
    when there is none before.
    """
    require(actor)
    hold(tx, f"bundle\n{name}")
    now = bundles.current(tx, name)
    counted = bundle.c.chosen | (bundle.c.number < _first_counted(tx, name))
    before = (bundle.c.name == name, bundle.c.number < now.number, bundle.c.retired_at.is_(None), counted)
    number = tx.conn.execute(sa.select(sa.func.max(bundle.c.number)).where(*before)).scalar()
    if number is None:
        message = N_("There is no version of “%(name)s” before %(number)s to go back to.")
        remedy = N_("Deploy a corrected version, or make a retired one current.")
        raise Conflict(message, remedy=remedy, name=name, number=now.number)
    return promote(actor, tx, name, number, note=note)


def state_of(tx: Tx, made: Bundle) -> str:
    """The state of a version."""
    columns = (bundle.c.number, bundle.c.current, bundle.c.chosen, bundle.c.retired_at)
    return _state(
        tx.conn.execute(sa.select(*columns).where(bundle.c.id == made.id)).mappings().one(),
        _first_counted(tx, made.name),
    )


def require(actor: Actor, *, scope: str = WRITE) -> None:
    """Let people with the role in, and tokens with the scope; ``Refused`` for others."""
    if actor.scopes and scope not in actor.scopes:
        remedy = N_("Make a token with scope %(scope)s.")
        raise Refused("This token lacks the scope %(scope)s.", remedy=remedy, scope=scope)
    if not actor.has_role(*ROLES):
        raise Refused("You may not change which version counts.", remedy=N_("Ask a process owner to do it."))
