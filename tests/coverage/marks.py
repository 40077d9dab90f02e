"""Finds the tests that are marked with rows, by letting pytest collect them."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from loopdesk.tests.coverage.rows import FILE

ROOT = FILE.parents[2]
LEVELS = ("scenarios", "web", "connectors", "operators", "browser", "upgrade")
"""Folders of the tests that drive the product as a person or a connected system does: only these may carry marks."""
Marks = dict[str, list[str]]


class Collector:
    """A plugin of pytest that writes down which test proves which row."""

    def __init__(self) -> None:
        self.found: Marks = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the marks of all tests that were collected."""
        for item in session.items:
            for id_, name in _named(item):
                tests = self.found.setdefault(id_, [])
                if name not in tests:
                    tests.append(name)


def _named(item: pytest.Item) -> Iterator[tuple[str, str]]:
    """(row, test); with what it is called for where only that one of a parametrised test carries the mark.

    That a test runs on both databases is no news: it is named once.
    """
    own = getattr(getattr(item, "callspec", None), "marks", ())
    path, _, _ = item.nodeid.partition("::")
    whole = f"{path}::{getattr(item, 'originalname', item.name)}"
    for mark in item.iter_markers("row"):
        for id_ in mark.args:
            one = item.name.replace("[sqlite-", "[").replace("[postgres-", "[")
            yield id_, f"{path}::{one}" if mark in own else whole


def collect() -> Marks:
    """Row id -> the tests that carry it, in the order in which they stand; raises when a test file is broken."""
    collector, said = Collector(), io.StringIO()
    folders = [str(ROOT / "tests" / level) for level in LEVELS]
    with contextlib.redirect_stdout(said):
        code = pytest.main(
            ["--collect-only", "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), *folders], [collector]
        )
    if code:
        raise RuntimeError(f"The tests cannot be collected:\n{said.getvalue()[-3000:]}")
    return collector.found


def collect_apart() -> Marks:
    """The same in a process of its own, for a test."""
    command = [sys.executable, "-m", "loopdesk.tests.coverage.marks"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    found: Marks = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(collect()))
