"""Which policy counts for a case, and which of its levels: the table ``choice.dmn`` of the policies (SLA-1)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from loopdesk.desk import calendars, policy
from loopdesk.desk.record import Case
from loopdesk.desk.sla.book import FILE, Book
from loopdesk.desk.sla.live import CUSTOMER, DEPARTMENT, Library
from loopdesk.engine import bundles
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.calendar import Calendars
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

TABLE = "choice.dmn"
DECISIONS = {CUSTOMER: "policy", DEPARTMENT: "holding"}
"""Whom a level counts for -> the decision that chooses its policy."""


def current(tx: Tx) -> str:
    """The deployment of the policies that counts now; `Missing` where there is none."""
    return bundles.current(tx, policy.BUNDLE).id


def deployed(tx: Tx, bundle_id: str) -> Bundle:
    """A deployment of the policies; one from before there were clocks counts by the SLA policies that we ship.

    An owner's edit is never overwritten by an upgrade, so a house may keep such a folder for long.
    """
    made = bundles.get(tx, bundle_id)
    if FILE in made.files:
        return made
    shipped = {name: policy.shipped_file(policy.BUNDLE, name) for name in (FILE, TABLE, calendars.FILE)}
    return replace(made, files={**shipped, **made.files})


def library(tx: Tx) -> Library:
    """The policies and calendars of every deployment."""

    def known(bundle_id: str) -> Calendars:
        return calendars.read(deployed(tx, bundle_id).files.get(calendars.FILE, b"{}"))

    def book(bundle_id: str) -> Book:
        return _book(deployed(tx, bundle_id).files[FILE], known(bundle_id))

    return Library(book, known)


@lru_cache(maxsize=64)
def _book(content: bytes, known: Calendars) -> Book:
    return Book(policy.parse(content, FILE), known)


def choose(tx: Tx, case: Case, bundle_id: str, *, wanted: str = "", level: str = "") -> dict[str, dict[str, str]]:
    """Whom it counts for -> bundle, policy and level, by the tables of a deployment; ``wanted`` overrules the table.

    Raises `Invalid` where the fact that picks the level has a value without one, `Missing` for an unknown policy.
    """
    made = deployed(tx, bundle_id)
    known = tx.host.facts(tx, case.number)
    book = library(tx).book(bundle_id)
    found: dict[str, dict[str, str]] = {}
    for slot, decision in DECISIONS.items():
        asked = {"policy": wanted, "level": level}
        chosen = asked if wanted and slot == CUSTOMER else _decide(tx, made, decision, known)
        name = str(chosen.get("policy") or "")
        if not name:
            continue
        picked = str(chosen.get("level") or "") or _picked(book, name, known)
        book.level(name, picked)
        found[slot] = {"bundle": bundle_id, "policy": name, "level": picked}
    return found


def _decide(tx: Tx, made: Bundle, decision: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        model = made.model(decision)
    except Missing:
        return {}
    value = model.decide(decision, {"case": known}, now=tx.now).value
    return value if isinstance(value, Mapping) else {}


def _picked(book: Book, name: str, known: Mapping[str, Any]) -> str:
    """The level whose value the case's fact has; a policy with one level for everything needs no fact."""
    values = book.values(name)
    value = str(known.get(str(book.said(name).get("picked_by") or "")) or "")
    return values[0] if value not in values and len(values) == 1 else value
