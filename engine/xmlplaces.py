"""Where an XML file is broken, as people read it."""

import re
from typing import NamedTuple

from lxml import etree

_PLACE = re.compile(r", line \d+, column \d+$")


class Place(NamedTuple):
    """``line`` and ``column``, both from 1, and the ``reason`` without them."""

    line: int
    column: int
    reason: str


def place_of(error: etree.XMLSyntaxError) -> Place:
    """What the parser says, and where it stopped."""
    line, column = error.position
    return Place(line, max(column, 1), _PLACE.sub("", error.msg or ""))
