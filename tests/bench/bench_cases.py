"""Bar of issue 6: a case opens within 80 ms (p95) beside 100,000 others, on PostgreSQL, in one process.

Opened means: kept and found by search, compared with its likes, classified, prioritised, its clocks started, an owner
named, the acknowledgement on its way, and the first task in somebody's inbox; all of it committed.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import case, likeness, record, search
from loopdesk.desk.classification.examples import BUNDLE, file_of, read
from loopdesk.desk.customers import contact_, organisation
from loopdesk.engine import bundles
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Database
from loopdesk.engine.events import event
from loopdesk.engine.work_rows import OPEN, task
from loopdesk.tests.bench import house
from loopdesk.tests.bench.filling import G, fill, spread, text
from loopdesk.tests.bench.report import row
from loopdesk.tests.desk.house import WORKFLOWS, settle_in
from loopdesk.web import wiring
from loopdesk.web.settings import Settings

CASES, TEXTS, CUSTOMERS, CONTACTS = 100_000, 4_000, 5_000, 20_000
WARM, OPENED = 10, 200
CUSTOMER = Actor("customer", "contact-1", "Filler")


def written() -> Iterator[tuple[str, str, str]]:
    """Reports as customers write them, in both languages: (language, title, description), none twice."""
    chosen = random.Random(6)
    known = {
        language: [one.text for one in read((WORKFLOWS / BUNDLE / file_of(language)).read_bytes(), "")]
        for language in ("en", "zh")
    }
    while True:
        language = chosen.choice(("en", "en", "zh"))
        first, second = chosen.sample(known[language], 2)
        order = chosen.randrange(10**6, 10**7)
        yield language, first[:120], f"{first} {second}\n{'Order' if language == 'en' else '订单'} {order}"


def _pool(database: Database, texts: Iterator[tuple[str, str, str]]) -> tuple[sa.Table, sa.Table]:
    """Texts, and the figures by which they are compared, from which the cases are written by the database itself."""
    tables = sa.MetaData()
    number = sa.Column("id", sa.Integer, primary_key=True)
    words = [sa.Column(name, sa.Text) for name in ("language", "title", "description", "terms")]
    pool = sa.Table("pool", tables, number, *words)
    bands = sa.Table("pool_band", tables, sa.Column("id", sa.Integer), sa.Column("band", sa.BigInteger))
    tables.create_all(database.engine)
    said: list[dict[str, Any]] = []
    figures: list[dict[str, Any]] = []
    for place in range(TEXTS):
        language, title, description = next(texts)
        terms = " ".join(search.terms(f"{title}\n{description}"))
        said.append({"id": place, "language": language, "title": title, "description": description, "terms": terms})
        told = likeness.told(title, description)
        figures += [{"id": place, "band": band} for band in likeness.bands(told)]
    with database.engine.begin() as conn:
        conn.execute(sa.insert(pool), said)
        conn.execute(sa.insert(bands), figures)
    return pool, bands


def fill_house(database: Database, texts: Iterator[tuple[str, str, str]], now: datetime) -> None:
    """Customers, and a year of their cases, a tenth of which is open."""
    _customers(database)
    pool, bands = _pool(database, texts)
    opened = spread(database, now - timedelta(days=365), timedelta(days=365) / CASES, CASES)
    facts: dict[str, Any] = {**record.EMPTY, "type": "fault", "priority": "P2", "department": "support"}
    facts |= {"number": text("F-2026-"), "channel": "email", "opened_at": opened, "owner_id": text("person-", G % 200)}
    facts |= {"organisation_id": text("customer-", G % CUSTOMERS), "contact_id": text("contact-", G % CONTACTS + 1)}
    facts |= {"status": sa.case((G % 10 == 0, "open"), else_="closed")}
    facts |= {name: _one_of(pool, name) for name in ("title", "description", "language")}
    fill(database, record.case_, CASES, **facts)
    fill(database, search.searched, CASES, case=text("F-2026-"), terms=_one_of(pool, "terms"))
    _events(database, opened)
    numbered = sa.select(record.case_.c.number, record.case_.c.opened_at, bands.c.band).join_from(
        record.case_, bands, bands.c.id == sa.cast(sa.func.substr(record.case_.c.number, 8), sa.Integer) % TEXTS
    )
    with database.engine.begin() as conn:
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        conn.execute(sa.insert(likeness.likeness).from_select(["case", "at", "band"], numbered))
    house.settle(database)


def _one_of(pool: sa.Table, name: str) -> sa.ScalarSelect[Any]:
    return sa.select(pool.c[name]).where(pool.c.id == G % TEXTS).scalar_subquery()


def _customers(database: Database) -> None:
    known = {"number": text("F-"), "name": "Filler", "tier": "normal"}
    fill(database, organisation, CUSTOMERS, id=text("customer-", G - 1), **known)
    person = {"name": "Filler", "email": text("filler@", G), "phone": "", "language": "en", "zone": "UTC"}
    whose = {"organisation_id": text("customer-", G % CUSTOMERS), "channel": "email", "unknown": False}
    fill(database, contact_, CONTACTS, id=text("contact-"), **person, **whose)


def _events(database: Database, opened: sa.ColumnElement[Any]) -> None:
    what = {"kind": "case.opened", "actor_kind": "system", "audience": "customer", "data": {}, "xact": 1}
    place = {"key": text("F-2026-", G // 5), "instance_id": "", "process": "", "element": ""}
    fill(database, event, 5 * CASES, **what, **place, actor_id="", actor_name="", on_behalf_of="", at=opened)


def opening(desk: wiring.Loopdesk, report: case.Report) -> tuple[str, float]:
    """Number and milliseconds of one case."""
    began = time.perf_counter()
    with desk.engine.begin() as tx:
        number = case.open(CUSTOMER, tx, report).number
    return number, (time.perf_counter() - began) * 1e3


def stands(desk: wiring.Loopdesk, number: str) -> bool:
    """Whether the first task is there, and all that should have been found out before it."""
    with desk.engine.read() as tx:
        opened = record.get(tx, number)
        waiting = tx.conn.scalar(sa.select(sa.func.count()).where(task.c.key == number, task.c.state == OPEN))
    return bool(waiting and opened.priority and opened.due_at and opened.owner_id)


def rows() -> list[dict[str, Any]]:
    """The p95 and median of opening one case after the other, beside a bare commit of the same run."""
    texts = written()
    with house.database("PostgreSQL") as database, tempfile.TemporaryDirectory(prefix="loopdesk-bench-") as folder:
        settings = Settings(Path(folder), str(database.engine.url.render_as_string(hide_password=False)))
        desk = wiring.build(settings)
        with desk.engine.begin() as tx:
            bundles.seed(tx, WORKFLOWS)
            settle_in(tx)
        fill_house(database, texts, datetime.now(UTC))
        taken = []
        for _ in range(WARM + OPENED):
            language, title, description = next(texts)
            number, milliseconds = opening(desk, case.Report("portal", description, title, language=language))
            taken.append(milliseconds)
            assert stands(desk, number), number
        taken = sorted(taken[WARM:])
        bare = house.bare_commit(database)
        desk.engine.database.close()
    p95, median = taken[int(OPENED * 0.95)], taken[OPENED // 2]
    beside = f"beside {CASES:,} others, PostgreSQL"
    return [
        row("cases: calibration, a bare commit of one statement, PostgreSQL", bare, "ms"),
        row(f"a case opened up to its first task {beside}: p95", p95, "ms", 80),
        row(f"a case opened up to its first task {beside}: median", median, "ms"),
        row("a case opened: p95 in bare commits", p95 / bare, "commits"),
    ]
