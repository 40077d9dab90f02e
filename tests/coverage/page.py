"""``docs/coverage.md``: each row of the requirements with the tests that drive it."""

from collections.abc import Iterator
from itertools import groupby

from loopdesk.tests.coverage.marks import ROOT, Marks
from loopdesk.tests.coverage.rows import FILE, Row, rows

PAGE = ROOT / "docs" / "coverage.md"
MISSING = FILE.with_name("missing.txt")
"""Owed and without a test: a list that may only become shorter."""
HEAD = """# What proves each requirement

Written from the marks of the tests by `python -m loopdesk.tests.coverage`; do not edit it by hand. A mark stands only
on a scenario, HTTP, mail, command-line or browser test that asserts what is stored at the end. Rows with several
clauses have a line for each. What has no test yet is not claimed to work.
"""


def missing(found: Marks) -> list[str]:
    """Rows and clauses that must have a test by now and have none."""
    return [id_ for row in rows() if row.owed for id_ in row.ids if id_ not in found]


def listed() -> list[str]:
    """What `missing.txt` admits."""
    return MISSING.read_text(encoding="utf-8").split() if MISSING.exists() else []


def page(found: Marks) -> str:
    """The page as text."""
    return "\n".join([HEAD, *_chapters(found)])


def _chapters(found: Marks) -> Iterator[str]:
    for chapter, its in groupby(rows(), lambda row: row.chapter):
        yield f"## {chapter}\n\n| row | what | tests |\n| --- | --- | --- |"
        for row in its:
            yield from _lines(row, found)
        yield ""


def _lines(row: Row, found: Marks) -> Iterator[str]:
    yield f"| **{row.id}** | {row.title} | {_tests(found.get(row.id, []), own=not row.clauses)} |"
    for clause, id_ in zip(row.clauses, row.ids, strict=False):
        yield f"| {id_} | {clause.replace('-', ' ')} | {_tests(found.get(id_, []), own=True)} |"


def _tests(names: list[str], *, own: bool) -> str:
    if not names:
        return "none yet" if own else ""
    return "<br>".join(f"`{_escaped(name.removeprefix('tests/'))}`" for name in sorted(names))


def _escaped(name: str) -> str:
    return name.replace("|", "\\|").replace("`", "'")


def write(found: Marks) -> list[str]:
    """Write the page and shorten the list of what is missing; that list."""
    PAGE.write_text(page(found), encoding="utf-8")
    left = [id_ for id_ in listed() if id_ in missing(found)]
    MISSING.write_text("".join(f"{id_}\n" for id_ in left), encoding="utf-8")
    return left
