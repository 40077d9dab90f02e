"""The product on a clock that a test moves: served to real browsers, its work done as soon as it is due."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import httpx
import sqlalchemy as sa
from werkzeug.serving import make_server

from loopdesk import migrations
from loopdesk.desk import people, tokens
from loopdesk.engine import incidents, outbox, timers
from loopdesk.engine import outbox_rows as rows
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.browser.house import waited
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.support import free_port
from loopdesk.web import first_start
from loopdesk.web.app import create_app
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk, build

ADMIN = Actor("person", "admin", "Admin", frozenset({"admin"}))
AT_WORK = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning."""
PAUSE = 0.02
"""Seconds between two looks of the one worker."""


@dataclass
class Moved:
    """A running house; ``url`` and ``log`` are what `house.person` asks of a product."""

    url: str
    log: Path
    desk: Loopdesk
    clock: VirtualClock
    server: SmtpPeer

    def wait(self, **length: float) -> None:
        """Let time pass, and everything happen that is due then."""
        self.clock.set(self.clock.now() + timedelta(**length))
        self.rest()

    def rest(self) -> None:
        """Wait until nothing is left to do now, and see that nothing went wrong."""
        waited(lambda: self._idle() or None, "the work that is due")
        with self.desk.engine.read() as tx:
            assert [row["message"] for row in incidents.listing(ADMIN, tx)] == []

    def _idle(self) -> bool:
        with self.desk.engine.read() as tx:
            claimed = sa.select(rows.outbox.c.id).where(rows.outbox.c.state == rows.CLAIMED).limit(1)
            due = timers.next_due(tx)
            return not rows.ready(tx) and tx.conn.scalar(claimed) is None and (due is None or due > tx.now)

    def api(self, login: str) -> httpx.Client:
        """A program with the token of one person."""
        with self.desk.engine.begin() as tx:
            person = people.by_login(tx, login)
            assert person is not None
            secret = tokens.make_token(SYSTEM, tx, person.id, name="monitor", scopes=tokens.SCOPES)
        return httpx.Client(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {secret}"}, timeout=30)


@contextmanager
def moved(folder: Path) -> Iterator[Moved]:
    """A house of its own on SQLite with the demo's people, at nine on a Monday morning."""
    clock, port, over = VirtualClock(AT_WORK), free_port(), Event()
    with SmtpPeer() as mails:
        desk = _desk(folder, clock, port, mails)
        web = make_server("127.0.0.1", port, create_app(desk=desk), threaded=True)
        web.daemon_threads = True  # type: ignore[attr-defined]  # a page that watches live does not hold the end up
        threads = [Thread(target=web.serve_forever), Thread(target=_work, args=(desk, over))]
        for thread in threads:
            thread.start()
        try:
            yield Moved(f"http://127.0.0.1:{port}", folder / "moved.log", desk, clock, mails)
        finally:
            over.set()
            web.shutdown()
            for thread in threads:
                thread.join(30)
            web.server_close()
            desk.close()


def _desk(folder: Path, clock: VirtualClock, port: int, mails: SmtpPeer) -> Loopdesk:
    environ = {"LOOPDESK_DATA": str(folder / "data"), "LOOPDESK_DEMO": "1", "LOOPDESK_URL": f"http://127.0.0.1:{port}"}
    desk = build(Settings.from_env(environ | {"SMTP_URL": f"smtp://127.0.0.1:{mails.port}"}), clock=clock)
    migrations.upgrade(desk.engine.database)
    first_start.first_start(desk)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return desk


def _work(desk: Loopdesk, over: Event) -> None:
    while not over.is_set():
        with desk.engine.begin() as tx:
            due = timers.claim_due(tx)
        if not outbox.drain(desk.engine, desk.handlers, worker="moved") and not due:
            over.wait(PAUSE)
