"""The rows of the requirements as ``rows.yaml`` holds them: what marks may name and what must be proven."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("rows.yaml")


@dataclass(frozen=True)
class Row:
    """One row: its id, a few words, the chapter it stands in, its clauses, and whether it must have tests by now."""

    id: str
    title: str
    chapter: str
    clauses: tuple[str, ...] = ()
    owed: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """What needs a test of its own: the clauses, or the row itself where it has none."""
        return tuple(f"{self.id}/{clause}" for clause in self.clauses) or (self.id,)


def _read() -> Iterator[Row]:
    for name, chapter in yaml.safe_load(FILE.read_text(encoding="utf-8")).items():
        for id_, said in chapter["rows"].items():
            heading = f"{name} · {chapter['title']}"
            yield Row(id_, said["title"], heading, tuple(said.get("clauses", ())), said.get("owed", False))


@cache
def rows() -> tuple[Row, ...]:
    """Every row, in the order of the requirements."""
    return tuple(_read())


@cache
def known() -> frozenset[str]:
    """All ids that a mark may name: a whole row, or one of its clauses."""
    return frozenset(id_ for row in rows() for id_ in (row.id, *row.ids))
