"""`loopdesk up`: one supervisor for every process; none survives it, none stays dead (issue "Set-up")."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from loopdesk.tests.support import eventually, free_port

PARTS = {"redis", "web", "poller", "worker", "mail"}


@dataclass
class House:
    """A Loopdesk on free ports in a folder of its own, as a person starts it."""

    data: Path
    port: int = field(default_factory=free_port)
    intake: int = field(default_factory=free_port)
    lines: list[str] = field(default_factory=list)
    process: "subprocess.Popen[str] | None" = None

    def start(self, **environ: str) -> "subprocess.Popen[str]":
        own = {"LOOPDESK_DATA": str(self.data), "PORT": str(self.port), "INTAKE_SMTP_PORT": str(self.intake)}
        outer = {k: v for k, v in os.environ.items() if k not in ("REDIS_URL", "DATABASE_URL", "LANG", "LANGUAGE")}
        command = [sys.executable, "-P", "-m", "loopdesk.web.cli", "up"]
        self.process = subprocess.Popen(
            command, env={**outer, **own, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()
        return self.process

    def _read(self, stream: Iterator[str]) -> None:
        self.lines.extend(line.rstrip() for line in stream)

    def ready(self) -> "House":
        eventually(lambda: self.said("Loopdesk is ready"), within=60)
        return self

    def said(self, text: str) -> str | None:
        for line in list(self.lines):
            if text in line:
                return line
        assert self.process is None or self.process.poll() is None or not text, "\n".join(self.lines)
        return None

    def pid(self, name: str) -> int:
        found = [m[1] for line in self.lines if (m := re.search(rf"{name} .*?(\d+)\)", line))]
        return int(found[-1])

    def processes(self) -> list[psutil.Process]:
        """Everything that lives with our data folder in its environment."""
        return [p for p in psutil.process_iter() if _data_of(p) == str(self.data)]

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def _data_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("LOOPDESK_DATA") if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "data")
    yield house
    for process in house.processes():
        process.kill()


def test_everything_starts_says_where_and_ends_without_survivors(house: House) -> None:
    process = house.start(LOOPDESK_ADMIN_PASSWORD="correct horse battery").start_checked if False else house.start()
    house.ready()
