"""`make bench`: runs every `bench_*.py` beside this file, writes `build/bench.json` and prints a table.

Each module offers ``rows()``, a list of ``{"name", "value", "unit", "bar", "ok"}``; a row without bar only informs and
is always ok.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REPORT = HERE.parents[1] / "build" / "bench.json"


def collect(wanted: list[str]) -> list[dict[str, Any]]:
    """The rows of all benches, or of those named (``feel`` for ``bench_feel.py``)."""
    names = sorted(path.stem for path in HERE.glob("bench_*.py"))
    chosen = [name for name in names if not wanted or name.removeprefix("bench_") in wanted]
    return [row for name in chosen for row in importlib.import_module(f"loopdesk.tests.bench.{name}").rows()]


def shown(row: dict[str, Any]) -> str:
    """One line of the table."""
    bar = "" if row["bar"] is None else f"{row['bar']:g} {row['unit']}"
    mark = "MISSED" if not row["ok"] else "ok" if bar else ""
    return f"{row['name']:<60} {row['value']:>12.4g} {row['unit']:<10} {bar:>14} {mark}"


def main() -> int:
    """0 when every bar holds."""
    rows = collect(sys.argv[1:])
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(map(shown, rows)))  # noqa: T201 - the table is for whoever ran it
    return int(any(row["ok"] is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
