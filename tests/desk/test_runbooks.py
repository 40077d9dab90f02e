"""Runbooks: which one counts, ticks with person and time, the look after a major event (EMG-9)."""

from datetime import timedelta

import pytest

from loopdesk.desk import bundle_checks, emergency, runbooks
from loopdesk.desk.runbooks import plans, review
from loopdesk.engine import bundles, events, retention
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import WORKFLOWS, House, kinds, posted

FOLDER = bundles.read_folder(WORKFLOWS / "runbooks")
CODES = ("support", "rnd", "finance", "legal", "security", "operations", "customer_success")
STORAGE = """
name: {en: Storage full, zh: 存储已满}
kinds: [system_fault]
causes: [storage_full]
owner: operations/supervisor
steps:
  - {id: find, do: {en: Find what grows, zh: 查明}, role: participant, limit: 10, weight: 2}
resources: [{en: Access, zh: 权限}]
contacts: [{who: operations, for: {en: the disks, zh: 磁盘}}]
communication: [{to: internal, say: {en: How full, zh: 用量}}]
"""


@pytest.fixture
def library(tx: Tx) -> None:
    """The shipped runbooks."""
    bundles.deploy(SYSTEM, tx, "runbooks", FOLDER)


def declare(tx: Tx, number: str, **fields: str) -> emergency.Emergency:
    """An emergency that Emma leads."""
    given = {"commander": "emma", "grade": "II", "kind": "system_fault"} | fields
    response = emergency.Response(cause=given.pop("cause", ""))
    return emergency.declare(SYSTEM, tx, number, **given, response=response)


@pytest.mark.parametrize(
    ("kind", "cause", "key"),
    [
        ("system_fault", "", "system_fault"),
        ("system_fault", "database_deadlock", "database_deadlock"),
        ("system_fault", " Database_Deadlock ", "database_deadlock"),
        ("service_interruption", "something else", "service_interruption"),
        ("security", "", "data_breach"),
        ("complaint", "", "complaint_wave"),
        ("other", "", "other_event"),
    ],
)
def test_the_cause_chooses_the_runbook_else_the_kind(tx: Tx, library: None, kind: str, cause: str, key: str) -> None:
    """EMG-9: each kind has a plan, some causes one of their own."""
    plan = runbooks.of_kind(tx, kind, cause)
    assert (plan.key, plan.number) == (key, 1)
    assert plan.steps
    assert plan.resources
    assert plan.contacts
    assert plan.communication


def test_without_a_runbook_nothing_stands_in_the_way(tx: Tx, number: str) -> None:
    """EMG-9: a house without the folder leads its emergencies all the same."""
    assert runbooks.progress(tx, declare(tx, number).id) is None
    with pytest.raises(Missing, match="no runbook for emergencies"):
        runbooks.of_kind(tx, "system_fault")


def test_a_tick_has_person_time_and_state(
    house: House, tx: Tx, clock: VirtualClock, number: str, library: None
) -> None:
    """EMG-9: done in time, done late, open and overdue, each against its limit after the declaration."""
    running = declare(tx, number, cause="database_deadlock")
    tx.now += timedelta(minutes=10)
    runbooks.tick(house.people["emma"], tx, running.id, "confirm")
    tx.now += timedelta(minutes=6)
    runbooks.tick(house.people["wangfang"], tx, running.id, "stop_jobs")
    found = runbooks.progress(tx, running.id)
    assert found is not None
    assert {one.step.id: one.state for one in found.steps} == {
        "confirm": "done",
        "stop_jobs": "late",
        "tell": "open",
        "end_blocker": "open",
        "check_data": "open",
        "order": "open",
    }
    first = found.steps[0]
    assert first.tick is not None
    assert (first.tick.by_name, first.tick.at, first.due_at) == ("Emma Stone", first.due_at, first.due_at)
    assert (found.done, found.plan.number) == (2, 1)
    tx.now += timedelta(minutes=15)
    later = runbooks.progress(tx, running.id)
    assert later is not None
    assert [one.state for one in later.steps if one.step.limit == 30] == ["overdue", "overdue"]
    assert kinds(tx, number).count("runbook.ticked") == 2


def test_a_step_is_ticked_once_and_taken_back_with_a_reason(house: House, tx: Tx, number: str, library: None) -> None:
    """EMG-9: nobody overwrites another's tick; what was taken back stays on record."""
    emma, running = house.people["emma"], declare(tx, number)
    runbooks.tick(emma, tx, running.id, "confirm")
    with pytest.raises(Conflict, match="Emma Stone has ticked"):
        runbooks.tick(house.people["wangfang"], tx, running.id, "confirm")
    with pytest.raises(Invalid) as refused:
        runbooks.untick(emma, tx, running.id, "confirm", reason=" ")
    assert list(refused.value.fields) == ["reason"]
    runbooks.untick(emma, tx, running.id, "confirm", reason="It was another one")
    with pytest.raises(Conflict, match="not ticked"):
        runbooks.untick(emma, tx, running.id, "confirm", reason="Again")
    runbooks.tick(house.people["wangfang"], tx, running.id, "confirm")
    found = runbooks.progress(tx, running.id)
    assert found is not None
    assert found.steps[0].tick is not None
    assert found.steps[0].tick.by_name == "王芳"
    assert [row["data"]["reason"] for row in events.timeline(tx, number) if row["kind"] == "runbook.unticked"] == [
        "It was another one"
    ]


def test_bad_ticks_are_refused(house: House, tx: Tx, number: str, library: None) -> None:
    """EMG-9: an unknown step, an emergency that is over, and who is not of the desk."""
    running = declare(tx, number)
    with pytest.raises(Invalid, match="no step “dance”"):
        runbooks.tick(house.people["emma"], tx, running.id, "dance")
    with pytest.raises(Refused):
        runbooks.tick(house.people["petra"], tx, running.id, "confirm")
    emergency.stand_down(SYSTEM, tx, running.id, summary="Over.", forced=True)
    with pytest.raises(Conflict, match="over"):
        runbooks.tick(house.people["emma"], tx, running.id, "confirm")


def test_an_emergency_keeps_the_version_it_was_worked_by(house: House, tx: Tx, number: str, library: None) -> None:
    """EMG-9: a new version counts for what has not begun yet."""
    running = declare(tx, number, cause="database_deadlock")
    runbooks.tick(house.people["emma"], tx, running.id, "confirm")
    shorter = FOLDER["database_deadlock.yaml"].replace(b"limit: 10", b"limit: 5")
    bundles.deploy(SYSTEM, tx, "runbooks", dict(FOLDER) | {"database_deadlock.yaml": shorter})
    found = runbooks.progress(tx, running.id)
    assert found is not None
    assert (found.plan.number, found.steps[0].step.limit) == (1, 10)
    fresh = runbooks.of_kind(tx, "system_fault", "database_deadlock")
    assert (fresh.number, fresh.steps[0].limit) == (2, 5)


def test_another_runbook_may_be_chosen(house: House, tx: Tx, number: str, library: None) -> None:
    """EMG-9: when the cause turns out to be another one."""
    running = declare(tx, number)
    runbooks.choose(house.people["emma"], tx, running.id, "cache_avalanche")
    found = runbooks.progress(tx, running.id)
    assert found is not None
    assert (found.plan.key, found.chosen, found.done) == ("cache_avalanche", True, 0)
    with pytest.raises(Missing):
        runbooks.choose(house.people["emma"], tx, running.id, "flood")


def test_after_a_major_event_the_runbook_is_looked_at(house: House, tx: Tx, number: str, library: None) -> None:
    """EMG-9: due, with a message to its owner, until somebody confirms it with a note."""
    running = declare(tx, number, kind="complaint")
    assert review.look(tx, "https://desk.example") == 0
    emergency.stand_down(SYSTEM, tx, running.id, summary="Over.", forced=True)
    assert review.look(tx, "https://desk.example") == 1
    assert review.look(tx, "https://desk.example") == 0
    [due] = review.due(tx)
    assert (due.runbook, due.emergency, due.number) == ("complaint_wave", running.id, 1)
    [letter] = posted(tx, "letter")
    assert letter["to"] == "wangfang@house.example"
    assert "集中投诉" in letter["subject"]
    assert "/emergencies/runbooks/complaint_wave" in letter["body"]
    petra = house.people["petra"]
    with pytest.raises(Invalid):
        review.confirm(petra, tx, "complaint_wave", note="")
    with pytest.raises(Refused):
        review.confirm(house.people["lina"], tx, "complaint_wave", note="Fine")
    assert review.confirm(petra, tx, "complaint_wave", note="All steps were right.") == 1
    with pytest.raises(Conflict, match="Nobody waits"):
        review.confirm(petra, tx, "complaint_wave", note="Again")


def test_a_new_version_settles_the_look_only_where_it_changes_the_runbook(
    house: House, tx: Tx, number: str, library: None
) -> None:
    """EMG-9: what changes another runbook leaves this one due."""
    running = declare(tx, number, grade="I")
    emergency.stand_down(SYSTEM, tx, running.id, summary="Over.", forced=True)
    review.look(tx, "https://desk.example")
    files = dict(FOLDER) | {"storage_full.yaml": STORAGE.encode()}
    bundles.deploy(SYSTEM, tx, "runbooks", files)
    review.deployed(SYSTEM, tx, "runbooks")
    assert len(review.due(tx)) == 1
    files["system_fault.yaml"] += b"# looked at\n"
    bundles.deploy(SYSTEM, tx, "runbooks", files, note="Learned from Monday")
    review.deployed(SYSTEM, tx, "policies")
    assert len(review.due(tx)) == 1
    review.deployed(SYSTEM, tx, "runbooks")
    assert [(one.state, one.note) for one in review.listing(tx)] == [("changed", "Learned from Monday")]


def test_minor_emergencies_leave_the_runbook_alone(house: House, tx: Tx, number: str, library: None) -> None:
    """EMG-9: the policy runbooks.yaml says which grades count."""
    running = declare(tx, number, grade="III")
    emergency.stand_down(SYSTEM, tx, running.id, summary="Over.", forced=True)
    assert review.look(tx, "https://desk.example") == 0


def findings(**changes: bytes) -> list[str]:
    """What the check finds in the shipped folder with some files changed: rules."""
    files = dict(FOLDER) | {f"{name}.yaml": content for name, content in changes.items()}
    return [one.rule for one in bundle_checks.check("runbooks", files, departments=CODES, classes=())]


def test_the_shipped_runbooks_are_sound() -> None:
    """EMG-9."""
    assert findings(storage_full=STORAGE.encode()) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("zh: 存储已满", "fr: Plein", "runbook.words"),
        ("kinds: [system_fault]", "kinds: [flood]", "runbook.kinds"),
        ("kinds: [system_fault]", "kinds: []", "runbook.kinds"),
        ("causes: [storage_full]", "causes: []", "runbook.general"),
        ("owner: operations/supervisor", "owner: nobody", "runbook.owner"),
        ("role: participant", "role: hero", "runbook.role"),
        ("limit: 10", "limit: 0", "runbook.limit"),
        ("limit: 10", "limit: soon", "runbook.limit"),
        ("weight: 2", "weight: -1", "runbook.weight"),
        ("id: find, ", "", "runbook.id"),
        ("resources: [{en: Access, zh: 权限}]", "resources: []", "runbook.resources"),
        ("who: operations", "who: nobody", "runbook.contacts"),
        ("to: internal", "to: everybody", "runbook.communication"),
        ("steps:", "steps: soon\nnothing:", "runbook.file"),
        ("name:", "name: {", "runbook.file"),
    ],
)
def test_what_is_wrong_is_found_with_its_place(old: str, new: str, rule: str) -> None:
    """EMG-9."""
    assert rule in findings(storage_full=STORAGE.replace(old, new, 1).encode())


def test_a_kind_without_a_general_runbook_is_found() -> None:
    """EMG-9: whatever happens, there is a plan."""
    files = {name: content for name, content in FOLDER.items() if name != "other_event.yaml"}
    found = bundle_checks.check("runbooks", files, departments=CODES, classes=())
    assert [one.rule for one in found] == ["runbook.general"]
    assert "other" in found[0].message % found[0].params


def test_every_step_of_a_plan_has_a_limit_in_minutes(tx: Tx, library: None) -> None:
    """EMG-9: limits and weights are figures that a drill counts with."""
    for plan in plans.current(tx).values():
        assert all(step.limit >= 1 and step.weight > 0 for step in plan.steps), plan.key


def test_ticks_go_to_the_archive_with_their_case(house: House, tx: Tx, number: str, library: None) -> None:
    """SEC-3: what belongs to a case leaves the tables with it."""
    running = declare(tx, number)
    runbooks.tick(house.people["emma"], tx, running.id, "confirm")
    emergency.stand_down(SYSTEM, tx, running.id, summary="Over.", forced=True)
    review.look(tx, "https://desk.example")
    rows = retention.collect(tx, "case_", number)
    assert {name: len(rows[name]) for name in ("runbook_use", "runbook_tick", "runbook_review")} == {
        "runbook_use": 1,
        "runbook_tick": 1,
        "runbook_review": 1,
    }
