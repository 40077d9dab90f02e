"""`loopdesk up`: everything of one Loopdesk on one machine, under one supervisor."""

import http.client
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import sqlalchemy as sa

import loopdesk
from loopdesk import migrations
from loopdesk.engine import redis_server
from loopdesk.engine.db import Database
from loopdesk.engine.errors import N_, Refused, Translate
from loopdesk.web import loading
from loopdesk.web.cli import translation
from loopdesk.web.processes import Part, Supervisor
from loopdesk.web.processes import command as command_line
from loopdesk.web.settings import VARIABLES, Settings

if TYPE_CHECKING:
    from loopdesk.web.first_start import Prepared

PAGE, INTAKE = ("redis", "web"), ("mail",)
"""The parts that somebody outside waits for, first the page; all parts at once would load in each other's way."""
PATIENCE = 60.0
"""Seconds that the web process, and the mail intake, have to answer for the first time."""


@click.command("up")
def command() -> None:
    """Run everything on this machine: web, worker, poller, mail intake, and a Redis where REDIS_URL names none.

    Ctrl-C ends all of it. A process that dies is started again.
    """
    translate = translation()

    def say(text: str, **params: object) -> None:
        click.echo(translate(text) % params if params else translate(text))

    say(N_("Loopdesk %(version)s"), version=loopdesk.__version__)
    sys.exit(_House(Settings.from_env(), translate, say).run())


@dataclass
class _House:
    """One start of everything: ``settings`` are completed with what the parts share."""

    settings: Settings
    translate: Translate
    say: Callable[..., None]

    def run(self) -> int:
        """Prepare, start, watch, end; returns the exit code."""
        self._refuse_taken_ports()
        parts = self._parts()
        environ = os.environ | _environ(self.settings) | {"PYTHONUNBUFFERED": "1"}
        supervisor = Supervisor([part for part in parts if part.name in PAGE], environ, click.echo, self.translate)
        self.say(N_("Preparing the database ..."))
        prepared = None if self._was_prepared() else self._prepare()
        supervisor.start()
        try:
            prepared = prepared or self._prepare()  # looks through what is shipped while the page loads beside it
            supervisor.add([part for part in parts if part.name in INTAKE])
            if not self._wait_for_web(supervisor):
                return 0 if supervisor.stop.is_set() else 1
            supervisor.add([part for part in parts if part.name not in PAGE + INTAKE])
            self._wait_for_mail(supervisor)
            self._welcome(parts, prepared)
            supervisor.watch()
            self.say(N_("Ending ..."))
        finally:
            supervisor.end()
        return 0

    def _refuse_taken_ports(self) -> None:
        self._refuse_taken("PORT", self.settings.port)
        if self.settings.intake_smtp_port:
            self._refuse_taken("INTAKE_SMTP_PORT", self.settings.intake_smtp_port)

    def _refuse_taken(self, variable: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in self.settings.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.settings.host, port))
            except OSError as error:
                raise Refused(
                    "Cannot listen on %(host)s:%(port)s: %(reason)s.",
                    remedy=N_("End the program that uses it, or choose another port with %(variable)s."),
                    host=self.settings.host,
                    port=port,
                    reason=os.strerror(error.errno or 0),
                    variable=variable,
                ) from error

    def _parts(self) -> list[Part]:
        """What to run, and what the parts need to find each other."""
        parts = []
        if not self.settings.redis_url:
            url = f"redis://:{secrets.token_hex(16)}@127.0.0.1:{_free_port()}/0"
            self.settings = replace(self.settings, redis_url=url)
            folder = Path(self.settings.data).absolute()
            parts.append(Part("redis", redis_server.command(), redis_server.configuration(url, folder), quiet=True))
        parts += [Part("web", command_line("web")), Part("poller", command_line("poller"))]
        house = secrets.token_hex(8)
        for number in range(self.settings.workers):
            name = "worker" if self.settings.workers == 1 else f"worker {number + 1}"
            parts.append(Part(name, [*command_line("worker"), "--name", f"{house}-{number}"]))
        mail = command_line("mail")
        if self.settings.demo and not self.settings.smtp_url:
            port = _free_port()
            self.settings = replace(self.settings, smtp_url=f"smtp://127.0.0.1:{port}")
            mail += ["--sink", str(port)]
        return [*parts, Part("mail", mail)] if self.settings.intake_smtp_port or "--sink" in mail else parts

    def _was_prepared(self) -> bool:
        """Whether the page may already be shown: with this release's schema, and with people who can sign in."""
        database = Database(self.settings.database_url)
        try:
            if not migrations.is_current(database):
                return False
            with database.engine.connect().execution_options(read_only=True) as conn:
                # A first start commits bundles and people together; the table by its name, for its module loads slowly.
                return bool(conn.scalar(sa.select(sa.exists().select_from(sa.table("bundle")))))
        finally:
            database.close()

    def _prepare(self) -> "Prepared":
        with loading.undisturbed():
            from loopdesk.web import first_start  # with all rooms behind it: the page loads them at the same time

        return first_start.prepare(self.settings)

    def _wait_for_web(self, supervisor: Supervisor) -> bool:
        self.say(N_("Starting ..."))
        answered = _waited(supervisor, lambda: _answers(self.settings.host, self.settings.port))
        if not answered and not supervisor.stop.is_set():
            self.say(N_("The web process did not answer within %(seconds)s seconds."), seconds=int(PATIENCE))
        return answered

    def _wait_for_mail(self, supervisor: Supervisor) -> None:
        if port := self.settings.intake_smtp_port:
            _waited(supervisor, lambda: _listens(self.settings.host, port))

    def _welcome(self, parts: list[Part], prepared: "Prepared") -> None:
        for part in parts:
            self.say("  %(name)s (%(pid)s)", name=part.name, pid=part.process.pid if part.process else "-")
        settings = self.settings
        if settings.intake_smtp_port:
            self.say(N_("Mail intake: smtp://%(host)s:%(port)s"), host=settings.host, port=settings.intake_smtp_port)
        if not settings.smtp_url:
            self.say(N_("No mail leaves this desk: SMTP_URL is not set."))
        self.say(N_("Loopdesk is ready at %(url)s"), url=settings.url)
        if settings.demo:
            self.say(N_("Demo people sign in at %(url)s/dev/sign-in"), url=settings.url)
            self.say(N_("Mails that were sent: %(url)s/dev/mail"), url=settings.url)
        for text, params in prepared.news():
            self.say(text, **params)
        self.say(N_("Press Ctrl-C to end."))


def _environ(settings: Settings) -> dict[str, str]:
    """The settings as the parts will read them."""
    values = {variable: getattr(settings, name) for name, variable in VARIABLES.items()}
    return {variable: str(int(value) if isinstance(value, bool) else value) for variable, value in values.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _waited(supervisor: Supervisor, there: Callable[[], bool]) -> bool:
    """Wait until something is there, while parts that die are started again; False when it takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not supervisor.stop.wait(0.05):
        supervisor.look()
        if there():
            return True
    return False


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()
