"""The departments of the house (ONC-1): a policy file that the process owner edits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

FIRST_LINE = "support"
"""Holds a case until routing has said who does (INT-6)."""
_SHIPPED = Path(__file__).parents[1] / "workflows" / policy.BUNDLE / "departments.yaml"


def _all(tx: Tx) -> Mapping[str, Any]:
    try:
        return dict(policy.read(tx, "departments").get("departments", {}))
    except Missing:
        # The very first bundles are checked before any policy is deployed.
        return dict(policy.parse(_SHIPPED.read_bytes(), _SHIPPED.name).get("departments", {}))


def codes(tx: Tx) -> list[str]:
    """The codes that people, RACI matrices and handoffs use, in the owner's order."""
    return list(_all(tx))


def names(tx: Tx, language: str) -> dict[str, str]:
    """Code -> name in ``language``, else in English, else the code."""
    return {code: str(_name(entry, language) or code) for code, entry in _all(tx).items()}


def head(tx: Tx, code: str) -> str:
    """The role that answers for a department: what the policy says under ``head``, else supervisor."""
    entry = _all(tx).get(code)
    return str(entry.get("head") or "supervisor") if isinstance(entry, Mapping) else "supervisor"


def push(tx: Tx, code: str) -> Mapping[str, Any]:
    """Where new tasks of a department are pushed: channel, address and perhaps language; empty for nowhere (HND-7)."""
    entry = _all(tx).get(code)
    group = entry.get("push") if isinstance(entry, Mapping) else None
    return group if isinstance(group, Mapping) else {}


def _name(entry: object, language: str) -> object:
    if not isinstance(entry, Mapping):
        return entry
    texts = entry.get("name", entry)
    return texts.get(language) or texts.get("en") if isinstance(texts, Mapping) else texts
