"""`loopdesk worker`: performs effects and fires timers."""

from threading import Event

import click

from loopdesk.engine import jobs
from loopdesk.web.cli._desk import desk
from loopdesk.web.processes import log_as


@click.command("worker")
@click.option("--name", default="", help="Take over the work of a dead worker of this name; for a supervisor.")
def command(name: str) -> None:
    """Perform what waits in the outbox: messages, calls to other systems, timers. Any number may run at once."""
    log_as("worker")
    ours = desk()
    jobs.work(ours.engine, ours.handlers, ours.settings.redis_of_parts(), stop=Event(), name=name)
    ours.engine.figures.hand_in(ours.engine, every=0)
