"""Human tasks: who sees them, who has them, what a form refuses, and that no answer is lost (issue 2, bad input)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import bundles, events, instances, runner, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.host import Assignment
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, extended, flows, inputs, timer


def person(name: str, department: str = "support", *roles: str) -> Actor:
    return Actor("person", name.lower(), name, frozenset(roles or ("agent",)), frozenset({department}))


ANN, BOB = person("Ann"), person("Bob")
RUTH = person("Ruth", "rnd")
SUE = person("Sue", "support", "supervisor", "agent")
ADMIN = person("Adam", "", "admin")
CUSTOMER = Actor("customer", "c1", "Cora")
FORM = b'{"type": "default", "id": "ask", "components": []}'
PROPERTIES = '<zeebe:properties><zeebe:property name="timeLimit" value="PT4H"/></zeebe:properties>'


def deploy(engine: Engine, extra: str = "", guard: str = "") -> str:
    """One user task with a form and a time limit, started for L-1; the instance's id."""
    inside = extended(f'<zeebe:formDefinition formId="ask"/>{PROPERTIES}{extra}')
    ask = f'<bpmn:userTask id="a" name="Ask">{inside}</bpmn:userTask>'
    body = f'<bpmn:startEvent id="s"/>{ask}<bpmn:endEvent id="e"/>' + flows("s > a > e") + guard
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", {"p.bpmn": diagram(body), "ask.form": FORM})
        return runner.start(SYSTEM, tx, "p", key="L-1", data={"known": 1})


@pytest.fixture(autouse=True)
def host(engine: Engine) -> None:
    def validate(form: bytes, data: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
        assert form == FORM
        if "note" not in data:
            raise Invalid("wrong", fields={"note": ["missing"]})
        return {"note": data["note"], "seen": scope["known"]}

    def may_work(actor: Actor, task: Mapping[str, Any]) -> bool:
        return actor.has_role("admin") or task["department"] in actor.departments

    engine.host.validate = validate
    engine.host.may_work = may_work
    engine.host.assign = lambda tx, call: Assignment("support", "agent", raci={"R": ["support/agent"], "A": []})


def only_task(engine: Engine, actor: Actor = ANN) -> dict[str, Any]:
    with engine.read() as tx:
        (found,) = work.listing(actor, tx)
        return found


def complete(engine: Engine, actor: Actor, task_id: str, **data: Any) -> None:
    with engine.begin() as tx:
        work.complete(actor, tx, task_id, data)


def test_a_task_says_who_by_when_and_what_for(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine)
    task = only_task(engine)
    assert (task["department"], task["role"], task["raci"]["R"]) == ("support", "agent", ["support/agent"])
    assert task["due_at"] == clock.now() + timedelta(hours=4)
    assert task["key"] == "L-1"


@pytest.mark.parametrize("due", ["2026-11-30T09:00:00+08:00", "=date and time(&quot;2026-11-30T09:00:00+08:00&quot;)"])
def test_a_schedule_goes_before_the_time_limit(engine: Engine, due: str) -> None:
    deploy(engine, f'<zeebe:taskSchedule dueDate="{due}"/>')
    assert only_task(engine)["due_at"] == datetime(2026, 11, 30, 1, tzinfo=UTC)


def test_people_see_what_their_department_and_role_may_do(engine: Engine) -> None:
    deploy(engine)
    with engine.read() as tx:
        assert [len(work.listing(actor, tx)) for actor in (ANN, RUTH, SUE, ADMIN, CUSTOMER)] == [1, 0, 1, 1, 0]
        assert work.listing(person("Olga", "support", "owner"), tx) == []
        task = work.listing(ANN, tx)[0]
        with pytest.raises(Missing):
            work.get(RUTH, tx, task["id"])
        with pytest.raises(Missing):
            work.get(ANN, tx, "nothing")


def test_boxes(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine)
    clock.advance(timedelta(hours=1))
    with engine.begin() as tx:
        runner.start(SYSTEM, tx, "p", key="L-2", data={"known": 1})
        first, second = work.listing(ANN, tx)
        work.claim(ANN, tx, second["id"])
        assert [row["key"] for row in work.listing(ANN, tx, box="mine")] == ["L-2"]
        assert [row["key"] for row in work.listing(BOB, tx, box="mine")] == []
        assert [row["key"] for row in work.listing(BOB, tx, box="group")] == ["L-1"]
        assert [row["key"] for row in work.listing(ANN, tx, box="due")] == ["L-1", "L-2"]
        assert [row["key"] for row in work.listing(ANN, tx, box="due", after=first["id"])] == ["L-2"]
        assert [row["key"] for row in work.listing(ANN, tx, limit=1, after=first["id"])] == ["L-2"]
        assert [row["key"] for row in work.listing(ANN, tx, key="L-2")] == ["L-2"]
        assert work.listing(ADMIN, tx, department="rnd") == []


def test_what_runs_out_first_comes_first_on_every_page(engine: Engine, clock: VirtualClock) -> None:
    """Keyset pages of one task hold each task once, those without a due moment last (`ui.md`, inbox)."""
    hours = {"L-2": 8.0, "L-3": 0.25, "L-4": None, "L-5": 2.0, "L-6": None}
    deploy(engine)
    with engine.begin() as tx:
        for key, left in hours.items():
            runner.start(SYSTEM, tx, "p", key=key, data={"known": 1})
            due = tx.now + timedelta(hours=left) if left else None
            tx.conn.execute(sa.update(work.task).where(work.task.c.key == key).values(due_at=due))
    expected = ["L-3", "L-5", "L-1", "L-2", "L-4", "L-6"]
    with engine.read() as tx:
        for box in ("all", "group"):
            seen, after = [], None
            while page := work.listing(ANN, tx, box=box, limit=1, after=after):
                seen.append(page[0]["key"])
                after = page[0]["id"]
            assert seen == expected
        assert [row["key"] for row in work.listing(ANN, tx, box="due")] == ["L-3", "L-5", "L-1"]
        with pytest.raises(Missing):
            work.listing(ANN, tx, after="nothing")


def test_an_assignee_narrows_the_task_to_one_person(engine: Engine) -> None:
    deploy(engine, '<zeebe:assignmentDefinition assignee="bob"/>')
    task = only_task(engine, BOB)
    assert task["person"] == "bob"
    with engine.read() as tx:
        assert work.listing(ANN, tx) == []
        assert len(work.listing(BOB, tx, box="mine")) == 1
    with pytest.raises(Refused, match="one other person"):
        complete(engine, ANN, task["id"], note="x")
    complete(engine, BOB, task["id"], note="x")


def test_a_claimed_task_is_closed_to_others_until_released(engine: Engine) -> None:
    deploy(engine)
    task = only_task(engine)
    with engine.begin() as tx:
        work.claim(ANN, tx, task["id"])
        work.claim(ANN, tx, task["id"])
    for deed in (work.claim, work.release):
        with pytest.raises(Conflict, match="Ann"), engine.begin() as tx:
            deed(BOB, tx, task["id"])
    with pytest.raises(Conflict, match="Ann"):
        complete(engine, BOB, task["id"], note="x")
    with engine.begin() as tx:
        work.release(SUE, tx, task["id"])
    complete(engine, BOB, task["id"], note="x")
    with engine.read() as tx:
        kinds = [event["kind"] for event in events.timeline(tx, "L-1") if event["kind"].startswith("task.")]
    assert kinds == ["task.created", "task.claimed", "task.released", "task.claimed", "task.completed"]


def test_completing_tells_the_second_who_was_quicker(engine: Engine) -> None:
    instance = deploy(engine)
    task = only_task(engine)
    complete(engine, ANN, task["id"], note="x")
    with pytest.raises(Conflict, match="Ann completed this task"):
        complete(engine, BOB, task["id"], note="y")
    with engine.read() as tx:
        assert instances.variables(tx, instance) == {"known": 1, "note": "x", "seen": 1}
        row = work.get(BOB, tx, task["id"])
        assert (row["state"], row["completed_by"], row["data"]) == ("completed", "ann", {"note": "x", "seen": 1})
        assert row["draft"] is None


def test_a_refused_form_names_the_field_and_keeps_the_answers(engine: Engine) -> None:
    deploy(engine)
    task = only_task(engine)
    with pytest.raises(Invalid) as caught:
        complete(engine, ANN, task["id"], other="half done")
    assert caught.value.fields == {"note": ["missing"]}
    with engine.read() as tx:
        row = work.get(ANN, tx, task["id"])
        assert (row["state"], row["draft"]) == ("open", {"other": "half done"})
        assert work.form(tx, row, "en")[1] == {"known": 1, "other": "half done"}


def test_who_lost_the_claim_does_not_overwrite_the_others_draft(engine: Engine) -> None:
    deploy(engine)
    task = only_task(engine)
    with engine.begin() as tx:
        work.claim(ANN, tx, task["id"])
        work.save_draft(ANN, tx, task["id"], {"note": "Ann's"})
    with pytest.raises(Conflict):
        complete(engine, BOB, task["id"], note="Bob's")
    with engine.read() as tx:
        assert work.get(ANN, tx, task["id"])["draft"] == {"note": "Ann's"}


def test_a_form_starts_with_variables_and_inputs(engine: Engine) -> None:
    deploy(engine, inputs(note="=null", who='="case " + case.number'))
    with engine.read() as tx:
        schema, data = work.form(tx, work.get(ANN, tx, only_task(engine)["id"]), "en")
    assert schema["id"] == "ask"
    assert data == {"known": 1, "note": None, "who": "case L-1"}


def test_a_form_is_translated_with_the_texts_of_its_folder(engine: Engine) -> None:
    engine.host.translate = lambda form, texts: {**form, "title": texts["a"]["name"]}
    ask = f'<bpmn:userTask id="a">{extended("""<zeebe:formDefinition formId="ask"/>""")}</bpmn:userTask>'
    body = f'<bpmn:startEvent id="s"/>{ask}<bpmn:endEvent id="e"/>' + flows("s > a > e")
    files = {"p.bpmn": diagram(body), "ask.form": FORM, "texts.zh.yaml": "a: {name: 询问}".encode()}
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", files)
        runner.start(SYSTEM, tx, "p", key="L-1")
        assert work.form(tx, work.listing(ANN, tx)[0], "zh")[0]["title"] == "询问"


def test_answers_beyond_the_limit_are_refused(engine: Engine) -> None:
    deploy(engine)
    task = only_task(engine)
    with pytest.raises(Invalid, match="1024 kB"):
        complete(engine, ANN, task["id"], note="x" * (1024 * 1024))


GUARD = (
    '<bpmn:boundaryEvent id="b" attachedToRef="a" cancelActivity="{}">' + timer("Duration", "PT30M")
    + '</bpmn:boundaryEvent><bpmn:userTask id="late"/><bpmn:endEvent id="e2"/>' + flows("b > late > e2")
)  # fmt: skip


def test_a_due_timer_goes_before_a_late_completion_and_the_answers_stay_as_a_draft(
    engine: Engine, clock: VirtualClock
) -> None:
    """Trap "late SLA" of SpiffWorkflow 3.2.0: the boundary timer was cancelled and the escalation never happened."""
    deploy(engine, guard=GUARD.format("true"))
    task = only_task(engine)
    clock.advance(timedelta(minutes=31))
    with pytest.raises(Conflict, match="taken back"):
        complete(engine, ANN, task["id"], note="too late")
    with engine.read() as tx:
        assert work.get(ANN, tx, task["id"])["draft"] == {"note": "too late"}


def test_a_due_timer_beside_the_task_fires_and_the_completion_counts(engine: Engine, clock: VirtualClock) -> None:
    instance = deploy(engine, guard=GUARD.format("false"))
    task = only_task(engine)
    clock.advance(timedelta(minutes=31))
    complete(engine, ANN, task["id"], note="late")
    with engine.read() as tx:
        assert instances.tokens(tx, instance)["active"] == ["late"]
        actors = {row["kind"]: row["actor_kind"] for row in events.timeline(tx, "L-1")}
    assert actors["timer.fired"] == "timer"
    assert actors["task.completed"] == "person"
