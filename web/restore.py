"""A backup becomes a house again, on either database, also one of an earlier release (SEC-3)."""

import itertools
import zipfile
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from loopdesk import migrations
from loopdesk.desk.store import Readable
from loopdesk.engine import audit
from loopdesk.engine.db import SCHEMA, Moment
from loopdesk.engine.errors import N_, Refused
from loopdesk.engine.events import event
from loopdesk.engine.outbox_rows import CLAIMED, READY, outbox
from loopdesk.engine.tx import Tx
from loopdesk.web import backup
from loopdesk.web.backup import Manifest, Table
from loopdesk.web.stores import stores
from loopdesk.web.wiring import Loopdesk

BATCH = 1000
TYPES: dict[str, sa.types.TypeEngine[Any]] = {"moment": Moment(), "bytes": sa.LargeBinary(), "": sa.types.NullType()}


def check(path: Path) -> Manifest:
    """Read a backup from its first to its last byte and compare every digest; changes nothing. Raises ``Refused``."""
    with _open(path) as archive:
        manifest = backup.read(archive)
        backup.check(archive, manifest)
    return manifest


def restore(desk: Loopdesk, path: Path) -> Manifest:
    """Bring a backup into the empty database of ``desk``; all of it or nothing.

    Digests are compared first. The tables become those of this release; what belonged to the database that was
    (numbers of transactions, claims of its workers, serial keys) starts anew. Raises ``Refused`` for a damaged file,
    a backup of a newer release and a database that is not empty.
    """
    manifest = check(path)
    with _open(path) as archive, desk.engine.begin(migrations.tables_replaceable) as tx:
        _require_empty(tx)
        _require_known(tx, manifest)
        for name in manifest.files:
            if name != backup.SECRET:
                _content(archive, desk, name)
        if not desk.engine.database.is_sqlite:
            tx.conn.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        command.upgrade(migrations.config(tx.conn), manifest.revision)
        for table in manifest.tables:
            _insert(archive, tx, table)
        if not desk.engine.database.is_sqlite:
            _count_on(tx)
        command.upgrade(migrations.config(tx.conn), "head")
        migrations.require_whole(tx.conn)
        _settle(tx)
        if backup.SECRET in manifest.files:
            _keep_secret(desk.settings.data / "secret", archive.read(backup.SECRET))
    return manifest


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise Refused("%(file)s cannot be read as a backup: %(reason)s.", file=str(path), reason=str(error)) from error


def _require_empty(tx: Tx) -> None:
    # The table of migrations alone stays behind on SQLite where an upgrade was rolled back.
    if set(sa.inspect(tx.conn).get_table_names()) - {"alembic_version"}:
        raise Refused(
            "This database is not empty.",
            remedy=N_("Name a new one in DATABASE_URL, or an empty folder in LOOPDESK_DATA."),
        )


def _require_known(tx: Tx, manifest: Manifest) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(migrations.config(tx.conn)).walk_revisions()}
    if manifest.revision not in known:
        remedy = N_("Install that release first.")
        raise Refused("This backup comes from release %(version)s.", remedy=remedy, version=manifest.version)


def _insert(archive: zipfile.ZipFile, tx: Tx, table: Table) -> None:
    # Lightweight columns: the tables of today's code may have others.
    columns = zip(table.columns, table.kinds, strict=True)
    target = sa.table(table.name, *(sa.column(name, TYPES[kind]) for name, kind in columns))
    # Numbers of transactions of another cluster say nothing about the order in which this one commits.
    anew = {"xact": 0} if table.name == event.name else {}
    rows = (dict(zip(table.columns, line, strict=True)) | anew for line in backup.lines(archive, table))
    while batch := list(itertools.islice(rows, BATCH)):
        tx.conn.execute(sa.insert(target), batch)


def _content(archive: zipfile.ZipFile, desk: Loopdesk, name: str) -> None:
    _, store, _ = name.split("/")
    with archive.open(name) as file:
        stores(desk.settings)[store].put(cast(Readable, file))


def _count_on(tx: Tx) -> None:
    """PostgreSQL's serial keys go on after the rows brought in."""
    serials = """SELECT table_name, column_name, sequence FROM (
        SELECT table_name, column_name,
               pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) sequence
        FROM information_schema.columns WHERE table_schema = :schema) AS serial WHERE sequence IS NOT NULL"""
    for table, column, sequence in tx.conn.execute(sa.text(serials), {"schema": SCHEMA}).all():
        last = sa.select(sa.func.max(sa.column(column))).select_from(sa.table(table)).scalar_subquery()
        tx.conn.execute(sa.select(sa.func.setval(sequence, last)))


def _settle(tx: Tx) -> None:
    """Let go of what only meant something in the database that was."""
    claimed = sa.update(outbox).where(outbox.c.state == CLAIMED)
    tx.conn.execute(claimed.values(state=READY, claimed_by="", lease_until=None))
    audit.catch_up(tx)


def _keep_secret(place: Path, secret: bytes) -> None:
    place.unlink(missing_ok=True)
    place.touch(mode=0o600)
    place.write_bytes(secret)
