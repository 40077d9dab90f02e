"""What the priorities are called: as the levels of ``sla.yaml`` are, on pages, clocks and letters alike (SLA-1)."""

from collections.abc import Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.tx import Tx

POLICY, FACT = "sla", "priority"
"""The first policy of the file whose levels this fact picks names the priorities."""


def names(tx: Tx, language: str) -> dict[str, str]:
    """Code -> name in ``language``, in the owner's order; a code without a name there is not among them."""
    found = {str(code): policy.name_in(level, language) for code, level in _levels(tx).items()}
    return {code: name for code, name in found.items() if name}


def codes(tx: Tx) -> list[str]:
    """The priorities that the owner has levels for, in his order."""
    return [str(code) for code in _levels(tx)]


def _levels(tx: Tx) -> Mapping[Any, Any]:
    policies = policy.said(tx, POLICY, "policies")
    for one in policies.values() if isinstance(policies, Mapping) else ():
        if isinstance(one, Mapping) and one.get("picked_by") == FACT and isinstance(one.get("levels"), Mapping):
            return dict(one["levels"])
    return {}
