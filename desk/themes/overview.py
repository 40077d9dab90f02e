"""The themes of the last days beside those of as many days before, and what goes with many or few stars (FBK-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from loopdesk.desk.rights import require
from loopdesk.desk.themes import gather, mining, rules
from loopdesk.desk.themes.mining import Driver, Text, Theme
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

COMPLAINTS, SUGGESTIONS, ALL = KINDS = ("complaints", "suggestions", "all")
DAYS = (30, 90, 365)
"""Periods that the page offers."""
QUOTES = 3


@dataclass(frozen=True, slots=True)
class Overview:
    """``texts`` and ``before`` say how many were read of this period and of the one before; ``least`` and
    ``drivers_least`` how many make a theme and a driver."""

    themes: Sequence[Theme]
    drivers: Sequence[Driver]
    texts: int
    before: int
    least: int
    drivers_least: int


def overview(actor: Actor, tx: Tx, *, days: int, kind: str, language: str) -> Overview:
    """The themes of the last ``days`` in texts of a kind, for what ``actor`` may see; drivers in all rated texts."""
    require(actor, "themes.read")
    by = rules.read(tx)
    span = timedelta(days=days)
    now, before = tx.now + timedelta(seconds=1), tx.now - span
    every = gather.texts(actor, tx, before, now)
    mine = _of(actor, tx, kind, every, days)
    earlier = _of(actor, tx, kind, gather.texts(actor, tx, before - span, before), 2 * days, days)
    found = mining.themes(mine, earlier, by, language)
    drivers = mining.drivers(every, by, language)
    return Overview(found, drivers, len(mine), len(earlier), by.least, by.drivers_least)


def one(actor: Actor, tx: Tx, code: str, *, days: int, kind: str, language: str) -> Theme:
    """One theme with all its texts; raises `Missing` where it is none in this period."""
    found = overview(actor, tx, days=days, kind=kind, language=language)
    theme = next((theme for theme in found.themes if theme.code == code), None)
    if theme is None:
        raise Missing("There is no such theme in this period.")
    return theme


def quotes(theme: Theme) -> list[Text]:
    """A few of the shortest texts, which say it plainest; the same ones every time."""
    said = (text for text in theme.texts if text.text.strip())
    return sorted(said, key=lambda text: (len(text.text), text.id))[:QUOTES]


def _of(actor: Actor, tx: Tx, kind: str, texts: Sequence[Text], since: int, until: int = 0) -> list[Text]:
    if kind == SUGGESTIONS:
        end = tx.now - timedelta(days=until) if until else tx.now + timedelta(seconds=1)
        return gather.suggestions(actor, tx, tx.now - timedelta(days=since), end)
    return [text for text in texts if text.complaint or kind == ALL]
