"""What every shipped process folder keeps to: it deploys, is drawn clearly, and speaks both languages (PRO-11)."""

import json
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest
import yaml
from lxml import etree

from loopdesk.connectors.webhook import Webhook
from loopdesk.desk import facts, operations, raci
from loopdesk.desk.classification import examples as classification_examples
from loopdesk.engine.bpmn import read
from loopdesk.engine.bpmn.model import Element, Process
from loopdesk.engine.checks import check
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files, Host
from loopdesk.engine.tx import Tx
from loopdesk.forms import checks, gaps
from loopdesk.tests.scenarios.shipped import PROCESSES, WORKFLOWS, files_of

NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "dmn": "https://www.omg.org/spec/DMN/20191111/MODEL/",
}
TASKS = ("userTask", "serviceTask", "sendTask", "businessRuleTask")
ROW = re.compile(r"\b(INT|SLA|DIA|HND|EMG|FIX|COM|FBK|PRO)-\d+\b")
LETTER = re.compile(r'(?:^=|\bthen |\belse )"([^"]+)"')
"""A text that a FEEL expression may give: written out, or one of the two ways of an ``if``."""
NAMED = re.compile(r"^[a-z_.]+|(?<=\[)[a-z_.]+(?=\])|(?<=\.get\()[a-z_.]+")
"""What a place of a template begins with, or looks words of its own up by."""
Box = tuple[float, float, float, float]


def _diagram(process: str) -> Any:
    return etree.fromstring(files_of(process)[f"{process}.bpmn"])


def _boxes(process: str) -> dict[str, Box]:
    boxes = {}
    for shape in _diagram(process).iterfind(".//bpmndi:BPMNShape", NS):
        x, y, width, height = (float(shape.find("dc:Bounds", NS).get(side)) for side in ("x", "y", "width", "height"))
        boxes[shape.get("bpmnElement")] = (x, y, x + width, y + height)
    return boxes


def _around(diagram: Process, id_: str) -> list[str]:
    """The sub-processes that something lies in, the nearest first."""
    places = []
    while (id_ := diagram.elements[id_].scope) in diagram.elements:
        places.append(id_)
    return places


def _margin(inner: Box, outer: Box) -> float:
    """The least room between a box and the frame around it; less than nothing when it sticks out."""
    return min(inner[0] - outer[0], inner[1] - outer[1], outer[2] - inner[2], outer[3] - inner[3])


def _gap(one: Box, other: Box) -> float:
    across = max(one[0] - other[2], other[0] - one[2])
    down = max(one[1] - other[3], other[1] - one[3])
    return max(across, down)


@pytest.mark.parametrize("name", sorted(path.name for path in WORKFLOWS.iterdir() if path.is_dir()))
def test_a_folder_deploys_without_a_remark(name: str) -> None:
    departments = yaml.safe_load((WORKFLOWS / "policies" / "departments.yaml").read_text("utf-8"))["departments"]

    def upper(_tx: Tx | None, bundle: str, files: Files) -> list[Finding]:
        forms = (checks.check(files[file], file=file, facts=facts.NAMES) for file in files if file.endswith(".form"))
        return [
            *raci.check(bundle, files, departments),
            *(found for findings in forms for found in findings),
            *gaps.check(files),
            *classification_examples.check(bundle, files),
        ]

    known = operations.build("https://desk.example", None)  # type: ignore[arg-type]
    host = Host(operations=known, effects=Webhook.effects, fact_names=facts.NAMES, check=upper)
    found = check(None, name, files_of(name), host)
    assert [finding.as_json() for finding in found if finding.severity != "info"] == []


@pytest.mark.parametrize("process", PROCESSES)
def test_everything_is_drawn(process: str) -> None:
    diagram = read(files_of(process)).processes[process]
    edges = {edge.get("bpmnElement") for edge in _diagram(process).iterfind(".//bpmndi:BPMNEdge", NS)}
    assert set(_boxes(process)) == set(diagram.elements)
    assert edges == set(diagram.flows)
    for level, among in _levels(diagram).items():
        assert sum(element.kind in (*TASKS, "subProcess", "callActivity") for element in among) <= 20, level


def _levels(diagram: Process) -> dict[str, list[Element]]:
    """What the process and each sub-process show: a reader looks at one of them at a time."""
    levels: dict[str, list[Element]] = {}
    for element in diagram.elements.values():
        levels.setdefault(element.scope, []).append(element)
    return levels


@pytest.mark.parametrize("process", PROCESSES)
def test_shapes_keep_their_distance(process: str) -> None:
    diagram = read(files_of(process)).processes[process]
    boxes = {id_: box for id_, box in _boxes(process).items() if diagram.elements[id_].kind != "boundaryEvent"}
    around = {id_: _around(diagram, id_) for id_ in boxes}
    room = {(id_, frame): _margin(boxes[id_], boxes[frame]) for id_ in boxes for frame in around[id_]}
    assert {pair: margin for pair, margin in room.items() if margin < 20} == {}
    apart = [(a, b) for a, b in combinations(boxes, 2) if a not in around[b] and b not in around[a]]
    near = {(a, b): _gap(boxes[a], boxes[b]) for a, b in apart}
    assert min(near.values()) >= 20
    wide = (*TASKS, "subProcess")
    tasks = {pair: gap for pair, gap in near.items() if all(diagram.elements[id_].kind in wide for id_ in pair)}
    assert {pair: gap for pair, gap in tasks.items() if gap < 30} == {}


@pytest.mark.parametrize("process", PROCESSES)
def test_words_lie_on_no_shape(process: str) -> None:
    """Words of what lies in a sub-process stay in its frame."""
    boxes, diagram = _boxes(process), read(files_of(process)).processes[process]
    for bounds in _diagram(process).iterfind(".//bpmndi:BPMNLabel/dc:Bounds", NS):
        x, y, width, height = (float(bounds.get(side)) for side in ("x", "y", "width", "height"))
        words = (x, y, x + width, y + height)
        owner = bounds.getparent().getparent().get("bpmnElement")
        frames = _around(diagram, diagram.flows[owner].source if owner in diagram.flows else owner)
        under = [id_ for id_, box in boxes.items() if id_ not in frames and _gap(words, box) < 0]
        assert under == [], owner
        assert [frame for frame in frames if _margin(words, boxes[frame]) < 0] == [], owner


@pytest.mark.parametrize("process", PROCESSES)
def test_edges_are_orthogonal_and_meet_their_shapes(process: str) -> None:
    boxes, flows = _boxes(process), read(files_of(process)).processes[process].flows
    for edge in _diagram(process).iterfind(".//bpmndi:BPMNEdge", NS):
        points = [(float(p.get("x")), float(p.get("y"))) for p in edge.iterfind("di:waypoint", NS)]
        flow = flows[edge.get("bpmnElement")]
        for (x, y), (u, v) in pairwise(points):
            assert x == u or y == v, flow.id
        for (x, y), end in ((points[0], flow.source), (points[-1], flow.target)):
            assert _gap((x, y, x, y), boxes[end]) == 0, (flow.id, end)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.row("PRO-11/department-and-role", "PRO-11/time-limit", "PRO-11/expected-result")
def test_every_activity_says_who_by_when_and_what_for(process: str) -> None:
    """PRO-11: department and role, time limit, expected result; documentation cites the rows it carries."""
    matrix = raci.parse(files_of(process)["raci.yaml"])
    for element in read(files_of(process)).processes[process].elements.values():
        if element.kind in TASKS:
            assert element.extras.properties["timeLimit"], element.id
            assert element.extras.properties["expectedResult"], element.id
            assert matrix[element.id].R, element.id
            assert ROW.search(element.documentation), element.id


def _words(process: str) -> Iterator[tuple[str, str, str]]:
    """(key, field, own text) of all that a reader sees of a folder."""
    files = files_of(process)
    diagram = read(files).processes[process]
    yield process, "name", diagram.name
    for element in diagram.elements.values():
        yield element.id, "name", element.name
        yield element.id, "documentation", element.documentation
        yield element.id, "expectedResult", element.extras.properties.get("expectedResult", "")
    for flow in diagram.flows.values():
        yield flow.id, "name", flow.name
    for file, content in files.items():
        if file.endswith(".form"):
            document = json.loads(content)
            for spec in document["components"]:
                yield from _field(document["id"], spec)
        if file.endswith(".dmn"):
            for node in etree.fromstring(content).iterfind(".//dmn:*[@label]", NS):
                yield str(node.attrib["id"]), "label", str(node.attrib["label"])


def _field(form_id: str, spec: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    key = f"{form_id}.{spec.get('key') or spec.get('path') or spec['id']}"
    for name in ("label", "description", "text", "dateLabel", "timeLabel"):
        yield key, name, spec.get(name, "")
    yield key, "message", spec.get("validate", {}).get("patternErrorMessage", "")
    for option in spec.get("values", []):
        yield key, f"options.{option['value']}", option["label"]
    for inner in spec.get("components", []):
        yield from _field(form_id, inner)


def _found(texts: dict[str, Any], key: str, field: str) -> str:
    place: Any = texts.get(key) or texts.get(key.partition(".")[2]) or {}
    name, _, value = field.partition(".")
    if name == "options":
        return str({str(option): word for option, word in place.get("options", {}).items()}.get(value, ""))
    return str(place.get(name, ""))


@pytest.mark.parametrize("process", PROCESSES)
def test_every_word_stands_in_both_languages(process: str) -> None:
    english = yaml.safe_load(files_of(process)["texts.en.yaml"])
    chinese = yaml.safe_load(files_of(process)["texts.zh.yaml"])
    for key, field, own in _words(process):
        if own:
            assert _found(english, key, field) == own, (key, field)
            word = _found(chinese, key, field)
            assert word, (key, field)
            assert re.search(r"[一-鿿]", word) or not re.search(r"[a-z]{3}", own), (key, field, word)
    assert english.keys() == chinese.keys()


def test_messages_hold_the_same_templates_in_both_languages() -> None:
    files = files_of("messages")
    english, chinese = (yaml.safe_load(files[f"messages.{lang}.yaml"]) for lang in ("en", "zh"))
    assert english.keys() == chinese.keys()
    used = {name for process in PROCESSES for name in _templates(process)}
    assert used <= english.keys()
    for name in english:
        places = [_places(texts[name]["body"], lang) for lang, texts in (("en", english), ("zh", chinese))]
        assert places[0] == places[1], name


def _templates(process: str) -> Iterator[str]:
    """The letters that a diagram may send: those that its inputs write out, and those of the tables that they ask."""
    files = files_of(process)
    elements = read(files).processes[process].elements.values()
    sources = [line.source for element in elements for line in element.extras.inputs if line.target == "template"]
    for source in sources:
        written = LETTER.findall(source)
        assert written or source.endswith(".template"), f"{process}: no letter can be read from {source}"
        yield from written
    if any(source.endswith(".template") for source in sources):
        listed = [name for file in files if file.endswith(".dmn") for name in _column(files[file], "template")]
        assert listed, process
        yield from listed


def _column(table: bytes, output: str) -> Iterator[str]:
    """The letters that the rows of a decision table give in the column ``output``; no letter is an empty text."""
    for decision in etree.fromstring(table).iterfind(".//dmn:decisionTable", NS):
        names = [column.get("name") for column in decision.iterfind("dmn:output", NS)]
        for rule in decision.iterfind("dmn:rule", NS) if output in names else ():
            entry = rule.findall("dmn:outputEntry", NS)[names.index(output)].findtext("dmn:text", "", NS).strip()
            assert entry == '""' or LETTER.fullmatch(f"={entry}"), entry
            yield from LETTER.findall(f"={entry}")


def _places(body: str, lang: str) -> set[str]:
    """What a template fills in, also as the key of words of its own; a name that is kept in both languages is asked
    for in the letter's own."""
    asked = {name for inner in re.findall(r"{{ ?(.*?)}}", body) for name in NAMED.findall(re.sub('".*?"', "", inner))}
    return {re.sub(rf"\.{lang}$", ".<its language>", name).removesuffix(f"_{lang}") for name in asked}
