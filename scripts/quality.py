"""Writes docs/quality.md: ``python -m loopdesk.scripts.quality``.

``--without-tests`` leaves out the long part; ``--tests FILE`` only enters the seconds of a ``make test`` whose output
is in the file.
"""

import argparse
import os
import re
import statistics
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from loopdesk.scripts.product import ROOT, clean_clone, running
from loopdesk.scripts.weight import weights

PAGE = ROOT / "docs" / "quality.md"
LIGHT, HEAVY = 120_000, 300_000
"""Bytes of script that a page, and one with a form or charts, may load."""
WITH_FORM = ("/tasks/…", "/portal/report", "/figures")
ROOMS = {
    "engine": ("*.py",),
    "desk": ("*.py",),
    "forms": ("*.py",),
    "connectors": ("*.py",),
    "web": ("*.py", "*.ts", "*.css", "*.html"),
    "tests": ("*.py",),
}
SKIPPED = {"node_modules", "static", "versions"}

Row = tuple[str, ...]


def main() -> None:
    """Measure in a clean clone of the present commit, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-tests", action="store_true", help="leave out the seconds of `make test`")
    parser.add_argument("--tests", type=Path, help="output of a `make test` that ran before")
    arguments = parser.parse_args()
    if arguments.tests:
        told = _tests(*_told(arguments.tests.read_text(encoding="utf-8")))
        PAGE.write_text(_entered(PAGE.read_text(encoding="utf-8"), told), encoding="utf-8")
        return
    with clean_clone() as folder:
        with running(folder) as first:
            pages = weights(first)
        with running(folder) as second:
            starts = [first.seconds, second.seconds]
        tests = [] if arguments.without_tests else [_test(folder)]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    PAGE.write_text(
        _page(commit.stdout.strip(), _times(starts, tests), _scripts(pages), list(_rooms())), encoding="utf-8"
    )


def _test(folder: Path) -> tuple[float, str]:
    start = time.monotonic()
    ran = subprocess.run(["make", "test"], cwd=folder, capture_output=True, text=True, check=False)
    return time.monotonic() - start, ran.stdout.strip().splitlines()[-1].strip("= ")


def _told(output: str) -> tuple[float, str]:
    """Seconds and summary that pytest closed with, such as ``12 passed in 34.56s (0:00:34)``."""
    found = re.findall(r"^=*\s*(\d+ (?:passed|failed).* in ([\d.]+)s.*?)\s*=*$", output, re.MULTILINE)
    if not found:
        raise SystemExit("That output does not end with pytest's summary.")
    return float(found[-1][1]), found[-1][0]


def _times(starts: list[float], tests: list[tuple[float, str]]) -> list[Row]:
    first, second = starts
    rows: list[Row] = [
        ("clean clone to sign-in page (`make run`)", f"{first:.0f} s", "≤ 180 s", _ok(first <= 180)),
        ("second start to sign-in page", f"{second:.1f} s", "≤ 5 s", _ok(second <= 5)),
    ]
    return rows + [_tests(*told) for told in tests]


def _tests(seconds: float, summary: str) -> Row:
    return f"`make test`: {summary}", f"{seconds:.0f} s", "≤ 600 s", _ok(seconds <= 600)


def _entered(page: str, row: Row) -> str:
    """The page with ``row`` at the end of its first table, instead of an earlier row of the tests."""
    first, *others = re.sub(r"^\| `make test`.*\n", "", page, flags=re.MULTILINE).split("\n\n| script")
    return "\n\n| script".join([f"{first}\n| {' | '.join(row)} |", *others])


def _scripts(pages: dict[str, int]) -> list[Row]:
    return [
        (f"`{path}`", f"{size / 1000:.1f} kB", f"≤ {bar // 1000} kB", _ok(size <= bar))
        for path, size in pages.items()
        for bar in [HEAVY if path in WITH_FORM else LIGHT]
    ]


def _rooms() -> Iterable[Row]:
    for room, patterns in ROOMS.items():
        files = [path for pattern in patterns for path in (ROOT / room).rglob(pattern) if not set(path.parts) & SKIPPED]
        lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in files]
        if lengths:
            median = f"{statistics.median(lengths):.0f}"
            yield f"`{room}/`", str(len(files)), f"{sum(lengths):,}", median, str(max(lengths))


def _ok(holds: bool) -> str:
    return "yes" if holds else "**no**"


def _page(commit: str, times: list[Row], scripts: list[Row], rooms: list[Row]) -> str:
    parts = [
        "# Quality in figures",
        f"Written by `make quality` from commit {commit} on {os.cpu_count()} cores; do not edit by hand.",
        _table(("start and tests", "measured", "bar", "holds"), times),
        _table(("script of a page, gzip", "measured", "bar", "holds"), scripts),
        _table(("room", "files", "lines", "median file", "longest file"), rooms),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Row, rows: list[Row]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


if __name__ == "__main__":
    main()
