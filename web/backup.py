"""A whole house in one file: every row, every attachment, from one moment, while it runs (SEC-3).

The file is a zip: ``tables/<name>.jsonl`` with a JSON list for each row, ``files/<store>/<sha256>``, and last
``manifest.json``, which names all of them with their digests. It fits either database; ``restore`` reads it.
"""

import base64
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson
import sqlalchemy as sa

from loopdesk import __version__, migrations
from loopdesk.desk import archive as archived
from loopdesk.desk.attachments import attachment
from loopdesk.desk.store import CHUNK, Store
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.errors import N_, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.web.stores import stores
from loopdesk.web.wiring import Loopdesk

FORMAT = 1
MANIFEST, SECRET = "manifest.json", "secret"


@dataclass(frozen=True)
class Table:
    """What a file of rows holds; ``kinds`` beside ``columns``: moment, bytes, or empty for what stands for itself."""

    name: str
    columns: list[str]
    kinds: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. ``tables`` stand in the order in which they can be filled; ``files`` map path to digest."""

    format: int
    version: str
    revision: str
    at: str
    tables: list[Table]
    files: dict[str, str]
    missing: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)


def write(desk: Loopdesk, path: Path, *, secret: bool = False) -> Manifest:
    """Write a backup of the running house to ``path``; ``secret`` adds the key that signs sessions.

    A content that was deleted while the backup ran is named in ``missing``. Raises ``Refused`` when ``path`` is there
    already or the database is not at this release's schema.
    """
    if path.exists():
        raise Refused("%(file)s is there already.", remedy=N_("Choose another name."), file=str(path))
    if not migrations.is_current(desk.engine.database):
        raise Refused("The database is not up to date.", remedy=N_("Run `loopdesk migrate` first."))
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch(mode=0o600)
    except OSError as error:
        remedy, reason = N_("Name a file in a folder that you may write to."), error.strerror or str(error)
        raise Refused(
            "%(file)s cannot be written: %(reason)s.", remedy=remedy, file=str(path), reason=reason
        ) from error
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive, desk.engine.snapshot() as tx:
            manifest = _fill(archive, tx, desk, secret=secret)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _fill(archive: zipfile.ZipFile, tx: Tx, desk: Loopdesk, *, secret: bool) -> Manifest:
    # The first statement decides which moment it is that the backup holds.
    revision = str(tx.conn.scalar(sa.text("SELECT version_num FROM alembic_version")))
    tables = [_table(archive, tx, table) for table in metadata.sorted_tables]
    files: dict[str, str] = {}
    missing: list[str] = []
    for name, contents in _contents(tx).items():
        for sha256 in sorted(contents):
            place = f"files/{name}/{sha256}"
            if _content(archive, stores(desk.settings)[name], place, sha256):
                files[place] = sha256
            else:
                missing.append(sha256)
    if secret:
        content = desk.settings.secret.encode()
        archive.writestr(SECRET, content)
        files[SECRET] = hashlib.sha256(content).hexdigest()
    manifest = Manifest(FORMAT, __version__, revision, tx.now.isoformat(), tables, files, missing)
    archive.writestr(MANIFEST, orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    return manifest


def _contents(tx: Tx) -> dict[str, set[str]]:
    """What rows refer to, by store; an attachment that was erased refers to nothing."""
    attached = sa.select(attachment.c.sha256).where(attachment.c.sha256 != "")
    return {"attachments": set(tx.conn.scalars(attached)), "archive": archived.contents(tx)}


def _content(archive: zipfile.ZipFile, store: Store, name: str, sha256: str) -> bool:
    try:
        source = store.open(sha256)
    except Missing:
        return False
    with source, archive.open(name, "w", force_zip64=True) as target:
        shutil.copyfileobj(source, target, CHUNK)
    return True


def _table(archive: zipfile.ZipFile, tx: Tx, table: sa.Table) -> Table:
    columns = [column for column in table.c if column.computed is None]
    # JSON stays the text that it is stored as: an empty value and the JSON value null are two things.
    chosen = [sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column for column in columns]
    query = sa.select(*chosen).order_by(*table.primary_key).execution_options(yield_per=1000)
    digest, rows = hashlib.sha256(), 0
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
        for row in tx.conn.execute(query):
            line = orjson.dumps([_encode(value) for value in row], option=orjson.OPT_APPEND_NEWLINE)
            file.write(line)
            digest.update(line)
            rows += 1
    names, kinds = [str(column.name) for column in columns], [_kind(column) for column in columns]
    return Table(str(table.name), names, kinds, rows, digest.hexdigest())


def _kind(column: sa.Column[Any]) -> str:
    if isinstance(column.type, Moment):
        return "moment"
    return "bytes" if isinstance(column.type, sa.LargeBinary) else ""


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def decode(value: Any, kind: str) -> Any:
    """A value of a file of rows as the database takes it."""
    if not kind:
        # Release 0.1 let NUL into texts on SQLite; PostgreSQL takes none.
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
    if value is None:
        return None
    return datetime.fromisoformat(value) if kind == "moment" else base64.b64decode(value)


def read(archive: zipfile.ZipFile) -> Manifest:
    """What a backup holds. Raises ``Refused`` for a file that is none, or of a format this release does not know."""
    try:
        found = orjson.loads(archive.read(MANIFEST))
    except (KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise Refused("This file is not a backup, or it was cut off.") from error
    if found["format"] != FORMAT:
        remedy = N_("Restore it with the release that made it: %(version)s.")
        raise Refused("This backup has a format that is not known here.", remedy=remedy, version=found["version"])
    tables = [Table(**table) for table in found.pop("tables")]
    return Manifest(**found, tables=tables)


def check(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Compare every digest. Raises ``Refused`` naming the first part that is damaged or missing."""
    wanted = {f"tables/{table.name}.jsonl": table.sha256 for table in manifest.tables} | manifest.files
    for name, sha256 in wanted.items():
        try:
            with archive.open(name) as file:
                found = _digest(file)
        except (KeyError, zipfile.BadZipFile, zlib.error, OSError) as error:
            raise Refused("%(part)s of this backup is missing or damaged.", part=name) from error
        if found != sha256:
            raise Refused("%(part)s of this backup is not what was written.", part=name)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in iter(lambda: file.read(CHUNK), b""):
        digest.update(chunk)
    return digest.hexdigest()


def lines(archive: zipfile.ZipFile, table: Table) -> Iterator[list[Any]]:
    """The rows of a table, decoded."""
    with archive.open(f"tables/{table.name}.jsonl") as file:
        for line in file:
            yield [decode(value, kind) for value, kind in zip(orjson.loads(line), table.kinds, strict=True)]
