"""`loopdesk deploy`: makes process folders the current version in the database."""

from pathlib import Path

import click
import sqlalchemy as sa

from loopdesk import migrations
from loopdesk.engine import bundles
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.errors import N_
from loopdesk.engine.tx import Tx
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._findings import lines
from loopdesk.web.cli._owner import owner

UNCHANGED = N_("Nothing was deployed: these files are version %(number)s already. The note is not kept.")


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
                before = _standing(tx, folder.resolve().name)
                made = bundles.deploy(owner(), tx, folder.resolve().name, files, note=note, promote=not draft)
                unchanged = before == _standing(tx, folder.resolve().name)
        except NotDeployable as error:
            for line in lines(error.findings, translation()):
                click.echo(line, err=True)
            raise
        click.echo(f"{made.name} {made.number} ({made.hash[:12]})")
        if unchanged and (draft or note):
            click.echo(translation()(UNCHANGED) % {"number": made.number}, err=True)


def _standing(tx: Tx, name: str) -> list[tuple[int, bool]]:
    """Which versions there are, and which one counts."""
    table = bundles.bundle.c
    query = sa.select(table.number, table.current).where(table.name == name).order_by(table.number)
    return [(row.number, row.current) for row in tx.conn.execute(query)]
