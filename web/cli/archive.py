"""`loopdesk archive`: cases that have left the tables."""

import json

import click

from loopdesk.desk import archive
from loopdesk.engine.actor import SYSTEM
from loopdesk.web.cli._desk import desk
from loopdesk.web.stores import stores


@click.group("archive")
def command() -> None:
    """Closed cases that the retention policy has moved out of the tables."""


@command.command("show")
@click.argument("number")
def show(number: str) -> None:
    """Print everything of case NUMBER as JSON: the rows of each table as they were."""
    ours = desk()
    with ours.engine.read() as tx:
        held = archive.show(SYSTEM, tx, stores(ours.settings)["archive"], number)
    click.echo(json.dumps(held, ensure_ascii=False, indent=2))


@command.command("list")
def listing() -> None:
    """Print the archived cases: number, closed, archived, bytes."""
    with desk().engine.read() as tx:
        for row in archive.listing(SYSTEM, tx):
            click.echo(f"{row['number']}  {row['closed_at']:%Y-%m-%d}  {row['archived_at']:%Y-%m-%d}  {row['size']}")
