"""What ``docs/bpmn-support.md`` says of rules: each with a small diagram or folder that breaks it."""
# ruff: noqa: E501 - one diagram a line reads better

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import loopdesk
from loopdesk.engine import bpmn, checks
from loopdesk.engine.bpmn.workrules import DEEPEST
from loopdesk.engine.bpmn.xml import MAX_BYTES
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Host, Operation
from loopdesk.tests.engine.bpmn.test_event_rules import RULES
from loopdesk.tests.engine.bpmn.test_rules import BROKEN
from loopdesk.tests.engine.bpmn.test_told import TOLD
from loopdesk.tests.engine.drawing import HEAD, catch, coded, diagram, extended, flows, service

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
CAMUNDA = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda'


def line(task: str) -> str:
    return START + task + END + flows("s > t > e")


def one(body: str, more: str = "") -> dict[str, bytes]:
    return {"p.bpmn": diagram(body, messages=("m",), more=more)}


def task(kind: str, attributes: str = "", inner: str = "") -> dict[str, bytes]:
    return one(line(f'<bpmn:{kind} id="t" {attributes}>{inner}</bpmn:{kind}>'))


def pools(flow: str, process: str = "p") -> dict[str, bytes]:
    """A process with a send and a receive task, and a pool beside it."""
    held = f'<bpmn:participant id="ours" processRef="{process}"/><bpmn:participant id="theirs"/>'
    body = START + '<bpmn:receiveTask id="t" messageRef="m-m"/><bpmn:sendTask id="u"/>' + END + flows("s > t > u > e")
    return one(body, f'<bpmn:collaboration id="c">{held}{flow}</bpmn:collaboration>')


def flow(source: str, target: str) -> str:
    return f'<bpmn:messageFlow id="f" name="order" sourceRef="{source}" targetRef="{target}"/>'


def calls() -> dict[str, bytes]:
    names = ["p", *(f"q{number}" for number in range(DEEPEST + 1))]
    pairs = zip(names, [*names[1:], ""], strict=True)
    inner = {
        name: f'<bpmn:callActivity id="t" calledElement="{to}"/>' if to else '<bpmn:task id="t"/>' for name, to in pairs
    }
    return {f"{name}.bpmn": diagram(line(body), process=name) for name, body in inner.items()}


RIGHT = line('<bpmn:task id="t"/>')
ADDED = "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><bpmn:d/>"
MANY = "<bpmn:multiInstanceLoopCharacteristics {}>{}</bpmn:multiInstanceLoopCharacteristics>"
TWICE = "<bpmn:loopCardinality>2</bpmn:loopCardinality>"
FOLDERS: dict[str, tuple[dict[str, bytes], str]] = {
    "a file that is no XML": ({"p.bpmn": b"no diagram"}, "xml.syntax"),
    "a file that is another XML": ({"p.bpmn": b"<html/>"}, "xml.root"),
    "a file with a document type": ({"p.bpmn": ADDED.encode()}, "xml.doctype"),
    "a file in another encoding than it says": ({"p.bpmn": HEAD.encode() + "名".encode("gbk")}, "xml.encoding"),
    "a very large file": ({"p.bpmn": b" " * (MAX_BYTES + 1)}, "xml.size"),
    "elements very deep inside each other": ({"p.bpmn": b"<a>" * 300}, "xml.depth"),
    "a file without a process": ({"p.bpmn": HEAD.encode() + b"</bpmn:definitions>"}, "process.missing"),
    "an empty folder": ({}, "bundle.empty"),
    "a folder of very many files": ({f"{number}.txt": b"" for number in range(checks.MAX_FILES + 1)}, "bundle.size"),
    "a file outside the folder": ({"../p.bpmn": b""}, "bundle.path"),
    "a folder with another name than its process": ({"q.bpmn": diagram(RIGHT, process="q")}, "bundle.process"),
    "texts that are no YAML": ({**one(RIGHT), "texts.en.yaml": b"a: ["}, "texts.syntax"),
    "a key that stands twice in a YAML file": ({**one(RIGHT), "texts.en.yaml": b"a: {}\na: {}\n"}, "yaml.twice"),
    "an operation that nobody knows": (one(line(service("t", "lost"))), "task.operation"),
    "inputs that the operation does not take": (one(line(service("t", "known"))), "task.inputs"),
    "a decision that no table holds": (task("businessRuleTask", "", extended('<zeebe:calledDecision decisionId="lost" resultVariable="r"/>')), "task.decision"),
    "a calendar that nobody knows": (task("userTask", "", extended('<zeebe:properties><zeebe:property name="calendar" value="lost"/></zeebe:properties>')), "timer.calendar"),
    "a Python script where it is not allowed": (task("scriptTask", 'scriptFormat="python"', "<bpmn:script>x = 1</bpmn:script>"), "script.python"),
    "a script of another language": (task("scriptTask", 'scriptFormat="javascript"', "<bpmn:script>x = 1</bpmn:script>"), "draft.script"),
    "calls very deep inside each other": (calls(), "call.depth"),
    "a loop without a number": (task("task", "", MANY.format("", "")), "draft.loop"),
    "a loop that throws nothing": (task("task", "", MANY.format('behavior="One"', TWICE)), "draft.behavior"),
    "a value of a task in words": (one('<bpmn:dataObject id="total" name="total"/>' + line('<bpmn:task id="t"><bpmn:dataOutputAssociation id="x"><bpmn:targetRef>total</bpmn:targetRef><bpmn:assignment><bpmn:from language="words">take the first, please</bpmn:from><bpmn:to>total</bpmn:to></bpmn:assignment></bpmn:dataOutputAssociation></bpmn:task>')), "draft.data"),
    "an error without a code at an escalation end": (one(START + f'<bpmn:endEvent id="t">{coded("escalation")}</bpmn:endEvent>' + flows("s > t")), "draft.escalation"),
    "a parameter of Camunda 7 in a language that is not run": (task("userTask", f'{CAMUNDA}:x=""', extended('<camunda:inputOutput><camunda:inputParameter name="x"><camunda:script scriptFormat="groovy">1</camunda:script></camunda:inputParameter></camunda:inputOutput>')), "extension.mapping"),
    "a pool of a process that is elsewhere": (pools("", "lost"), "pool.process"),
    "a message flow to nothing": (pools(flow("u", "nothing")), "message-flow.ends"),
    "a message flow out of a receive task": (pools(flow("t", "theirs")), "message-flow.direction"),
    "a message flow within a pool": (pools(flow("u", "t")), "message-flow.pools"),
    "a message that only a message flow names": (pools(flow("u", "theirs")), "read.message"),
    "a way that ends without an end event": (one(START + '<bpmn:task id="t"/>' + flows("s > t")), "style.end"),
    "flows that leave a task side by side": (one(START + '<bpmn:task id="t"/><bpmn:endEvent id="f"/>' + END + flows("s > t > e", "t > f")), "read.fork"),
    "flows that meet at a task": (one(START + '<bpmn:startEvent id="s2"/><bpmn:task id="t"/>' + END + flows("s > t > e", "s2 > t")), "read.merge"),
    "a flow without an id": (one(START + END + '<bpmn:sequenceFlow sourceRef="s" targetRef="e"/>'), "read.flow-id"),
    "a process that does not say whether it is executable": ({"p.bpmn": diagram(RIGHT).replace(b' isExecutable="true"', b"")}, "read.executable"),
    "an encoding other than UTF-8": ({"p.bpmn": diagram(RIGHT).replace(b"UTF-8", b"ISO-8859-1")}, "read.encoding"),
    "an expression of another tool": (one(START + '<bpmn:exclusiveGateway id="t" name="?" default="f-t-e"/><bpmn:task id="a"/>' + END + flows("s > t > e", "t >[${x == 1}] a > e")), "read.expression"),
    "an extension of another tool": (one(RIGHT.replace('id="t"', 'id="t" xmlns:tool="https://tool.example" tool:x="1"')), "read.foreign"),
    "a global task": (one(RIGHT, '<bpmn:globalUserTask id="g" name="Look"/>'), "read.global"),
    "a task type of Camunda 7": (task("serviceTask", f'{CAMUNDA}:topic="pay"'), "read.dialect"),
    "an attribute of Camunda 7 without effect": (task("userTask", f'{CAMUNDA}:followUpDate="soon"'), "read.ignored"),
    "a program of Camunda 7": (task("serviceTask", f'{CAMUNDA}:class="org.example.Pay"'), "read.program"),
    "people of Camunda 7": (task("userTask", f'{CAMUNDA}:candidateGroups="sales"'), "read.people"),
    "a follow-up date": (task("userTask", "", extended('<zeebe:taskSchedule followUpDate="2026-03-01T09:00:00Z"/>')), "read.schedule"),
    "a priority of a task": (task("userTask", "", extended('<zeebe:priorityDefinition priority="90"/>')), "read.priority"),
    "a moment without a zone": (one(line(catch("t", "<bpmn:timerEventDefinition><bpmn:timeDate>2026-03-01T09:00:00</bpmn:timeDate></bpmn:timerEventDefinition>"))), "read.zone"),
}  # fmt: skip
KNOWN = cast(Operation, lambda _actor, _tx, _call, /, amount: {"paid": amount})
HOST = Host(operations={"known": KNOWN}, calendar_names=lambda tx: ["support"])


def refused() -> Iterator[tuple[str, Finding]]:
    """What is wrong, in words, and the finding that says so."""
    for what, (body, element, rule) in BROKEN.items():
        found = bpmn.read({"p.bpmn": diagram(body)}).findings
        yield what, _first(what, rule, [item for item in found if item.element == element])
    for what, (body, rule) in RULES.items():
        more = '<bpmn:error id="e-X" errorCode="X"/>'
        yield what, _first(what, rule, bpmn.read({"p.bpmn": diagram(body, more=more)}).findings)
    for what, (body, more, rule) in TOLD.items():
        file = diagram(body, messages=("m",), more=more)
        if rule == "draft.executable":
            file = file.replace(b'isExecutable="true"', b'isExecutable="false"')
        yield what, _first(what, rule, bpmn.read({"p.bpmn": file}).findings)
    for what, (files, rule) in FOLDERS.items():
        yield what, _first(what, rule, checks.check(None, "p", files, HOST))


def named() -> set[str]:
    """The rules that the code of reading and checking diagrams names."""
    root = Path(loopdesk.__file__).parent / "engine"
    call = re.compile(
        r'(?:find|add|_find|_finding|_unreadable|_expression)\((?:[^"()]|\([^"()]*\))*?"([a-z-]+\.[a-z-]+)"|_on\([^"]*?"([a-z-]+\.[a-z-]+)"'
    )
    texts = [path.read_text("utf-8") for path in (*root.glob("bpmn/*.py"), root / "checks.py")]
    return {rule for text in texts for pair in call.findall(text) for rule in pair if rule}


def _first(what: str, rule: str, found: list[Finding]) -> Finding:
    fitting = [item for item in found if item.rule == rule]
    assert fitting, (what, rule, [(item.element, item.rule) for item in found])
    return fitting[0]
