"""`loopdesk token`: a bearer token for the API."""

import click

from loopdesk.desk import people, tokens
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import N_, Missing
from loopdesk.web.cli._desk import desk


@click.command("token")
@click.argument("login")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(tokens.SCOPES),
    help="What it may do; repeatable. Without it the token has all scopes.",
)
@click.option("--name", default="", help="What the token is for.")
@click.option("--days", default=365, show_default=True, help="How long it is valid.")
def command(login: str, scopes: tuple[str, ...], name: str, days: int) -> None:
    """Make an API token for the person who signs in as LOGIN; it is shown once."""
    with desk().engine.begin() as tx:
        person = people.by_login(tx, login)
        if person is None:
            raise Missing("Nobody signs in as %(login)s.", remedy=N_("See `loopdesk user list`."), login=login)
        secret = tokens.make_token(SYSTEM, tx, person.id, name=name, scopes=scopes or tokens.SCOPES, days=days)
    click.echo(secret)
