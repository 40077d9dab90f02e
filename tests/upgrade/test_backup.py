"""A backup of a house with open work goes on in another database, of the other kind too (SEC-3)."""

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from loopdesk import migrations
from loopdesk.engine import audit, audit_verify, events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import Database, default_url, metadata
from loopdesk.engine.errors import Refused
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.stage import Stage
from loopdesk.tests.support import eventually
from loopdesk.tests.upgrade.conftest import move_in
from loopdesk.tests.upgrade.dump import Dump
from loopdesk.tests.upgrade.finishing import finish, rows
from loopdesk.tests.upgrade.ledger import Ledger
from loopdesk.web import backup, restore


@pytest.fixture
def other(request: pytest.FixtureRequest, empty: Database, tmp_path: Path) -> str:
    """An empty database of the other kind."""
    folder = tmp_path / "other"
    folder.mkdir()
    return str(request.getfixturevalue("empty_postgres")) if empty.is_sqlite else default_url(folder)


@pytest.fixture
def bare(other: str, tmp_path: Path, dump: Dump, server: SmtpPeer, ledger: Ledger) -> Iterator[Stage]:
    """A desk on that database, without any table."""
    desk = wired(other, tmp_path, dump, server, ledger)
    yield desk
    desk.desk.close()


def wired(url: str, tmp_path: Path, dump: Dump, server: SmtpPeer, ledger: Ledger) -> Stage:
    return move_in(url, tmp_path / "other", dump.at, server, ledger)


def test_everything_goes_on_in_another_database(
    stage: Stage, bare: Stage, other: str, dump: Dump, server: SmtpPeer, ledger: Ledger, tmp_path: Path
) -> None:
    audit.chain(stage.desk.engine)
    with stage.desk.engine.begin() as tx:
        events.record(SYSTEM, tx, "person.signed_in")  # not chained when the backup is made
    backup.write(stage.desk, tmp_path / "house.zip")
    restore.restore(bare.desk, tmp_path / "house.zip")
    assert migrations.is_current(bare.desk.engine.database)
    assert counts(bare) | {"audit_house": 0} == counts(stage) | {"audit": counts(bare)["audit"], "audit_house": 0}
    moved = wired(other, tmp_path, dump, server, ledger)
    finish(moved, dump.cases, server, ledger, held=0)
    eventually(lambda: audit.chain(moved.desk.engine) == 0 and chained(moved))
    with moved.desk.engine.snapshot() as tx:
        report = audit_verify.verify(tx)
    assert report.findings == []
    moved.desk.close()


def test_a_backup_of_an_earlier_release_becomes_the_house_of_today(
    empty: Database, dump: Dump, server: SmtpPeer, ledger: Ledger, tmp_path: Path
) -> None:
    """Tables that others refer to are changed below their rows, on SQLite by putting another in their place."""
    taken(dump, tmp_path / "old.zip")
    bare = wired(empty.url, tmp_path, dump, server, ledger)
    restore.restore(bare.desk, tmp_path / "old.zip")
    assert migrations.is_current(bare.desk.engine.database)
    found = counts(bare)
    kept = {name: len(table.rows) for name, table in dump.tables.items() if not name.startswith("audit")}
    assert {name: found.get(name, kept[name]) for name in kept} == kept
    if empty.is_sqlite:
        with bare.desk.engine.read() as tx:
            assert tx.conn.scalar(sa.text("PRAGMA foreign_keys")) == 1
            assert tx.conn.execute(sa.text("PRAGMA foreign_key_check")).all() == []
    bare.desk.close()


def taken(dump: Dump, path: Path) -> None:
    """Write the backup that the release would have made of its house; its attachments left out."""
    tables = []
    with zipfile.ZipFile(path, "w") as archive:
        for name, table in dump.tables.items():
            content = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in table.rows)
            archive.writestr(f"tables/{name}.jsonl", content)
            digest = hashlib.sha256(content).hexdigest()
            tables.append(backup.Table(name, table.columns, table.kinds, len(table.rows), digest))
        made = backup.Manifest(backup.FORMAT, dump.version, dump.revision, dump.at, tables, {}, [])
        archive.writestr(backup.MANIFEST, orjson.dumps(asdict(made)))


def chained(stage: Stage) -> bool:
    found = counts(stage)
    return found["audit"] == found["event"]


def counts(stage: Stage) -> dict[str, int]:
    query = sa.func.count()
    return {
        name: rows(stage, sa.select(query).select_from(table))[0][0]
        for name, table in metadata.tables.items()
        if name != "audit_head"
    }


def test_a_database_with_rows_is_not_overwritten(stage: Stage, tmp_path: Path) -> None:
    backup.write(stage.desk, tmp_path / "house.zip")
    with pytest.raises(Refused, match="not empty"):
        restore.restore(stage.desk, tmp_path / "house.zip")


def test_a_backup_is_not_overwritten(stage: Stage, tmp_path: Path) -> None:
    backup.write(stage.desk, tmp_path / "house.zip")
    with pytest.raises(Refused, match="there already"):
        backup.write(stage.desk, tmp_path / "house.zip")
    assert {path.name for path in tmp_path.glob("*house.zip*")} == {"house.zip"}


def test_a_damaged_backup_leaves_nothing_behind(stage: Stage, bare: Stage, tmp_path: Path) -> None:
    made = backup.write(stage.desk, tmp_path / "house.zip")
    with zipfile.ZipFile(tmp_path / "house.zip") as whole, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in whole.namelist():
            content = whole.read(name)
            bad.writestr(name, content.replace(b"triage", b"Triage") if name == "tables/task.jsonl" else content)
    assert restore.check(tmp_path / "house.zip") == made
    with pytest.raises(Refused, match=r"task\.jsonl of this backup is not what was written"):
        restore.restore(bare.desk, tmp_path / "bad.zip")
    with bare.desk.engine.read() as tx:
        assert sa.inspect(tx.conn).get_table_names() == []


def test_a_file_that_was_cut_off_is_refused(stage: Stage, tmp_path: Path) -> None:
    backup.write(stage.desk, tmp_path / "house.zip")
    whole = (tmp_path / "house.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match="cannot be read as a backup"):
        restore.check(tmp_path / "cut.zip")


def test_a_backup_of_a_newer_release_is_refused(stage: Stage, bare: Stage, tmp_path: Path) -> None:
    backup.write(stage.desk, tmp_path / "house.zip")
    with zipfile.ZipFile(tmp_path / "house.zip") as whole, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
        for name in whole.namelist():
            content = whole.read(name)
            at = migrations.newest().encode()
            new.writestr(name, content.replace(b'"revision": "' + at, b'"revision": "9' + at))
    with pytest.raises(Refused, match="comes from release"):
        restore.restore(bare.desk, tmp_path / "new.zip")


def test_the_key_of_sessions_goes_along_only_when_asked(stage: Stage, bare: Stage, tmp_path: Path) -> None:
    backup.write(stage.desk, tmp_path / "house.zip")
    with zipfile.ZipFile(tmp_path / "house.zip") as archive:
        assert backup.SECRET not in archive.namelist()
    assert (tmp_path / "house.zip").stat().st_mode & 0o077 == 0
    backup.write(stage.desk, tmp_path / "with.zip", secret=True)
    restore.restore(bare.desk, tmp_path / "with.zip")
    assert (bare.desk.settings.data / "secret").read_text() == stage.desk.settings.secret


def test_a_backup_holds_one_moment_though_others_write(stage: Stage, tmp_path: Path) -> None:
    before = counts(stage)["event"]
    first = backup._table

    def and_meanwhile(archive: zipfile.ZipFile, tx: object, table: sa.Table) -> backup.Table:
        with stage.desk.engine.begin() as other:
            events.record(SYSTEM, other, "person.signed_in")
        return first(archive, tx, table)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "_table", and_meanwhile)
        made = backup.write(stage.desk, tmp_path / "house.zip")
    assert counts(stage)["event"] > before
    assert {table.name: table.rows for table in made.tables}["event"] == before
