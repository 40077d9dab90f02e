"""`loopdesk retention`: applies the retention policies now."""

import click

from loopdesk.desk import retention
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import N_
from loopdesk.web import wiring
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only print the cases that would be archived.")
def command(dry_run: bool) -> None:
    """Archive and delete what `retention.yaml` says is old enough; a worker does the same every ten minutes."""
    ours = desk()
    if dry_run:
        with ours.engine.read() as tx:
            due = list(retention.due(tx, 1_000_000))
        for number in due or [translation()(N_("Nothing is old enough."))]:
            click.echo(number)
        return
    gone: dict[str, int] = {}
    while True:
        with ours.engine.begin() as tx:
            found = retention.run(SYSTEM, tx, wiring.keeper(ours.settings))
        if not found:
            break
        gone = {name: gone.get(name, 0) + found.get(name, 0) for name in {*gone, *found}}
    for name, count in sorted(gone.items()):
        click.echo(f"{name}: {count}")
    if not gone:
        click.echo(translation()(N_("Nothing is old enough.")))
