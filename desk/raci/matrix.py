"""The file ``raci.yaml``: its lines, read and written."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from loopdesk.engine import yamlfiles
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.host import Files

FILE = "raci.yaml"
LETTERS = ("R", "A", "C", "I")
ALL, ANY = "all", "any"
"""Of several responsible sides all have to complete their task, or the first one is enough."""
SIDE = re.compile(r"(?P<department>[a-z][a-z0-9_]*|\{(?P<name>[a-zA-Z_][\w.]*)\})(?:/(?P<role>[a-z_]+))?")


@dataclass(frozen=True, slots=True)
class Row:
    """One activity's line of the matrix; each letter holds sides as written."""

    R: tuple[str, ...]
    A: tuple[str, ...]
    C: tuple[str, ...]
    I: tuple[str, ...]  # noqa: E741 - the matrix is called RACI
    together: str = ALL

    def sides(self) -> Iterator[tuple[str, str]]:
        """(letter, side) of everything in the line."""
        for letter in LETTERS:
            for side in getattr(self, letter):
                yield letter, side


@lru_cache(maxsize=256)
def parse(content: bytes) -> Mapping[str, Row]:
    """Activity -> line. Raises `Invalid` when the file is no such matrix."""
    data = yamlfiles.read(content, FILE)
    activities = data.get("activities") if isinstance(data, Mapping) else None
    if not isinstance(activities, Mapping) or not all(isinstance(line, Mapping) for line in activities.values()):
        raise Invalid(
            "%(file)s needs “activities” with one line for each.",
            remedy=N_("Write for each activity: R: [department/role], A: department/role, C: [], I: []."),
            file=FILE,
        )
    return {str(name): _row(line) for name, line in activities.items()}


def of_files(files: Files) -> Mapping[str, Row]:
    """The matrix of a bundle; empty without one. Raises `Invalid` like `parse`."""
    return parse(files.get(FILE, b"activities: {}"))


def row_of(sides: Mapping[str, Sequence[str]], together: str = ALL) -> Row:
    """The line with these sides for each letter."""
    responsible, accountable, consulted, informed = (tuple(sides.get(letter, ())) for letter in LETTERS)
    return Row(responsible, accountable, consulted, informed, together)


def written(matrix: Mapping[str, Row], before: bytes = b"") -> bytes:
    """The file of a matrix, one line for each activity, under the comments that stood above the lines ``before``."""
    lines = [*_comments(before), "activities:"]
    for name, row in matrix.items():
        letters = [f"{letter}: {_listed(letter, getattr(row, letter))}" for letter in LETTERS]
        more = [f"together: {row.together}"] if row.together != ALL else []
        lines.append(f"  {name}: {{{', '.join([*letters, *more])}}}")
    return ("\n".join(lines) + "\n").encode()


def _comments(before: bytes) -> Iterator[str]:
    for line in before.decode(errors="replace").splitlines():
        if not line.startswith("#"):
            return
        yield line


def _listed(letter: str, sides: Sequence[str]) -> str:
    """Exactly one accountable is written without brackets, as nobody would write two."""
    return _quoted(sides[0]) if letter == "A" and len(sides) == 1 else f"[{', '.join(map(_quoted, sides))}]"


def _quoted(side: str) -> str:
    return side if re.fullmatch(r"[a-z][a-z0-9_/]*", side) else json.dumps(side, ensure_ascii=False)


def _row(line: Mapping[str, object]) -> Row:
    said = line.get("together", ALL)
    sides = {letter: _sides(line.get(letter)) for letter in LETTERS}
    return row_of(sides, str(said).strip() if said else ALL)


def _sides(value: object) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return tuple(str(item).strip() for item in value) if isinstance(value, list) else (str(value).strip(),)
