"""Finding cases by their words, in English and Chinese (INT-8; architecture §3, Search).

A text becomes a set of terms: words, Chinese words cut by rjieba, and pairs of neighbouring Chinese characters, which
find a word however it was cut. The terms stand in one table; SQLite (FTS5) and PostgreSQL (tsvector) each keep an index
of it that the database itself brings up to date, made by migration 0004.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from loopdesk.desk import chinese
from loopdesk.desk.record import NUMBER, case_
from loopdesk.desk.sql import escape_like
from loopdesk.engine.db import BIG, metadata
from loopdesk.engine.sql import is_sqlite
from loopdesk.engine.tx import Tx

TERMS = 2_000
"""Most terms that are kept of a case; more words only make it found by everything."""
RANKED = 1_000
"""The newest so many matches are put in order; whoever looks further narrows the search."""
_LONGEST = 60
_RUN = re.compile(r"[㐀-鿿]+|[^\W㐀-鿿]+")
_SIGN = re.compile(r"[^\w\s]")
_STOPS = ".,;:!?\"'()[]。，；：！？、（）【】《》“”‘’"
_HAN = re.compile(r"[㐀-鿿]")
TEXT = ("title", "description", "steps", "expected", "system_version")
"""What of a case is looked through, beside its number."""

searched = sa.Table(
    "searched",
    metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, unique=True),
    sa.Column("terms", sa.Text, nullable=False),
)
"""``terms``: what a case can be found by, with spaces between."""

_fts = sa.table("searched_fts", sa.column("rowid", sa.Integer))


def terms(text: str) -> list[str]:
    """The distinct terms of a text in the order of their first use, without case and width."""
    found: dict[str, None] = {}
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if _HAN.match(run):
            found.update(dict.fromkeys(_pairs(run)))
            found.update(dict.fromkeys(word for word in chinese.words(run) if len(word) > 2))
        else:
            found[run[:_LONGEST]] = None
        if len(found) >= TERMS:
            break
    return list(found)[:TERMS]


def keep(tx: Tx, number: str, texts: Iterable[str]) -> list[str]:
    """Let a new case be found by these texts; its terms."""
    found = terms("\n".join((number, *texts)))
    tx.insert(searched, {"case": number, "terms": " ".join(found)})
    return found


def renew(tx: Tx, numbers: Collection[str]) -> None:
    """Let cases be found by what stands in them now: after an erasure, or when their words were changed."""
    tx.conn.execute(sa.delete(searched).where(searched.c.case.in_(numbers)))
    query = sa.select(case_.c.number, *(case_.c[name] for name in TEXT)).where(case_.c.number.in_(numbers))
    for number, *texts in tx.conn.execute(query).all():
        keep(tx, number, texts)
    if is_sqlite(tx):
        # SQLite only marks terms as gone; what must not be read any more leaves the index when it is packed.
        tx.conn.execute(sa.text("INSERT INTO searched_fts(searched_fts) VALUES ('optimize')"))


def matching(tx: Tx, query: str) -> sa.Select[tuple[str, float]]:
    """The cases that hold every word of ``query``, as (case, rank): the higher, the better.

    Words may be unfinished: "invo" finds an invoice. A query without any word finds nothing.
    """
    needed = _needed(query)
    if not needed:
        return sa.select(searched.c.case, sa.literal(0.0).label("rank")).where(sa.false())
    return _in_sqlite(needed, query) if is_sqlite(tx) else _in_postgres(needed, query)


def literal(query: str) -> sa.ColumnElement[bool]:
    """The condition on ``case_`` that what is written with signs (100%, 4.2, C++) stands there just so.

    For a few rows only: no index helps here.
    """
    pieces = [piece.strip(_STOPS) for piece in query.split()]
    found: sa.ColumnElement[bool] = sa.true()
    for piece in (
        piece for piece in pieces if _RUN.search(piece) and not _RUN.fullmatch(piece) and _SIGN.search(piece)
    ):
        pattern = f"%{escape_like(piece)}%"
        columns = (case_.c[name] for name in ("number", *TEXT))
        found &= sa.or_(*(column.ilike(pattern, escape="\\") for column in columns))
    return found


def _in_sqlite(needed: list[str], query: str) -> sa.Select[tuple[str, float]]:
    better = [f'"{word}"' for word in terms(query)]
    wanted = " AND ".join(f'"{word}" *' for word in needed)
    first = f'"{needed[0]}" *'
    wanted = f"({wanted}) AND ({' OR '.join([first, *better])})"
    return (
        sa.select(searched.c.case, (-sa.literal_column("bm25(searched_fts)", sa.Float)).label("rank"))
        .join_from(_fts, searched, searched.c.id == _fts.c.rowid)
        .where(sa.literal_column("searched_fts").op("MATCH")(wanted))
    )


def _in_postgres(needed: list[str], query: str) -> sa.Select[tuple[str, float]]:
    # The terms are taken as they are: PostgreSQL's own parser would cut them once more.
    vector = sa.func.array_to_tsvector(sa.func.string_to_array(searched.c.terms, sa.literal_column("' '")))
    must = sa.cast(" & ".join(f"'{word}':*" for word in needed), TSQUERY)
    better = sa.cast(" | ".join(f"'{word}'" for word in [*needed, *terms(query)]), TSQUERY)
    return sa.select(searched.c.case, sa.func.ts_rank(vector, better, type_=sa.Float).label("rank")).where(
        vector.op("@@")(must)
    )


def _needed(query: str) -> list[str]:
    """Words and Chinese pairs that a case has to hold; each may go on, for a person may still be typing."""
    found: dict[str, None] = {}
    for run in _RUN.findall(unicodedata.normalize("NFKC", query).lower()):
        found.update(dict.fromkeys(_pairs(run) if _HAN.match(run) else [run[:_LONGEST]]))
    return list(found)[:50]


def _pairs(run: str) -> list[str]:
    return [one + other for one, other in pairwise(run)] or [run]


def holds(column: sa.ColumnElement[str], query: str) -> sa.ColumnElement[bool]:
    """The condition that a column of `terms` holds every word of ``query``; for tables of a few thousand rows."""
    found: sa.ColumnElement[bool] = sa.true()
    for word in _needed(query):
        found &= (sa.literal(" ") + column).like(f"% {escape_like(word)}%", escape="\\")
    return found
