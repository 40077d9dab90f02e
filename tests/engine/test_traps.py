"""Each trap of SpiffWorkflow 3.2 that was met before the engine was built, and the test that would notice it here.

| trap | test |
| --- | --- |
| depth: a loop stops at 1,000 tasks and counts as completed | `test_a_loop_of_5000_rounds_ends_with_the_right_data` |
| parallel join keeps the last branch only | `bpmn/test_joins.py`, `bpmn/test_pruning.py` |
| due time as a text in the task's data | `test_timers.py`, `bpmn/test_state.py` (types) |
| a due timer is left ready after the engine's steps | `bpmn/test_events.py` |
| offsets frozen at import, naive times | `bpmn/test_moments.py` |
| durations read wrongly or refused | `bpmn/test_moments.py` |
| late cycles fire all at once | `bpmn/test_events.py` (late cycles fire once) |
| late completion cancels the escalation | `test_a_due_timer_fires_before_a_late_completion` |
| a script's error leaves a half-done task | `test_a_failed_step_leaves_nothing_of_itself` |
| nested data: a child's change alters the parent's history | `bpmn/test_state.py` |
| types lost on reload, a key `typename` | `bpmn/test_state.py` |
| JSON order: deltas are relative to the parent | `bpmn/test_state.py`, `bpmn/test_pruning.py` |
| recursion in dumps and joins | `test_calls_of_depth_20_and_forks_behind_a_long_loop_need_no_recursion` |
| messages: early ones lost, unmatched ones raise | `test_runner_messages.py` |
| event sub-processes run by themselves | `bpmn/test_event_sub_processes.py` |
| links, signal ends, compensation ignored | `bpmn/test_event_mix.py`, `bpmn/test_compensation.py` |
| an uncaught error counts as completed | `bpmn/test_errors.py` |
| flows without id are dropped | `bpmn/test_xml.py`, `bpmn/test_rules.py` |
| threads share a specification | `test_one_program_serves_many_threads` |
| a diagram runs `import os` | `test_a_diagram_cannot_run_program_code` |
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from loopdesk.engine import bundles, incidents, outbox, runner, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.bpmn.expressions import FeelEngine
from loopdesk.engine.bpmn.run import MAX_STEPS
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Invalid, Refused
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows, script, timer
from loopdesk.tests.engine.steps import ANN, CATCH, END, START, data_of, deploy, publish, start, status

ROUND = (
    START
    + '<bpmn:exclusiveGateway id="m"/>'
    + script("t", "=n + 1", "n")
    + '<bpmn:exclusiveGateway id="g" default="f-g-e"/>'
    + END
)


def loop(rounds: int) -> str:
    """A drawn loop: so many rounds of merge, script and gateway in one step."""
    return ROUND + flows("s > m > t > g > e", f"g >[=n &lt; {rounds}] m".replace("&lt;", "<"))


def test_a_loop_of_5000_rounds_ends_with_the_right_data(engine: Engine) -> None:
    deploy(engine, loop(5000))
    instance = start(engine, n=0)
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance) == {"n": 5000}


def test_a_million_rounds_are_stopped_by_a_limit_and_become_an_incident(engine: Engine) -> None:
    deploy(engine, CATCH.replace(flows("s > c > e"), "") + ROUND.replace(START, "").replace(END, "") + flows(
        "s > c > m > t > g > e", "g >[=n < 1000000] m"
    ), named=("reply",))  # fmt: skip
    instance = start(engine, n=0)
    publish(engine, "reply")
    outbox.drain(engine, Handlers(local=runner.local_handlers()), worker="w")
    with engine.read() as tx:
        (found,) = incidents.of_instance(tx, instance)
    assert found["params"]["limit"] == MAX_STEPS
    assert "ran through" in found["message"]
    assert status(engine, instance) == "active"
    assert data_of(engine, instance) == {"n": 0}, "nothing of the step is kept"


def test_a_person_whose_answer_leads_into_an_endless_loop_is_not_refused(engine: Engine) -> None:
    deploy(engine, START + '<bpmn:userTask id="u"/><bpmn:exclusiveGateway id="m"/>' + flows("s > u > m > m"))
    instance = start(engine)
    with engine.begin() as tx:
        (task,) = work.listing(ANN, tx)
        work.complete(ANN, tx, task["id"], {})
    outbox.drain(engine, Handlers(local=runner.local_handlers()), worker="w")
    with engine.read() as tx:
        assert work.get(ANN, tx, task["id"])["state"] == "completed"
        assert len(incidents.of_instance(tx, instance)) == 1


def test_calls_of_depth_20_and_forks_behind_a_long_loop_need_no_recursion() -> None:
    def called(d: int) -> str:
        work_ = f'<bpmn:callActivity id="c{d}" calledElement="p{d + 1}"/>' if d < 20 else '<bpmn:userTask id="c20"/>'
        ends = f'<bpmn:startEvent id="s{d}"/><bpmn:endEvent id="e{d}"/>'
        body = ends + work_ + script(f"t{d}", "=depth + 1", "depth") + flows(f"s{d} > c{d} > t{d} > e{d}")
        return f'<bpmn:process id="p{d}" isExecutable="true">{body}</bpmn:process>'

    body = f'{START}<bpmn:callActivity id="c" calledElement="p1"/>{END}{flows("s > c > e")}'
    world = World(diagram(body, more="".join(map(called, range(1, 21))))).start(depth=0)
    assert world.go("c20").done
    assert world.data == {"depth": 20}


def test_a_due_timer_fires_before_a_late_completion(engine: Engine, clock: VirtualClock) -> None:
    late = f'<bpmn:boundaryEvent id="b" attachedToRef="u">{timer("Duration", "PT1H")}</bpmn:boundaryEvent>'
    deploy(engine, START + '<bpmn:userTask id="u"/><bpmn:userTask id="v"/>' + late + END + flows("s > u > e", "b > v"))
    instance = start(engine)
    with engine.read() as tx:
        (task,) = work.listing(ANN, tx)
    clock.advance(timedelta(hours=2))
    with pytest.raises(Conflict), engine.begin() as tx:
        work.complete(ANN, tx, task["id"], {"x": 1})
    with engine.read() as tx:
        assert work.get(ANN, tx, task["id"])["draft"] == {"x": 1}, "what was filled in is kept"
    assert status(engine, instance) == "active"


def test_a_failed_step_leaves_nothing_of_itself(engine: Engine) -> None:
    body = START + '<bpmn:userTask id="u"/>' + script("a", "=1", "x") + script("b", "=1 / ", "y") + END
    with pytest.raises(Invalid):
        deploy(engine, body + flows("s > u > a > b > e"))
    fails = START + '<bpmn:userTask id="u"/>' + script("a", "=1", "x") + '<bpmn:exclusiveGateway id="g"/>' + END
    deploy(engine, fails + flows("s > u > a > g", "g >[=x = 2] e"))
    instance = start(engine)
    with engine.read() as tx:
        (task,) = work.listing(ANN, tx)
    with pytest.raises(Refused), engine.begin() as tx:
        work.complete(ANN, tx, task["id"], {})
    assert (status(engine, instance), data_of(engine, instance)) == ("active", {})


def test_one_program_serves_many_threads() -> None:
    world = World(diagram(loop(50)))

    def run(number: int) -> dict[str, object]:
        mine = World.__new__(World)
        mine.__dict__ = {**world.__dict__, "waits": {}, "due": {}}
        return mine.start(n=-number).data

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(run, range(60))) == [{"n": 50}] * 60


def test_a_diagram_cannot_run_program_code() -> None:
    with pytest.raises(Refused):
        FeelEngine().execute(None, "import os")
    with pytest.raises(Refused):
        FeelEngine().call_service(None)


def test_a_cyclic_call_is_refused_at_deployment(engine: Engine) -> None:
    calls = f'{START}<bpmn:callActivity id="c" calledElement="p"/>{END}{flows("s > c > e")}'
    with pytest.raises(Invalid, match="cannot be deployed"), engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(calls)})
