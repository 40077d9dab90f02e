"""Finds a Chromium for the browser tests, or installs one: ``python -m loopdesk.scripts.chromium`` prints its path.

``CHROMIUM`` names one; else one on PATH; else Playwright's own; else it is installed, by apt as root, otherwise by
Playwright's download. Where the machine lacks libraries they are named and the browser tests fail; none is skipped.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoChromium(RuntimeError):
    """No Chromium runs on this machine; the message says what is missing."""


@cache
def executable() -> str:
    """Path of a Chromium that starts. Raises ``NoChromium``."""
    path = os.environ.get("CHROMIUM") or _installed() or _by_apt() or _by_playwright()
    if not path:
        raise NoChromium("Chromium could not be installed: set CHROMIUM to the path of one.")
    ran = _run([path, "--version"])
    if ran.returncode:
        missing = _missing_libraries(path)
        what = f"these libraries are missing: {', '.join(missing)}" if missing else ran.stderr.strip()
        raise NoChromium(f"{path} does not start: {what}")
    return path


def _installed() -> str | None:
    """One that is there; a name on PATH counts only if it runs (Ubuntu's is a stub that asks for snap)."""
    for name in NAMES:
        found = shutil.which(name)
        if found and _run([found, "--version"]).returncode == 0:
            return found
    own = _playwrights()
    return own if Path(own).exists() else None


def _playwrights() -> str:
    code = "from playwright.sync_api import sync_playwright as p\nwith p() as b: print(b.chromium.executable_path)"
    return _run([sys.executable, "-c", code]).stdout.strip()


def _by_apt() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing Chromium (apt) ...", file=sys.stderr)
    _run(["apt-get", "update", "-qq"])
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"])
    return _installed()


def _by_playwright() -> str | None:
    print("Installing Chromium (Playwright) ...", file=sys.stderr)
    ran = _run([sys.executable, "-m", "playwright", "install", "chromium"])
    if ran.returncode:
        print(ran.stderr, file=sys.stderr)
    return _installed()


def _missing_libraries(path: str) -> list[str]:
    listing = _run(["ldd", path]).stdout if shutil.which("ldd") else ""
    return [line.split()[0] for line in listing.splitlines() if "not found" in line]


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)


if __name__ == "__main__":
    try:
        print(executable())
    except NoChromium as error:
        print(error, file=sys.stderr)  # the browser tests will fail with the same text
