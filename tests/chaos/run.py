"""One chaos run from the first case to the last, and what came of it."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.tests.chaos import findings, plans
from loopdesk.tests.chaos.crew import Crew
from loopdesk.tests.chaos.house import House, Postgres
from loopdesk.tests.chaos.mischief import Mischief
from loopdesk.tests.chaos.pairs import slower_of_two
from loopdesk.tests.chaos.reader import Reader
from loopdesk.tests.chaos.scene import furnished
from loopdesk.tests.chaos.target import Target
from loopdesk.tests.support import eventually
from loopdesk.web.wiring import Loopdesk


@dataclass(frozen=True)
class Size:
    """How much of everything; times in seconds."""

    cases: int
    workers: int
    pollers: int
    slow: float
    """The longest timer."""
    pause: float
    """Between two blows, on average."""
    once: bool
    """Whether each kind of blow hits once only."""
    within: float
    """How long the run may take before what has not ended is called stuck."""


LONG = Size(cases=1000, workers=8, pollers=2, slow=8.0, pause=2.5, once=False, within=1500.0)
SHORT = Size(cases=60, workers=2, pollers=2, slow=2.0, pause=1.2, once=True, within=150.0)


@dataclass
class Outcome:
    """The counts that are written down, and what is wrong."""

    counts: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Played:
    """All that took part."""

    desk: Loopdesk
    crew: Crew
    house: House
    mischief: Mischief
    reader: Reader
    target: Target
    intended: list[plans.Plan]


def run(size: Size, seed: int, folder: Path, postgres: Postgres | None) -> Outcome:
    """Let ``size.cases`` cases live in a house that is struck; on SQLite when no ``postgres`` is given."""
    troubles = (0.05, 0.03, 0.04, 0.004) if size.cases > 500 else (0.05, 0.03, 0.04, 0.0)
    with Target(seed, troubles) as target:
        house = House.at(
            folder, postgres.fresh() if postgres else "", target.host, workers=size.workers, pollers=size.pollers
        )
        intended = plans.plans(size.cases, seed, slow=size.slow)
        with furnished(house, target) as (desk, secrets), house:
            crew = Crew(desk.engine, house.url, intended, secrets)
            begun = time.monotonic()
            mischief, reader = Mischief(house, postgres, seed, size.pause, once=size.once), Reader(house.url)
            try:
                eventually(house.answers, within=60)
                reader.start()
                mischief.start()
                _live(crew, mischief, size)
                seconds = time.monotonic() - begun
                mischief.stop()
                _settle(desk, crew, house, reader)
            finally:
                mischief.stop()
                crew.close()
                reader.stop()
            return _told(_Played(desk, crew, house, mischief, reader, target, intended), seconds, seed)


def _live(crew: Crew, mischief: Mischief, size: Size) -> None:
    """Until every case has ended and every kind of blow has hit, or the time is over."""
    deadline = time.monotonic() + size.within
    while time.monotonic() < deadline and mischief.error is None:
        if crew.turn() == size.cases and mischief.complete:
            return
        time.sleep(0.15)


def _settle(desk: Loopdesk, crew: Crew, house: House, reader: Reader) -> None:
    """Let what the last blow left be cleared up: every part runs again, nothing is in hand; at most two leases."""
    deadline = time.monotonic() + 130

    def calm() -> bool:
        try:
            crew.turn()
            return not findings.held(desk.engine)
        except sa.exc.DBAPIError:
            return False

    while time.monotonic() < deadline and not calm():
        time.sleep(0.3)
    eventually(lambda: all(len(house.pids(name)) > len(house.ended(name)) for name in house.names()), within=60)
    eventually(house.answers, within=60)
    known = findings.tasks(desk.engine)
    with suppress(AssertionError):  # what is missing then is told among the findings
        eventually(lambda: known <= reader.tasks, within=30)


def _told(played: _Played, seconds: float, seed: int) -> Outcome:
    """What is found, and the counts of it."""
    engine, crew, target, intended = played.desk.engine, played.crew, played.target, played.intended
    lost, twice, held = findings.lost(engine, target), findings.duplicated(engine), findings.held(engine)
    counts = {
        "cases": len(intended),
        "delivered": len(target.taken),
        "lost": len(lost),
        "duplicated": len(twice) + len(target.differing),
        "stuck": len(intended) - len(crew.state.ended) + len(held),
        "deliveries": target.deliveries.total(),
        "troubles": dict(sorted(target.seen.items())),
        **findings.costs(engine),
        "blows": dict(sorted(played.mischief.done.items())),
        "page_came_back": max(0, played.reader.opened - 1),
        "signed_at_once": len(crew.pairs),
        "seconds": round(seconds, 1),
        "database": "SQLite" if engine.database.is_sqlite else "PostgreSQL",
        "workers": played.house.workers,
        "pollers": played.house.pollers,
        "seed": seed,
    }
    wrong = [*findings.wrong_cases(engine, crew.state, intended, target), *lost, *twice, *held, *crew.refused]
    wrong += [f"the body of {key} changed" for key in target.differing]
    wrong += [f"an open page was not told of task {task}" for task in findings.tasks(engine) - played.reader.tasks]
    wrong += findings.unexplained(played.house, played.mischief.done)
    wrong += [f"{len(crew.state.numbers)} cases were opened"] * (len(crew.state.numbers) != len(intended))
    return Outcome(counts | {"slower_of_two_signatures_ms": slower_of_two(engine)}, wrong, played.house.lines)
