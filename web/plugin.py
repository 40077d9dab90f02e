"""Loopdesk inside a Flask platform that is there already (architecture §3, Plugin).

Our own Flask application answers under a prefix of the host's WSGI application. Nothing of the host is shared: not its
session, not its database session, not its migrations, not its error pages; measured, sharing them breaks the host.
"""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask

from loopdesk import migrations
from loopdesk.desk import attachments, case, communications
from loopdesk.desk.record import Case
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import Clock
from loopdesk.web import wiring
from loopdesk.web.app import create_app
from loopdesk.web.cli._desk import group_for
from loopdesk.web.first_start import FirstSignIn, first_start
from loopdesk.web.identity import HOST_ENVIRON, Identity
from loopdesk.web.live import Batch, Follower
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("loopdesk.plugin")

HOST = Actor(kind="connector", id="host", name="Host application")
"""Who acts when the host calls a verb without naming a person or a customer."""


class SupportDesk:
    """The extension: ``SupportDesk(app)``, or ``SupportDesk()`` and ``init_app(app)`` later. Several may live side by
    side, in one host or in several of one process, each with settings (a database) of its own."""

    def __init__(
        self,
        app: Flask | None = None,
        *,
        url_prefix: str = "/support",
        identity: Identity | None = None,
        settings: Settings | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``identity`` answers who is signed in (our own accounts when left out), ``settings`` where data lives (the
        environment and the host's configuration when left out)."""
        self.url_prefix = "/" + url_prefix.strip("/")
        self._identity = identity
        self._settings = settings
        self._clock = clock
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Mount the desk under its prefix, with its commands as ``flask loopdesk``; touches nothing else of ``app``."""
        settings = self._settings or settings_of(app, self.url_prefix)
        self.loopdesk = wiring.build(settings, clock=self._clock, identity=self._identity)
        self.app = create_app(desk=self.loopdesk)
        self.cases = Cases(self.loopdesk)
        app.wsgi_app = Mount(app.wsgi_app, self.url_prefix, self.app)  # type: ignore[method-assign]
        desks = app.extensions.setdefault("loopdesk", {})
        name = "loopdesk" if not desks else f"loopdesk{self.url_prefix.replace('/', '-')}"
        desks[self.url_prefix] = self
        app.cli.add_command(group_for(self.loopdesk), name)

    def prepare(self) -> FirstSignIn | None:
        """Bring the database up to date and the shipped processes in (as ``flask loopdesk migrate`` does)."""
        migrations.upgrade(self.loopdesk.engine.database)
        return first_start(self.loopdesk)

    def on_event(self, call: Callable[[Mapping[str, Any], str], None], *, after: str | None = None) -> Follower:
        """Call ``call(event, cursor)`` for every event from now on, or after the cursor ``after``, in commit order.

        Runs in a thread of this process until its ``stop()``. An error of ``call`` is logged and the next event comes;
        a host that must not miss one keeps the last cursor it finished and starts again from there.
        """

        def hand_over(batch: Batch) -> None:
            for event in batch[0]:
                try:
                    call(event, events.cursor_of(event))
                except Exception:
                    log.exception("%s failed on event %s", call, events.cursor_of(event))

        if after is None:
            with self.loopdesk.engine.read() as tx:
                after = events.latest(tx)
        follower = Follower(self.loopdesk.engine, hand_over, after)
        follower.start()
        return follower


class Cases:
    """The verbs of cases for the host's own code, each in a transaction of its own, apart from the host's."""

    def __init__(self, desk: Loopdesk) -> None:
        self._desk = desk

    def open(self, *, actor: Actor = HOST, channel: str = "app", **report: Any) -> Case:
        """Open a case from the fields of ``case.Report``; raises `Invalid` naming the field that is wrong."""
        with self._desk.engine.begin() as tx:
            return case.open(actor, tx, case.Report(channel=channel, **report))

    def read(self, number: str, *, actor: Actor = HOST) -> Case:
        """The case; raises `Missing` where ``actor`` may see none of that number."""
        with self._desk.engine.read() as tx:
            return case.read(actor, tx, number)

    def listing(self, *, actor: Actor = HOST, **filters: Any) -> case.Listing:
        """One page of the cases that ``actor`` may see; filters as in ``case.listing``."""
        with self._desk.engine.read() as tx:
            return case.listing(actor, tx, **filters)

    def comment(self, number: str, body: str, *, internal: bool = False, actor: Actor = HOST) -> str:
        """Say something on a case; returns the id of the message."""
        with self._desk.engine.begin() as tx:
            return communications.comment(actor, tx, number, body, internal=internal)

    def attach(self, number: str, name: str, stream: IO[bytes], *, actor: Actor = HOST) -> attachments.Attachment:
        """Put a file of at most 25 MB on a case; raises `Invalid` for what its content really is."""
        with self._desk.engine.begin() as tx:
            return attachments.attach(actor, tx, self._desk.store, number, name, stream)


class Mount:
    """Hands requests under ``prefix`` to our application and every other one to the host."""

    def __init__(self, host: "WSGIApplication", prefix: str, ours: Flask) -> None:
        self._host = host
        self._prefix = prefix
        self._ours = ours

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        """WSGI (PEP 3333); our copy of the environment never reaches the host."""
        path = environ.get("PATH_INFO", "")
        if path != self._prefix and not path.startswith(self._prefix + "/"):
            return self._host(environ, start_response)
        script = environ.get("SCRIPT_NAME", "")
        inside = {
            **environ,
            "SCRIPT_NAME": script + self._prefix,
            "PATH_INFO": path[len(self._prefix) :],
            HOST_ENVIRON: {"SCRIPT_NAME": script, "PATH_INFO": path},
        }
        return self._ours(inside, start_response)


def settings_of(app: Flask, prefix: str, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings inside a host: data below its instance folder, our schema in its PostgreSQL or a SQLite file of ours."""
    given = dict(environ)
    given.setdefault("LOOPDESK_DATA", str(Path(app.instance_path) / "loopdesk-data"))
    given["DATABASE_URL"] = _database(app, environ)
    settings = Settings.from_env(given)
    return settings if environ.get("LOOPDESK_URL") else replace(settings, url=settings.url + prefix)


def _database(app: Flask, environ: Mapping[str, str]) -> str:
    """``LOOPDESK_DATABASE_URL`` of the host's configuration, else a PostgreSQL of the environment or of the host, where
    we have a schema of our own. In any other database of the host our tables would stand among its own, and its
    migrations would propose to drop them."""
    if app.config.get("LOOPDESK_DATABASE_URL"):
        return str(app.config["LOOPDESK_DATABASE_URL"])
    for given in (environ.get("DATABASE_URL"), app.config.get("SQLALCHEMY_DATABASE_URI")):
        if given and sa.make_url(_standard(given)).get_backend_name() == "postgresql":
            return sa.make_url(_standard(given)).set(drivername="postgresql").render_as_string(hide_password=False)
    return ""


def _standard(url: str | sa.URL) -> str:
    text = url.render_as_string(hide_password=False) if isinstance(url, sa.URL) else url
    return text.replace("postgres://", "postgresql://", 1)
