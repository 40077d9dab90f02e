"""Bar of issue 8: beside 1,000,000 closed cases a dashboard answers within a second on PostgreSQL, never a minute old.

The rows of the cases are written by the database itself; their days are added up by the code that the job runs, and
what the job does for a new event is measured beside them.
"""

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from loopdesk.desk import figures
from loopdesk.desk.figures import Filter, Period, days
from loopdesk.desk.figures.rows import case_figure, figure_state, held_time
from loopdesk.desk.figures.spread import STEP
from loopdesk.desk.figures.sums import BASES
from loopdesk.desk.record import EMPTY, case_
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database
from loopdesk.engine.events import event
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.bench import house
from loopdesk.tests.bench.filling import G, fill, spread, text
from loopdesk.tests.bench.report import row
from loopdesk.tests.desk.house import WORKFLOWS
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import settings_for
from loopdesk.web.app import create_app
from loopdesk.web.first_start import first_start
from loopdesk.web.wiring import build

CASES, CUSTOMERS, YEAR = 1_000_000, 5_000, 365
TIMES, LOOKS, TOUCHED = 7, 3, 500
BESIDE = f"{CASES:,} closed cases, PostgreSQL"
START = datetime(2025, 6, 1, tzinfo=UTC)
NOW = START + timedelta(days=YEAR + 5)
PERIOD = Period(date(2025, 6, 1), date(2026, 6, 5))
MONTH = Period(date(2026, 4, 1), date(2026, 4, 30))
AGENT = Actor("person", "agent", "Agent", frozenset({"agent"}), frozenset({"support"}))
HEAD = "wang.fang"
FILTERS = {"channel": "email", "level": "P1", "class": "fault", "team": "support", "customer": "customer-0"}
"""A value of each dimension; the customer is the largest."""
Question = Callable[[Tx], object]


def _of(codes: tuple[str, ...], step: int) -> sa.ColumnElement[str]:
    return sa.case(*((G // step % len(codes) == place, code) for place, code in enumerate(codes)), else_=codes[0])


def _customer() -> sa.ColumnElement[int]:
    """Few customers have many cases: the largest has one in seventeen of them, the largest fifty have one in five."""
    part = (sa.cast(G, sa.BigInteger) * 15_485_863) % 1_000_003 / 1_000_003.0
    return sa.cast(sa.func.floor(sa.func.power(part, 3) * CUSTOMERS), sa.Integer)


def _seconds(prime: int, most: int) -> sa.ColumnElement[int]:
    """Times that look random, from a minute on, most of them short."""
    whole = (sa.cast(G, sa.BigInteger) * prime) % 1_000_003
    return sa.cast(whole * whole / (1_000_003 * 1_000_003 / most) + 60, sa.BigInteger)


def _bucket(seconds: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.floor(sa.func.ln(seconds) / math.log(STEP)), sa.Integer)


def fill_house(database: Database) -> None:
    """A year of closed cases of five channels, four levels, six types, four teams; one in a hundred is restricted."""
    every = timedelta(days=YEAR) / CASES
    opened = spread(database, START, every, CASES)
    closed = spread(database, START + timedelta(days=4), every, CASES)
    first, repair = _seconds(7919, 40_000), _seconds(104_729, 900_000)
    third = G % 3 == 0
    fill(
        database,
        case_figure,
        CASES,
        number=text("F-2026-"),
        opened_at=opened,
        opened_day=sa.cast(opened, sa.Date),
        closed_at=closed,
        closed_day=sa.cast(closed, sa.Date),
        channel=_of(("email", "portal", "phone", "chat", "app"), 1),
        level=_of(("P2", "P3", "P1", "P0"), 5),
        team=_of(("support", "rnd", "operations", "security"), 20),
        customer=text("customer-", _customer()),
        restricted=G % 100 == 0,
        first_seconds=first,
        first_bucket=_bucket(first),
        first_kept=G % 50 != 0,
        responded=G % 90 != 0,
        repair_seconds=repair,
        repair_bucket=_bucket(repair),
        waiting_seconds=0,
        on_time=G % 17 != 0,
        escalated=G % 11 == 0,
        asked=sa.true(),
        stars=sa.case((third, G % 5 + 1), else_=sa.null()),
        nps=sa.case((third, G % 11), else_=sa.null()),
        complained=G % 40 == 0,
        **{"class": _of(("fault", "how_to", "billing", "network", "hardware", "third_party"), 80)},
    )
    fill(database, held_time, CASES, number=text("F-2026-"), team="support", seconds=first)
    house.settle(database)


def add_up(engine: Engine) -> float:
    """Seconds for the sums of all days, as a rebuild writes them."""
    began = time.perf_counter()
    with engine.begin() as tx:
        known = [START.date() + timedelta(days=place) for place in range(YEAR + 5)]
        for basis in BASES:
            days.add_up(tx, basis, known)
        state = {"name": "cases", "cursor": "", "as_of": tx.now, "gathered_to": None}
        tx.conn.execute(sa.insert(figure_state).values(**state))
    house.settle(engine.database)
    return time.perf_counter() - began


QUESTIONS: dict[str, Question] = {
    "overview of a year": lambda tx: figures.overview(SYSTEM, tx, PERIOD),
    "overview of a month": lambda tx: figures.overview(SYSTEM, tx, MONTH),
    "overview of a year, an agent's": lambda tx: figures.overview(AGENT, tx, PERIOD),
    "overview of a year, one channel": lambda tx: figures.overview(SYSTEM, tx, PERIOD, Filter(channel="email")),
    "overview of a year, one customer": lambda tx: figures.overview(SYSTEM, tx, PERIOD, Filter(customer="customer-7")),
    "overview of a year, channel and level": lambda tx: figures.overview(
        SYSTEM, tx, PERIOD, Filter(channel="email", level="P1")
    ),
    "series of a year": lambda tx: figures.series(SYSTEM, tx, "repair_median", PERIOD),
    "breakdown of a year by channel": lambda tx: figures.breakdown(SYSTEM, tx, PERIOD, "channel"),
    "breakdown of a year by team": lambda tx: figures.breakdown(SYSTEM, tx, PERIOD, "team"),
    "breakdown of a month by customer": lambda tx: figures.breakdown(SYSTEM, tx, MONTH, "customer"),
    "breakdown of a year by customer": lambda tx: figures.breakdown(SYSTEM, tx, PERIOD, "customer"),
    "drill-down, first page of a year": lambda tx: figures.cases(SYSTEM, tx, "on_time_closure", PERIOD, part="missed"),
    "what may be filtered by": lambda tx: figures.choices(SYSTEM, tx, "en"),
    "dashboard: overview, two series and a breakdown of a year": lambda tx: (
        figures.overview(SYSTEM, tx, PERIOD),
        figures.series(SYSTEM, tx, "first_response_attainment", PERIOD),
        figures.series(SYSTEM, tx, "repair_time", PERIOD),
        figures.breakdown(SYSTEM, tx, PERIOD, "channel"),
    ),
}
"""What is asked; the bar is on each."""


def asked(engine: Engine, question: Question) -> float:
    """The median milliseconds of a question, in a transaction of its own each time."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with engine.read() as tx:
            question(tx)
        taken.append((time.perf_counter() - began) * 1e3)
    return sorted(taken)[TIMES // 2]


@contextmanager
def browser(database: Database) -> Iterator[FlaskClient]:
    """A supervisor's, at a desk over this database."""
    with tempfile.TemporaryDirectory() as folder:
        desk = build(replace(settings_for(Path(folder), database.url), redis_url=""))
        first_start(desk)
        yield as_person(create_app(desk=desk), HEAD)
        desk.close()


def pages(database: Database) -> list[dict[str, Any]]:
    """The page of a year as HTML under each choice of filters, told apart by each dimension: the slowest of them."""
    found: dict[str, float] = {}
    with browser(database) as head:
        for given in chain.from_iterable(combinations(FILTERS, many) for many in range(len(FILTERS) + 1)):
            for by in figures.DIMENSIONS:
                wanted = "&".join([f"by={by}", *(f"{name}={FILTERS[name]}" for name in given)])
                found[wanted] = page(head, f"/figures?since={PERIOD.since}&until={PERIOD.until}&{wanted}")
    slowest = max(found, key=lambda one: found[one])
    what = f"figures: the page in HTML, slowest of {len(found)} choices of filters ({slowest.replace('&', ', ')})"
    usual = sorted(found.values())[len(found) // 2]
    return [
        row(f"{what}, {BESIDE}", found[slowest], "ms", 1000),
        row(f"figures: the page in HTML, the middle of these choices, {BESIDE}", usual, "ms", 1000),
    ]


def page(head: FlaskClient, address: str) -> float:
    """The median milliseconds of an answer."""
    taken = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        assert head.get(address).status_code == 200
        taken.append((time.perf_counter() - began) * 1e3)
    return sorted(taken)[LOOKS // 2]


def followed(engine: Engine) -> float:
    """Milliseconds of one run of the job after `TOUCHED` cases have changed: how stale figures get beside its pace."""
    facts: dict[str, Any] = {**EMPTY, "channel": "email", "priority": "P2", "department": "support", "type": "fault"}
    facts |= {"number": text("F-2026-"), "title": "Filler", "status": "closed", "language": "en"}
    every = timedelta(days=YEAR) / CASES
    facts |= {"opened_at": spread(engine.database, START, every, CASES), "solved_at": NOW, "closed_at": NOW}
    fill(engine.database, case_, TOUCHED, **facts)
    what = {"kind": "case.closed", "actor_kind": "system", "audience": "staff", "data": {}, "xact": 1, "at": NOW}
    place = {"key": text("F-2026-"), "instance_id": "", "process": "", "element": "", "actor_id": "", "actor_name": ""}
    fill(engine.database, event, TOUCHED, **what, **place, on_behalf_of="")
    house.settle(engine.database)
    began = time.perf_counter()
    with engine.begin() as tx:
        figures.run(tx)
    taken = (time.perf_counter() - began) * 1e3
    with engine.read() as tx:
        assert figures.fresh(tx).behind == 0
    return taken


def rows() -> list[dict[str, Any]]:
    """Each question, and the job, beside the million."""
    found = []
    with house.database("PostgreSQL") as database:
        engine = Engine(database, VirtualClock(NOW), Host())
        with engine.begin() as tx:
            bundles.deploy(SYSTEM, tx, "policies", bundles.read_folder(WORKFLOWS / "policies"))
        fill_house(database)
        whole = add_up(engine)
        found.append(row(f"figures: the sums of all days, {BESIDE}", whole, "s"))
        for name, question in QUESTIONS.items():
            found.append(row(f"figures: {name}, {BESIDE}", asked(engine, question), "ms", 1000))
        found.append(
            row(f"figures: one run of the job after {TOUCHED} cases changed, {BESIDE}", followed(engine), "ms")
        )
        found += pages(database)
    return found
