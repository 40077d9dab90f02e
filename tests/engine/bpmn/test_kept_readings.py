"""The reading of a folder is kept by what the folder holds: a deployment asks four times for the same."""

import pytest

from loopdesk.engine import bpmn
from loopdesk.engine.bpmn import reader
from loopdesk.tests.engine.drawing import diagram, flows

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
FORM = '<bpmn:extensionElements><zeebe:formDefinition formId="f"/></bpmn:extensionElements>'
TASK = f'<bpmn:userTask id="t">{FORM}</bpmn:userTask>'


def drawn(name: str = "One") -> bytes:
    return diagram(START + TASK.replace('id="t"', f'id="t" name="{name}"') + END + flows("s > t > e"))


def test_the_same_folder_is_read_once() -> None:
    one = bpmn.read({"p.bpmn": drawn(), "f.form": b"{}"})
    again = bpmn.read({"f.form": b'{"other": "words"}', "p.bpmn": drawn()})
    assert again.processes["p"] is one.processes["p"]
    assert again.findings == one.findings


def test_what_an_asker_does_with_it_reaches_no_other() -> None:
    one = bpmn.read({"p.bpmn": drawn()})
    whole = bpmn.read({"p.bpmn": drawn()})
    one.findings.clear()
    one.processes.clear()
    one.unread.add("p.bpmn")
    again = bpmn.read({"p.bpmn": drawn()})
    assert (again.findings, list(again.processes), again.unread) == (whole.findings, ["p"], set())
    assert whole.findings, "the form is missing"


def test_another_file_another_name_and_a_missing_form_are_other_folders() -> None:
    whole = bpmn.read({"p.bpmn": drawn(), "f.form": b"{}"})
    assert bpmn.read({"p.bpmn": drawn("Two"), "f.form": b"{}"}).processes["p"].elements["t"].name == "Two"
    assert bpmn.read({"q.bpmn": drawn(), "f.form": b"{}"}).processes["p"].file == "q.bpmn"
    missing = {finding.rule for finding in bpmn.read({"p.bpmn": drawn()}).findings}
    assert missing > {finding.rule for finding in whole.findings}


def test_a_diagram_that_is_too_long_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "KEPT_BYTES", 10)
    one, again = (bpmn.read({"p.bpmn": drawn()}).processes["p"] for _ in range(2))
    assert one is not again
    assert one == again
