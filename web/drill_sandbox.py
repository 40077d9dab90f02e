"""Where a drill is played: a throwaway house with a clock of its own, from which nothing leaves (EMG-10).

The sandbox makes its engine, its SQLite file in an empty folder and its one connector, a recorder, itself; it takes
files of process folders and nothing else, so no drill can reach a running house.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.connectors.recorder import Recorder
from loopdesk.connectors.webhook import Webhook
from loopdesk.desk import demo, departments, emergency, operations, people
from loopdesk.desk.emergency.rows import emergency_, entry
from loopdesk.engine import bpmn, bundles, incidents, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import default_url, lay_out
from loopdesk.engine.errors import N_, Conflict, Invalid, Refused, filled
from loopdesk.engine.host import Files, Host
from loopdesk.engine.outbox import drain, outbox
from loopdesk.web import wiring
from loopdesk.web.settings import Settings

MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)
"""When the alert comes in: a Monday at 10 in Shanghai, so that everybody is at work."""
LEAVING = ("send", "effect", "letter", "room")
"""Outbox kinds that go through a connector: here all of them reach the recorder."""
MAX_ROUNDS = 2_000
ADMIN = Actor("person", "drill", "Drill", frozenset({"admin"}))
_LETTERS = re.compile(r"[^a-z0-9]+")
_OK = {"status": 200, "body": {"ok": True}}


class Played(Recorder):
    """The recorder, which also stands in for each outside system that the folders name: it agrees and does nothing."""

    def __init__(self, effects: frozenset[str]) -> None:
        """Answer to ``effects``, the types of service tasks that would leave."""
        super().__init__("recorder")
        self.effects = effects
        self.performed: list[tuple[str, dict[str, Any]]] = []

    def perform(self, effect: str, inputs: Mapping[str, Any], idempotency_key: str) -> dict[str, Any]:  # noqa: ARG002 - a recorder may be asked twice
        """Keep what was wanted and say yes."""
        self.performed.append((effect, dict(inputs)))
        return dict(_OK)


class Sandbox:
    """One throwaway house; ``clock`` stands at the alert until somebody moves it."""

    def __init__(self, folder: Path, folders: Mapping[str, Files]) -> None:
        """Build it in the empty ``folder`` from the files of process ``folders``.

        Raises `Refused` where something is in the folder already: a running house, perhaps.
        """
        if any(folder.iterdir()):
            raise Refused(
                "A drill runs in a sandbox of its own, and %(folder)s is not empty.",
                remedy=N_("Hand it an empty folder; it never works on a running house."),
                folder=str(folder),
            )
        self.clock = VirtualClock(MONDAY)
        self.recorder = Played(_effects(folders))
        settings = Settings(
            folder, default_url(folder), url="https://drill.invalid", secret="drill" * 8, python_scripts=True
        )
        lay_out(folder)
        self.desk = wiring.build(settings, clock=self.clock, connectors=[self.recorder])
        # What is played has been checked where it comes from, with the people and channels of that house.
        self.desk.engine.host = replace(self.desk.engine.host, check=Host().check)
        remote = {kind: call for kind, call in self.desk.handlers.remote.items() if kind in LEAVING}
        self._handlers = replace(self.desk.handlers, remote=remote)
        self._people: dict[str, Actor] = {}
        with self.desk.engine.begin() as tx:
            for name in sorted(folders, key=lambda one: any(path.endswith(".bpmn") for path in folders[one])):
                bundles.deploy(SYSTEM, tx, name, folders[name], note="drill")
            demo.seed(tx)
            self._staff = departments.codes(tx)
        self.rest()

    def close(self) -> None:
        """Give its file back; the folder is the caller's to delete."""
        self.desk.close()

    @property
    def minute(self) -> float:
        """Minutes since the alert."""
        return (self.clock.now() - MONDAY).total_seconds() / 60

    def person(self, name: str) -> Actor:
        """A participant: somebody of all departments who may do every task, so that a drill tests the plan."""
        if name not in self._people:
            login = f"drill-{len(self._people)}-{_LETTERS.sub('', name.lower())}"[:60]
            who = {"login": login, "name": name[:200] or login, "email": f"{login}@drill.invalid"}
            with self.desk.engine.begin() as tx:
                made = people.create(SYSTEM, tx, **who, roles=("agent", "supervisor", "admin"), departments=self._staff)
            self._people[name] = people.actor_of(made)
        return self._people[name]

    def complete(self, actor: Actor, element: str, data: Mapping[str, Any]) -> None:
        """Hand in the form of the task that waits at ``element``; ``{me}`` in it is the participant.

        Raises `Conflict` when none waits there, and what the process refuses.
        """
        mine = {key: actor.id if value == "{me}" else value for key, value in data.items()}
        with self.desk.engine.begin() as tx:
            rows = [row for row in work.listing(ADMIN, tx) if row["element"] == element]
            if not rows:
                raise Conflict("No task “%(task)s” waits at this minute.", task=element)
            work.complete(actor, tx, rows[0]["id"], mine)
        self.rest()

    def running(self) -> emergency.Emergency:
        """The emergency that the alert has led to; raises `Conflict` while there is none."""
        with self.desk.engine.read() as tx:
            found = tx.conn.scalars(sa.select(emergency_.c.id).order_by(emergency_.c.declared_at)).first()
            if found is None:
                raise Conflict("Nobody has declared the emergency yet.")
            return emergency.get(tx, found)

    def missed(self) -> list[tuple[str, int]]:
        """Each update that was promised and not given in time: for whom, and at which minute that was noted."""
        query = sa.select(entry.c.audience, entry.c.at).where(entry.c.kind == "missed").order_by(entry.c.id)
        with self.desk.engine.read() as tx:
            return [(row.audience, round((row.at - MONDAY).total_seconds() / 60)) for row in tx.conn.execute(query)]

    def broken(self) -> list[tuple[str, str]]:
        """What failed in the processes: the element, and why."""
        with self.desk.engine.read() as tx:
            rows = incidents.listing(ADMIN, tx)
        return [(str(row["element"]), filled(row["message"], row["params"] or {}, str)) for row in rows]

    def go_to(self, minute: float) -> None:
        """Let time pass until ``minute``, from one due moment to the next. Raises `Invalid` for one that has passed."""
        until = MONDAY + timedelta(minutes=minute)
        if until < self.clock.now():
            raise Invalid("Minute %(minute)s has passed: time only goes on.", minute=minute)
        for _ in range(MAX_ROUNDS):
            self.rest()
            due = self._next()
            if due is None or due > until:
                break
            self.clock.set(max(due, self.clock.now()))
        self.clock.set(until)
        self.rest()

    def rest(self) -> None:
        """Do everything that is due now; what would leave goes to the recorder."""
        for _ in range(MAX_ROUNDS):
            with self.desk.engine.begin() as tx:
                claimed = timers.claim_due(tx)
            if not drain(self.desk.engine, self._handlers, worker="drill") and not claimed:
                return

    def _next(self) -> datetime | None:
        with self.desk.engine.read() as tx:
            ready = (outbox.c.state == "ready") & outbox.c.kind.in_([*self._handlers.local, *self._handlers.remote])
            later = tx.conn.execute(sa.select(sa.func.min(outbox.c.not_before)).where(ready)).scalar()
            return min((moment for moment in (timers.next_due(tx), later) if moment is not None), default=None)


def _effects(folders: Mapping[str, Files]) -> frozenset[str]:
    """Every type of service task that is no verb of the desk: whatever a house has connected for it."""
    known = operations.build("", None)  # type: ignore[arg-type]  # only the names are looked at
    elements = (
        element
        for files in folders.values()
        for process in bpmn.read(files).processes.values()
        for element in process.elements.values()
    )
    wanted = {element.extras.task for element in elements if element.extras.task}
    return frozenset(wanted - set(known)) | Webhook.effects
