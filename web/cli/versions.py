"""`loopdesk versions`: the versions of a process, newest first."""

import click

from loopdesk.engine import versions
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._owner import json_option, owner, process_argument

SHOWN = ("number", "state", "running", "author", "at", "note", "hash")


@click.command("versions")
@process_argument
@json_option
def command(process: str, as_json: bool) -> None:
    """List the versions of PROCESS: number, state, running instances, author, time, note."""
    with desk().engine.read() as tx:
        rows = versions.listing(owner(), tx, process)
    if as_json:
        click.echo(show([{name: row[name] for name in SHOWN} | {"at": row["at"].isoformat()} for row in rows]))
        return
    for row in rows:
        line = [row["number"], row["state"], row["running"], f"{row['at']:%Y-%m-%d %H:%M}", row["author"], row["note"]]
        click.echo("  ".join(str(part) for part in line))
