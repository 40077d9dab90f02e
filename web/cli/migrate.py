"""`loopdesk migrate`: brings the database to this release's schema."""

import click

from loopdesk import migrations
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk


@click.command("migrate")
def command() -> None:
    """Create or upgrade our tables, and bring in the shipped processes; does nothing where all is up to date."""
    from loopdesk.web.first_start import FIRST_SIGN_IN, first_start

    ours = desk()
    migrations.upgrade(ours.engine.database)
    first = first_start(ours)
    translate = translation()
    click.echo(translate(N_("The database is up to date.")))
    if first:
        click.echo(translate(FIRST_SIGN_IN) % {"login": first.login, "password": first.password})
