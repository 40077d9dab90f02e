"""`loopdesk deploy`: makes process folders the current version in the database."""

from pathlib import Path

import click

from loopdesk import migrations
from loopdesk.engine import bundles
from loopdesk.engine.bundle import NotDeployable
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._findings import lines
from loopdesk.web.cli._owner import owner


@click.command("deploy")
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="What changed and why; kept with the deployment.")
@click.option("--draft", is_flag=True, help="Only give it a number; `loopdesk promote` makes it current later.")
def command(folders: tuple[Path, ...], note: str, draft: bool) -> None:
    """Deploy process FOLDERS whole; the same files again change nothing. The folder's name is the process' id."""
    engine = desk().engine
    migrations.upgrade(engine.database)
    for folder in folders:
        try:
            with engine.begin() as tx:
                files = bundles.read_folder(folder)
                made = bundles.deploy(owner(), tx, folder.resolve().name, files, note=note, promote=not draft)
        except NotDeployable as error:
            for line in lines(error.findings, translation()):
                click.echo(line, err=True)
            raise
        click.echo(f"{made.name} {made.number} ({made.hash[:12]})")
