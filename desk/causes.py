"""Why promised times are missed: the catalogue that a trace of a breach chooses from (SLA-6)."""

from loopdesk.desk import policy
from loopdesk.engine.tx import Tx

POLICY = "breach-causes"


def names(tx: Tx, language: str) -> dict[str, str]:
    """Code -> name of the catalogue's causes in ``language``: the owner's file, else the one we ship."""
    known = dict(policy.said(tx, POLICY, "causes") or {})
    return {str(code): policy.name_in(entry, language) or str(code) for code, entry in known.items()}
