"""What has to begin while its process is retired begins when a version is made current (INT-1)."""

import pytest

from loopdesk.engine import instances, late_starts, runner, versions
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.migrating import OLGA
from loopdesk.tests.engine.steps import CATCH, deploy, work_off

HANDLERS = Handlers(local={**runner.local_handlers(), **late_starts.local_handlers()})


def begin(engine: Engine, key: str) -> None:
    with engine.begin() as tx:
        late_starts.begin(SYSTEM, tx, "p", key=key, data={"title": "Late"})


def begun(engine: Engine, key: str) -> int:
    with engine.read() as tx:
        return len(instances.of_key(tx, key))


@pytest.mark.parametrize("again", ["promote", "deploy"])
def test_a_start_waits_while_its_process_is_retired_and_happens_once(engine: Engine, again: str) -> None:
    deploy(engine, CATCH, named=("reply",))
    begin(engine, "L-1")
    assert begun(engine, "L-1") == 1
    with engine.begin() as tx:
        versions.retire(OLGA, tx, "p")
    begin(engine, "L-2")
    work_off(engine, HANDLERS)
    assert begun(engine, "L-2") == 0
    with engine.read() as tx:
        assert [late_starts.waits(tx, "p", key) for key in ("L-1", "L-2")] == [False, True]
    if again == "promote":
        with engine.begin() as tx:
            versions.promote(OLGA, tx, "p", 1)
    else:
        deploy(engine, CATCH, named=("reply",))
    work_off(engine, HANDLERS)
    work_off(engine, HANDLERS)
    with engine.read() as tx:
        (row,) = instances.of_key(tx, "L-2")
        assert instances.variables(tx, row["id"]) == {"title": "Late"}
        assert not late_starts.waits(tx, "p", "L-2")


def test_a_start_waits_on_when_its_process_is_retired_once_more_at_once(engine: Engine) -> None:
    deploy(engine, CATCH, named=("reply",))
    with engine.begin() as tx:
        versions.retire(OLGA, tx, "p")
    begin(engine, "L-1")
    with engine.begin() as tx:
        versions.promote(OLGA, tx, "p", 1)
        versions.retire(OLGA, tx, "p")
    work_off(engine, HANDLERS)
    assert begun(engine, "L-1") == 0
    with engine.begin() as tx:
        versions.promote(OLGA, tx, "p", 1)
    work_off(engine, HANDLERS)
    assert begun(engine, "L-1") == 1
