"""A product from a clean clone, started as a person starts it, for measuring and for pictures."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
PATIENCE = 600.0
"""Seconds that a start may take."""


@dataclass(frozen=True)
class Product:
    """A running Loopdesk; ``seconds`` is how long it took from the command to the sign-in page."""

    url: str
    folder: Path
    seconds: float


@contextmanager
def clean_clone() -> Iterator[Path]:
    """A clone of the present commit, without anything that was installed or built."""
    with tempfile.TemporaryDirectory(prefix="loopdesk-clone-") as folder:
        clone = Path(folder) / "loopdesk"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        yield clone


@contextmanager
def running(folder: Path) -> Iterator[Product]:
    """``make run`` in ``folder`` until the sign-in page answers; ended with Ctrl-C afterwards."""
    port, intake = free_port(), free_port()
    own = {"PORT": str(port), "INTAKE_SMTP_PORT": str(intake), "LOOPDESK_DATA": str(folder / ".data")}
    url, start = f"http://127.0.0.1:{port}", time.monotonic()
    process = subprocess.Popen(["make", "run"], cwd=folder, env={**os.environ, **own}, start_new_session=True)
    try:
        while not _answers(f"{url}/sign-in"):
            if process.poll() is not None or time.monotonic() - start > PATIENCE:
                raise SystemExit("The product did not start.")
            time.sleep(0.05)
        yield Product(url, folder, time.monotonic() - start)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
