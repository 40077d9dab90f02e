"""A case's way through a tree: each outcome with person and time, nothing left out silently (DIA-2, DIA-3)."""

from datetime import timedelta

import pytest

from loopdesk.desk import casework, facts
from loopdesk.desk.diagnosis import course
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import WORKFLOWS, House, kinds, told


@pytest.fixture(autouse=True)
def _trees(tx: Tx) -> None:
    bundles.deploy(SYSTEM, tx, "diagnosis", bundles.read_folder(WORKFLOWS / "diagnosis"))


def test_a_way_is_walked_step_by_step_and_finds_the_cause(house: House, tx: Tx, number: str) -> None:
    lina = house.people["lina"]
    course.begin(lina, tx, number, tree="hardware")
    course.answer(lina, tx, number, step="lights", outcome="fault", note="Red, left")
    tx.now += timedelta(minutes=5)
    course.answer(house.people["wangfang"], tx, number, step="logs", outcome="link_down")
    course.answer(lina, tx, number, step="cabling", outcome="cable", note="Run 12")
    [way] = course.ways(tx, number)
    assert [(step["step"], step["outcome"], step["by_name"]) for step in way.steps] == [
        ("lights", "fault", "李娜"),
        ("logs", "link_down", "王芳"),
        ("cabling", "cable", "李娜"),
    ]
    assert way.steps[1]["at"] - way.steps[0]["at"] == timedelta(minutes=5)
    assert (way.row["state"], way.row["result"], way.row["ended_at"]) == ("found", "cabling", tx.now)
    [found] = course.findings(tx, number)
    assert (found.kind, found.text, found.diagnosis) == ("cause", "布线故障，需更换线缆或接头。\nRun 12", way.row["id"])
    assert facts.facts(tx, number)["diagnosis"] == found.text
    assert kinds(tx, number)[-5:] == [
        "diagnosis.begun", "diagnosis.answered", "diagnosis.answered", "diagnosis.answered", "diagnosis.cause"
    ]  # fmt: skip


def test_a_step_is_left_out_only_with_a_reason_and_only_where_the_tree_allows_it(
    house: House, tx: Tx, number: str
) -> None:
    lina = house.people["lina"]
    course.begin(lina, tx, number, tree="hardware")
    with pytest.raises(Invalid) as refused:
        course.skip(lina, tx, number, step="lights", reason="  ")
    assert list(refused.value.fields) == ["reason"]
    course.skip(lina, tx, number, step="lights", reason="Nobody is on site.")
    [way] = course.ways(tx, number)
    assert way.row["step"] == "logs"
    assert (way.steps[0]["outcome"], way.steps[0]["note"]) == ("", "Nobody is on site.")
    assert told(tx, number, "diagnosis.skipped")["reason"] == "Nobody is on site."
    course.answer(lina, tx, number, step="logs", outcome="nothing")
    with pytest.raises(Conflict, match="cannot be left out"):
        course.skip(lina, tx, number, step="cabling", reason="No time.")


def test_a_colleague_who_was_quicker_is_not_answered_over(house: House, tx: Tx, number: str) -> None:
    lina = house.people["lina"]
    course.begin(lina, tx, number, tree="hardware")
    course.answer(lina, tx, number, step="lights", outcome="normal")
    with pytest.raises(Conflict, match="does not wait"):
        course.answer(house.people["wangfang"], tx, number, step="lights", outcome="dark")
    with pytest.raises(Invalid):
        course.answer(lina, tx, number, step="logs", outcome="purple")
    with pytest.raises(Conflict, match="under way"):
        course.begin(lina, tx, number, tree="network")
    course.begin(lina, tx, number, tree="network", reason="It is the line.")
    assert [(way.row["tree"], way.row["state"], way.row["reason"]) for way in course.ways(tx, number)] == [
        ("network", "running", ""),
        ("hardware", "abandoned", "It is the line."),
    ]
    with pytest.raises(Missing):
        course.begin(lina, tx, number, tree="astrology", reason="Why not?")


def test_a_way_keeps_the_tree_it_began_with(house: House, tx: Tx, number: str) -> None:
    lina = house.people["lina"]
    course.begin(lina, tx, number, tree="hardware")
    files = dict(bundles.read_folder(WORKFLOWS / "diagnosis"))
    del files["hardware.yaml"]
    bundles.deploy(SYSTEM, tx, "diagnosis", files)
    course.answer(lina, tx, number, step="lights", outcome="dark")
    course.answer(lina, tx, number, step="power", outcome="starts")
    assert course.latest(tx, number, "cause") == "现场供电故障，设备正常。"
    assert "hardware" not in [tree.key for tree in course.choices(tx, "hardware")]


def test_cause_and_draft_can_be_written_without_a_tree_and_the_latest_counts(house: House, tx: Tx, number: str) -> None:
    lina = house.people["lina"]
    for kind, text in (("cause", "The disk is full."), ("draft", "Clean up."), ("draft", "Add a disk.")):
        course.note_finding(lina, tx, number, kind=kind, text=text)
        tx.now += timedelta(seconds=1)
    known = facts.facts(tx, number)
    assert (known["diagnosis"], known["draft"]) == ("The disk is full.", "Add a disk.")
    assert len(course.findings(tx, number)) == 3
    for kind, text in (("cause", " "), ("guess", "x"), ("draft", "x" * 20_001)):
        with pytest.raises(Invalid):
            course.note_finding(lina, tx, number, kind=kind, text=text)


def test_trees_for_the_class_of_the_problem_come_first(tx: Tx) -> None:
    assert next(tree.key for tree in course.choices(tx, "billing")) == "payment"
    assert [tree.key for tree in course.choices(tx, "fault")][:2] == ["performance", "sign_in"]


def test_only_who_works_on_cases_diagnoses(house: House, tx: Tx, number: str) -> None:
    with pytest.raises(Refused):
        course.begin(house.contacts["anna"], tx, number, tree="hardware")
    with pytest.raises(Missing):
        course.begin(house.people["sara"], tx, number, tree="hardware")


def test_a_case_is_not_solved_past_its_diagnosis_in_silence(house: House, tx: Tx, number: str) -> None:
    lina = house.people["lina"]
    course.begin(lina, tx, number, tree="hardware")
    assert facts.facts(tx, number)["diagnosing"]
    with pytest.raises(Conflict, match="What do the indicator lights"):
        casework.solve(SYSTEM, tx, number, solution="It was the plug.")
    casework.solve(SYSTEM, tx, number, solution="It was the plug.", left_out="The customer found it.")
    [way] = course.ways(tx, number)
    assert (way.row["state"], way.row["reason"]) == ("abandoned", "The customer found it.")
    assert told(tx, number, "diagnosis.skipped")["reason"] == "The customer found it."
