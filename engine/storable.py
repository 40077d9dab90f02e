"""What a database can hold: borders (web, command line) let nothing else in, texts of other systems are made so."""

import re
from collections.abc import Iterator
from typing import Any

from loopdesk.engine.errors import N_, Invalid

MOST = 2**63 - 1
"""The largest whole number that a database counts with."""
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
ODD_TEXT = N_("This text holds characters that cannot be stored.")
TOO_LARGE = N_("This number is too large.")


def storable(text: str) -> str:
    """A text of somebody else's with a sign in place of what PostgreSQL cannot hold: NUL, halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def wrong_in(value: Any) -> tuple[str, str] | None:
    """Path and fault (a gettext id) of the first NUL, half surrogate pair or number beyond 64 bits; None without."""
    for path, one in _leaves(value):
        if isinstance(one, str) and UNSTORABLE.search(one):
            return UNSTORABLE.sub("", path), ODD_TEXT
        if is_too_large(one):
            return path, TOO_LARGE
    return None


def require_storable(value: Any) -> None:
    """Raise ``Invalid``, naming the field, for JSON of which a database cannot hold a text or number."""
    found = wrong_in(value)
    if found:
        refuse(*found)


def refuse(field: str, fault: str) -> None:
    """Raise ``Invalid`` for a field, ``body`` without a name."""
    fields = {field or "body": [fault]}
    raise Invalid("This cannot be stored.", fields=fields, remedy=N_("Correct it and send it again."))


def is_too_large(value: Any) -> bool:
    """Whether this is a whole number beyond 64 bits."""
    return isinstance(value, int) and abs(value) > MOST


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, dict):
            yield from ((f"{path}.{name}".strip("."), name) for name in one)
            waiting += [(f"{path}.{name}".strip("."), inner) for name, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(f"{path}.{index}".strip("."), inner) for index, inner in enumerate(one)]
        else:
            yield path, one
