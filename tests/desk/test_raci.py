"""The RACI matrix: checked before a process runs, asked for each task (HND-1, PRO-11)."""

from collections.abc import Mapping

import pytest
import yaml

from loopdesk.desk import case, raci
from loopdesk.engine import related
from loopdesk.engine.errors import Invalid
from loopdesk.engine.host import Call
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import WORKFLOWS, House

KNOWN = ("support", "rnd", "customer_success")
DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="http://example.com">
  <bpmn:process id="p" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="look"/>
    <bpmn:userTask id="look" name="Look at it"/>
    <bpmn:sequenceFlow id="f2" sourceRef="look" targetRef="tell"/>
    <bpmn:sendTask id="tell" name="Tell them"/>
    <bpmn:sequenceFlow id="f3" sourceRef="tell" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"""
GOOD = {"R": ["support/agent"], "A": "support/supervisor", "C": [], "I": ["customer_success"]}


def files(**activities: object) -> dict[str, bytes]:
    """A bundle with the diagram and a matrix of ``activities``."""
    return {"p.bpmn": DIAGRAM, "raci.yaml": yaml.safe_dump({"activities": activities}).encode()}


def rules(given: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """(element, rule, severity) of each finding."""
    return [(one.element, one.rule, one.severity) for one in raci.check("p", given, KNOWN)]


def test_a_complete_matrix_has_no_findings() -> None:
    """HND-1: places of variables and facts among its sides."""
    places = {"R": ["{to_department}/agent", "{case.department}"], "A": "rnd/supervisor", "C": ["{case.department}"]}
    assert rules(files(look=places, tell=GOOD)) == []


def test_a_matrix_is_written_as_it_is_read() -> None:
    """HND-1: the page writes what people would have written: comments first, one line for each activity."""
    given = b'# Who does what.\nactivities:\n  look: {R: [a/agent, "{b}"], A: a, C: [], I: [], together: any}\n'
    assert raci.written(raci.parse(given), given) == given


def test_what_asks_nobody_or_waits_for_nobody_knows_whom_is_found() -> None:
    """HND-3, HND-7: a C beside a step that no person does, and a word for several sides that says nothing."""
    assert rules(files(look=GOOD, tell={**GOOD, "C": ["rnd"]})) == [("tell", "raci.consulted", "warning")]
    assert rules(files(look={**GOOD, "together": "both"}, tell=GOOD)) == [("look", "raci.together", "error")]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"A": ["support/supervisor", "rnd/supervisor"]}, "raci.accountable"),
        ({"A": []}, "raci.accountable"),
        ({"R": []}, "raci.responsible"),
        ({"R": ["sales/agent"]}, "raci.side"),
        ({"R": ["support/king"]}, "raci.side"),
        ({"C": ["Support Team"]}, "raci.side"),
        ({"I": ["{to department}"]}, "raci.side"),
    ],
)
def test_what_is_wrong_in_a_line_is_an_error(change: dict[str, object], rule: str) -> None:
    """HND-1: exactly one A, at least one R, departments and roles that exist."""
    assert rules(files(look=GOOD | change, tell=GOOD)) == [("look", rule, "error")]


def test_every_activity_has_a_line_and_every_line_an_activity() -> None:
    """HND-1, PRO-11: a human task without one blocks, another activity is warned about."""
    assert rules(files(ghost=GOOD)) == [
        ("look", "raci.missing", "error"),
        ("tell", "raci.missing", "warning"),
        ("ghost", "raci.activity", "error"),
    ]
    assert rules({"p.bpmn": DIAGRAM})[0] == ("look", "raci.missing", "error")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [", b"[]", b"activities: 1", b"activities: {look: support}"])
def test_a_file_that_is_no_matrix_is_one_finding(content: bytes) -> None:
    """HND-1: with what to write instead, or where the YAML breaks."""
    found = raci.check("p", {"p.bpmn": DIAGRAM, "raci.yaml": content}, KNOWN)
    assert [(one.rule, one.severity) for one in found] == [("raci.file", "error")]
    assert found[0].as_json()["message"]


def test_findings_name_the_activity_as_people_know_it() -> None:
    """HND-1."""
    message = raci.check("p", files(look=GOOD | {"R": []}, tell=GOOD), KNOWN)[0].as_json()["message"]
    assert message == "“Look at it” has nobody responsible; it needs at least one R."


def test_a_bundle_without_diagram_needs_no_matrix() -> None:
    """HND-1: policies and messages."""
    assert raci.check("policies", {"mail.yaml": b"x: 1"}, KNOWN) == []


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in WORKFLOWS.glob("*/*.bpmn")))
def test_shipped_processes_have_a_complete_matrix(folder: str) -> None:
    """HND-1, PRO-11: no error, and no activity without a line."""
    from loopdesk.engine import bundles

    known = yaml.safe_load((WORKFLOWS / "policies" / "departments.yaml").read_bytes())["departments"]
    assert raci.check(folder, bundles.read_folder(WORKFLOWS / folder), list(known)) == []


def call(number: str, line: Mapping[str, object], **data: object) -> Call:
    """A human task ``look`` with that line in its bundle's matrix."""
    return Call("i", "b", "p", "look", number, data=data, files=files(look=line))


def test_a_task_goes_to_the_responsible_side(house: House, tx: Tx, number: str) -> None:
    """HND-1: with the whole line to show."""
    found = raci.assign(tx, call(number, GOOD))
    assert (found.department, found.role) == ("support", "agent")
    assert found.raci == {"R": ["support/agent"], "A": ["support/supervisor"], "C": [], "I": ["customer_success"]}


def test_places_are_filled_from_variables_and_facts(house: House, tx: Tx, number: str) -> None:
    """HND-1, HND-2: what nothing fills stays visible in C and I, and is an error for R."""
    line = {"R": ["{to_department}/agent"], "A": "{case.department}/supervisor", "I": ["{nothing}"]}
    found = raci.assign(tx, call(number, line, to_department="rnd"))
    assert (found.department, found.role) == ("rnd", "agent")
    assert (found.raci["A"], found.raci["I"]) == (["support/supervisor"], ["{nothing}"])
    with pytest.raises(Invalid, match="to_department"):
        raci.assign(tx, call(number, line))
    with pytest.raises(Invalid, match="nowhere"):
        raci.assign(tx, call(number, line, to_department="nowhere"))
    with pytest.raises(Invalid, match="nobody responsible"):
        raci.assign(tx, Call("i", "b", "p", "other", number, files=files(look=GOOD)))


def test_who_gets_a_task_may_see_the_case(house: House, tx: Tx, number: str) -> None:
    """SEC-1: the department's agents, from then on."""
    zhangwei = house.people["zhangwei"]
    assert case.find(zhangwei, tx, number) is None
    raci.assign(tx, call(number, {"R": ["rnd/agent"], "A": "rnd/supervisor"}))
    assert case.find(zhangwei, tx, number) is not None
    raci.assign(tx, call("no case at all", GOOD))


def test_advice_goes_with_its_case() -> None:
    """COM-4, SEC-3: archive and erasure find what was asked on a case by its reference."""
    assert {table.name: column is not None and column.name for table, column in related.tables("case_")}[
        "advice"
    ] == "case"
