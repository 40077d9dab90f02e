"""Files that are not what they should be (issue 2, bad input)."""
# ruff: noqa: E501 - one diagram a line reads better

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import loopdesk
from loopdesk.engine import bpmn, trial
from loopdesk.engine.bpmn.xml import MAX_BYTES
from loopdesk.tests.engine.drawing import HEAD, diagram, flows

REFERENCE = Path(os.environ.get("LOOPDESK_MODELS", Path(loopdesk.__file__).resolve().parents[1] / "shared" / "bpmn"))
"""Interchange reference models of the BPMN Model Interchange Working Group."""
BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY a "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><lolz>&c;</lolz>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"><bpmn:process id="&x;"/></bpmn:definitions>"""


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "xml.syntax"),
        (b"this is not XML", "xml.syntax"),
        (b"\xff\xfe\x00broken", "xml.syntax"),
        (HEAD.encode(), "xml.syntax"),
        (b"<html/>", "xml.root"),
        (BILLION_LAUGHS, "xml.doctype"),
        (EXTERNAL, "xml.doctype"),
        (b"<a>" * 100_000, "xml.depth"),
        (b" " * (MAX_BYTES + 1), "xml.size"),
    ],
    ids=["empty", "text", "binary", "cut off", "html", "billion laughs", "external entity", "deep", "large"],
)
def test_a_file_that_cannot_be_trusted_is_one_clear_finding(data: bytes, rule: str) -> None:
    started = time.perf_counter()
    (finding,) = bpmn.read({"p.bpmn": data}).findings
    assert finding.rule == rule
    assert finding.file == "p.bpmn"
    assert "root:" not in str(finding.as_json())
    assert "XML_PARSE_HUGE" not in str(finding.as_json())
    assert "<string>" not in str(finding.as_json())
    assert time.perf_counter() - started < 5


def test_names_in_any_script_and_encoding_are_read() -> None:
    body = '<bpmn:startEvent id="开始"/><bpmn:task id="a.b-c" name="分诊 – срочно"/><bpmn:endEvent id="e"/>' + flows(
        "开始 > a.b-c > e"
    )
    for encoding in ("utf-8", "utf-16", "gb18030"):
        text = diagram(body).decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
        data = text.replace("срочно", "urgent").encode(encoding)
        diagrams = bpmn.read({"p.bpmn": data})
        assert [item.rule for item in diagrams.findings] == ([] if encoding == "utf-8" else ["read.encoding"]), encoding
        assert diagrams.processes["p"].elements["a.b-c"].name == "分诊 – urgent"


def told(body: str) -> list[str]:
    return [str(item.as_json()["message"]) for item in bpmn.read({"p.bpmn": diagram(body)}).findings]


def test_an_element_without_an_id_is_named_by_tag_and_line() -> None:
    assert "The element <task> at line 2 has no id." in told('<bpmn:startEvent id="s"/>\n<bpmn:task/>')


def test_an_id_that_stands_twice_names_both_lines() -> None:
    assert "The id “t” stands twice: at line 2 and at line 3." in told('\n<bpmn:task id="t"/>\n<bpmn:userTask id="t"/>')


def test_an_id_that_is_too_long_tells_its_length() -> None:
    message = f"The id at line 1 has 250 characters, more than 200: “{'x' * 30}…”."
    assert message in told(f'<bpmn:task id="{"x" * 250}"/>')


def test_a_file_without_a_process_says_so_and_nothing_else() -> None:
    empty = HEAD.encode() + b"</bpmn:definitions>"
    assert [item.rule for item in bpmn.read({"p.bpmn": empty}).findings] == ["process.missing"]
    outcome = trial.run({"p.bpmn": empty}, "p.bpmn", trial.Order())
    assert (outcome.status, [item.rule for item in outcome.findings]) == ("refused", ["process.missing"])


def test_a_file_that_cannot_be_read_is_all_that_a_trial_says() -> None:
    outcome = trial.run({"p.bpmn": b"<cut"}, "p.bpmn", trial.Order())
    assert [item.rule for item in outcome.findings] == ["xml.syntax"]


PIECES = st.sampled_from(
    [
        '<bpmn:task id="a"/>',
        '<bpmn:startEvent id="s"/>',
        '<bpmn:endEvent id="e"><bpmn:terminateEventDefinition/></bpmn:endEvent>',
        '<bpmn:boundaryEvent id="b" attachedToRef="a"/>',
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="a"/>',
        '<bpmn:sequenceFlow sourceRef="a"/>',
        '<bpmn:subProcess id="sub">',
        "</bpmn:subProcess>",
        '<bpmn:callActivity id="c"/>',
        '<bpmn:eventBasedGateway id="g"/>',
        "<bpmn:userTask/>",
        "<zeebe:ioMapping/>",
        "<!-- x -->",
        "<?pi x?>",
        "&amp;",
    ]
)


@given(st.lists(PIECES, max_size=12))
@settings(max_examples=200, deadline=None)
def test_the_reader_never_stumbles(pieces: list[str]) -> None:
    for finding in bpmn.read({"p.bpmn": diagram("".join(pieces))}).findings:
        assert finding.as_json()["message"]


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_answered_with_a_finding(data: bytes) -> None:
    assert bpmn.read({"p.bpmn": data}).findings


def test_ten_thousand_elements_are_checked_in_bounded_time() -> None:
    names = [f"t{number}" for number in range(10_000)]
    tasks = "".join(f'<bpmn:task id="{name}"/>' for name in names)
    body = f'<bpmn:startEvent id="s"/>{tasks}<bpmn:endEvent id="e"/>' + flows(" > ".join(["s", *names, "e"]))
    started = time.perf_counter()
    assert bpmn.read({"p.bpmn": diagram(body)}).findings == []
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.bpmn")), ids=lambda path: path.stem)
def test_models_of_other_tools_get_findings_and_never_a_traceback(path: Path) -> None:
    for finding in bpmn.read({path.name: path.read_bytes()}).findings:
        shown = finding.as_json()
        assert shown["message"]
        assert shown["remedy"]
        assert shown["rule"]
