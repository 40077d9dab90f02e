"""`loopdesk migrate`: brings the database to this release's schema."""

import click

from loopdesk import migrations
from loopdesk.web.cli._desk import desk


@click.command("migrate")
def command() -> None:
    """Create or upgrade our tables, and bring in the shipped processes; does nothing where all is up to date."""
    from loopdesk.web.first_start import first_start

    ours = desk()
    migrations.upgrade(ours.engine.database)
    first = first_start(ours)
    click.echo("The database is up to date.")
    if first:
        click.echo(f"First sign-in: {first.login}, password: {first.password} (shown only now)")
