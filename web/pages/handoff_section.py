"""What pages show of a handoff: both signatures with what was signed, and what may be done now (HND-2, HND-4)."""

from collections.abc import Iterable, Mapping
from typing import Any

from loopdesk.desk import arbitration, case, handoff
from loopdesk.desk.handoff import ACCEPTED, OFFERED, REJECTED
from loopdesk.desk.record import Case
from loopdesk.desk.rights import DESK
from loopdesk.engine import work
from loopdesk.engine.tx import Tx
from loopdesk.web import handoff_words
from loopdesk.web.context import actor

PRECEDENTS = 5
DIGITS = 12
"""How much of a digest is shown; the rest stands in its title."""


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_handoffs.html``, the newest handoff first."""
    made = handoff.listing(actor(), tx, found.number)
    ruled = {one.handoff: one for one in arbitration.of_case(actor(), tx, found.number)} if made else {}
    newest = made[-1]["id"] if made else ""
    tasks = tasks_of(tx, found.number) if made else {}
    return {
        "handoffs": [
            {
                "row": row,
                "look": handoff_words.STATES[row["state"]],
                "signatures": [_signature(tx, one) for one in row["signatures"]],
                "arbitration": ruled.get(row["id"]),
                "why": handoff_words.REASONS[ruled[row["id"]].reason] if row["id"] in ruled else "",
                "task": tasks.get(row["instance"]) if row["state"] == OFFERED else None,
                **may(row, found, newest=row["id"] == newest),
            }
            for row in reversed(made)
        ]
    }


def may(row: Mapping[str, Any], found: Case, *, newest: bool) -> dict[str, bool]:
    """Whether the reader may recall or dispute the handoff as things stand."""
    desk = actor().has_role(*DESK)
    mine = {side for side in (row["from_department"], row["to_department"]) if side in actor().departments}
    everywhere = actor().has_role("admin")
    open_ = newest and found.status not in ("solved", "closed")
    return {
        "may_recall": desk and row["state"] == OFFERED and (row["from_department"] in mine or everywhere),
        "may_dispute": bool(desk and open_ and row["state"] in (OFFERED, REJECTED, ACCEPTED) and (mine or everywhere)),
    }


def tasks_of(tx: Tx, number: str) -> dict[str, str]:
    """Instance -> the reader's open task there: where a handoff is answered."""
    return {row["instance_id"]: row["id"] for row in work.listing(actor(), tx, key=number)}


def dossier(found: Case, components: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a task's page shows of what is signed there; nothing for a form without a signature."""
    if not any(one.get("key") == "signed" for one in components):
        return {}
    shown = {"description", "steps", "expected", "system_version", "scope", "urgency"}
    further = {name: value for name, value in handoff.dossier(found).items() if name not in shown}
    return {
        "seen": handoff.seen(found),
        "digest": handoff.digest(found),
        "dossier": handoff_words.fields(further),
    }


def precedents(tx: Tx, data: Mapping[str, Any]) -> dict[str, Any]:
    """Rulings that are near to the dispute of a task, where it has one; they are looked for when the page is."""
    found = arbitration.one(tx, str(data.get("arbitration") or ""))
    if found is None:
        return {}
    near = arbitration.similar(tx, found, PRECEDENTS)
    seen = {one.case for one in near if case.find(actor(), tx, one.case) is not None}
    return {"precedents": near, "precedents_seen": seen}


def _signature(tx: Tx, one: Mapping[str, Any]) -> dict[str, Any]:
    signed = one["dossier"]
    return {
        **one,
        "does": handoff_words.SIDES[one["decision"]],
        "short": one["digest"][:DIGITS],
        "fields": handoff_words.fields(signed) if signed else [],
        "since": handoff_words.names(handoff.differs(tx, one["case"], signed)),
    }
