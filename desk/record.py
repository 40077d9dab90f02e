"""What a case is: its row, and the departments that take part in it.

Facts of a case live here only; diagrams read them as ``case.*`` and operations alone change them (architecture §3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.sql import row_as
from loopdesk.engine.db import BIG, JSON, Moment, metadata
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

PERSON_ID = sa.String(64)
"""People may come from a host's sign-in with keys of its own, so nothing refers to them by foreign key."""
NUMBER = sa.String(20)
PROBLEM = "problem"
"""The channel of a parent problem: the house itself reports what many customers have reported (INT-8)."""
TIERS = ("L1", "L2", "L3")
"""The tiers of support from the first line up (DIA-1); above them stands the supervisor."""

case_ = sa.Table(
    "case_",
    metadata,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("title", sa.String(300), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("category", sa.String(60), nullable=False),
    sa.Column("type", sa.String(60), nullable=False),
    sa.Column("urgency", sa.String(30), nullable=False),
    sa.Column("scope", sa.String(60), nullable=False),
    sa.Column("complexity", sa.String(30), nullable=False),
    sa.Column("priority", sa.String(30), nullable=False, index=True),
    sa.Column("priority_reason", sa.Text, nullable=False),
    sa.Column("status", sa.String(20), nullable=False, index=True),
    sa.Column("department", sa.String(60), nullable=False, index=True),
    sa.Column("owner_id", PERSON_ID, nullable=False, index=True),
    sa.Column("assignee_id", PERSON_ID, nullable=False, index=True),
    sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisation.id"), index=True),
    sa.Column("contact_id", sa.String(32), sa.ForeignKey("contact.id"), index=True),
    sa.Column("channel", sa.String(30), nullable=False),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("occurred_at", Moment),
    sa.Column("steps", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("system_version", sa.String(200), nullable=False),
    sa.Column("solution", sa.Text, nullable=False),
    sa.Column("policy", sa.String(60), nullable=False),
    sa.Column("due_at", Moment, index=True),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("opened_at", Moment, nullable=False, index=True),
    sa.Column("solved_at", Moment),
    sa.Column("closed_at", Moment),
    sa.Column("close_reason", sa.Text, nullable=False),
    sa.Column("external_id", sa.String(500)),
    sa.Column("tier", sa.String(20), nullable=False, server_default=TIERS[0]),
    sa.Column("template", sa.String(60), nullable=False, server_default=""),
    sa.Column("details", JSON, nullable=False, server_default="{}"),
    sa.Column("asset_id", sa.String(32), sa.ForeignKey("asset.id"), index=True),
    sa.Column("service", sa.String(60), nullable=False, server_default=""),
    sa.Column("out_of_scope", sa.String(20), nullable=False, server_default=""),
    sa.Column("problem", NUMBER, nullable=False, server_default="", index=True),
    sa.Column("impact", sa.String(30), nullable=False, server_default=""),
    sa.Column("impact_score", sa.Float, nullable=False, server_default="0"),
    sa.Column("agreed", sa.String(30), nullable=False, server_default=""),
    sa.UniqueConstraint("channel", "external_id"),
    sa.Index("ix_case__customer", "organisation_id", "opened_at"),
)
"""``template``: which form for a frequent problem was used, ``details`` what else the form asked, by field (INT-3);
``service``: what of the customer's contract answers for the case, ``out_of_scope`` why nothing does (SLA-9);
``problem``: the parent problem that it is one report of (INT-8), ``agreed``: the priority agreed with the customer."""

UNDER_WAY = case_.c.status.in_([sa.literal_column(f"'{status}'") for status in ("new", "open", "waiting")])
"""Cases on which somebody has to do something; written out, so that their index serves whoever asks for them."""
sa.Index("ix_case__under_way", case_.c.owner_id, case_.c.number, postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY)

case_number = sa.Table(
    "case_number",
    metadata,
    sa.Column("serial", BIG, primary_key=True),
    sa.Column("at", Moment, nullable=False),
)
"""Hands out the running part of case numbers; its sequence neither blocks two reporters nor promises no gaps."""

involved = sa.Table(
    "involved",
    metadata,
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), primary_key=True),
    sa.Column("department", sa.String(60), primary_key=True),
    sa.Column("since", Moment, nullable=False),
)
"""Departments that hold, held, or work on a case: what their agents may see (SEC-1)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it stands; moments are zone-aware UTC, ids of nobody are empty."""

    number: str
    title: str
    description: str
    category: str
    type: str
    urgency: str
    scope: str
    complexity: str
    priority: str
    priority_reason: str
    status: str
    department: str
    owner_id: str
    assignee_id: str
    organisation_id: str | None
    contact_id: str | None
    channel: str
    language: str
    restricted: bool
    automatic: bool
    occurred_at: datetime | None
    steps: str
    expected: str
    system_version: str
    solution: str
    policy: str
    due_at: datetime | None
    provisional: bool
    opened_at: datetime
    solved_at: datetime | None
    closed_at: datetime | None
    close_reason: str
    external_id: str | None
    tier: str = TIERS[0]
    template: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    asset_id: str | None = None
    service: str = ""
    out_of_scope: str = ""
    problem: str = ""
    impact: str = ""
    impact_score: float = 0.0
    agreed: str = ""


EMPTY: Mapping[str, Any] = {
    one.name: "" if one.type is str else False for one in fields(Case) if one.type in (str, bool)
} | {"tier": TIERS[0], "details": {}, "impact_score": 0.0}
"""What a new case's row holds where nothing is known yet."""


def next_number(tx: Tx) -> str:
    """The next free case number ``L-<year>-<six digits or more>``, unique in every concurrent transaction."""
    inserted = tx.conn.execute(sa.insert(case_number).values(at=tx.now)).inserted_primary_key
    assert inserted is not None
    return f"L-{tx.now.year}-{inserted[0]:06d}"


def case_of_row(row: sa.RowMapping) -> Case:
    """The row as a `Case`."""
    return row_as(Case, row)


def get(tx: Tx, number: str, *, visible: sa.ColumnElement[bool] | None = None, lock: bool = False) -> Case:
    """The case, if it exists and ``visible`` (from `rights.visible_to`) lets it be seen.

    ``lock`` keeps others from changing it until the end of the transaction. Raises `Missing`, which does not tell
    whether the case exists.
    """
    case = find(tx, number, lock=lock) if visible is None else _read(tx, number, visible, lock=lock)
    if case is None:
        raise Missing("There is no case %(number)s.", number=number)
    return case


def find(tx: Tx, number: str, *, lock: bool = False) -> Case | None:
    """The case, or None. A transaction reads it once, and once more when it wants to ``lock`` what it had only read."""
    kept: dict[str, _Kept] = tx.kept(case_)
    if number in kept and (kept[number].locked or not lock):
        return kept[number].case
    case = _read(tx, number, lock=lock)
    if case is not None:
        kept[number] = _Kept(case, lock)
    return case


@dataclass(frozen=True, slots=True)
class _Kept:
    case: Case
    locked: bool


def _read(tx: Tx, number: str, visible: sa.ColumnElement[bool] | None = None, *, lock: bool = False) -> Case | None:
    query = sa.select(case_).where(case_.c.number == number)
    if visible is not None:
        query = query.where(visible)
    # Nothing changes the number, so rows that refer to the case need not wait for the lock.
    row = tx.ask(query.with_for_update(key_share=True) if lock else query).mappings().first()
    return case_of_row(row) if row is not None else None


def change(tx: Tx, number: str, **values: Any) -> None:
    """Write ``values`` into the case's row; the caller has asked for the right and records the event.

    The transaction knows the case so from now on; the row is written once, before the commit or whoever looks for it.
    """
    tx.change(case_, {"number": number, **values})
    kept = tx.kept(case_)
    if number in kept:
        kept[number] = replace(kept[number], case=replace(kept[number].case, **values))


def involve(tx: Tx, number: str, department: str) -> None:
    """Let the agents of ``department`` see the case from now on; nothing happens for a key that is no case."""
    if department and find(tx, number) is not None:
        tx.insert(involved, {"case": number, "department": department, "since": tx.now}, once=True)
