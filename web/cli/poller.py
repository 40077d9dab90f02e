"""`loopdesk poller`: the clock of the house."""

import signal
from threading import Event

import click

from loopdesk.engine import jobs
from loopdesk.web.cli._desk import desk
from loopdesk.web.processes import log_as


@click.command("poller")
def command() -> None:
    """Move due timers and house-keeping to the workers, wake them, and free what a dead one held.

    Any number may run at once.
    """
    log_as("poller")
    ours, stop = desk(), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    ring = jobs.wake(ours.settings.redis_of_parts())
    jobs.poll(ours.engine, ring, stop=stop, periodic=ours.periodic)
