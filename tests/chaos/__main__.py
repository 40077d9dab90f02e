"""The long chaos run: ``make chaos`` (``python -m loopdesk.tests.chaos [--seed N] [--cases N] [--sqlite]``)."""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from loopdesk.tests.bench.report import ENGINE_PAGE, ROOT, write_between
from loopdesk.tests.chaos.house import Postgres
from loopdesk.tests.chaos.run import LONG, Outcome, run

FILE = ROOT / "build" / "chaos.json"


def main() -> int:
    """Run, print the counts, write them down; 1 when anything was not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=LONG.cases)
    parser.add_argument("--sqlite", action="store_true")
    given = parser.parse_args()
    size = replace(LONG, cases=given.cases)
    with tempfile.TemporaryDirectory(prefix="loopdesk-chaos-") as folder:
        if given.sqlite:
            outcome = run(size, given.seed, Path(folder), None)
        else:
            with Postgres() as postgres:
                outcome = run(size, given.seed, Path(folder), postgres)
    return _write(outcome, page=not given.sqlite and given.cases == LONG.cases)


def _write(outcome: Outcome, *, page: bool) -> int:
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(outcome.counts, indent=2) + "\n")
    FILE.with_suffix(".log").write_text("\n".join(outcome.log) + "\n")
    click.echo(json.dumps(outcome.counts, indent=2))
    for line in outcome.wrong:
        click.echo(f"wrong: {line}")
    if page and not outcome.wrong:
        write_between(ENGINE_PAGE, "chaos", table(outcome.counts))
    return 1 if outcome.wrong else 0


def table(counts: dict[str, Any]) -> str:
    """The counts as a Markdown table."""
    rows: list[tuple[str, Any]] = []
    for name, value in counts.items():
        words = name.replace("_", " ")
        rows += [(f"{words}: {one}", n) for one, n in value.items()] if isinstance(value, dict) else [(words, value)]
    lines = [f"| {name} | {value if isinstance(value, str) else format(value, ',')} |" for name, value in rows]
    return "\n".join(["| count | |", "| --- | ---: |", *lines])


if __name__ == "__main__":
    sys.exit(main())
