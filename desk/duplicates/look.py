"""What a report reminds of: looked for when it is opened and while it is typed (INT-8).

The work for one report is bounded: it is compared with the newest that look alike, however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import customers, likeness, record
from loopdesk.desk.casework import OPEN
from loopdesk.desk.duplicates import links, problems, rules
from loopdesk.desk.duplicates.rules import Rules
from loopdesk.desk.record import Case, case_, case_of_row
from loopdesk.desk.rights import readable, require
from loopdesk.engine.actor import Actor
from loopdesk.engine.sql import hold
from loopdesk.engine.tx import Tx

SAME_CUSTOMER, SAME_ASSET, LIKE = "same_customer", "same_asset", "like"
SHOWN = 5
"""Cases shown while somebody types, and proposed for a new one."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A case that a text reminds of: why (same_customer, same_asset, like), and how alike the texts are, 0 to 1."""

    case: Case
    reason: str
    likeness: float


def at_opening(actor: Actor, tx: Tx, number: str) -> dict[str, Any]:
    """Look what a new case repeats: propose its likes, and put it under the parent problem that it is a report of.

    Gives the number of the parent problem (None without one) and those of similar cases. Restricted cases stay apart.
    """
    require(actor, "case.look")
    case = record.get(tx, number)
    nothing: dict[str, Any] = {"problem": case.problem or None, "similar": []}
    if case.restricted or case.channel == problems.CHANNEL or case.problem:
        return nothing
    known = rules.read(tx)
    words = likeness.told(case.title, case.description)
    found = _alike(tx, case, words, known)
    own = [one for one in found if one.reason != LIKE][:SHOWN]
    links.propose(actor, tx, number, [(one.case.number, one.reason, one.likeness) for one in own])
    parent = _parent(actor, tx, case, found, words, known)
    return {"problem": parent, "similar": [one.case.number for one in own]}


def typed(
    actor: Actor, tx: Tx, text: str, *, customer_number: str = "", contact_id: str = "", most: int = SHOWN
) -> list[Similar]:
    """The cases that a text reminds of while it is typed, of those that the actor may see: the likest first."""
    require(actor, "case.read")
    known = rules.read(tx)
    words = likeness.told("", text)
    customer = customers.by_number(tx, customer_number) if customer_number else None
    organisation = (
        customer.id if customer else customers.contact(tx, contact_id).organisation_id if contact_id else None
    )
    found = _candidates(tx, words, known, readable(actor), organisation=organisation)
    alike = [_compared(one, words, known, organisation, contact_id, None) for one in found]
    return sorted((one for one in alike if one), key=lambda one: -one.likeness)[:most]


def _alike(tx: Tx, case: Case, words: frozenset[str], known: Rules) -> list[Similar]:
    open_to_all = ~case_.c.restricted & (case_.c.number != case.number)
    found = _candidates(tx, words, known, open_to_all, organisation=case.organisation_id, asset=case.asset_id)
    compared = [
        _compared(one, words, known, case.organisation_id, case.contact_id, case.asset_id)
        for one in found
        if one.channel != problems.CHANNEL
    ]
    return sorted((one for one in compared if one), key=lambda one: (-one.likeness, one.case.number))


def _candidates(
    tx: Tx,
    words: frozenset[str],
    known: Rules,
    where: sa.ColumnElement[bool],
    *,
    organisation: str | None = None,
    asset: str | None = None,
) -> list[Case]:
    """Newest cases that may be alike: by the figures of their texts, of the same customer, about the same asset."""
    since = tx.now - known.within
    numbers = set()
    if len(words) >= known.words:
        numbers.update(likeness.near(tx, likeness.bands(words), since, known.compared))
    for column, value in ((case_.c.organisation_id, organisation), (case_.c.asset_id, asset)):
        if value:
            own = sa.select(case_.c.number).where(column == value, case_.c.opened_at >= since)
            numbers.update(tx.conn.scalars(own.order_by(case_.c.opened_at.desc()).limit(known.compared)))
    if not numbers:
        return []
    query = sa.select(case_).where(case_.c.number.in_(sorted(numbers)), where, case_.c.close_reason != links.MERGED)
    return [case_of_row(row) for row in tx.conn.execute(query).mappings()]


def _compared(
    other: Case, words: frozenset[str], known: Rules, organisation: str | None, contact: str | None, asset: str | None
) -> Similar | None:
    if len(words) < known.words:
        return None
    alike = likeness.overlap(words, likeness.told(other.title, other.description))
    if asset and other.asset_id == asset and alike >= known.same_asset:
        return Similar(other, SAME_ASSET, alike)
    same = (organisation and other.organisation_id == organisation) or (contact and other.contact_id == contact)
    if same and alike >= known.same_customer:
        return Similar(other, SAME_CUSTOMER, alike)
    return Similar(other, LIKE, alike) if alike >= known.burst else None


def _parent(
    actor: Actor, tx: Tx, case: Case, found: Sequence[Similar], words: frozenset[str], known: Rules
) -> str | None:
    """The parent problem that the case belongs to: one that there is, or one that begins with this report."""
    group = _group(case, found, known)
    parent = _running(tx, group)
    if parent is None and _bursts(tx, case, group, known):
        # One after the other, and seen with fresh eyes: another report may just have begun the problem.
        hold(tx, "problem")
        group = _group(case, _alike(tx, case, words, known), known)
        parent = _running(tx, group) or problems.begin(tx, case, _lately(tx, group, known))
    if parent is None:
        return None
    problems.take_in(actor, tx, parent, [case, *_lately(tx, group, known)])
    return parent


def _group(case: Case, found: Sequence[Similar], known: Rules) -> list[Case]:
    same = [one.case for one in found if one.likeness >= known.burst and one.case.status in OPEN]
    return [one for one in same if one.number != case.number]


def _lately(tx: Tx, group: Sequence[Case], known: Rules) -> list[Case]:
    return [one for one in group if one.opened_at >= tx.now - known.burst_within]


def _bursts(tx: Tx, case: Case, group: Sequence[Case], known: Rules) -> bool:
    """Whether so many customers report the same within so short a time that it is one problem of ours."""
    lately = [case, *_lately(tx, group, known)]
    customers_ = {one.organisation_id or one.contact_id or one.number for one in lately}
    return len(customers_) >= known.customers or len(lately) >= known.reports


def _running(tx: Tx, group: Sequence[Case]) -> str | None:
    """The open parent problem that most of the reports like this one have."""
    named = [one.problem for one in group if one.problem]
    query = sa.select(case_.c.number).where(case_.c.number.in_(set(named)), case_.c.status.in_(OPEN))
    still = set(tx.conn.scalars(query)) if named else set()
    return max(sorted(still), key=named.count, default=None)
