"""Writes the next migration from what the tables of the code have become: ``make migration name="what changes"``."""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from loopdesk import migrations
from loopdesk.engine.db import Database, default_url

ROOT = Path(__file__).parent.parent
VERSIONS = ROOT / "migrations" / "versions"
ROOMS = ("engine", "desk", "connectors", "web")


def load_tables() -> None:
    """Import every file that defines a table, so that the metadata is complete."""
    for room in ROOMS:
        for path in sorted((ROOT / room).glob("*.py")):
            if "sa.Table(" in path.read_text():
                importlib.import_module(f"loopdesk.{room}.{path.stem}")


def write(name: str) -> None:
    """Compare a fresh database at the newest migration with the tables of the code, and write the difference."""
    load_tables()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(default_url(folder))
        number = f"{len(list(VERSIONS.glob('[0-9]*.py'))) + 1:04d}"
        with database.engine.begin() as conn:
            if number != "0001":
                command.upgrade(migrations.config(conn), "head")
            command.revision(migrations.config(conn), name, autogenerate=True, rev_id=number)
        database.close()
    (written,) = VERSIONS.glob(f"{number}_*.py")
    lines = [line for line in written.read_text().splitlines() if not line.strip().startswith("# ###")]
    written.write_text("\n".join(lines) + "\n")
    for action in (["format"], ["check", "--fix"]):
        subprocess.run([sys.executable, "-m", "ruff", *action, "--quiet", "migrations/versions"], cwd=ROOT, check=True)


if __name__ == "__main__":
    write(sys.argv[1])
