"""What a preview promises happens: keys, timers and tasks are worked out as the migration will (issue 4, Operable)."""

import pytest
import sqlalchemy as sa

from loopdesk.engine import events, migration
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import flows, timer
from loopdesk.tests.engine.migrating import OLGA, boundary, carry, release, user
from loopdesk.tests.engine.steps import start

S, E = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'


def waiting(more: str = "") -> str:
    return S + user("a", "A") + E + flows("s > a > e") + more


def timed(text: str) -> str:
    catch = f'<bpmn:intermediateCatchEvent id="t" name="Wait">{timer("Duration", text)}</bpmn:intermediateCatchEvent>'
    return S + catch + E + flows("s > t > e")


def seen(engine: Engine, *, recompute: bool = False) -> dict[str, list[str]]:
    """Case -> why the preview says it cannot move."""
    with engine.read() as tx:
        found = migration.preview(OLGA, tx, "p", 1, 2, recompute=recompute)
        return {one.key: [str(reason.reason) for reason in one.obstacles] for one in found.looks}


@pytest.mark.parametrize(
    ("old", "new", "recompute"),
    [
        (waiting(), waiting(boundary("a", timer("Duration", "=limit"))), False),
        (timed("PT1H"), timed("=limit"), True),
    ],
    ids=["a timer that begins to wait", "a timer that is counted anew"],
)
def test_what_has_no_value_for_one_case_is_said_before_and_is_so(
    engine: Engine, old: str, new: str, *, recompute: bool
) -> None:
    release(engine, old)
    start(engine, "p", key="L-1")
    start(engine, "p", key="L-2", limit="PT2H")
    release(engine, new)
    said = seen(engine, recompute=recompute)
    assert (bool(said["L-1"]), said["L-2"]) == (True, [])
    job = carry(engine, 1, 2, recompute=recompute)
    assert {key: bool(reasons) for key, reasons in job["reasons"].items()} == {"L-1": True, "L-2": False}


def test_a_preview_writes_nothing(engine: Engine, clock: VirtualClock) -> None:
    release(engine, waiting(boundary("a", timer("Duration", "PT1H"))))
    start(engine, "p", limit="PT2H")
    release(engine, waiting(boundary("a", timer("Duration", "=limit"), identity="other")))
    with engine.begin() as tx:
        before = tx.conn.scalar(sa.select(sa.func.count()).select_from(events.event))
        assert [one.obstacles for one in migration.preview(OLGA, tx, "p", 1, 2, recompute=True).looks] == [[]]
        tx.flush()
        assert tx.conn.scalar(sa.select(sa.func.count()).select_from(events.event)) == before
        assert tx.conn.execute(sa.text("SELECT element, state FROM timer")).all() == [("b", "waiting")]
