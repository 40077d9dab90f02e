"""`loopdesk backup`: the whole house in one file."""

from pathlib import Path

import click

from loopdesk.engine.errors import N_
from loopdesk.web import backup
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--secret", is_flag=True, help="Add the key that signs sessions; keep such a file like a password.")
def command(file: Path, secret: bool) -> None:
    """Write every row and attachment to FILE, as of one moment, while everything runs."""
    made = backup.write(desk(), file, secret=secret)
    text = translation()(N_("%(rows)s rows of %(tables)s tables and %(files)s files are in %(file)s."))
    files = len(made.files)
    click.echo(text % {"rows": made.rows, "tables": len(made.tables), "files": files, "file": file})
    if made.missing:
        text = translation()(N_("Not there any more: %(missing)s."))
        click.echo(text % {"missing": ", ".join(made.missing)}, err=True)
