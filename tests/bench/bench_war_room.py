"""Bar of issue 7: two hundred people watch one war room, and each sees a new entry within 2 s (p95).

The product's own server is one process; the viewers do what a page does: they listen to the stream, gather for 200 ms,
and fetch the fragments. Seen means that the words of the entry stand in what was fetched.
"""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from loopdesk.desk import case, emergency
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.bench import house
from loopdesk.tests.bench.report import row
from loopdesk.tests.support import eventually, free_port
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import settings_for
from loopdesk.web.app import create_app
from loopdesk.web.first_start import first_start
from loopdesk.web.processes import command as command_line
from loopdesk.web.wiring import build

VIEWERS, ENTRIES = 200, 12
PAUSE = 1.0
"""Seconds between two entries at least."""
GATHER = 0.2
"""Seconds for which a page gathers what happened before it fetches, as ``islands/live.ts`` does."""
PATIENCE = 20.0
"""Seconds after which an entry counts as not seen."""
PEOPLE = ("li.na", "tom.baker", "wang.fang", "emma.stone", "guo.tao", "nora.quinn", "daniel.reyes", "frank.olsen")


@dataclass
class Watched:
    """A served war room: where it is, who may look, and when each entry was seen."""

    port: int
    path: str
    number: str
    cookies: list[str]
    token: str
    seen: dict[str, list[float]] = field(default_factory=dict)
    """Words of an entry -> when they were seen, by `time.perf_counter`."""


@contextmanager
def served(kind: house.Kind) -> Iterator[tuple[Watched, psutil.Process]]:
    """The product's web process on a fresh house with one emergency."""
    with house.database(kind) as database, tempfile.TemporaryDirectory(prefix="loopdesk-bench-") as folder:
        settings = settings_for(Path(folder), str(database.engine.url.render_as_string(hide_password=False)))
        desk = build(settings)
        first_start(desk)
        with desk.engine.begin() as tx:
            number = case.open(SYSTEM, tx, case.Report("phone", "Nobody can pay.", customer_number="C-1002")).number
            led = {"commander": "wang.fang", "grade": "I", "kind": "system_fault"}
            made = emergency.declare(SYSTEM, tx, number, **led, response=emergency.Response("global", "P0", "payment"))
        app = create_app(desk=desk)
        browsers = {login: as_person(app, login) for login in PEOPLE}
        token = csrf_of(app, browsers[PEOPLE[0]])
        kept = [client._cookies or {} for client in browsers.values()]
        cookies = [f"{one.key}={one.value}" for jar in kept for one in jar.values()]
        port = free_port()
        own = {"LOOPDESK_DATA": folder, "DATABASE_URL": settings.database_url, "LOOPDESK_SECRET": settings.secret}
        own |= {"PORT": str(port), "LOOPDESK_DEMO": "1", "REDIS_URL": "", "LOOPDESK_URL": f"http://127.0.0.1:{port}"}
        process = subprocess.Popen([*command_line("web")], env=os.environ | own)
        try:
            eventually(lambda: _answers(port), within=60)
            yield Watched(port, f"/emergencies/{made.id}", number, cookies, token), psutil.Process(process.pid)
        finally:
            house.end([process])
            desk.close()


def _answers(port: int) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/sign-in").status_code == 200
    return False


async def request(watched: Watched, cookie: str, path: str, *head: str, body: str = "") -> bytes:
    """One answer over a connection of its own, without the weight of a client library for each of 200 viewers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", watched.port)
    _send(writer, "POST" if body else "GET", path, cookie, *head, "Connection: close", body=body)
    answer = await reader.read()
    writer.close()
    return answer


def _send(writer: asyncio.StreamWriter, method: str, path: str, cookie: str, *head: str, body: str = "") -> None:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "HX-Request: true", *head]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    writer.write("\r\n".join([*lines, "", body]).encode())


async def view(watched: Watched, cookie: str, listening: asyncio.Semaphore) -> None:
    """One page that is open until it is cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", watched.port)
    _send(writer, "GET", f"/live?case={watched.number}", cookie, "Accept: text/event-stream")
    try:
        while b"retry:" not in await reader.readline():
            pass
        listening.release()
        while line := await reader.readline():
            if not line.startswith(b"data:"):
                continue
            await asyncio.sleep(GATHER)
            _note(watched, await request(watched, cookie, f"{watched.path}/live"))
    finally:
        writer.close()


def _note(watched: Watched, page: bytes) -> None:
    now, newest = time.perf_counter(), list(watched.seen)[-1:]
    for words in newest:
        if words.encode() in page:
            watched.seen[words].append(now)


async def write(watched: Watched, number: int, viewers: int) -> list[float]:
    """Add an entry over HTTP; seconds from sending it until each viewer has seen it, `PATIENCE` for who has not."""
    words = f"entry-{number}-of-this-run"
    watched.seen[words] = []
    began = time.perf_counter()
    body = f"mode=note&text={words}&csrf_token={watched.token}"
    answer = await request(watched, watched.cookies[0], f"{watched.path}/notes", body=body)
    assert b" 200 " in answer.splitlines()[0], answer[:200]
    while len(watched.seen[words]) < viewers and time.perf_counter() - began < PATIENCE:
        await asyncio.sleep(0.01)
    await asyncio.sleep(max(0.0, began + PAUSE - time.perf_counter()))
    found = [moment - began for moment in watched.seen[words][:viewers]]
    return found + [PATIENCE] * (viewers - len(found))


async def watch(watched: Watched, viewers: int, entries: int) -> list[float]:
    """So many people watch while entries are added: all the times, sorted."""
    listening = asyncio.Semaphore(0)
    pages = [
        asyncio.create_task(view(watched, watched.cookies[number % len(watched.cookies)], listening))
        for number in range(viewers)
    ]
    for _ in pages:
        await listening.acquire()
    offset = 0 if viewers == 1 else 1_000
    found = [await write(watched, offset + number, viewers) for number in range(entries)]
    for page in pages:
        page.cancel()
    await asyncio.gather(*pages, return_exceptions=True)
    return sorted(one for times in found for one in times)


def cpu(process: psutil.Process) -> float:
    """Seconds of processor that a process and its children have used."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def measure(kind: house.Kind) -> list[dict[str, Any]]:
    """One viewer alone as a calibration, then all of them on the same server."""
    with served(kind) as (watched, process):
        alone = asyncio.run(watch(watched, 1, ENTRIES))
        before, began = cpu(process), time.perf_counter()
        all_ = asyncio.run(watch(watched, VIEWERS, ENTRIES))
        used, took = cpu(process) - before, time.perf_counter() - began
    what = f"{VIEWERS} people watch a war room, {kind}"
    return [
        row(f"war room: calibration, one viewer alone sees an entry, p95, {kind}", _p95(alone), "s"),
        row(f"{what}: an entry is seen, p95", _p95(all_), "s", 2.0),
        row(f"{what}: an entry is seen, median", all_[len(all_) // 2], "s"),
        row(f"{what}: the last one sees it, at most", all_[-1], "s"),
        row(f"{what}: processor for one entry seen by all", used / ENTRIES, "s"),
        row(f"{what}: processor used of one core", 100 * used / took, "%"),
    ]


def _p95(times: list[float]) -> float:
    return times[int(len(times) * 0.95)]


def rows() -> list[dict[str, Any]]:
    """On both databases."""
    return [one for kind in house.KINDS for one in measure(kind)]
