"""How alike two texts are, and which recent cases are likely to be alike without comparing with each of them (INT-8).

Two texts are compared by the share of terms that they have in common (Jaccard). To find what is worth comparing, each
text is written down by a few figures, such that alike texts are likely to share one (min-hashing with banding, Broder
1997): finding them is a look into an index, however many cases there are.
"""

import random
from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import blake2b

import sqlalchemy as sa

from loopdesk.desk.record import NUMBER, case_
from loopdesk.desk.search import terms
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.tx import Tx

READ = 2_000
"""Characters of a description that count: a report says in its first lines what it is about, logs follow later."""
BANDS, ROWS = 10, 3
"""Texts with 60 % of their terms in common share a figure nine times of ten, with 20 % hardly ever."""
_PRIME = (1 << 61) - 1
_seeds = random.Random(20)
_HASHES = [(_seeds.randrange(1, _PRIME), _seeds.randrange(_PRIME)) for _ in range(BANDS * ROWS)]

likeness = sa.Table(
    "likeness",
    metadata,
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), primary_key=True),
    sa.Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_likeness_band", "band", "at"),
)


def told(title: str, description: str) -> frozenset[str]:
    """The terms by which a report is compared."""
    first = description[:READ]
    # Many channels make the title of the first line: it must not count as a second text.
    return frozenset(terms(first if first.startswith(title.rstrip("…")) else f"{title}\n{first}"))


def overlap(one: Collection[str], other: Collection[str]) -> float:
    """How much of all their terms both have in common, from 0 to 1."""
    together = len({*one, *other})
    return len({*one} & {*other}) / together if together else 0.0


def bands(words: Collection[str]) -> list[int]:
    """The figures that stand for these terms; none without terms."""
    if not words:
        return []
    keys = [int.from_bytes(blake2b(word.encode(), digest_size=8).digest()) % _PRIME for word in words]
    least = [min((key * factor + more) % _PRIME for key in keys) for factor, more in _HASHES]
    found = []
    for place in range(BANDS):
        part = repr((place, least[place * ROWS : (place + 1) * ROWS])).encode()
        found.append(int.from_bytes(blake2b(part, digest_size=8).digest(), signed=True))
    return sorted(set(found))


def keep(tx: Tx, number: str, words: Collection[str]) -> None:
    """Write down what a new case's text is like."""
    for band in bands(words):
        tx.insert(likeness, {"case": number, "band": band, "at": tx.now})


def near(tx: Tx, figures: Sequence[int], since: datetime, most: int) -> list[str]:
    """The newest cases since then that are likely to be alike, at most about ``most``, in no order."""
    if not figures:
        return []
    looks = [
        sa.select(likeness.c.case, likeness.c.at)
        .where(likeness.c.band == figure, likeness.c.at >= since)
        .order_by(likeness.c.at.desc(), likeness.c.case.desc())
        .limit(most)
        .subquery()
        for figure in figures
    ]
    rows = tx.conn.execute(sa.union_all(*(sa.select(look.c.case, look.c.at) for look in looks))).all()
    newest = sorted({(row.at, row.case) for row in rows}, reverse=True)
    return [case for _at, case in newest[:most]]


def renew(tx: Tx, numbers: Collection[str]) -> None:
    """Compare these cases from now on by what stands in them now."""
    tx.conn.execute(sa.delete(likeness).where(likeness.c.case.in_(numbers)))
    query = sa.select(case_.c.number, case_.c.title, case_.c.description, case_.c.opened_at)
    for row in tx.conn.execute(query.where(case_.c.number.in_(numbers))).all():
        for band in bands(told(row.title, row.description)):
            tx.insert(likeness, {"case": row.number, "band": band, "at": row.opened_at})
