"""`make bench`: runs every `bench_*.py` beside this file; writes `build/bench.json` and the table in `docs/engine.md`.

Each module offers ``rows()``, a list of `report.row`. With names (``feel workers``) only those run, and what they
measured is printed and written down nowhere.
"""

import importlib
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loopdesk.tests.bench import report

HERE = Path(__file__).parent
JSON = report.ROOT / "build" / "bench.json"


def measure(name: str) -> list[dict[str, Any]]:
    """The rows of ``bench_<name>.py``, printed as they come."""
    began = time.monotonic()
    rows: list[dict[str, Any]] = importlib.import_module(f"loopdesk.tests.bench.bench_{name}").rows()
    for row in rows:
        figure, value, bar, verdict = report.shown(row)
        say(f"{figure:<84} {value:>18} {bar:>12} {verdict}")
    say(f"({name}: {time.monotonic() - began:.0f} s)")
    return rows


def say(line: str) -> None:
    """To whoever ran it, at once."""
    print(line, flush=True)  # noqa: T201 - the figures are for whoever ran it


def write_down(rows: list[dict[str, Any]], seconds: float) -> None:
    """Into the report that machines read, and the page that people read."""
    JSON.parent.mkdir(exist_ok=True)
    JSON.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    missed = sum(not row["ok"] for row in rows)
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    when = f"{datetime.now(UTC):%d %B %Y %H:%M} UTC, {where}, {seconds / 60:.0f} minutes, {missed} bars missed."
    report.write_between(report.ENGINE_PAGE, "bench", f"Measured by `make bench` on {when}\n\n{report.table(rows)}")


def main(wanted: list[str]) -> int:
    """0 when every bar holds."""
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    began = time.monotonic()
    rows = [row for name in names if not wanted or name in wanted for row in measure(name)]
    if not wanted:
        write_down(rows, time.monotonic() - began)
    return int(any(not row["ok"] for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
