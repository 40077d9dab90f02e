"""`loopdesk timers`: what a case waits for, and how to end or move a wait."""

from datetime import datetime

import click

from loopdesk.engine import instances, timing
from loopdesk.engine.errors import Missing
from loopdesk.web.cli._by import actor_of, by_option, reason_option
from loopdesk.web.cli._data import Moment
from loopdesk.web.cli._desk import desk


@click.group("timers")
def command() -> None:
    """See, move and fire the timers of a case."""


@command.command("list")
@click.argument("case")
@by_option
def listing(case: str, login: str) -> None:
    """The waiting timers of CASE, earliest first in each process."""
    with desk().engine.read() as tx:
        actor, found = actor_of(tx, login), instances.of_key(tx, case)
        if not found:
            raise Missing("There are no processes of %(case)s.", case=case)
        for one in found:
            for row in timing.listing(actor, tx, one["id"]):
                click.echo(
                    f"{row['id']}  {row['due_at'].isoformat()}  {one['process']}/{row['element']}"
                    f"  {row['expression']}  {row['name']}"
                )


@command.command("move")
@click.argument("timer", type=int)
@click.option("--to", "due_at", type=Moment(), help="The new moment, such as 2026-03-02T09:00:00+08:00.")
@click.option("--by-duration", "by", default="", help="How much later (PT2H) or earlier (-PT2H).")
@reason_option
@by_option
def move(timer: int, due_at: datetime | None, by: str, reason: str, login: str) -> None:
    """Let TIMER be due at another moment."""
    with desk().engine.begin() as tx:
        moment = timing.move(actor_of(tx, login), tx, timer, due_at=due_at, by=by, reason=reason)
    click.echo(moment.isoformat())


@command.command("fire")
@click.argument("timer", type=int)
@reason_option
@by_option
def fire(timer: int, reason: str, login: str) -> None:
    """Let TIMER end its wait now."""
    with desk().engine.begin() as tx:
        timing.fire(actor_of(tx, login), tx, timer, reason=reason)
