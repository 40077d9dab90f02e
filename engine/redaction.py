"""Taking words out of rows, states and events without leaving a gap in what happened."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import audit
from loopdesk.engine import values as large
from loopdesk.engine.actor import Actor
from loopdesk.engine.bpmn import codec
from loopdesk.engine.events import event
from loopdesk.engine.instances import instance
from loopdesk.engine.tx import Tx

ERASED = "[erased]"
"""Stands where something was erased, the same in every language."""
LONG = 12
"""Characters from which on a text is looked for inside others, too."""
_PACKED = {instance.name: instance.c.state.name, large.value.name: large.value.c.content.name}
"""Columns that hold compressed JSON, by table."""
Clean = Callable[[Any], Any]


class Words:
    """What is to go: ``names`` (and addresses, numbers) wherever they stand, ``texts`` as a whole."""

    def __init__(self, names: Iterable[str], texts: Iterable[str] = ()) -> None:
        self.names = sorted({name.strip() for name in names if name.strip()}, key=len, reverse=True)
        self.texts = {text.strip().casefold() for text in texts if text.strip() and text.strip() != ERASED}
        self._long = [text for text in self.texts if len(text) >= LONG]
        self._found = re.compile("|".join(map(_alone, self.names)) or r"(?!)", re.IGNORECASE)

    def clean(self, value: Any) -> Any:
        """``value`` without them; lists, sets and mappings with all that is in them."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {self.clean(key): self.clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return type(value)(self.clean(item) for item in value)
        return value

    def _text(self, text: str) -> str:
        plain = text.strip().casefold()
        if plain in self.texts or any(known in plain for known in self._long):
            return ERASED
        return self._found.sub(ERASED, text)


def _alone(name: str) -> str:
    # Chinese is written without spaces: only a neighbour that would make another Latin word or address counts.
    before = "A-Za-z0-9._+-" if "@" in name else "A-Za-z0-9"
    return rf"(?<![{before}]){re.escape(name)}(?![A-Za-z0-9])"


def said(value: Any) -> Any:
    """``value`` without anything that a person may have said: only codes, ids and figures stay."""
    if isinstance(value, str):
        return ERASED if re.search(r"[\s@]|[^\x00-\x7f]", value) else value
    if isinstance(value, Mapping):
        return {key: said(item) for key, item in value.items()}
    return [said(item) for item in value] if isinstance(value, list) else value


def containing(table: sa.Table, words: Words) -> sa.ColumnElement[bool]:
    """The condition for rows in which one of the names stands."""
    found = [
        sa.cast(column, sa.Text).icontains(name, autoescape=True) for column in texts(table) for name in words.names
    ]
    return sa.or_(sa.false(), *found)


def texts(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns of a table that may hold words."""
    return [
        column
        for column in table.c
        if isinstance(column.type, sa.String | sa.JSON) and not column.primary_key and not column.foreign_keys
    ]


def rows(tx: Tx, table: sa.Table, where: sa.ColumnElement[bool], clean: Clean) -> int:
    """Clean all words of the rows found; returns how many changed."""
    columns, keys = texts(table), list(table.primary_key)
    changed = 0
    for row in tx.conn.execute(sa.select(*keys, *columns).where(where)).mappings().all():
        cleaned = {column: clean(row[column.name]) for column in columns if row[column.name] is not None}
        values = {
            column.name: _apart(column, value, row[keys[0].name])
            for column, value in cleaned.items()
            if value != row[column.name]
        }
        if values:
            mine = sa.and_(*(key == row[key.name] for key in keys))
            tx.conn.execute(sa.update(table).where(mine).values(**values))
            changed += 1
    return changed


def _apart(column: sa.Column[Any], value: Any, key: Any) -> Any:
    """What may stand in a column where no two rows may hold the same."""
    limits = [item for item in column.table.constraints if isinstance(item, sa.UniqueConstraint)]
    if not any(column.name in limit.columns for limit in limits):
        return value
    return None if column.nullable else f"{ERASED} {key}"


def states(tx: Tx, keys: Collection[str], clean: Clean) -> int:
    """Clean the variables of the processes of these cases, those that still run too."""
    changed = 0
    query = sa.select(instance.c.id, instance.c.state).where(instance.c.key.in_(keys)).with_for_update()
    for row in tx.conn.execute(query).all():
        stored = codec.unpack(row.state)
        cleaned = clean(stored)
        if cleaned != stored:
            values = {"state": codec.pack(cleaned), "version": instance.c.version + 1}
            tx.conn.execute(sa.update(instance).where(instance.c.id == row.id).values(**values))
            changed += 1
    return changed + large.clean(tx, sa.select(instance.c.id).where(instance.c.key.in_(keys)), clean)


def archived(tables: Mapping[str, list[dict[str, Any]]], clean: Clean) -> dict[str, list[dict[str, Any]]]:
    """The rows of an archived case (`retention.collect`), cleaned, with what stands compressed in them."""
    return {name: [_whole(row, _PACKED.get(name, ""), clean) for row in rows] for name, rows in tables.items()}


def _whole(row: Mapping[str, Any], packed: str, clean: Clean) -> dict[str, Any]:
    cleaned = {name: value if name == packed else clean(value) for name, value in row.items()}
    if packed:
        plain = codec.unpack(b64decode(row[packed]))
        left = clean(plain)
        if left != plain:
            cleaned[packed] = b64encode(codec.pack(left)).decode()
    return cleaned


def events(
    actor: Actor,
    tx: Tx,
    where: sa.ColumnElement[bool],
    clean: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    data: Mapping[str, Any],
) -> int:
    """Clean the payloads of events and leave tombstones that the audit log accepts; returns how many changed.

    ``clean`` takes and returns ``actor_name`` and ``data`` of one event; ``data`` is told by the event that answers.
    """
    left: dict[int, Mapping[str, Any]] = {}
    for row in tx.conn.execute(sa.select(event).where(where)).mappings().all():
        old = {"actor_name": row["actor_name"], "data": row["data"]}
        new = dict(clean({**row}))
        if new != old:
            left[row["id"]] = {**row, **new}
            tx.conn.execute(sa.update(event).where(event.c.id == row["id"]).values(**new))
    audit.entomb(actor, tx, audit.ERASED, left, data=data)
    return len(left)
