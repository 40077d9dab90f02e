"""Large values of instances, each stored once by its digest (docs/decisions/0006); they go with their instance."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard
from sqlalchemy.dialects import postgresql, sqlite

from loopdesk.engine import bpmn
from loopdesk.engine.db import metadata
from loopdesk.engine.sql import is_sqlite
from loopdesk.engine.tx import Tx

value = sa.Table(
    "value",
    metadata,
    sa.Column("instance_id", sa.String(32), sa.ForeignKey("instance.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("digest", sa.String(32), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("kept", sa.Boolean, nullable=False),
)
"""``content`` is JSON, compressed; ``kept`` ones stand in the answers of a task, or in records of what may be undone,
and stay when no variable has them."""
MARK = "$value"
"""The single key of what stands for a large value in a task's answers: its digest."""
EXCERPT = 200
"""Characters of a long text that the history shows."""


def of(tx: Tx, instance: str) -> bpmn.Large:
    """The large values of an instance, to load its state with."""
    return bpmn.Large(lambda digests: fetch(tx, instance, digests))


def fetch(tx: Tx, instance: str, digests: Collection[str]) -> dict[str, bytes]:
    """Contents by digest."""
    where = (value.c.instance_id == instance, value.c.digest.in_(digests))
    return {
        row.digest: row.content for row in tx.conn.execute(sa.select(value.c.digest, value.c.content).where(*where))
    }


def store(tx: Tx, instance: str, large: bpmn.Large) -> None:
    """Bring what is stored into line with the state that was just written."""
    if large.made:
        _put(tx, instance, large.made, kept=False)
    for digest, content in large.aside.items():
        tx.insert(value, {"instance_id": instance, "digest": digest, "content": content, "kept": True}, once=True)
    if large.bound:
        bound = sa.and_(value.c.instance_id == instance, value.c.digest.in_(large.bound))
        tx.later(sa.update(value).where(bound).values(kept=True))
    if large.gone:
        gone = sa.and_(value.c.instance_id == instance, value.c.digest.in_(large.gone), ~value.c.kept)
        tx.later(sa.delete(value).where(gone))
    large.settled()


def _put(tx: Tx, instance: str, contents: Mapping[str, bytes], *, kept: bool) -> None:
    rows = [{"instance_id": instance, "digest": key, "content": one, "kept": kept} for key, one in contents.items()]
    insert = sqlite.insert(value) if is_sqlite(tx) else postgresql.insert(value)
    changed = {"kept": sa.or_(value.c.kept, insert.excluded.kept)}
    tx.conn.execute(insert.on_conflict_do_update(index_elements=["instance_id", "digest"], set_=changed), rows)


def keep(tx: Tx, instance: str, data: Mapping[str, Any], large: bpmn.Large) -> dict[str, Any]:
    """``data`` with marks in place of its large values, which are stored as long as the instance is.

    ``large``, of the instance's state, is told that they are there already.
    """
    slim, contents = dict(data), {}
    for name, one in data.items():
        plain = orjson.dumps(one)
        if len(plain) > bpmn.SMALL:
            digest = bpmn.digest_of(plain)
            contents[digest], slim[name] = zstandard.compress(plain), {MARK: digest}
    if contents:
        _put(tx, instance, contents, kept=True)
        large.stored |= contents.keys()
    return slim


def whole(tx: Tx, instance: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What ``keep`` was given."""
    marks = {name: one[MARK] for name, one in data.items() if isinstance(one, dict) and one.keys() == {MARK}}
    contents = fetch(tx, instance, set(marks.values())) if marks else {}
    found = {name: contents[digest] for name, digest in marks.items() if digest in contents}
    return {**data, **{name: orjson.loads(zstandard.decompress(content)) for name, content in found.items()}}


def excerpt(data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` for the history: of a large value only its beginning, for the value itself is kept elsewhere."""
    return {name: _begin(one) if len(orjson.dumps(one)) > bpmn.SMALL else one for name, one in data.items()}


def _begin(one: Any) -> str:
    return (one if isinstance(one, str) else orjson.dumps(one).decode())[:EXCERPT] + " …"


def clean(tx: Tx, owners: sa.Select[tuple[str]], taken_out: Callable[[Any], Any]) -> int:
    """Change the values of the instances ``owners``, by erasure; they keep their names. Returns how many changed."""
    changed = 0
    for row in tx.conn.execute(sa.select(value).where(value.c.instance_id.in_(owners))).all():
        plain = orjson.loads(zstandard.decompress(row.content))
        left = taken_out(plain)
        if left != plain:
            mine = (value.c.instance_id == row.instance_id, value.c.digest == row.digest)
            content = zstandard.compress(orjson.dumps(left))
            tx.conn.execute(sa.update(value).where(*mine).values(content=content))
            changed += 1
    return changed
