"""`loopdesk up`: one supervisor for every process; none survives it, none stays dead (issue "Set-up")."""

import gc
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

import httpx
import psutil
import pytest

from loopdesk import migrations
from loopdesk.engine.db import Database, default_url
from loopdesk.tests.support import eventually, free_port
from loopdesk.web import loading

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
        eventually(lambda: self.said("Loopdesk is ready") or self._ended(), within=60)
        assert not self._ended(), self.lines
        return self

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def said(self, text: str) -> str | None:
        return next((line for line in list(self.lines) if text in line), None)

    def pid(self, name: str) -> int:
        found = [m[1] for line in self.lines if (m := re.search(rf"\b{name} .*\((?:process )?(\d+)\)", line))]
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
    process = house.start()
    house.ready()
    assert house.said(f"http://127.0.0.1:{house.port}")
    assert house.said("First sign-in: admin, password: ")
    assert house.said("No agent in department support: add people.")
    assert house.answers()
    with socket.create_connection(("127.0.0.1", house.intake), timeout=5) as mail:
        assert mail.recv(100).startswith(b"220")
    assert {name for name in PARTS if psutil.pid_exists(house.pid(name))} == PARTS
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert house.processes() == []


def test_the_page_comes_first(house: House) -> None:
    """What loads beside it makes people wait: the others start once it answers (a second start takes 5 s)."""
    house.start()
    house.ready()
    serving = psutil.Process(house.pid("web")).children()
    later = [psutil.Process(house.pid(name)).create_time() for name in ("poller", "worker")]
    assert serving
    assert max(one.create_time() for one in serving) < min(later)


def test_the_rooms_load_beside_the_page_not_before_it() -> None:
    """A second start had grown to 6 s: the supervisor read everything that the page then read again."""
    look = "import sys, loopdesk.web.cli.up; print([n for n in ('flask', 'loopdesk.web.wiring') if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-P", "-c", look], text=True).strip() == "[]"


def test_nobody_sees_the_page_before_there_are_people(house: House) -> None:
    """Tables alone are no house: a page that came before its people had nobody to sign in as."""
    house.data.mkdir()
    database = Database(default_url(house.data))
    migrations.upgrade(database)
    database.close()
    house.start(LOOPDESK_DEMO="1")
    eventually(house.answers, within=60)
    assert "Tom Baker" in httpx.get(f"http://127.0.0.1:{house.port}/dev/sign-in").text


def test_loading_collects_no_garbage_and_says_so_afterwards() -> None:
    with pytest.raises(ImportError), loading.undisturbed():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()


def test_a_second_start_keeps_the_first_sign_in_and_is_quick(house: House) -> None:
    for _ in range(2):
        process = house.start(LOOPDESK_ADMIN_PASSWORD="correct horse battery")
        house.ready()
        process.terminate()
        assert process.wait(20) == 0
        house.lines, first = [], house.lines
    assert not any("password" in line for line in first), "the second start makes nobody"


def test_what_dies_is_started_again_and_said(house: House) -> None:
    house.start()
    house.ready()
    for name in sorted(PARTS):
        before = house.pid(name)
        os.kill(before, signal.SIGKILL)
        eventually(lambda name=name: house.said(f"{name} ended (SIGKILL)"))  # type: ignore[misc]
        eventually(lambda name=name, before=before: house.pid(name) != before)  # type: ignore[misc]
    eventually(house.answers, within=20)


def test_nothing_survives_a_supervisor_that_is_killed(house: House) -> None:
    process = house.start()
    house.ready()
    assert len(house.processes()) >= len(PARTS)
    process.kill()
    process.wait()
    eventually(lambda: house.processes() == [])


@pytest.mark.parametrize("variable", ["PORT", "INTAKE_SMTP_PORT"])
def test_a_taken_port_is_one_clear_line(house: House, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = house.start(**{variable: str(port)})
        assert process.wait(20) == 1
    eventually(lambda: house.said(f"Error: Cannot listen on 127.0.0.1:{port}: Address already in use."))
    assert house.said(f"choose another port with {variable}.")
    assert not house.said("Traceback")


def test_a_data_folder_that_cannot_be_written_is_one_clear_line(house: House) -> None:
    house.data.write_text("not a folder")
    process = house.start()
    assert process.wait(20) == 1
    eventually(lambda: house.said(f"Error: The data folder {house.data} cannot be written"))
    assert not house.said("Traceback")


def test_a_database_that_is_away_is_one_clear_line(house: House) -> None:
    process = house.start(DATABASE_URL=f"postgresql://loopdesk@127.0.0.1:{free_port()}/loopdesk")
    assert process.wait(20) == 1
    eventually(lambda: house.said("Error: The database cannot be used: connection failed"))
    assert not house.said("Traceback")


def test_a_setting_without_sense_is_one_clear_line(house: House) -> None:
    process = house.start(LOOPDESK_DEMO="maybe")
    assert process.wait(20) == 1
    eventually(lambda: house.said("Error: LOOPDESK_DEMO is maybe, but must be 0 or 1."))


def test_the_demo_stays_on_this_machine(house: House) -> None:
    process = house.start(LOOPDESK_DEMO="1", HOST="0.0.0.0")
    assert process.wait(20) == 1
    eventually(lambda: house.said("The demo signs people in without a password"))
