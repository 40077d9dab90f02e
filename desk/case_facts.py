"""What a case's own rows say of it, for expressions and message templates; `facts` adds what other rooms know."""

from collections.abc import Callable
from functools import cache
from typing import Any

from loopdesk.desk import customers, people
from loopdesk.desk.record import Case
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

_NAMES = """
number title description category type urgency scope complexity priority priority_reason status department channel
language restricted automatic occurred_at steps expected system_version solution policy provisional opened_at
solved_at closed_at close_reason
template details service out_of_scope problem impact impact_score agreed
"""
PLAIN = _NAMES.split()
_BESIDE = "due owner assignee missing support_tier owner_name tier customer customer_number contact contact_phone"
LETTERS = (*PLAIN, *_BESIDE.split())
"""All that `of_case` knows, for letters."""
REQUIRED = ("customer", "description", "occurred_at", "steps", "expected", "system_version", "scope")
"""Fields of INT-2 that are asked for; screenshots and logs follow a report and cannot be missed at its opening."""


def of_case(tx: Tx, case: Case) -> dict[str, Any]:
    """The facts of ``case``; moments are zone-aware, absent values None or empty."""
    return {**held(case), **{name: find() for name, find in asked(tx, case).items()}}


def held(case: Case) -> dict[str, Any]:
    """What stands in the case's own row."""
    own = {"due": case.due_at, "owner": case.owner_id, "assignee": case.assignee_id, "missing": missing_fields(case)}
    own |= {"support_tier": case.tier}
    return {name: getattr(case, name) for name in PLAIN} | own


def asked(tx: Tx, case: Case) -> dict[str, Callable[[], Any]]:
    """What stands elsewhere, each with the way to it."""

    def organisation() -> customers.Organisation | None:
        # Read once: no step of a process changes a customer.
        kept = tx.kept(customers.organisation)
        if case.organisation_id not in kept:
            kept[case.organisation_id] = customers.organisation_of(tx, case.organisation_id)
        found: customers.Organisation | None = kept[case.organisation_id]
        return found

    @cache
    def contact() -> customers.Contact | None:
        return customers.contact(tx, case.contact_id) if case.contact_id else None

    return {
        "owner_name": lambda: name_of(tx, case.owner_id),
        "tier": lambda: found.tier if (found := organisation()) else "potential",
        "customer": lambda: found.name if (found := organisation() or contact()) else "",
        "customer_number": lambda: found.number if (found := organisation()) else "",
        "contact": lambda: found.name if (found := contact()) else "",
        "contact_phone": lambda: found.phone if (found := contact()) else "",
    }


def missing_fields(case: Case) -> list[str]:
    """Keys of the INT-2 fields that are still empty, in the form's order."""
    known = {"customer": case.organisation_id}
    return [key for key in REQUIRED if not (known[key] if key in known else getattr(case, key))]


def name_of(tx: Tx, person_id: str) -> str:
    """A person's name, empty for nobody; a host's person who is gone keeps his id."""
    if not person_id:
        return ""
    try:
        return people.by_id(tx, person_id).name
    except Missing:
        return person_id
