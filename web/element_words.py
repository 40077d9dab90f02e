"""What people call the elements of a diagram, and how a difference between two versions is marked."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from loopdesk.engine.bpmn.kinds import KINDS
from loopdesk.web.vocabulary import Look

CHANGES: Mapping[str, tuple[str, Look]] = {
    "added": ("+", Look(lazy_gettext("added"), "green", "plus")),
    "removed": ("−", Look(lazy_gettext("removed"), "red", "minus")),
    "changed": ("≠", Look(lazy_gettext("changed"), "yellow", "pen")),
    "moved": ("↔", Look(lazy_gettext("moved on the drawing"), "blue", "arrow")),
}
"""What became of an element -> the sign on the drawing, and the word, colour and shape beside it."""

STATES: Mapping[str, Look] = {
    "current": Look(lazy_gettext("current"), "accent", "check"),
    "draft": Look(lazy_gettext("draft"), "blue", "pen"),
    "former": Look(lazy_gettext("former"), "", "clock"),
    "retired": Look(lazy_gettext("retired"), "yellow", "minus"),
}
"""State of a version -> how it is shown."""

MIGRATIONS: Mapping[str, Look] = {
    "running": Look(lazy_gettext("running"), "accent", "play"),
    "paused": Look(lazy_gettext("paused"), "yellow", "pause"),
    "finished": Look(lazy_gettext("finished"), "green", "check"),
    "waiting": Look(lazy_gettext("waits"), "", "clock"),
    "migrated": Look(lazy_gettext("moved"), "green", "check"),
    "failed": Look(lazy_gettext("stays as it was"), "red", "octagon"),
}
"""State of a migration, or of one instance in it -> how it is shown."""


def kind(name: str) -> str:
    """What people call a kind of element; the kind itself where there is no word."""
    return str(gettext(KINDS.get(name, name)))


def said(msgid: str) -> str:
    """A property's name in the reader's language; a path stays what it is."""
    return str(gettext(msgid))


def options(rows: Iterable[Mapping[str, Any]], *, running: bool = False) -> list[tuple[int, str]]:
    """Versions to choose from: number, state and, where it matters, how many cases run on each."""
    texts = []
    for row in rows:
        text = f"{row['number']} · {STATES[row['state']].text}"
        more = gettext("%(count)s running", count=row["running"]) if running else ""
        texts.append((row["number"], f"{text} · {more}" if more else text))
    return texts
