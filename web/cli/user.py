"""`loopdesk user`: people from the command line, when no administrator can sign in."""

import secrets

import click

from loopdesk.desk import credentials, people
from loopdesk.desk.rights import STAFF
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import identity
from loopdesk.web.cli._desk import desk


@click.group("user")
def command() -> None:
    """List and change people, give passwords, take over a host's people."""


@command.command("list")
def listing() -> None:
    """Everybody, with roles and departments."""
    with desk().engine.read() as tx:
        for one in people.listing(SYSTEM, tx):
            state = "" if one.active else "  (deactivated)"
            click.echo(f"{one.login}  {one.name}  {','.join(one.roles)}  {','.join(one.departments)}{state}")


@command.command("add")
@click.argument("login")
@click.argument("name")
@click.option("--email", default="", help="Where messages to this person go.")
@click.option("--language", type=click.Choice(people.LANGUAGES), default="en", help="Of pages and mails.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone (IANA name).")
@click.option("--role", "roles", multiple=True, type=click.Choice(sorted(STAFF)), help="Repeat for several.")
@click.option("--department", "departments", multiple=True, help="Repeat for several.")
def add(
    login: str,
    name: str,
    email: str,
    language: str,
    zone: str,
    roles: tuple[str, ...],
    departments: tuple[str, ...],
) -> None:
    """A new person; the password is generated and shown once."""
    with desk().engine.begin() as tx:
        made = people.create(
            SYSTEM,
            tx,
            login=login,
            name=name,
            email=email,
            language=language,
            zone=zone,
            roles=roles,
            departments=departments,
        )
        password = _new_password(tx, made)
    click.echo(password)


@command.command("password")
@click.argument("login")
def password(login: str) -> None:
    """A new password, generated and shown once; also ends a lock after wrong tries."""
    with desk().engine.begin() as tx:
        given = _new_password(tx, _person(tx, login))
    click.echo(given)


@command.command("deactivate")
@click.argument("login")
def deactivate(login: str) -> None:
    """No sign-in, no tokens, no new work; history keeps the name."""
    with desk().engine.begin() as tx:
        people.deactivate(SYSTEM, tx, _person(tx, login).id)


@command.command("sync")
def sync() -> None:
    """Take over all people that the host platform names."""
    everyone = list(desk().identity.everyone())
    with desk().engine.begin() as tx:
        identity.mirror(tx, everyone)
    click.echo(len(everyone))


def _person(tx: Tx, login: str) -> people.Person:
    found = people.by_login(tx, login)
    if found is None:
        raise Missing("Nobody signs in as %(login)s.", remedy=N_("See `loopdesk user list`."), login=login)
    return found


def _new_password(tx: Tx, person: people.Person) -> str:
    given = secrets.token_urlsafe(12)
    credentials.set_password(SYSTEM, tx, person.id, given)
    return given
