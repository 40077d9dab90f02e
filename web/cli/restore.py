"""`loopdesk restore`: a backup becomes a house again."""

from pathlib import Path

import click

from loopdesk.engine.errors import N_
from loopdesk.web import restore
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only compare every digest in FILE; change nothing.")
def command(file: Path, check: bool) -> None:
    """Bring the backup FILE into an empty database, SQLite or PostgreSQL, whichever it came from."""
    made = restore.check(file) if check else restore.restore(desk(), file)
    done = N_("%(file)s is whole: ") if check else N_("%(file)s is restored: ")
    text = translation()(N_("%(rows)s rows and %(files)s files of release %(version)s, as of %(at)s."))
    values = {"rows": made.rows, "files": len(made.files), "version": made.version, "at": made.at}
    click.echo(translation()(done) % {"file": file} + text % values)
