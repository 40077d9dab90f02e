"""The time zones of people and customers, of which one from before they were checked may be none (COM-7)."""

from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=256)
def is_known(name: str) -> bool:
    """Whether ``name`` is the IANA name of a zone."""
    try:
        return bool(ZoneInfo(name))
    except (ValueError, KeyError, OSError):
        return False


def of(name: str, house: str) -> ZoneInfo:
    """The zone that was kept as ``name``; that of the ``house`` where there is none of that name.

    A letter in the zone of the house, which it names, is of more use than none at all.
    """
    return ZoneInfo(name if is_known(name) else house)
