"""The verbs that diagrams call: what they write, and what they refuse (INT-5, INT-6, SLA-1, FIX-4, FIX-9)."""

import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import yaml

from loopdesk.connectors.webhook import Webhook
from loopdesk.desk import case, facts, operations, people
from loopdesk.desk.record import Case
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM, TIMER
from loopdesk.engine.errors import Conflict, Invalid, Missing
from loopdesk.engine.messages import message
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import INTAKE, WORKFLOWS, House, kinds, posted, told

Run = Callable[..., dict[str, object]]


def read(tx: Tx, number: str) -> Case:
    """The case as it stands."""
    return case.read(SYSTEM, tx, number)


def test_type_and_department_follow_the_decision(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-6."""
    run(SYSTEM, "case.set_type", number, type="billing", department="finance")
    assert (read(tx, number).type, read(tx, number).department) == ("billing", "finance")
    assert told(tx, number, "case.typed")["department"] == "finance"
    with pytest.raises(Invalid):
        run(SYSTEM, "case.set_type", number, type="", department="finance")


def test_a_priority_keeps_its_reason_and_its_past(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-5: re-evaluated when facts change, with the reason recorded; the same answer again is no news."""
    run(SYSTEM, "case.set_priority", number, priority="P2", reason="One person")
    run(house.people["lina"], "case.set_priority", number, priority="P0", reason="Everybody")
    run(house.people["lina"], "case.set_priority", number, priority="P0", reason="Everybody")
    assert (read(tx, number).priority, read(tx, number).priority_reason) == ("P0", "Everybody")
    assert kinds(tx, number).count("case.prioritised") == 2
    assert told(tx, number, "case.prioritised") == {"priority": "P0", "before": "P2", "reason": "Everybody"}
    with pytest.raises(Invalid) as refused:
        run(SYSTEM, "case.set_priority", number, priority=None)
    assert refused.value.remedy


def test_what_triage_finds_out_is_kept(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-5: empty answers change nothing."""
    run(SYSTEM, "case.set_facts", number, urgency="low", scope="", complexity="high")
    made = read(tx, number)
    assert (made.urgency, made.scope, made.complexity) == ("low", "all", "high")
    assert told(tx, number, "case.facts_found") == {"urgency": "low", "complexity": "high"}


def test_the_least_busy_agent_becomes_owner_and_stays(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-6, INT-7: named once, until a handoff is signed."""
    people.create(SYSTEM, tx, login="tom", name="Tom", roles=["agent"], departments=["support"])
    owners = [run(SYSTEM, "case.name_owner", house.report(tx).number, department="support") for _ in range(4)]
    assert sorted(str(owner["owner_name"]) for owner in owners) == ["Tom", "Tom", "李娜", "李娜"]
    first = run(SYSTEM, "case.name_owner", number, department="support")
    again = run(SYSTEM, "case.name_owner", number, department="rnd")
    assert first == again
    assert read(tx, number).status == "open"
    assert kinds(tx, number).count("case.owner_named") == 1


def test_a_department_without_agents_falls_back(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-7: to its supervisor, then to the first line, then to an administrator."""
    assert run(SYSTEM, "case.name_owner", number, department="legal")["owner_name"] == "李娜"
    people.deactivate(SYSTEM, tx, house.people["zhangwei"].id)
    other = house.report(tx).number
    assert run(SYSTEM, "case.name_owner", other, department="rnd")["owner_name"] == "Emma Stone"
    for login in ("lina", "wangfang"):
        people.deactivate(SYSTEM, tx, house.people[login].id)
    last = house.report(tx).number
    assert run(SYSTEM, "case.name_owner", last, department="legal")["owner_name"] == "Ada Min"


def test_a_house_without_people_takes_the_case_unowned(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-6, INT-7: nothing is refused, the department signs, and the first who works on it owns the case."""
    for login in house.people:
        people.deactivate(SYSTEM, tx, house.people[login].id)
    run(SYSTEM, "case.set_type", number, type="fault", department="rnd")
    assert run(SYSTEM, "case.name_owner", number, department="support") == {"owner": "", "owner_name": ""}
    assert (read(tx, number).owner_id, read(tx, number).status) == ("", "open")
    assert told(tx, number, "case.unowned") == {"department": "support"}
    run(SYSTEM, "case.set_priority", number, priority="P2")
    run(SYSTEM, "sla.start", number)
    run(SYSTEM, "message.send", number, template="acknowledgement", to="customer")
    assert "Your contact:   R&D" in posted(tx)[-1]["body"]
    wang = house.people["wangfang"]
    run(wang, "case.set_type", number, type="fault", department="rnd")
    assert read(tx, number).owner_id == wang.id
    assert told(tx, number, "case.owner_named")["name"] == "王芳"


@pytest.mark.parametrize(
    ("priority", "hours", "provisional"), [("P0", 24, False), ("P1", 72, False), ("P2", 168, False), ("P3", 48, False)]
)
def test_the_expected_time_comes_from_the_policy(
    house: House, tx: Tx, number: str, run: Run, priority: str, hours: int, provisional: bool
) -> None:
    """SLA-1, INT-7: A1's figures, read from the file; counted from the opening; five working days are a week."""
    opened = tx.now
    tx.now += timedelta(hours=1)
    run(SYSTEM, "case.set_priority", number, priority=priority, reason="r")
    due = run(SYSTEM, "sla.start", number, policy="p-levels")["due"]
    assert datetime.fromisoformat(str(due)) == read(tx, number).due_at == opened + timedelta(hours=hours)
    assert read(tx, number).provisional is provisional


def test_a_changed_priority_changes_the_promise(house: House, tx: Tx, number: str, run: Run) -> None:
    """SLA-3: with an event that keeps what was promised before."""
    for priority in ("P3", "P0", "P0"):
        run(SYSTEM, "case.set_priority", number, priority=priority, reason="r")
        run(SYSTEM, "sla.start", number, policy="p-levels")
    assert kinds(tx, number).count("case.due_set") == 2
    assert told(tx, number, "case.due_set")["before"].startswith("2026-03-04T09:00")


def test_an_owner_edits_the_figures_and_they_count(house: House, tx: Tx, number: str, run: Run) -> None:
    """SLA-1: without a line of code; what is missing is said."""
    files = dict(bundles.read_folder(WORKFLOWS / "policies"))
    said = yaml.safe_load(files["sla.yaml"])
    said["policies"]["p-levels"]["levels"] = {
        "P1": {"targets": {"resolution": "PT3H"}},
        "P2": {"targets": {}},
        "P3": {"targets": {"answer": "soon"}},
    }
    files["sla.yaml"] = yaml.safe_dump(said).encode()
    bundles.deploy(SYSTEM, tx, "policies", files)
    run(SYSTEM, "case.set_priority", number, priority="P1", reason="r")
    run(SYSTEM, "clock.start", number)
    assert read(tx, number).due_at == tx.now + timedelta(hours=3)
    run(SYSTEM, "case.set_priority", number, priority="P2", reason="r")
    assert read(tx, number).due_at is None
    for priority, words in (("P3", "soon"), ("P0", "no level “P0”")):
        with pytest.raises(Invalid, match=words):
            run(SYSTEM, "case.set_priority", number, priority=priority, reason="r")
    with pytest.raises(Missing, match="gold"):
        run(SYSTEM, "clock.start", number, policy="gold")


def test_a_case_goes_through_its_statuses(house: House, tx: Tx, number: str, run: Run) -> None:
    """FIX-4, FIX-9, SLA-3: every step an event; the owner stays the same after a re-opening."""
    lina = house.people["lina"]
    run(SYSTEM, "case.name_owner", number, department="support")
    run(lina, "case.wait", number, reason="Which version?")
    assert read(tx, number).status == "waiting"
    run(TIMER, "case.resume", number)
    run(TIMER, "case.resume", number)
    run(lina, "case.solve", number, solution="Restarted the queue.")
    assert read(tx, number).solved_at == tx.now
    run(TIMER, "case.reopen", number, reason="Still down")
    again = read(tx, number)
    assert (again.status, again.solved_at, again.owner_id) == ("open", None, lina.id)
    run(lina, "case.solve", number, solution="Replaced the disk.")
    run(TIMER, "case.close", number, reason="no-answer")
    done = read(tx, number)
    assert (done.status, done.closed_at, done.close_reason) == ("closed", tx.now, "no-answer")
    assert kinds(tx, number)[2:] == [
        "case.waiting",
        "case.resumed",
        "case.solved",
        "case.reopened",
        "case.solved",
        "case.closed",
    ]


@pytest.mark.parametrize("heard", [True, False])
def test_a_process_of_the_house_may_begin_when_a_case_is_closed(
    house: House, tx: Tx, number: str, run: Run, heard: bool
) -> None:
    """An integrator's diagram tells the CRM; where nobody listens no message lies about."""
    begins = b'<bpmn:startEvent id="start"><bpmn:messageEventDefinition messageRef="closed"/></bpmn:startEvent>'
    diagram = INTAKE.replace(b'id="intake"', b'id="tell-crm"').replace(b'<bpmn:startEvent id="start"/>', begins)
    diagram = diagram.replace(b"</bpmn:process>", b'</bpmn:process><bpmn:message id="closed" name="case.closed"/>')
    if heard:
        bundles.deploy(SYSTEM, tx, "tell-crm", {"tell-crm.bpmn": diagram})
    run(SYSTEM, "case.solve", number, solution="done")
    run(SYSTEM, "case.close", number, reason="confirmed")
    tx.flush()
    sent = tx.ask(sa.select(message.c.payload).where(message.c.name == "case.closed")).scalars().all()
    assert sent == ([{"close_reason": "confirmed"}] if heard else [])


def test_steps_that_do_not_fit_the_status_are_refused(house: House, tx: Tx, number: str, run: Run) -> None:
    """FIX-4: nothing is closed unsolved, nothing changes after the end."""
    for name, inputs in (("case.close", {"reason": "x"}), ("case.reopen", {"reason": "x"})):
        with pytest.raises(Conflict):
            run(SYSTEM, name, number, **inputs)
    with pytest.raises(Invalid):
        run(SYSTEM, "case.solve", number, solution=" ")
    run(SYSTEM, "case.solve", number, solution="done")
    run(SYSTEM, "case.close", number, reason="confirmed")
    for name, inputs in (
        ("case.set_priority", {"priority": "P1"}),
        ("case.wait", {"reason": "x"}),
        ("case.solve", {"solution": "x"}),
        ("case.close", {"reason": "again"}),
    ):
        with pytest.raises(Conflict, match="closed"):
            run(SYSTEM, name, number, **inputs)
    run(SYSTEM, "case.reopen", number, reason="It is back")
    assert read(tx, number).status == "open"


def test_missing_fields_are_listed(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-2."""
    assert run(SYSTEM, "case.missing_fields", number) == {"missing": []}
    other = house.report(tx, steps="", expected=" ").number
    assert run(SYSTEM, "case.missing_fields", other) == {"missing": ["steps", "expected"]}


def test_events_say_who_acted_in_a_process(house: House, tx: Tx, number: str, run: Run) -> None:
    """SEC-2: the person, and the instance on whose behalf."""
    from loopdesk.engine import events

    run(house.people["lina"], "case.set_priority", number, priority="P1", reason="r")
    last = events.timeline(tx, number)[-1]
    assert (last["actor_name"], last["on_behalf_of"]) == ("李娜", "process:i1")


def test_facts_of_a_case_are_what_tables_and_messages_need(house: House, tx: Tx, number: str, run: Run) -> None:
    """INT-5: as they stand now; nothing for a key that is no case."""
    run(SYSTEM, "case.name_owner", number, department="support")
    known = facts.facts(tx, number)
    assert {key: known[key] for key in ("number", "tier", "urgency", "scope", "owner_name", "customer", "missing")} == {
        "number": number,
        "tier": "vip",
        "urgency": "critical",
        "scope": "all",
        "owner_name": "李娜",
        "customer": "Aurora Retail",
        "missing": [],
    }
    assert facts.facts(tx, "L-2026-999999") == {}


def test_every_operation_is_described_and_checked_by_its_inputs(house: House) -> None:
    """PRO-11: a process owner reads what it does; a checker finds a wrong input before it runs."""
    for name, operation in house.operations.items():
        assert len(operations.describe(name)) > 20, name
        signature = inspect.signature(operation)
        required = {one.name: None for one in operations.parameters(name).values() if one.required}
        signature.bind(None, None, None, **required)
        if not operations.open_parameters(name):
            with pytest.raises(TypeError):
                signature.bind(None, None, None, **required, nonsense=1)
    assert [name for name in house.operations if operations.open_parameters(name)] == ["message.send"]
    assert operations.parameters("case.set_priority")["priority"].required
    assert not operations.parameters("case.set_priority")["reason"].required


def test_shipped_diagrams_call_only_what_exists(house: House) -> None:
    """PRO-1 … PRO-6: every service and send task names an operation or what a connector can do."""
    used = set()
    for file in WORKFLOWS.rglob("*.bpmn"):
        used |= set(re.findall(r'zeebe:taskDefinition type="([^"=]+)"', file.read_text()))
    assert used
    assert used <= set(house.operations) | Webhook.effects
