"""`make bench`: runs every `bench_*.py` beside this file; writes `build/bench.json` and the table in `docs/engine.md`.

Each module offers ``rows()``, a list of `report.row`. With names (``feel workers``) only those are measured anew; what
the others measured last stands beside it, with its own moment.
"""

import importlib
import json
import os
import platform
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loopdesk.tests.bench import report

HERE = Path(__file__).parent
JSON = report.ROOT / "build" / "bench.json"
PARTS = report.ROOT / "build" / "bench"
"""What each bench measured last."""


def measure(name: str) -> None:
    """Print and keep the rows of ``bench_<name>.py``."""
    began = time.monotonic()
    rows: list[dict[str, Any]] = importlib.import_module(f"loopdesk.tests.bench.bench_{name}").rows()
    for row in rows:
        figure, value, bar, verdict = report.shown(row)
        say(f"{figure:<84} {value:>18} {bar:>12} {verdict}")
    seconds = time.monotonic() - began
    say(f"({name}: {seconds:.0f} s)")
    part = {"at": f"{datetime.now(UTC):%d %B %Y %H:%M}", "load": os.getloadavg()[1], "seconds": seconds, "rows": rows}
    PARTS.mkdir(parents=True, exist_ok=True)
    (PARTS / f"{name}.json").write_text(json.dumps(part, ensure_ascii=False), encoding="utf-8")


def say(line: str) -> None:
    """To whoever ran it, at once."""
    print(line, flush=True)  # noqa: T201 - the figures are for whoever ran it


def write_down(names: list[str]) -> list[dict[str, Any]]:
    """All that is known into the report that machines read, and the page that people read."""
    files = [(name, PARTS / f"{name}.json") for name in names]
    parts = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files if file.exists()}
    rows = [row for part in parts.values() for row in part["rows"]]
    JSON.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    missed = sum(not row["ok"] for row in rows)
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}; {len(rows)} figures, {missed} bars missed."
    tables = [
        f"**{name}**, {part['at']} UTC, {part['seconds']:.0f} s, load of the machine {part['load']:.1f}\n\n"
        + report.table(part["rows"])
        for name, part in parts.items()
    ]
    report.write_between(report.ENGINE_PAGE, "bench", "\n\n".join([f"Measured by `make bench` on {where}", *tables]))
    return rows


def main(wanted: list[str]) -> int:
    """0 when every bar holds."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no server is left behind
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    for name in wanted or names:
        measure(name)
    return int(any(not row["ok"] for row in write_down(names)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
