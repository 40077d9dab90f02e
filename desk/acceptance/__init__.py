"""Acceptance: gates that a solution has to pass, fed by the customer's system, reports, users, finance (FIX-5 to 8)."""

from loopdesk.desk.acceptance.gates import (
    BENEFIT,
    GATE_STATES,
    KINDS,
    LOAD_TEST,
    MONITORING,
    STATES,
    USERS,
    WANTED,
    Acceptance,
    Gate,
    get,
    in_state,
    listing,
    of_case,
    of_kind,
    see,
)
from loopdesk.desk.acceptance.tables import TABLES

__all__ = [
    "BENEFIT",
    "GATE_STATES",
    "KINDS",
    "LOAD_TEST",
    "MONITORING",
    "STATES",
    "TABLES",
    "USERS",
    "WANTED",
    "Acceptance",
    "Gate",
    "get",
    "in_state",
    "listing",
    "of_case",
    "of_kind",
    "see",
]
