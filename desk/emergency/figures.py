"""The figures of the policy ``emergency.yaml``: kinds, grades, cadences, times (EMG-1 to EMG-4, EMG-7, EMG-11)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.emergency.rows import EXTERNAL, INTERNAL, Emergency
from loopdesk.engine.tx import Tx

POLICY = "emergency"
FILE = f"{POLICY}.yaml"


def said(tx: Tx, *keys: str) -> Any:
    """What the policy says under ``keys``; where the house's own is older than that, what we ship; None for neither."""
    return policy.said(tx, POLICY, *keys)


def kinds(tx: Tx) -> dict[str, Any]:
    """Code -> entry of each kind of event, in the owner's order (EMG-1)."""
    return dict(said(tx, "kinds") or {})


def grades(tx: Tx) -> dict[str, Any]:
    """Code -> entry of each grade, from the highest to the lowest (EMG-1)."""
    return dict(said(tx, "grades") or {})


def names(tx: Tx, what: str, language: str) -> dict[str, str]:
    """Code -> name in ``language`` of the ``kinds`` or ``grades``, else the code."""
    return {code: policy.name_in(entry, language) or code for code, entry in dict(said(tx, what) or {}).items()}


def top(tx: Tx) -> str:
    """The highest grade, at which security incidents start (EMG-2)."""
    return next(iter(grades(tx)))


def higher(tx: Tx, grade: str, than: str) -> bool:
    """Whether ``grade`` stands above ``than``."""
    order = list(grades(tx))
    return grade in order and than in order and order.index(grade) < order.index(than)


def cadence(tx: Tx) -> timedelta:
    """How long after the declaration the customers' first update is due (EMG-4)."""
    return time(tx, "cadence")


def pace(tx: Tx, grade: str, audience: str) -> timedelta:
    """How far apart updates to an audience are at a grade (EMG-4)."""
    return time(tx, "grades", grade, audience)


def promised(emergency: Emergency, audience: str) -> datetime | None:
    """The moment by which the audience was promised the next update; None for no promise."""
    return {EXTERNAL: emergency.next_update_at, INTERNAL: emergency.internal_due_at}[audience]


def time(tx: Tx, *keys: str) -> timedelta:
    """A duration of the policy; raises `Invalid` with the place where it is none."""
    return policy.duration(said(tx, *keys), place=f"{FILE}: {'.'.join(keys)}")


def _under(found: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
