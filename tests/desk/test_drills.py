"""Drills: the score, the plans, the history with its actions, what is due (EMG-10)."""

from datetime import timedelta

import pytest

from loopdesk.desk import actions, bundle_checks, erasure
from loopdesk.desk.drills import coverage, history, outcome, plans, score
from loopdesk.desk.drills.outcome import REFUSED, Found
from loopdesk.desk.drills.score import STEP, TASK, Figures, Line
from loopdesk.engine import audit, bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import WORKFLOWS, House, posted

FOLDER = bundles.read_folder(WORKFLOWS / "drills")
PLAN = """
name: {en: Power cut, zh: 停电}
about: {en: Lights out, zh: 断电}
covers: [system]
minutes: 60
alert: {kind: system_fault, cause: power, scope: local, severity: P1, text: {en: Dark, zh: 停电}}
runbook: system_fault
tasks: [{id: name_commander, name: {en: Name, zh: 任命}, limit: 10, weight: 3}]
steps: {confirm: {limit: 5}}
surprises: [{at: 20, say: {en: Darker, zh: 更暗}}]
"""
BY = Figures(late_until=2, missed_update=5)


def line(due: float, weight: float, minute: float | None) -> Line:
    """One expected step."""
    return Line(STEP, f"s{due}", {"en": f"Step {due}"}, due, weight, minute)


def test_the_score_by_hand() -> None:
    """EMG-10: 3 in time + 2 × ½ (half-way to twice the limit) + 0 missed of 10 weights, less two updates of 5."""
    lines = [line(10, 3, 10), line(20, 2, 30), line(30, 4, None), line(40, 1, 80)]
    # 3 + 2 × (1 − 10/20) + 0 + 1 × 0 = 4 of 10 → 40
    assert score.score(lines, 0, BY) == 40
    assert score.score(lines, 2, BY) == 30
    assert score.score(lines, 9, BY) == 0
    assert [one.state for one in lines] == ["done", "late", "missed", "late"]


@pytest.mark.parametrize(("minute", "points"), [(0, 100), (10, 100), (11, 90), (15, 50), (20, 0), (500, 0), (None, 0)])
def test_a_late_step_counts_the_less_the_later_it_is(minute: float | None, points: int) -> None:
    """EMG-10: all of it at the limit, nothing at twice the limit."""
    assert score.score([line(10, 7, minute)], 0, BY) == points


def test_a_half_is_rounded_upwards_and_nothing_expected_is_nothing() -> None:
    """EMG-10: 1 of 8 weights is 12.5, so 13."""
    assert score.score([line(10, 1, 1), line(10, 7, None)], 0, BY) == 13
    assert score.score([], 0, BY) == 0


@pytest.mark.parametrize("bad", [{"late_until": 1}, {"late_until": "soon"}, {"missed_update": -1}])
def test_impossible_figures_are_named(bad: dict[str, object]) -> None:
    """EMG-10."""
    with pytest.raises(Invalid, match=r"drills\.yaml: the figures"):
        score.figures({"score": bad})


def test_findings_are_what_was_late_missed_or_refused() -> None:
    """EMG-10: a refused try is told once, with what the house said."""
    lines = [line(10, 1, 10), line(20, 1, 25), line(30, 1, None), Line(TASK, "t", {}, 40, 1, None)]
    further = [Found(REFUSED, "t", {}, 12, "No task waits.")]
    silent = [("external", 31), ("external", 46)]
    found = outcome.of("power", 60, lines, further, BY, updates=silent, messages=4)
    assert [(one.kind, one.id, one.minutes) for one in found.findings] == [
        ("late", "s20", 5),
        ("missed", "s30", 60),
        ("refused", "t", 12),
        ("update", "external", 31),
    ]
    # (1 + ¾) of 4 = 43.75, less 2 × 5 = 33.75
    assert (found.score, found.findings[-1].said) == (34, "2")
    assert outcome.read(found.as_json()) == found


def findings(text: str) -> list[str]:
    """The rules that a plan breaks."""
    files = {"power.yaml": text.encode()}
    return [one.rule for one in bundle_checks.check("drills", files, departments=(), classes=())]


def test_the_shipped_library_is_sound() -> None:
    """EMG-10: quarterly from a library; a year's set covers system, service and security."""
    found = bundle_checks.check("drills", FOLDER, departments=(), classes=())
    assert found == []
    library = plans.of_files(FOLDER)
    assert {"database_deadlock", "cache_avalanche", "circuit_break"} <= set(library)
    assert {kind for drill in library.values() for kind in drill.covers} == set(plans.KINDS)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("zh: 停电}\nabout", "fr: Panne}\nabout", "drill.words"),
        ("covers: [system]", "covers: [weather]", "drill.covers"),
        ("minutes: 60", "minutes: 0", "drill.minutes"),
        ("minutes: 60", "minutes: 9999", "drill.minutes"),
        ("kind: system_fault", "kind: flood", "drill.alert"),
        ("severity: P1", "severity: P9", "drill.alert"),
        ("runbook: system_fault", "runbook:", "drill.runbook"),
        ("limit: 10", "limit: 61", "drill.limit"),
        ("limit: 10", "limit: -1", "drill.limit"),
        ("limit: 5", "limit: 0", "drill.limit"),
        ("weight: 3", "weight: 0", "drill.weight"),
        ("id: name_commander, ", "", "drill.task"),
        ("at: 20", "at: 90", "drill.surprise"),
        ("alert:", "alert: now\nother:", "drill.file"),
        ("minutes:", "length: 3\nminutes:", "drill.key"),
        ("cause: power", "cause: power, colour: red", "drill.key"),
        ("minutes:", "database_url: postgresql://live\nminutes:", "drill.sandbox"),
        ("minutes:", "connectors: [email]\nminutes:", "drill.sandbox"),
    ],
)
def test_what_is_wrong_with_a_plan_is_found(old: str, new: str, rule: str) -> None:
    """EMG-10: also somebody's wish to hand a running house to a drill."""
    assert findings(PLAN) == []
    assert rule in findings(PLAN.replace(old, new, 1))


@pytest.fixture
def library(tx: Tx) -> None:
    """The shipped runbooks and drills, and one drill more."""
    bundles.deploy(SYSTEM, tx, "runbooks", bundles.read_folder(WORKFLOWS / "runbooks"))
    bundles.deploy(SYSTEM, tx, "drills", dict(FOLDER) | {"power.yaml": PLAN.encode()})


def test_time_only_goes_on_and_a_step_is_done_once(house: House, tx: Tx, library: None) -> None:
    """EMG-10: facilitator and participants; bad input is named and nothing is lost."""
    emma, lina = house.people["emma"], house.people["lina"]
    with pytest.raises(Missing, match="no drill “flood”"):
        history.plan(emma, tx, "flood")
    with pytest.raises(Refused):
        history.plan(lina, tx, "power")
    with pytest.raises(Invalid) as passed:
        history.plan(emma, tx, "power", at=tx.now - timedelta(minutes=1))
    assert list(passed.value.fields) == ["at"]
    run = history.plan(emma, tx, "power")
    with pytest.raises(Conflict, match="not begun"):
        history.answer(lina, tx, run.id, kind=STEP, ref="confirm")
    history.advance(emma, tx, run.id, 10)
    for minute in (9, 61):
        with pytest.raises(Invalid) as refused:
            history.advance(emma, tx, run.id, minute)
        assert list(refused.value.fields) == ["minute"]
    history.answer(lina, tx, run.id, kind=STEP, ref="confirm")
    with pytest.raises(Conflict, match="李娜 has done this at minute 10"):
        history.answer(emma, tx, run.id, kind=STEP, ref="confirm")
    for kind, ref in ((STEP, "dance"), (TASK, "confirm"), ("song", "confirm")):
        with pytest.raises(Invalid):
            history.answer(lina, tx, run.id, kind=kind, ref=ref)
    assert [(one.minute, one.id, one.by) for one in history.answers(tx, run.id)] == [(10, "confirm", "李娜")]
    with pytest.raises(Invalid):
        history.cancel(emma, tx, run.id, reason=" ")
    history.cancel(emma, tx, run.id, reason="Real alarm")
    with pytest.raises(Conflict, match="over"):
        history.answer(lina, tx, run.id, kind=STEP, ref="scope")


def recorded(house: House, tx: Tx, updates: tuple[tuple[str, int], ...] = ()) -> history.Run:
    """A drill that Emma led and that is on record."""
    run = history.plan(house.people["emma"], tx, "power")
    lines = [line(10, 1, 10), line(20, 1, 25)]
    return history.record(house.people["emma"], tx, run.id, outcome.of("power", 60, lines, (), BY, updates=updates))


def test_what_was_found_becomes_actions(house: House, tx: Tx, library: None) -> None:
    """EMG-10: one for each finding, in the words of the folder, due as the policy says."""
    run = recorded(house, tx, updates=(("external", 31),))
    made = actions.of(tx, "drill", run.id)
    why = "Find out why and put it right."
    assert sorted(one.text for one in made) == [
        f"Drill “Power cut”: 1 promised updates to the customers did not come in time, the first at minute 31. {why}",
        f"Drill “Power cut”: “Step 20” was 5 minutes later than its limit. {why}",
    ]
    assert {(one.owner, one.due_at - tx.now) for one in made} == {("Emma Stone", timedelta(days=14))}
    assert (run.state, run.score) == ("recorded", 83)
    with pytest.raises(Conflict, match="over"):
        history.record(house.people["emma"], tx, run.id, outcome.read(run.result))
    assert len(actions.of(tx, "drill", run.id)) == 2


def test_a_drill_is_due_every_quarter_and_of_each_kind_every_year(house: House, tx: Tx, library: None) -> None:
    """EMG-10: overdue drills are told once to whom the policy names."""
    assert [(one.id, one.covers, one.overdue) for one in coverage.coverage(tx)] == [
        ("quarterly", "", False),
        ("yearly", "system", False),
        ("yearly", "service", False),
        ("yearly", "security", False),
    ]
    assert coverage.look(tx, "https://desk.example") == 0
    tx.now += timedelta(days=80)
    assert next(one.soon for one in coverage.coverage(tx))
    recorded(house, tx)
    assert not any(one.overdue or one.soon for one in coverage.coverage(tx))
    tx.now += timedelta(days=290)
    late = {(one.id, one.covers) for one in coverage.coverage(tx) if one.overdue}
    assert late == {("quarterly", ""), ("yearly", "service"), ("yearly", "security")}
    assert coverage.look(tx, "https://desk.example") == 3
    first = posted(tx, "letter")
    assert coverage.look(tx, "https://desk.example") == 3
    assert posted(tx, "letter") == first
    assert {letter["to"] for letter in first} == set()


def test_the_message_about_an_overdue_drill(house: House, tx: Tx, library: None) -> None:
    """EMG-10: in the reader's language, with when the last one was."""
    policies = bundles.current(tx, "policies").files
    told = policies["drills.yaml"].replace(b"tell: [operations/supervisor, security/supervisor]", b"tell: [support]")
    bundles.deploy(SYSTEM, tx, "policies", dict(policies) | {"drills.yaml": told})
    tx.now += timedelta(days=100)
    coverage.look(tx, "https://desk.example")
    letters = {letter["to"]: letter for letter in posted(tx, "letter")}
    assert set(letters) == {"lina@house.example", "wangfang@house.example"}
    assert "演练逾期：每季度" in letters["lina@house.example"]["subject"]
    assert "/emergencies/drills" in letters["lina@house.example"]["body"]


def test_whoever_is_erased_is_no_longer_named(house: House) -> None:
    """SEC-3: drills keep minutes and score, not the name."""
    with house.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "runbooks", bundles.read_folder(WORKFLOWS / "runbooks"))
        bundles.deploy(SYSTEM, tx, "drills", {**FOLDER, "power.yaml": PLAN.encode()})
        run = history.plan(house.people["emma"], tx, "power")
        history.advance(house.people["emma"], tx, run.id, 5)
        history.answer(house.people["lina"], tx, run.id, kind=STEP, ref="confirm")
    audit.chain(house.engine)
    with house.engine.begin() as tx:
        stores = {"attachments": house.store, "archive": house.store}
        erasure.erase(house.people["admin"], tx, stores, "lina", lambda *_: 0)
        assert [(one.minute, one.id, one.by) for one in history.answers(tx, run.id)] == [(5, "confirm", "[erased]")]
        assert history.get(tx, run.id).lead == "Emma Stone"
