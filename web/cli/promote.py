"""`loopdesk promote`: makes a version of a process the current one."""

import click

from loopdesk.engine import versions
from loopdesk.web.cli._owner import changing, dry_option, json_option, note_option, owner, process_argument, say


@click.command("promote")
@process_argument
@click.argument("number", type=int)
@note_option
@dry_option
@json_option
def command(process: str, number: int, note: str, dry_run: bool, as_json: bool) -> None:
    """Make version NUMBER of PROCESS current: new instances begin with it, running ones keep theirs."""
    with changing(dry_run=dry_run) as tx:
        made = versions.promote(owner(), tx, process, number, note=note)
    say(made, versions.CURRENT, dry_run=dry_run, as_json=as_json)
