"""Many instances, conflicts and compensation with rows in the database (architecture §4)."""

from datetime import timedelta
from typing import Any

from loopdesk.engine import bundles, incidents, instances, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, extended, flows, script, timer
from loopdesk.tests.engine.steps import ANN, END, START, data_of, deploy, start, status, work_off

EACH = extended(
    '<zeebe:loopCharacteristics inputCollection="=people" inputElement="person" outputCollection="votes"'
    ' outputElement="=vote"/>'
)
MANY = f"<bpmn:multiInstanceLoopCharacteristics>{EACH}</bpmn:multiInstanceLoopCharacteristics>"


FORM = extended('<zeebe:formDefinition formId="f"/>')


def deploy_with_form(engine: Engine, body: str) -> None:
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(body), "f.form": b"{}"})


def catch(identity: str, duration: str) -> str:
    event = timer("Duration", duration)
    return f'<bpmn:intermediateCatchEvent id="{identity}">{event}</bpmn:intermediateCatchEvent>'


def test_a_person_gets_a_task_for_each_item(engine: Engine) -> None:
    deploy_with_form(engine, START + f'<bpmn:userTask id="t">{FORM}{MANY}</bpmn:userTask>' + END + flows("s > t > e"))
    instance = start(engine, people=["a", "b"])
    with engine.begin() as tx:
        tasks = work.listing(ANN, tx)
        assert [task["element"] for task in tasks] == ["t", "t"]
        for task, vote in zip(tasks, ("yes", "no"), strict=True):
            work.complete(ANN, tx, task["id"], {"vote": vote})
    assert status(engine, instance) == "completed"
    assert sorted(data_of(engine, instance)["votes"]) == ["no", "yes"]


def test_a_thousand_instances_at_once_leave_each_result_once_and_a_small_state(engine: Engine) -> None:
    """What is finished leaves the state; the list of the results is kept beside it (issue 4, 0006)."""
    each = extended(
        '<zeebe:loopCharacteristics inputCollection="=for n in 1..1000 return n" inputElement="n"'
        ' outputCollection="squares" outputElement="=square"/>'
    )
    many = f"<bpmn:multiInstanceLoopCharacteristics>{each}</bpmn:multiInstanceLoopCharacteristics>"
    square = script("t", "=n * n", "square").replace("</bpmn:scriptTask>", f"{many}</bpmn:scriptTask>")
    deploy(engine, START + square + '<bpmn:userTask id="u"/>' + END + flows("s > t > u > e"))
    instance = start(engine)
    assert data_of(engine, instance)["squares"] == [n * n for n in range(1, 1001)]
    with engine.read() as tx:
        assert len(instances.whole(tx, instance)["state"]) <= 2048


def conflict(ends: str) -> str:
    scripts = script("a", '="red"', "colour") + script("b", '="blue"', "colour")
    return START + catch("w1", "PT1M") + catch("w2", "PT2M") + catch("w3", "PT9M") + scripts + ends


def incident(engine: Engine, clock: VirtualClock) -> dict[str, Any]:
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        work_off(engine)
    with engine.read() as tx:
        (found,) = incidents.listing(ANN, tx)
    return dict(found)


def test_branches_that_disagree_at_a_join_are_an_incident_with_both_values(engine: Engine, clock: VirtualClock) -> None:
    fork = '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>' + END
    deploy(engine, conflict(fork + flows("s > f > w1 > a > j > e", "f > w2 > b > w3 > j")).replace("PT9M", "PT1M"))
    instance = start(engine)
    found = incident(engine, clock)
    assert {"red", "blue"} <= set(map(str, found["params"].values()))
    assert status(engine, instance) == "active"


def test_a_branch_that_ends_and_one_that_runs_are_an_incident_with_both_values(
    engine: Engine, clock: VirtualClock
) -> None:
    deploy(engine, conflict(END + flows("s > w1 > a > w3 > e", "s > w2 > b > e")))
    start(engine)
    found = incident(engine, clock)
    assert {"red", "blue"} <= set(map(str, found["params"].values()))


def test_compensation_with_tasks_of_people(engine: Engine) -> None:
    undo = (
        '<bpmn:boundaryEvent id="b" attachedToRef="t"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
        '<bpmn:userTask id="u" isForCompensation="true">' + FORM + "</bpmn:userTask>"
        '<bpmn:association id="as" sourceRef="b" targetRef="u"/>'
        '<bpmn:endEvent id="x"><bpmn:compensateEventDefinition/></bpmn:endEvent>'
    )
    deploy_with_form(engine, START + f'<bpmn:userTask id="t">{FORM}</bpmn:userTask>' + undo + flows("s > t > x"))
    instance = start(engine)
    for element in ("t", "u"):
        with engine.begin() as tx:
            (task,) = work.listing(ANN, tx)
            assert task["element"] == element
            work.complete(ANN, tx, task["id"], {element: 1})
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance) == {"t": 1, "u": 1}
