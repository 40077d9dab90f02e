"""`loopdesk rollback`: goes back to the version before."""

import click

from loopdesk.engine import versions
from loopdesk.web.cli._owner import changing, dry_option, json_option, note_option, owner, process_argument, say


@click.command("rollback")
@process_argument
@note_option
@dry_option
@json_option
def command(process: str, note: str, dry_run: bool, as_json: bool) -> None:
    """Make the version of PROCESS before the current one current again; retired ones are passed over."""
    with changing(dry_run=dry_run) as tx:
        made = versions.roll_back(owner(), tx, process, note=note)
    say(made, versions.CURRENT, dry_run=dry_run, as_json=as_json)
