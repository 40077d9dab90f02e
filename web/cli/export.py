"""`loopdesk export`: writes a deployed process folder back to files, for Git or another installation."""

from pathlib import Path

import click

from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.web.cli._desk import desk


@click.command("export")
@click.argument("name")
@click.option("--number", type=int, help="Which deployment; the current one when left out.")
@click.option("--to", "target", type=click.Path(file_okay=False, path_type=Path), help="Folder; default: NAME here.")
def command(name: str, number: int | None, target: Path | None) -> None:
    """Write the files of the deployment NAME into a folder."""
    with desk().engine.read() as tx:
        files = bundles.export(SYSTEM, tx, name, number)
    folder = target or Path(name)
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    click.echo(f"{len(files)} files in {folder}")
