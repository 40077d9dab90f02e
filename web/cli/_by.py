"""Whose name stands behind what an operator does on the command line, and why."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from loopdesk.desk import people
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.tx import Tx

Command = TypeVar("Command", bound=Callable[..., Any])


def by_option(command: Command) -> Command:
    """Adds ``--by``."""
    return click.option("--by", "login", default="", help="Login of whoever does it; otherwise the system.")(command)


def reason_option(command: Command) -> Command:
    """Adds ``--reason``."""
    return click.option("--reason", required=True, help="Why; it stands on the case.")(command)


def actor_of(tx: Tx, login: str) -> Actor:
    """The person who signs in as ``login``, with their rights; the system without one."""
    if not login:
        return SYSTEM
    person = people.by_login(tx, login)
    if person is None:
        raise Missing("Nobody signs in as %(login)s.", remedy=N_("See `loopdesk user list`."), login=login)
    return people.actor_of(person)
