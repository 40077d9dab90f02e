"""What each activity of a process promises: who does it, by when, and what comes out (PRO-11)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from babel.units import format_unit
from flask_babel import get_locale, gettext

from loopdesk.desk import raci
from loopdesk.engine import bpmn
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import Invalid
from loopdesk.web import vocabulary

_LENGTH = re.compile(r"P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS = ("week", "day", "hour", "minute", "second")
_ACTIVITY = re.compile(r".*[tT]ask|callActivity")


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity in the reader's words; what its diagram does not say is empty."""

    id: str
    name: str
    who: tuple[str, ...]
    limit: str
    expected: str
    bordered: bool
    """whether events sit on its border"""

    @property
    def note(self) -> str:
        """What fits beside its shape."""
        return " · ".join([*([self.limit] if self.limit else []), *self.who[:1]])


def notes(made: Bundle, file: str) -> list[dict[str, object]]:
    """Who and by when, to stand below the shapes of a diagram, and below the events on their borders."""
    shown = [one for one in activities_of(made, file) if one.note]
    return [{"element": one.id, "text": one.note, "tone": "quiet", "below": 22 if one.bordered else 4} for one in shown]


def activities_of(made: Bundle, file: str) -> list[Activity]:
    """The activities of one diagram of a folder, in its order; none of a diagram that cannot be read."""
    return list(_found(made, file))


def _found(made: Bundle, file: str) -> Iterator[Activity]:
    try:
        processes = bpmn.read({file: made.files[file]}).processes.values()
        matrix = raci.parse(made.files.get(raci.FILE, b"activities: {}"))
    except Invalid:
        return  # the page of a draft says elsewhere what is wrong with it
    language = vocabulary.language()
    elements = [one for process in processes for one in process.elements.values()]
    hosts = {one.attached_to for one in elements}
    for element in elements:
        if _ACTIVITY.fullmatch(element.kind):
            line = matrix.get(element.id)
            yield Activity(
                element.id,
                made.text(element.id, "name", language) or element.id,
                tuple(map(side_in_words, line.R if line else ())),
                _limit(element.extras.properties.get("timeLimit", "")),
                made.text(element.id, "expectedResult", language),
                element.id in hosts,
            )


def side_in_words(text: str) -> str:
    """A side of the matrix in words; which department a variable names only the running case knows."""
    department, slash, role = text.partition("/")
    if not department.startswith("{"):
        return vocabulary.group(text)
    if department == "{case.department}":
        who = str(gettext("department of the case"))
    else:
        who = str(gettext("department of the process: %(name)s", name=department.strip("{}")))
    return f"{who} · {vocabulary.ROLES[role]}" if slash and role in vocabulary.ROLES else who


def _limit(text: str) -> str:
    """A time limit in words; of one that is computed, the lengths that it can have."""
    if not text.startswith("="):
        return _length(text)
    lengths = [one for one in re.findall(r'"(P[^"]*)"', text) if _LENGTH.fullmatch(one)]
    words = ", ".join(dict.fromkeys(map(_length, lengths)))
    if not words:
        return str(gettext("as the process computes"))
    return str(gettext("%(lengths)s, by the facts of the case", lengths=words))


def _length(text: str) -> str:
    found = _LENGTH.fullmatch(text)
    numbers = found.groups() if found else ()
    given = [(unit, int(number)) for unit, number in zip(_UNITS, numbers, strict=False) if number]
    words = [format_unit(number, f"duration-{unit}", "short", locale=get_locale()) for unit, number in given]
    return " ".join(words) or text
