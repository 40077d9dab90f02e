"""`loopdesk retire`: lets nothing new begin with a version."""

import click

from loopdesk.desk import case
from loopdesk.engine import bundles, versions
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._owner import changing, dry_option, json_option, note_option, owner, process_argument, say

ENTRANCES = N_(
    "Every report begins with this process, by portal, e-mail and API alike. Cases are still opened and kept, but "
    "nothing happens on them until a version of it is made current."
)


@click.command("retire")
@process_argument
@click.argument("number", type=int, required=False)
@note_option
@dry_option
@json_option
def command(process: str, number: int | None, note: str, dry_run: bool, as_json: bool) -> None:
    """Let nothing new begin with version NUMBER of PROCESS, or the current one; running instances go on."""
    with changing(dry_run=dry_run) as tx:
        made = versions.retire(owner(), tx, process, number, note=note)
        entrances = process == case.PROCESS and versions.state_of(tx, bundles.current(tx, process)) == versions.RETIRED
    if entrances:
        click.echo(translation()(ENTRANCES), err=True)
    say(made, versions.RETIRED, dry_run=dry_run, as_json=as_json)
