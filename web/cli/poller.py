"""`loopdesk poller`: the clock of the house."""

import signal
from threading import Event

import click

from loopdesk.engine import jobs
from loopdesk.web.cli._engine import engine
from loopdesk.web.processes import log_as
from loopdesk.web.settings import Settings


@click.command("poller")
def command() -> None:
    """Move due timers to the workers, wake them, and free what a dead one held. Any number may run at once."""
    log_as("poller")
    settings, stop = Settings.from_env(), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    jobs.poll(engine(settings), jobs.wake(settings.redis_of_parts()), stop=stop)
