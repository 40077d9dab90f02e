"""A running instance keeps the meaning it was deployed with; no release reads it silently otherwise (decision 0005)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.engine import bpmn, bundles, incidents, instances, work
from loopdesk.engine.bpmn.readers import READERS, require
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Refused
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import coded, extended, flows, inputs, script, timer
from loopdesk.tests.engine.test_event_starts import ANN, END, START, deploy, start, work_off

SCOPE = (
    f'<bpmn:subProcess id="t">{extended(inputs(local="=1"))}<bpmn:startEvent id="is"/>'
    + script("w", "=1", "inside")
    + f'<bpmn:userTask id="u"/><bpmn:endEvent id="ie">{coded("error", "X")}</bpmn:endEvent>'
    + flows("is > w > u > ie")
    + f'</bpmn:subProcess><bpmn:boundaryEvent id="b" attachedToRef="t">{coded("error", "X")}</bpmn:boundaryEvent>'
)


def deployed_with(engine: Engine, reader: str) -> None:
    with engine.begin() as tx:
        tx.conn.execute(sa.update(bundles.bundle).values(reader=reader))
    bundles._cache.clear()


def test_an_instance_of_an_older_deployment_keeps_its_meaning(engine: Engine) -> None:
    deploy(engine, START + SCOPE + END + flows("s > t > e", "b > e"))
    deployed_with(engine, "1")
    old = start(engine)
    deploy(engine, START + SCOPE + END + flows("s > t > e", "b > e"))
    new = start(engine, key="L-2")
    for _ in range(2):
        with engine.begin() as tx:
            task = work.listing(ANN, tx)[0]
            work.complete(ANN, tx, task["id"], {})
    with engine.read() as tx:
        assert [instances.variables(tx, item) for item in (old, new)] == [{}, {"inside": 1}]
        assert [row["number"] for row in bundles.listing(ANN, tx)] == [2]


def test_a_reader_that_is_not_known_stops_the_instance_and_names_the_remedy(
    engine: Engine, clock: VirtualClock
) -> None:
    wait = f'<bpmn:intermediateCatchEvent id="c">{timer("Duration", "PT1H")}</bpmn:intermediateCatchEvent>'
    deploy(engine, START + wait + END + flows("s > c > e"))
    start(engine)
    deployed_with(engine, "99")
    clock.advance(timedelta(hours=2))
    work_off(engine)
    with engine.read() as tx:
        (found,) = incidents.listing(ANN, tx)
    assert "99" in str(found)
    assert "Install the release" in str(found)
    deployed_with(engine, bpmn.READER)


def test_a_reader_number_is_listed_with_what_it_changed() -> None:
    assert bpmn.READER in READERS
    with pytest.raises(Refused, match="reader 7"):
        require("7")
