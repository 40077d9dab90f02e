"""`loopdesk hold`: legal holds on cases."""

import click

from loopdesk.desk import holds
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk


@click.group("hold")
def command() -> None:
    """Legal holds: what is held is neither erased, archived nor deleted."""


@command.command("add")
@click.argument("number")
@click.option("--reason", required=True, help="Why, for those who read it later.")
def add(number: str, reason: str) -> None:
    """Put case NUMBER on hold."""
    with desk().engine.begin() as tx:
        holds.add(SYSTEM, tx, number, reason)
    click.echo(translation()(N_("Case %(number)s is on hold.")) % {"number": number})


@command.command("release")
@click.argument("number")
@click.option("--reason", required=True, help="Why, for those who read it later.")
def release(number: str, reason: str) -> None:
    """End every hold of case NUMBER."""
    with desk().engine.begin() as tx:
        holds.release(SYSTEM, tx, number, reason)
    click.echo(translation()(N_("Case %(number)s is not on hold any more.")) % {"number": number})


@command.command("list")
def listing() -> None:
    """Print the holds in force: case, since when, by whom, why."""
    with desk().engine.read() as tx:
        for row in holds.listing(SYSTEM, tx):
            click.echo(f"{row['case']}  {row['at']:%Y-%m-%d}  {row['by_name']}  {row['reason']}")
