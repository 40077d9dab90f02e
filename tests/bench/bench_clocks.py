"""Bar of issue 6: 1,000 running clocks of live cases are counted again within 1 s when a holiday is added."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from loopdesk.desk import calendars, case, casework, clocks, facts
from loopdesk.desk.sla import recount
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.host import Host
from loopdesk.engine.tx import Engine
from loopdesk.tests.bench.house import KINDS, Kind, database
from loopdesk.tests.bench.report import row
from loopdesk.tests.desk.house import INTAKE, WORKFLOWS

CASES = 500
"""Of the level P2, each with two clocks that run on the calendar."""


def recounted(kind: Kind) -> tuple[float, float]:
    """Seconds to count all clocks anew in one transaction, and to look at one case's clocks when a warning is due."""
    with database(kind) as found:
        clock = VirtualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        engine = Engine(found, clock, Host(facts=facts.facts))
        files = dict(bundles.read_folder(WORKFLOWS / "policies"))
        with engine.begin() as tx:
            bundles.deploy(SYSTEM, tx, "policies", files)
            bundles.deploy(SYSTEM, tx, "intake", {"intake.bpmn": INTAKE})
        for _ in range(CASES):
            with engine.begin() as tx:
                told = case.Report(channel="api", title="Slow", description="Slow", email="anna@aurora.example")
                number = case.open(SYSTEM, tx, told).number
                casework.set_priority(SYSTEM, tx, number, priority="P2", reason="r")
                clocks.start(SYSTEM, tx, number)
        clock.set(clock.now() + timedelta(minutes=30))
        data = yaml.safe_load(files[calendars.FILE])
        data["holiday_sets"]["CN"]["holidays"] = ["2026-03-04"]
        with engine.begin() as tx:
            changed = files | {calendars.FILE: yaml.safe_dump(data).encode()}
            made = bundles.deploy(SYSTEM, tx, "policies", changed).id
        began = time.perf_counter()
        with engine.begin() as tx:
            recount.calendars_changed(SYSTEM, tx, made)
        whole = time.perf_counter() - began
        began = time.perf_counter()
        with engine.begin() as tx:
            clocks.happened(SYSTEM, tx, number, "diagnosed")
        return whole, time.perf_counter() - began


def rows() -> list[dict[str, Any]]:
    """Figures on both databases."""
    found = []
    for kind in KINDS:
        whole, one = recounted(kind)
        found.append(row(f"clocks: 1,000 running clocks counted again after a holiday, {kind}", whole, "s", 1))
        found.append(row(f"clocks: an event moves the clocks of a case, {kind}", one * 1000, "ms"))
    return found
