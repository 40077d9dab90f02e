"""Live pages: one thread follows the event table and tells every open page what changed (server-sent events)."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from re import fullmatch
from typing import Any

import orjson
import sqlalchemy as sa
from flask import Flask, Response, current_app, request

from loopdesk.desk import case, rights
from loopdesk.engine import events, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Engine, Tx
from loopdesk.web.context import actor, loopdesk, loopdesk_of, read_tx

log = logging.getLogger("loopdesk.live")

Batch = tuple[list[dict[str, Any]], str]

PAUSE = 0.4
"""Seconds between two looks at the event table."""
HEARTBEAT = 15
"""Seconds after which a silent stream sends a comment, so that proxies and dead clients are noticed."""
LIFETIME = timedelta(minutes=10)
"""A stream ends then; the browser reconnects with its last id and its rights are looked at again."""
BOARDS = ("milestone.", "implementation.", "change.")
"""Kinds of events after which the boards of the closure are drawn again (FIX-1)."""
BACKLOG = 200
"""Batches that wait for one slow reader; beyond it the reader is cut off and resumes by its last id."""


class Follower(threading.Thread):
    """Hands every event after ``cursor`` to ``call((events, cursor))``, in commit order, until stopped."""

    def __init__(self, engine: Engine, call: Callable[[Batch], None], cursor: str) -> None:
        super().__init__(name="loopdesk-events", daemon=True)
        self._engine = engine
        self._call = call
        self._cursor = cursor
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look, hand over, wait; a database that does not answer is waited for."""
        while not self._stopping.wait(PAUSE):
            try:
                self._turn()
            except sa.exc.DBAPIError as error:
                log.warning("cannot read events, trying again: %s", error)

    def stop(self) -> None:
        """End after the present look."""
        self._stopping.set()

    def _turn(self) -> None:
        while not self._stopping.is_set():
            with self._engine.read() as tx:
                batch, cursor = events.since(tx, self._cursor)
            if not batch:
                return
            self._call((batch, cursor))
            self._cursor = cursor  # not before: a database that goes away during the call must not cost the batch


class Tail:
    """Fans the events of one follower out to the open streams of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._follower: Follower | None = None
        self._readers: set[queue.Queue[Batch | None]] = set()

    def open(self) -> queue.Queue[Batch | None]:
        """A queue that receives each batch from now on; ``None`` in it means cut off."""
        reader: queue.Queue[Batch | None] = queue.Queue(BACKLOG)
        with self._lock:
            if self._follower is None:
                with self._engine.read() as tx:
                    cursor = events.latest(tx)
                self._follower = Follower(self._engine, self._fan_out, cursor)
                self._follower.start()
            self._readers.add(reader)
        return reader

    def close(self, reader: queue.Queue[Batch | None]) -> None:
        """Nobody reads it any more; the thread ends with the last one."""
        with self._lock:
            self._readers.discard(reader)
            if not self._readers and self._follower:
                self._follower.stop()
                self._follower = None

    def _fan_out(self, batch: Batch) -> None:
        with self._engine.read() as tx:
            batch = _with_tasks(tx, batch)
        with self._lock:
            for reader in list(self._readers):
                try:
                    reader.put_nowait(batch)
                except queue.Full:
                    self._readers.discard(reader)
                    reader.get_nowait()
                    reader.put_nowait(None)


def _with_tasks(tx: Tx, batch: Batch) -> Batch:
    """The batch with each task event saying whose task it is: an event names the task, rights look at its row."""
    rows, cursor = batch
    ids = {row["data"]["task"] for row in rows if row["kind"].startswith("task.")}
    columns = (work.task.c.id, work.task.c.department, work.task.c.role, work.task.c.person)
    query = sa.select(*columns).where(work.task.c.id.in_(ids))
    tasks = {row["id"]: dict(row) for row in tx.conn.execute(query).mappings()} if ids else {}
    return [row | {"of": tasks.get(row["data"].get("task"))} for row in rows], cursor


def register(app: Flask) -> None:
    """Serve the stream at ``/live``."""
    app.extensions["loopdesk_tail"] = Tail(loopdesk_of(app).engine)
    app.add_url_rule("/live", "live", _live)


def _live() -> Response:
    """The signed-in person's stream; ``?case=<number>`` adds the events of one case, if the person may read it, and
    ``?since=<cursor>`` (``events.latest`` of when the page was drawn) what happened before the stream opened."""
    number = request.args.get("case", "")
    if number:
        with read_tx() as tx:
            case.read(actor(), tx, number)
    resume = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    cursor = resume if fullmatch(r"\d+\.\d+", resume) else ""
    body = Stream(loopdesk().engine, current_app.extensions["loopdesk_tail"], actor(), number).run(cursor)
    # Proxies that gather a response before passing it on would hold the events back.
    return Response(body, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


class Stream:
    """One open page: which signals this actor gets, and how they are written."""

    def __init__(self, engine: Engine, tail: Tail, who: Actor, number: str) -> None:
        self._engine = engine
        self._tail = tail
        self._actor = who
        self._number = number

    def run(self, cursor: str) -> Iterator[bytes]:
        """What was missed since ``cursor`` (nothing when empty), then everything as it happens."""
        reader = self._tail.open()
        ends = self._engine.clock.now() + LIFETIME
        try:
            yield b"retry: 2000\n\n"
            if cursor:
                yield from self._missed(cursor)
            while self._engine.clock.now() < ends:
                try:
                    batch = reader.get(timeout=HEARTBEAT)
                except queue.Empty:
                    yield b": still here\n\n"
                    continue
                if batch is None:
                    return
                yield self._written(batch)
        finally:
            self._tail.close(reader)

    def _missed(self, cursor: str) -> Iterator[bytes]:
        while True:
            with self._engine.read() as tx:
                batch = _with_tasks(tx, events.since(tx, cursor))
            if not batch[0]:
                return
            cursor = batch[1]
            yield self._written(batch)

    def _written(self, batch: Batch) -> bytes:
        rows, cursor = batch
        signals = [signal for row in rows for signal in self._signals(row)]
        # The id alone moves the reader's place forward even when nothing of the batch is for it.
        return b"".join(signals) + f"id: {cursor}\n\n".encode()

    def _signals(self, row: Mapping[str, Any]) -> Iterator[bytes]:
        kind, data = row["kind"], row["data"]
        if self._actor.kind == "customer" and row["audience"] != "customer":
            return
        of_inbox = row["of"] is not None and rights.may_work(self._actor, row["of"])
        if of_inbox or (self._number and row["key"] == self._number):
            told = {"kind": kind, "key": row["key"], "task": data.get("task", "")}
            yield b"data: " + orjson.dumps(told) + b"\n\n"
        elif kind.startswith(BOARDS) and self._actor.kind == "person":
            # A board only learns that it is to be drawn again: whose case it is, its own page decides.
            yield b"data: " + orjson.dumps({"kind": kind, "key": "", "task": ""}) + b"\n\n"
