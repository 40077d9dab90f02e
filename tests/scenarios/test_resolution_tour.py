"""Solving on the real desk: gates that call a backup person, tiers, sub-cases, a diagnosis cut short (PRO-2)."""

import pytest

from loopdesk.desk import escalation, record, skills, splitting, subcases
from loopdesk.desk.diagnosis import course
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.tests.scenarios.stage import ADMIN, Stage
from loopdesk.tests.scenarios.test_tour import TRIAGE


@pytest.fixture
def number(stage: Stage) -> str:
    """A case that Li Na has triaged; it waits to be solved by customer support."""
    number = stage.report("anna", urgency="high")
    stage.complete("lina", "triage", **TRIAGE)
    assert stage.waiting() == {"resolve": "support/agent"}
    return number


@pytest.mark.row("DIA-1/time", "DIA-3/first-diagnosis", "DIA-3/draft-solution", "DIA-3/backup")
def test_a_missed_gate_warns_and_calls_a_backup_person(stage: Stage, number: str) -> None:
    stage.wait(minutes=29)
    assert stage.case(number).tier == "L1"
    stage.wait(minutes=2)
    assert stage.case(number).tier != "L1"
    warned = [letter for letter in stage.letters(number) if letter["template"] == "gate-missed"]
    assert {letter["recipient"] for letter in warned} >= {"王芳"}
    assert "30" not in warned[0]["subject"]
    with stage.desk.engine.begin() as tx:
        course.note_finding(stage.people["lina"], tx, number, kind="draft", text="Restart it.")
    stage.wait(hours=2)
    with stage.desk.engine.read() as tx:
        why = [row["reason"] for row in escalation.listing(SYSTEM, tx, number)]
    assert why.count("The first diagnosis is overdue.") == 1
    assert "The draft of a solution is overdue." not in why
    stage.complete("wangfang", "resolve", outcome="solved", solution="Restarted.")
    assert stage.case(number).status == "solved"


@pytest.mark.row("DIA-1/tiers", "DIA-1/hand", "DIA-1/skill")
def test_the_next_tier_is_called_by_hand_and_by_skill(stage: Stage, number: str) -> None:
    with stage.desk.engine.begin() as tx:
        skills.set_(ADMIN, tx, stage.people["lina"].id, tier="L2", skills=["database"])
    with pytest.raises(Invalid):
        stage.complete("lina", "resolve", outcome="escalate")
    stage.complete("lina", "resolve", outcome="escalate", escalation_reason="I do not get further.")
    assert stage.case(number).tier == "L2"
    stage.complete("wangfang", "resolve", outcome="escalate", skill="database", escalation_reason="A slow query.")
    assert stage.case(number).tier == "L3"
    assert stage.waiting() == {"resolve": "support/agent"}


@pytest.mark.row("DIA-10/split", "DIA-10/merged", "DIA-10/first")
def test_a_case_waits_for_its_parts_and_gets_their_results(stage: Stage, number: str) -> None:
    given = {"title": "Bring a switch", "description": "Slot 3.", "department": "rnd"}
    with stage.tx() as tx:
        part = splitting.split(stage.people["lina"], tx, number, **given).number
    assert "resolve" in stage.inbox("zhangwei")
    with pytest.raises(Conflict, match=part):
        stage.complete("lina", "resolve", outcome="solved", solution="All is well.")
    assert stage.case(number).status == "open"
    with pytest.raises(Conflict, match="No customer"):
        stage.complete("zhangwei", "resolve", outcome="ask_customer", question="Which slot?")
    stage.complete("zhangwei", "resolve", outcome="solved", solution="A new switch.")
    assert (stage.case(part).status, stage.case(part).close_reason) == ("closed", "merged")
    told = [letter for letter in stage.letters(part) if letter["template"] == "parts-done"]
    assert [letter["recipient"] for letter in told] == ["李娜"]
    assert number in told[0]["subject"]
    assert stage.form("lina", "resolve")[1]["case"]["results"] == f"{part} Bring a switch: A new switch."
    stage.complete("lina", "resolve", outcome="solved", solution="All is well.")
    assert stage.case(number).status == "solved"


@pytest.mark.row("DIA-10/first")
def test_a_part_that_is_cancelled_leaves_no_task_behind(stage: Stage, number: str) -> None:
    given = {"title": "Bring a switch", "description": "Slot 3.", "department": "rnd"}
    with stage.tx() as tx:
        part = splitting.split(stage.people["lina"], tx, number, **given).number
    with stage.tx() as tx:
        splitting.cancel(stage.people["lina"], tx, part, reason="They had one.")
    assert "resolve" not in stage.inbox("zhangwei")
    stage.complete("lina", "resolve", outcome="solved", solution="All is well.")
    with stage.desk.engine.read() as tx:
        assert [one.reason for one in subcases.parts(tx, number)] == ["They had one."]


def test_a_part_under_handoff_is_not_cancelled(stage: Stage, number: str) -> None:
    given = {"title": "Bring a switch", "description": "Slot 3.", "department": "rnd"}
    with stage.tx() as tx:
        part = splitting.split(stage.people["lina"], tx, number, **given).number
    stage.complete("zhangwei", "resolve", outcome="hand_over", to_department="security", handover_reason="Theirs.")
    with pytest.raises(Conflict, match="handed over"), stage.tx() as tx:
        splitting.cancel(stage.people["lina"], tx, part, reason="They had one.")
    assert stage.case(part).status == "open"


@pytest.mark.row("DIA-2/skip")
def test_a_diagnosis_is_not_left_in_silence(stage: Stage, number: str) -> None:
    lina = stage.people["lina"]
    with stage.tx() as tx:
        course.begin(lina, tx, number, tree="sign_in")
    with pytest.raises(Invalid) as refused:
        stage.complete("lina", "resolve", outcome="solved", solution="It was the password.")
    assert list(refused.value.fields) == ["left_out"]
    with stage.tx() as tx:
        course.answer(lina, tx, number, step="message", outcome="wrong")
        course.answer(lina, tx, number, step="reset", outcome="worked")
    assert stage.form("lina", "resolve")[1]["case"]["diagnosis"] == "密码错误，已重置。"
    stage.complete("lina", "resolve", outcome="solved", solution="The password is reset.")
    assert stage.case(number).status == "solved"


@pytest.mark.row("DIA-1/share")
def test_the_share_of_escalated_cases_is_measured(stage: Stage, number: str) -> None:
    stage.wait(minutes=31)
    with stage.desk.engine.read() as tx:
        found = escalation.share(ADMIN, tx, record.get(tx, number).opened_at, tx.now)
    assert (found.cases, found.escalated, found.by_way["time"]) == (1, 1, 1)
