"""How few stars somebody calls back for, and how soon: the table ``low.dmn`` of the process ``feedback`` and the policy
``feedback.yaml``, nowhere else (FBK-2).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.feedback.tables import BOUNDS
from loopdesk.engine import bundles, dmn
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

BUNDLE, TABLE, DECISION = "feedback", "low.dmn", "low"


def calls_back(tx: Tx, given: Mapping[str, Any]) -> bool:
    """Whether the answer ``given`` (stars, nps and the other scales) is one that somebody calls about."""
    found = _model(tx).decide(DECISION, dict(given), now=tx.now).value
    return isinstance(found, Mapping) and found.get("call_back") is True


def below(tx: Tx) -> int:
    """With fewer stars than this somebody calls, as pages and letters promise it; 0 where nobody does."""
    least, most = BOUNDS["stars"]
    return max((stars + 1 for stars in range(least, most + 1) if calls_back(tx, {"stars": stars})), default=0)


def within(tx: Tx) -> str:
    """How soon somebody calls, as the policy writes it: an ISO 8601 duration."""
    return str(policy.said(tx, "feedback", "call_back", "within"))


def promised(tx: Tx) -> dict[str, Any]:
    """What letters and pages may promise: ``call_below`` so many stars somebody calls, ``call_within`` (timedelta)."""
    return {"call_below": below(tx), "call_within": policy.duration(within(tx), place="feedback.yaml: within")}


def _model(tx: Tx) -> dmn.Model:
    """The house's table; the shipped one for a house whose folder is older than it."""
    try:
        return bundles.current(tx, BUNDLE).model(DECISION)
    except Missing:
        return _shipped()


@lru_cache(maxsize=1)
def _shipped() -> dmn.Model:
    return dmn.read(policy.shipped_file(BUNDLE, TABLE), file=TABLE)
