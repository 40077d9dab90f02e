"""Rules that only tell or advise, rules over whole files, and that no rule is without a test (issue 5, refusing)."""
# ruff: noqa: E501 - one diagram a line reads better

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import loopdesk
from loopdesk.engine import bpmn, trial
from loopdesk.engine.bpmn.workrules import DEEPEST
from loopdesk.engine.findings import severity_of
from loopdesk.tests.engine.drawing import diagram, flows, message, timer

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
SUB = '<bpmn:subProcess id="t">{}</bpmn:subProcess>'


def line(task: str) -> str:
    return START + task + END + flows("s > t > e")


OTHER = (
    '<bpmn:process id="q" isExecutable="true">'
    f'<bpmn:startEvent id="qs">{message("m")}</bpmn:startEvent><bpmn:endEvent id="qe"/>'
    '<bpmn:sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/></bpmn:process>'
)
TOLD = {
    "an empty sub-process": (line(SUB.format("")), "", "read.empty"),
    "an import": (START + END + flows("s > e"), '<bpmn:import importType="x" location="y.bpmn" namespace="z"/>', "read.import"),
    "a default with a condition": (
        START + '<bpmn:exclusiveGateway id="g" name="Big?" default="f-g-e"/><bpmn:task id="a"/>' + END + flows("s > g >[=x] e", "g >[=x] a > e"), "", "style.default",
    ),
    "a default beside nothing": (line('<bpmn:task id="t" default="f-t-e"/>'), "", "style.default"),
    "a gateway without a name": (
        START + '<bpmn:exclusiveGateway id="g" default="f-g-e"/><bpmn:task id="a"/>' + END + flows("s > g > e", "g >[=x] a > e"), "", "style.name",
    ),
    "several plain start events": (line('<bpmn:task id="t"/>') + '<bpmn:startEvent id="s2"/>' + flows("s2 > t"), "", "style.starts"),
    "a process that is not executable": (START + END + flows("s > e"), "", "draft.executable"),
    "a ring without a beginning": ('<bpmn:task id="a"/><bpmn:task id="b"/>' + flows("a > b > a"), "", "start.missing"),
    "a sub-process that waits to begin": (
        line(SUB.format(f'<bpmn:startEvent id="is">{timer("Duration", "PT1M")}</bpmn:startEvent><bpmn:endEvent id="ie"/>' + flows("is > ie"))), "", "start.subprocess",
    ),
    "a call of a process that waits for a message": (line('<bpmn:callActivity id="t" calledElement="q"/>'), OTHER, "call.start"),
    "instances that would throw a timer": (
        line('<bpmn:task id="t"><bpmn:multiInstanceLoopCharacteristics behavior="None" noneBehaviorEventRef="td"><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>'),
        '<bpmn:timerEventDefinition id="td"/>',
        "loop.event",
    ),
    "an id that stands in two processes": (line('<bpmn:task id="t"/>'), OTHER.replace('"qe"', '"e"'), "element.id"),
    "two processes with one id": (START + END + flows("s > e"), '<bpmn:process id="p"/>', "process.id"),
}  # fmt: skip


@pytest.mark.parametrize("what", TOLD)
def test_it_is_told(what: str) -> None:
    body, more, rule = TOLD[what]
    file = diagram(body, messages=("m",), more=more)
    if rule == "draft.executable":
        file = file.replace(b'isExecutable="true"', b'isExecutable="false"')
    found = [item for item in bpmn.read({"p.bpmn": file}).findings if item.rule == rule]
    assert found
    assert found[0].severity == severity_of(rule)
    assert found[0].as_json()["message"]
    assert found[0].remedy


def test_calls_inside_calls_have_a_limit() -> None:
    """Each level of calls is a level of the state; the limit keeps every walk over it short."""
    names = [f"p{number}" for number in range(DEEPEST + 2)]
    files = {}
    for name, called in zip(names, [*names[1:], ""], strict=True):
        task = f'<bpmn:callActivity id="t" calledElement="{called}"/>' if called else '<bpmn:task id="t"/>'
        files[f"{name}.bpmn"] = diagram(line(task), process=name)
    assert {item.element for item in bpmn.read(files).findings if item.rule == "call.depth"} == {"p0"}


@pytest.mark.parametrize("encoding", ["latin-1", "iso-8859-1", "gbk", "utf-16", "cp1252"])
def test_an_encoding_that_is_declared_is_read(encoding: str) -> None:
    text = (
        diagram(START.replace("/>", ' name="A"/>') + END + flows("s > e"))
        .decode()
        .replace('encoding="UTF-8"', f'encoding="{encoding}"')
    )
    diagrams = bpmn.read({"p.bpmn": text.encode(encoding)})
    assert diagrams.processes["p"].elements["s"].name == "A"
    assert {item.rule for item in diagrams.findings} == {"read.encoding"}


@pytest.mark.parametrize(("declared", "written"), [("UTF-8", "gbk"), ("klingon", "utf-8")])
def test_another_encoding_than_the_declared_one_is_one_clear_finding(declared: str, written: str) -> None:
    text = (
        diagram(START.replace("/>", ' name="分诊"/>') + END)
        .decode()
        .replace('encoding="UTF-8"', f'encoding="{declared}"')
    )
    (finding,) = bpmn.read({"p.bpmn": text.encode(written)}).findings
    assert finding.rule == "xml.encoding"


def test_no_rule_is_without_a_test() -> None:
    root = Path(loopdesk.__file__).parent
    named = re.compile(r'(?:find|add|_unreadable)\(\s*(?:\w+(?:\(\w+\))?,\s*)"([a-z-]+\.[a-z-]+)"')
    rules = {rule for path in root.glob("engine/bpmn/*.py") for rule in named.findall(path.read_text(encoding="utf-8"))}
    tests = "".join(path.read_text(encoding="utf-8") for path in root.glob("tests/engine/**/*.py"))
    assert len(rules) > 60
    assert sorted(rule for rule in rules if f'"{rule}"' not in tests) == []


KINDS = st.sampled_from(
    ["task", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "callActivity", "subProcess", "adHocSubProcess", "transaction",
     "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "exclusiveGateway", "parallelGateway",
     "inclusiveGateway", "complexGateway", "eventBasedGateway"]
)  # fmt: skip
INSIDE = st.sampled_from(
    ["", "<bpmn:timerEventDefinition/>", "<bpmn:messageEventDefinition messageRef='m-m'/>", "<bpmn:signalEventDefinition/>", "<bpmn:errorEventDefinition/>",
     "<bpmn:linkEventDefinition name='l'/>", "<bpmn:compensateEventDefinition/>", "<bpmn:cancelEventDefinition/>", "<bpmn:conditionalEventDefinition/>",
     "<bpmn:terminateEventDefinition/>", "<bpmn:standardLoopCharacteristics/>", "<bpmn:multiInstanceLoopCharacteristics/>",
     "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1M</bpmn:timeDuration></bpmn:timerEventDefinition>"]
)  # fmt: skip
MARKS = st.sampled_from(
    ["", 'attachedToRef="n0"', 'triggeredByEvent="true"', 'isForCompensation="true"', 'startQuantity="2"', 'instantiate="true"', 'default="f0"', 'calledElement="p"', 'scriptFormat="js"']
)  # fmt: skip
NODES = st.lists(st.tuples(KINDS, INSIDE, MARKS), min_size=1, max_size=7)
WAYS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from(["", "=true", "=x", "${y}", "words"])), max_size=9
)


@given(NODES, WAYS)
@settings(max_examples=150, deadline=None)
def test_any_drawing_is_read_and_tried_without_a_traceback(
    nodes: list[tuple[str, str, str]], ways: list[tuple[int, int, str]]
) -> None:
    inner = [
        f'<bpmn:{kind} id="n{number}" {mark}>{inside}</bpmn:{kind}>'
        for number, (kind, inside, mark) in enumerate(nodes)
    ]
    lines = [
        f'<bpmn:sequenceFlow id="f{number}" sourceRef="n{source}" targetRef="n{target}"><bpmn:conditionExpression>{text}</bpmn:conditionExpression></bpmn:sequenceFlow>'
        for number, (source, target, text) in enumerate(ways)
    ]
    files = {"p.bpmn": diagram("".join(inner + lines), messages=("m",))}
    outcome = trial.run(files, "p.bpmn", trial.Order(until=bpmn.read_duration("P1D")))
    assert outcome.status in ("completed", "waiting", "failed", "refused")
    assert outcome.error is None or hasattr(outcome.error, "remedy"), repr(outcome.error)


@pytest.mark.parametrize(
    ("text", "due"),
    [("2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"), ("${due}", "=due"), ("soon", ""), ("${bean.at(x)}", "")],
)
def test_the_due_date_of_camunda_7_is_read_where_its_meaning_is_sure(text: str, due: str) -> None:
    diagrams = foreign(f'<bpmn:userTask id="t" camunda:dueDate="{text}"/>')
    assert diagrams.processes["p"].elements["t"].extras.due == due
    told = [item.rule for item in diagrams.findings if item.params.get("what") == "dueDate"]
    assert told == ["read.dialect" if due else "read.ignored"]


@pytest.mark.parametrize("name", ["followUpDate", "priority", "asyncBefore", "mapDecisionResult"])
def test_what_has_no_effect_is_named(name: str) -> None:
    found = foreign(f'<bpmn:userTask id="t" camunda:{name}="50"/>').findings
    told = [item for item in found if item.rule == "read.ignored"]
    assert [(item.element, item.severity, item.params["what"]) for item in told] == [("t", "info", name)]


def foreign(task: str) -> bpmn.Diagrams:
    """A process of one task of Camunda 7."""
    space = b' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions"'
    body = '<bpmn:startEvent id="s"/>' + task + '<bpmn:endEvent id="e"/>' + flows("s > t > e")
    return bpmn.read({"p.bpmn": diagram(body).replace(b' id="definitions"', space)})
