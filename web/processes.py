"""The processes of one Loopdesk: started together, watched, ended together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from loopdesk.engine.errors import N_

GRACE = 8.0
"""Seconds that a process has to end after it was asked to."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process that died is started again: doubled each time it dies soon."""
SETTLED = 10.0
"""A process that lived for so many seconds has started well: what ends it later is no fault of its start."""
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Say = Callable[[str], None]


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it is gone, however it went (Linux only)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def log_as(name: str) -> None:
    """Write warnings of this process to standard error, under the part's name; trace it where a collector is named."""
    from loopdesk.web import telemetry  # with Flask behind it, which the supervisor does without

    telemetry.start(name)


def command(name: str) -> list[str]:
    """The command line of one of our own commands; `-P` keeps the working folder off the import path."""
    return [sys.executable, "-P", "-m", "loopdesk.web.cli", name]


@dataclass
class Part:
    """One process to keep alive. ``stdin`` is handed to it at each start; a ``quiet`` one prints nothing."""

    name: str
    command: Sequence[str]
    stdin: bytes = b""
    quiet: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float | None = None

    def start(self, environ: Mapping[str, str]) -> int:
        """Start it in a process group of its own, so that Ctrl-C reaches us alone; returns the process id."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE if self.stdin else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.quiet else None,
            env=dict(environ),
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        if self.process.stdin is not None:
            self.process.stdin.write(self.stdin)
            self.process.stdin.close()
        self.started_at, self.again_at = time.monotonic(), None
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Keeps ``parts`` alive until it is told to stop; `say` gets one line for whatever a person wants to know."""

    parts: list[Part]
    environ: Mapping[str, str]
    say: Say
    translate: Callable[[str], str] = str
    stop: Event = field(default_factory=Event)

    def start(self) -> None:
        """Start every part, in order, and take over Ctrl-C, SIGTERM and the closing of the terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: self.stop.set())
        for part in self.parts:
            part.start(self.environ)

    def add(self, parts: Sequence[Part]) -> None:
        """Start more parts, in order, and keep them alive as well."""
        for part in parts:
            part.start(self.environ)
            self.parts.append(part)

    def watch(self) -> None:
        """Start again what dies, until asked to stop."""
        while not self.stop.wait(0.1):
            self.look()

    def look(self) -> None:
        """Look once at each part: note that it died, or start it again when its pause is over."""
        for part in self.parts:
            if part.alive:
                continue
            if part.again_at is None:
                self._note_death(part)
            elif time.monotonic() >= part.again_at:
                pid = part.start(self.environ)
                self._tell(N_("%(name)s is running again (process %(pid)s)."), name=part.name, pid=pid)

    def _note_death(self, part: Part) -> None:
        part.signal(signal.SIGKILL)  # what it may have started itself
        lived = time.monotonic() - part.started_at
        part.pause = FIRST_PAUSE if lived > SETTLED else min(part.pause * 2, LONGEST_PAUSE)
        part.again_at = time.monotonic() + part.pause
        code, part.process = part.process.returncode if part.process else 0, None
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        text = N_("%(name)s ended (%(how)s); starting it again in %(seconds)s s.")
        self._tell(text, name=part.name, how=how, seconds=part.pause)

    def end(self) -> None:
        """Ask every part to end, last one first, and kill what has not ended after ``GRACE`` seconds."""
        for part in reversed(self.parts):
            part.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for part in self.parts:
            if part.process is None:
                continue
            try:
                part.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._tell(N_("%(name)s does not end and is killed."), name=part.name)
            part.signal(signal.SIGKILL)
            part.process.wait()

    def _tell(self, text: str, **params: object) -> None:
        self.say(self.translate(text) % params)
