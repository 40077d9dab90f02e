"""Why promised times are missed: the catalogue that a trace of a breach chooses from (SLA-6)."""

from pathlib import Path

from loopdesk.desk import policy
from loopdesk.engine.tx import Tx

POLICY = "breach-causes"
_SHIPPED = Path(__file__).parents[1] / "workflows" / policy.BUNDLE / f"{POLICY}.yaml"


def names(tx: Tx, language: str) -> dict[str, str]:
    """Code -> name of the catalogue's causes in ``language``: the owner's file, else the one we ship."""
    shipped = policy.parse(_SHIPPED.read_bytes(), _SHIPPED.name).get("causes", {})
    known = dict(policy.value(tx, POLICY, "causes", default=shipped))
    return {str(code): policy.name_in(entry, language) or str(code) for code, entry in known.items()}
