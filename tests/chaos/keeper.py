"""The supervisor of `loopdesk up` over parts that a test names: ``python -m loopdesk.tests.chaos.keeper < parts``."""

import json
import os
import sys

import click

from loopdesk.web.processes import Part, Supervisor, die_with_parent


def main() -> None:
    """Read the parts, keep them alive, say what happens, until told to stop."""
    die_with_parent()
    given = json.load(sys.stdin)
    parts = [Part(one["name"], one["command"], one["stdin"].encode(), bool(one["stdin"])) for one in given["parts"]]
    supervisor = Supervisor(parts, os.environ | given["environ"], click.echo)
    supervisor.start()
    for part in parts:
        click.echo(f"{part.name} ({part.process.pid if part.process else '-'})")
    supervisor.watch()
    supervisor.end()


if __name__ == "__main__":
    main()
