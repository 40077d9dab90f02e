"""Whether operations' tooling granted what was asked of it (EMG-5): pure, so that each answer can be tried by hand."""

from collections.abc import Mapping
from typing import Any


def missing(asks: Mapping[str, Any], status: int, body: Any) -> dict[str, Any]:
    """What of ``asks`` the answer does not grant; empty when all of it is.

    A good answer has a status of 2xx and, where something was asked for, JSON with ``granted``: for a figure a number
    that is at least as high, for a list at least its names. ``ok: false`` grants nothing.
    """
    said = body if isinstance(body, Mapping) else {}
    if not 200 <= status < 300 or said.get("ok") is False:
        return dict(asks) or {"answer": status}
    granted = said.get("granted")
    held = granted if isinstance(granted, Mapping) else {}
    left = {name: _left(wanted, held.get(name)) for name, wanted in asks.items()}
    return {name: value for name, value in left.items() if value}


def _left(wanted: Any, given: Any) -> Any:
    """What is still owed of one thing: the rest of a figure, the names that are not there."""
    if isinstance(wanted, list):
        names = given if isinstance(given, list) else []
        return [one for one in wanted if one not in names]
    number = given if isinstance(given, int | float) and given is not True else 0
    return max(wanted - number, 0)
