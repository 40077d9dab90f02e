"""Writes the next migration from what the tables of the code have become: ``make migration name="what changes"``."""

import importlib
import shutil
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
        for path in sorted((ROOT / room).rglob("*.py")):
            if "sa.Table(" in path.read_text():
                importlib.import_module(".".join(("loopdesk", *path.relative_to(ROOT).with_suffix("").parts)))


def write(name: str) -> None:
    """Compare a fresh database at the migration before with the tables of the code, and write the difference.

    The new one takes the first number that is free; a later one, written by hand, goes on building on it.
    """
    load_tables()
    numbers = {path.name[:4]: path for path in VERSIONS.glob("[0-9]*.py")}
    number = next(free for count in range(1, 10_000) if (free := f"{count:04d}") not in numbers)
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder, "versions")
        before.mkdir()
        for path in (path for known, path in numbers.items() if known < number):
            shutil.copy(path, before)
        database = Database(default_url(folder))
        with database.engine.begin() as conn:
            config = migrations.config(conn)
            config.set_main_option("version_locations", str(before))
            config.set_main_option("path_separator", "os")
            if number != "0001":
                command.upgrade(config, "head")
            command.revision(config, name, autogenerate=True, rev_id=number)
        database.close()
        (made,) = before.glob(f"{number}_*.py")
        lines = [line for line in made.read_text().splitlines() if not line.strip().startswith("# ###")]
        (VERSIONS / made.name).write_text("\n".join(lines) + "\n")
    for action in (["format"], ["check", "--fix"]):
        subprocess.run([sys.executable, "-m", "ruff", *action, "--quiet", "migrations/versions"], cwd=ROOT, check=True)


if __name__ == "__main__":
    write(sys.argv[1])
