"""`loopdesk deploy`: makes process folders the current version in the database."""

import getpass
from pathlib import Path

import click

from loopdesk import migrations
from loopdesk.engine import bundles
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._findings import lines


@click.command("deploy")
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="What changed and why; kept with the deployment.")
def command(folders: tuple[Path, ...], note: str) -> None:
    """Deploy process FOLDERS whole; the same files again change nothing. The folder's name is the process' id."""
    engine = desk().engine
    migrations.upgrade(engine.database)
    # Whoever can run commands on this machine owns its data anyway; the name is kept as the author.
    translate = translation()
    name = translate(N_("%(user)s (command line)")) % {"user": getpass.getuser()}
    owner = Actor("person", "command-line", name, frozenset({"owner"}))
    for folder in folders:
        try:
            with engine.begin() as tx:
                made = bundles.deploy(owner, tx, folder.resolve().name, bundles.read_folder(folder), note=note)
        except NotDeployable as error:
            for line in lines(error.findings, translate):
                click.echo(line, err=True)
            raise
        click.echo(f"{made.name} {made.number} ({made.hash[:12]})")
