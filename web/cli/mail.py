"""`loopdesk mail`: the mail servers of our own."""

import signal
from threading import Event

import click

from loopdesk.web import mail_intake
from loopdesk.web.cli._engine import engine
from loopdesk.web.processes import log_as
from loopdesk.web.settings import Settings


@click.command("mail")
@click.option("--sink", type=int, default=0, help="Port of a server that keeps outgoing mail for /dev/mail; 0 = none.")
def command(sink: int) -> None:
    """Take customers' mail on INTAKE_SMTP_PORT and open cases from it."""
    log_as("mail")
    settings, stop = Settings.from_env(), Event()
    ours, servers = engine(settings), []
    if settings.intake_smtp_port:
        servers.append(mail_intake.intake(ours, settings.host, settings.intake_smtp_port))
    if sink:
        servers.append(mail_intake.sink(ours, "127.0.0.1", sink))
    for server in servers:
        server.open()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    stop.wait()
    for server in servers:
        server.stop()
