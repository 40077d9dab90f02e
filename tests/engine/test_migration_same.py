"""To go on with a version that says the same changes nothing, wherever the tokens stand (property of issue 4)."""

import re
from datetime import timedelta
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.engine import bpmn, versions
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import catch, diagram, flows, message, script, timer
from loopdesk.tests.engine.migrating import OLGA, carry, complete, release, row_of, tasks, waits
from loopdesk.tests.engine.steps import publish, start, work_off

LOOP = "multiInstanceLoopCharacteristics"
MANY = f'<bpmn:{LOOP} isSequential="%s"><bpmn:loopCardinality>=3</bpmn:loopCardinality></bpmn:{LOOP}>'
UNDO = (
    '<bpmn:boundaryEvent id="cb" attachedToRef="u"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
    '<bpmn:scriptTask id="undo" isForCompensation="true"><bpmn:extensionElements><zeebe:script expression="=1"'
    ' resultVariable="undone"/></bpmn:extensionElements></bpmn:scriptTask>'
    '<bpmn:association id="as" sourceRef="cb" targetRef="undo"/>'
)
HANDLER = (
    '<bpmn:subProcess id="es" triggeredByEvent="true"><bpmn:startEvent id="ess" isInterrupting="false">'
    + message("ping")
    + '</bpmn:startEvent><bpmn:userTask id="eu"/><bpmn:endEvent id="ese"/>'
    + flows("ess > eu > ese")
    + "</bpmn:subProcess>"
)
EVERYTHING = (
    '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/><bpmn:endEvent id="e2"/>'
    '<bpmn:userTask id="u"/><bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'
    f'<bpmn:userTask id="many">{MANY % "false"}</bpmn:userTask><bpmn:userTask id="row">{MANY % "true"}</bpmn:userTask>'
    '<bpmn:boundaryEvent id="b" attachedToRef="many" cancelActivity="false">'
    + timer("Cycle", "R3/PT1H")
    + "</bpmn:boundaryEvent>"
    + UNDO
    + HANDLER
    + '<bpmn:eventBasedGateway id="g"/>'
    + catch("c1", message("one"))
    + catch("c2", timer("Duration", "PT30M"))
    + '<bpmn:subProcess id="sub"><bpmn:startEvent id="is"/><bpmn:userTask id="iu"/><bpmn:endEvent id="ie"/>'
    + flows("is > iu > ie")
    + "</bpmn:subProcess>"
    + script("x", '=date("2026-03-01")', "day")
    + flows("s > u > fork > many > join > e", "fork > x > g > c1 > sub > join", "g > c2 > row > join", "b > e2")
)


def move(engine: Engine, clock: VirtualClock, step: str) -> None:
    """Let one thing happen; what does not wait is left."""
    if step == "hour":
        clock.advance(timedelta(hours=1))
    elif step in ("one", "ping"):
        publish(engine, step)
    elif step in tasks(engine):
        complete(engine, step)
    work_off(engine)


def everything(engine: Engine, instance: str) -> dict[str, Any]:
    """All that is stored of an instance but the version that it runs on."""
    row = row_of(engine, instance)
    state = orjson.loads(zstandard.ZstdDecompressor().decompress(row.pop("state")))
    kept: dict[str, Any] = {"row": row, "state": state, "tasks": tasks(engine), **waits(engine)}
    for one in (row, *kept["tasks"].values(), *kept["subscriptions"]):
        one.pop("bundle_id")
    row.pop("version")
    return kept


@pytest.fixture
def fresh(engine: Engine) -> Engine:
    release(engine, EVERYTHING, messages=("one", "ping"))
    release(engine, EVERYTHING, messages=("one", "ping"), README_md=b"The same process.")
    return engine


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["u"],
        ["u", "many", "ping"],
        ["u", "hour", "row", "many"],
        ["u", "one", "many", "many", "many"],
        ["ping", "ping", "u", "eu", "one", "iu", "hour", "hour"],
    ],
)
def test_the_same_again_changes_no_row_of_the_instance(fresh: Engine, clock: VirtualClock, steps: list[str]) -> None:
    with fresh.begin() as tx:
        versions.promote(OLGA, tx, "p", 1)
    instance = start(fresh, "p")
    for step in steps:
        move(fresh, clock, step)
    before = everything(fresh, instance)
    assert carry(fresh, 1, 2)["migrated"] == 1
    assert everything(fresh, instance) == before


SAME = diagram(EVERYTHING, messages=("one", "ping"))
IDS = sorted(bpmn.read({"p.bpmn": SAME}).processes["p"].elements)
REFERENCES = re.compile(rf'(id|sourceRef|targetRef|attachedToRef)="({"|".join(IDS)})"')
OTHER = REFERENCES.sub(r'\1="\2-x"', EVERYTHING).replace('id="f-', 'id="g-')
RENAMED = {one: f"{one}-x" for one in IDS}
"""The same process where every element and flow has another id."""


def transplanted(world: World, other: World, mapping: dict[str, str]) -> None:
    """Let the instance of ``world`` go on in ``other``, with all that waits."""
    places = bpmn.Places(world.program, other.program, mapping)
    found = bpmn.Transplant(world.execution, places)
    assert found.obstacles == []
    other.waits, other.due, other.now = dict(world.waits), dict(world.due), world.now
    moved = found.perform(other)
    other.waits = {ref: (kind, mapping.get(at, at)) for ref, (kind, at) in other.waits.items()}
    assert (moved.armed, moved.disarmed) == ([], [])
    other.state = moved.execution.dump()


def plain(world: World) -> object:
    return orjson.loads(zstandard.ZstdDecompressor().decompress(world.state))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=12))
def test_an_instance_that_moves_between_equal_versions_runs_as_one_that_stays(choices: list[int]) -> None:
    """After each step it goes to a version whose elements all have other ids, and back again."""
    stays, moves, other = (World(diagram(body, messages=("one", "ping"))) for body in (EVERYTHING, EVERYTHING, OTHER))
    stays.start()
    moves.start()
    for choice in [*choices, 0]:
        transplanted(moves, other, RENAMED)
        transplanted(other, moves, {now: was for was, now in RENAMED.items()})
        assert plain(moves) == plain(stays)
        assert moves.waits == stays.waits
        if not stays.waits:
            return
        ref = sorted(stays.waits)[choice % len(stays.waits)]
        for world in (stays, moves):
            world.due.pop(ref, None)
            world.resume(ref)
