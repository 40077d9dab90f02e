"""Deployments: a process folder is deployed whole, hashed and numbered; the database is the truth (architecture §3)."""

import hashlib
import re
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard

from loopdesk.engine import bpmn, events, messages, outbox_rows, start_timers, subscriptions
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.bundle import Bundle, Deployment, NotDeployable, require_whole
from loopdesk.engine.checks import check
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Missing, Refused
from loopdesk.engine.findings import errors_of, for_deployment
from loopdesk.engine.host import Files
from loopdesk.engine.sql import hold
from loopdesk.engine.tx import Tx

__all__ = [
    "Bundle",
    "Deployment",
    "NotDeployable",
    "begins",
    "check",
    "current",
    "deploy",
    "enact",
    "export",
    "get",
    "listing",
    "numbered",
    "seed",
    "startable",
    "text",
]

bundle = sa.Table(
    "bundle",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("reader", sa.String(16), nullable=False),
    sa.Column("files", sa.LargeBinary, nullable=False),
    sa.Column("author_kind", sa.String(16), nullable=False),
    sa.Column("author_id", sa.String(64), nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("chosen", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("retired_at", Moment),
    sa.UniqueConstraint("name", "number"),
)
"""``chosen``: a person made it current instead of deploying it, or, when it is not current any more, that it was;
``retired_at``: it begins nothing any more."""
ROLES = ("owner", "admin")
"""Who deploys."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")
_CACHED = 200
_cache: OrderedDict[str, Bundle] = OrderedDict()


def deploy(actor: Actor, tx: Tx, name: str, files: Files, *, note: str = "", promote: bool = True) -> Deployment:
    """Make ``files`` the current version of the bundle ``name``; the same files again are the same deployment,
    unless a newer reader gives them another meaning (decision 0005).

    Without ``promote`` it only gets its number, and a person makes it current later (``versions.promote``); the first
    one of a name is current in any case. Raises ``Refused`` without the role, ``NotDeployable`` with the findings when
    one of them is an error.
    """
    if not actor.has_role(*ROLES):
        raise Refused("You may not deploy processes.", remedy=N_("Ask a process owner to do it."))
    if not _NAME.fullmatch(name):
        remedy = N_("Use small letters, digits, “_” and “-”, beginning with a letter.")
        raise Refused("“%(name)s” cannot be the name of a process folder.", remedy=remedy, name=name)
    findings = for_deployment(check(tx, name, files, tx.host))
    if errors_of(findings):
        raise NotDeployable(name, findings)
    digest = digest_of(files)
    hold(tx, f"bundle\n{name}")
    newest = tx.conn.execute(sa.select(bundle).where(bundle.c.name == name).order_by(bundle.c.number.desc())).first()
    known = tx.conn.execute(sa.select(bundle).where(bundle.c.name == name, bundle.c.current)).first()
    require_whole(name, files, get(tx, known.id) if known is not None else None)
    readers = bpmn.READERS if not any(path.endswith(".bpmn") for path in files) else {bpmn.READER}
    alike = (row for row in (known, newest) if row is not None and row.hash == digest and row.reader in readers)
    same = next(alike, None)
    if same is not None:
        if promote and (same.retired_at or not same.current):
            enact(actor, tx, get(tx, same.id), "bundle.promoted", note=note, chosen=False)
        return Deployment(same.id, name, same.number, digest, findings)
    made = Deployment(new_id(), name, (newest.number if newest is not None else 0) + 1, digest, findings)
    _write(actor, tx, made, files, note)
    if promote or newest is None:
        enact(actor, tx, get(tx, made.id), "bundle.deployed", note=note, chosen=False)
    else:
        _record(actor, tx, "bundle.drafted", get(tx, made.id), note)
    return made


def _write(actor: Actor, tx: Tx, made: Deployment, files: Files, note: str) -> None:
    tx.conn.execute(
        sa.insert(bundle).values(
            id=made.id,
            name=made.name,
            number=made.number,
            hash=made.hash,
            current=False,
            reader=bpmn.READER,
            files=_pack(files),
            author_kind=actor.kind,
            author_id=actor.id,
            author=actor.name,
            note=note,
            at=tx.now,
        )
    )


def enact(actor: Actor, tx: Tx, made: Bundle, kind: str, *, note: str, chosen: bool) -> None:
    """Make a deployment the current one and record that as an event of ``kind``; who may is the caller's decision.

    Its start events take the place of those before; messages that found no start event, and starts that waited
    because the process was retired, begin it now.
    """
    former = tx.conn.execute(sa.select(bundle.c.id).where(bundle.c.name == made.name, bundle.c.current)).scalar()
    left = {"current": False, "chosen": True}
    tx.conn.execute(sa.update(bundle).where(bundle.c.name == made.name, bundle.c.current).values(**left))
    values = {"current": True, "chosen": chosen, "retired_at": None}
    tx.conn.execute(sa.update(bundle).where(bundle.c.id == made.id).values(**values))
    tx.kept(bundle).clear()
    names = subscriptions.replace_starts(tx, made)
    start_timers.replace(tx, made, former)
    messages.look_again(tx, names, made.id)
    outbox_rows.let_start(tx, made.name)
    _record(actor, tx, kind, made, note)
    tx.host.deployed(actor, tx, made.name)


def _record(actor: Actor, tx: Tx, kind: str, made: Bundle, note: str) -> None:
    data = {"name": made.name, "number": made.number, "hash": made.hash, "note": note}
    events.record(actor, tx, kind, process=made.name, data=data)


def digest_of(files: Files) -> str:
    """One hash over the sorted paths and contents, in hex."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(hashlib.sha256(path.encode()).digest() + hashlib.sha256(files[path]).digest())
    return whole.hexdigest()


def current(tx: Tx, name: str) -> Bundle:
    """The deployment of ``name`` that counts; ``Missing`` when there is none."""
    kept = tx.kept(bundle)
    found = kept.get(name) or tx.ask(sa.select(bundle.c.id).where(bundle.c.name == name, bundle.c.current)).scalar()
    if found is None:
        raise Missing("“%(name)s” is not deployed.", remedy=N_("Deploy its folder first."), name=name)
    kept[name] = found
    return get(tx, found)


def startable(tx: Tx, name: str, bundle_id: str | None = None) -> Bundle:
    """The deployment that new instances begin with: the current one, or that of an id; ``Refused`` if retired."""
    which = bundle.c.id == bundle_id if bundle_id else sa.and_(bundle.c.name == name, bundle.c.current)
    found = tx.conn.execute(sa.select(bundle.c.id, bundle.c.retired_at).where(which)).first()
    if found is None:
        return get(tx, bundle_id) if bundle_id else current(tx, name)
    if found.retired_at:
        remedy = N_("A process owner can make a version current again.")
        raise Refused("“%(name)s” is retired: nothing new begins with it.", remedy=remedy, name=name)
    return get(tx, found.id)


def begins(tx: Tx, bundle_id: str) -> bool:
    """Whether a deployment begins instances by itself now; it does so until this transaction ends."""
    mine = sa.select(bundle.c.id).where(bundle.c.id == bundle_id, bundle.c.current, bundle.c.retired_at.is_(None))
    return tx.conn.execute(mine.with_for_update(read=True)).first() is not None


def numbered(tx: Tx, name: str, number: int | None) -> Bundle:
    """The deployment of a name with that number, the current one without; ``Missing`` when there is none."""
    if number is None:
        return current(tx, name)
    found = tx.conn.execute(sa.select(bundle.c.id).where(bundle.c.name == name, bundle.c.number == number)).scalar()
    if found is None:
        message = N_("“%(name)s” has no version %(number)s.")
        raise Missing(message, remedy=N_("Look at the list of its versions."), name=name, number=number)
    return get(tx, found)


def get(tx: Tx, bundle_id: str) -> Bundle:
    """A deployment by id, kept in memory for it never changes; ``Missing`` for an unknown id."""
    known = _cache.get(bundle_id)
    if known is not None:
        return known
    return _remember(_one(tx, bundle.c.id == bundle_id, bundle_id))


def listing(_actor: Actor, tx: Tx) -> list[dict[str, Any]]:
    """The current deployment of each name, without its files."""
    columns = [column for column in bundle.c if column.name not in ("files", "current")]
    query = sa.select(*columns).where(bundle.c.current).order_by(bundle.c.name)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def export(_actor: Actor, tx: Tx, name: str, number: int | None = None) -> Files:
    """The files of a deployment, the current one without a ``number``; ``Missing`` when there is none."""
    return numbered(tx, name, number).files


def text(made: Bundle, element_or_key: str, field: str, lang: str) -> str:
    """A text of the bundle in a language: ``texts.<lang>.yaml`` first, then what the diagram itself says."""
    return made.text(element_or_key, field, lang)


def seed(tx: Tx, folder: Path) -> list[Deployment]:
    """Deploy the shipped folders below ``folder`` at start; what an owner has edited is left alone.

    Folders without a diagram come first: the others may refer to their departments and templates.
    """
    made = []
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))
    for path in sorted(folders, key=lambda path: any(path.glob("*.bpmn"))):
        files = read_folder(path)
        columns = (bundle.c.author_kind, bundle.c.hash, bundle.c.chosen, bundle.c.retired_at)
        last = tx.conn.execute(sa.select(*columns).where(bundle.c.name == path.name, bundle.c.current)).first()
        if not files or (last is not None and (last.author_kind != "system" or last.hash == digest_of(files))):
            continue
        # What an owner has chosen or retired stays so; a shipped version that is new waits beside it.
        left = last is not None and (last.chosen or last.retired_at is not None)
        if not (left and _shipped(tx, path.name, files)):
            made.append(deploy(SYSTEM, tx, path.name, files, note="shipped", promote=not left))
    return made


def _shipped(tx: Tx, name: str, files: Files) -> bool:
    """Whether these files came with a release before."""
    ours = (bundle.c.name == name, bundle.c.author_kind == "system", bundle.c.hash == digest_of(files))
    return tx.conn.execute(sa.select(bundle.c.id).where(*ours)).first() is not None


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a process folder, hidden ones left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in names.items()
        if not any(part.startswith((".", "__")) for part in name.parts)
    }


def _one(tx: Tx, where: sa.ColumnElement[bool], name: str) -> Bundle:
    row = tx.ask(sa.select(bundle).where(where)).mappings().first()
    if row is None:
        raise Missing("There is no deployment “%(name)s”.", name=name)
    columns = ("id", "name", "number", "hash", "author", "note", "at", "reader")
    return Bundle(files=_unpack(row["files"]), **{column: row[column] for column in columns})


def _remember(made: Bundle) -> Bundle:
    _cache[made.id] = made
    while len(_cache) > _CACHED:
        _cache.popitem(last=False)
    return made


def _pack(files: Files) -> bytes:
    plain = {path: b64encode(content).decode() for path, content in files.items()}
    return zstandard.compress(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS))


def _unpack(data: bytes) -> Mapping[str, bytes]:
    return {path: b64decode(content) for path, content in orjson.loads(zstandard.decompress(data)).items()}
