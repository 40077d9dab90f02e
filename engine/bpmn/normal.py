"""Makes a file of any tool say the same in one dialect, on the parsed tree only: the file itself is never changed.

What BPMN lets a tool leave out or say in its own way is written out here, and each change is told by a finding of
severity info; nothing is added that the diagram does not say.
"""

from collections.abc import Iterator, Mapping

from lxml import etree

from loopdesk.engine.bpmn import dialects, pools
from loopdesk.engine.bpmn.languages import to_feel
from loopdesk.engine.bpmn.remarks import Remarks
from loopdesk.engine.bpmn.xml import BPMN, KNOWN, is_bpmn, line_of, local
from loopdesk.engine.errors import N_
from loopdesk.engine.findings import Finding

CONDITIONS = frozenset(
    {"conditionExpression", "condition", "completionCondition", "activationCondition", "loopCondition"}
)
VALUES = frozenset({"loopCardinality", "from", "transformation", "messagePath", "dataPath"})
TIMES = frozenset({"timeDuration", "timeDate", "timeCycle"})
REFERENCES = (
    "sourceRef", "targetRef", "attachedToRef", "default", "messageRef", "errorRef", "escalationRef", "signalRef",
    "processRef", "calledElement", "activityRef", "operationRef", "dataObjectRef", "dataStoreRef",
)  # fmt: skip
"""Attributes that name an element of the file, perhaps with the prefix of the file's own namespace."""
TEXT_REFERENCES = frozenset(
    {"flowNodeRef", "sourceRef", "targetRef", "eventDefinitionRef", "loopDataInputRef", "loopDataOutputRef"}
)
GLOBALS = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}
RESOLVED = ("messageRef", "errorRef", "escalationRef", "signalRef", "dataObjectRef", "dataStoreRef", "operationRef")
"""References that must lead somewhere inside the file (BPMN 2.0.2 §8.1.2)."""


def normalise(root: etree._Element, file: str) -> list[Finding]:
    """Change the tree of a file in place; the findings say what was changed and which references lead nowhere."""
    remarks = Remarks(file)
    _beside(root, remarks)
    ids: dict[str, etree._Element] = {node.get("id", ""): node for node in root.iter() if is_bpmn(node)}
    language = root.get("expressionLanguage", "")
    for node in list(root.iter()):
        if not is_bpmn(node):
            continue
        _references(node, ids, remarks)
        tag = local(node)
        if tag in CONDITIONS or tag in VALUES or tag in TIMES:
            _expression(node, language, remarks)
        dialects.translate(node, ids, remarks)
    for process in root.iterfind(f"{{{BPMN}}}process"):
        _process(process, remarks)
    pools.read(root, ids, remarks)
    _foreign(root, remarks)
    return remarks.findings


def _beside(root: etree._Element, remarks: Remarks) -> None:
    """Encoding, imports, global tasks and ids of the whole file."""
    encoding = (root.getroottree().docinfo.encoding or "UTF-8").upper()
    if encoding not in ("UTF-8", "US-ASCII", "ASCII"):
        message = N_("The file is written in %(encoding)s and is read so.")
        remarks.add(root, "read.encoding", message, N_("Save it as UTF-8."), encoding=encoding)
    for node in root.iterfind(f"{{{BPMN}}}import"):
        message = N_("The file imports “%(location)s”; only what lies in the same folder is looked at.")
        location = node.get("location", "")
        remarks.add(root, "read.import", message, N_("Put that file into the folder."), location=location)
    for tag, kind in GLOBALS.items():
        for node in root.findall(f"{{{BPMN}}}{tag}"):
            _global(root, node, kind, remarks)
    _twice(root, remarks)


def _global(root: etree._Element, node: etree._Element, kind: str, remarks: Remarks) -> None:
    """A global task is a process of one task, called by its id (BPMN 2.0.2 §10.3.4)."""
    identity, name = node.get("id", ""), node.get("name", "")
    process = etree.SubElement(root, f"{{{BPMN}}}process", id=identity, name=name, isExecutable="true")
    task = etree.SubElement(process, f"{{{BPMN}}}{kind}")
    task.attrib.update(node.attrib)
    task.set("id", f"{identity}-task")
    task.extend(node)
    root.remove(node)
    message = N_("The global task “%(id)s” is read as a process with this one task.")
    remarks.add(process, "read.global", message, N_("Nothing to do."), id=identity)


def _twice(root: etree._Element, remarks: Remarks) -> None:
    """An id counts for the whole file (XML ids); within one process the reader says so."""
    homes: dict[str, tuple[etree._Element | None, int]] = {}
    for node in root.iter():
        if not is_bpmn(node) or not node.get("id"):
            continue
        home = next(node.iterancestors(f"{{{BPMN}}}process"), None)
        identity = node.get("id", "")
        first, line = homes.setdefault(identity, (home, line_of(node)))
        if first is not home:
            message = N_("The id “%(id)s” stands twice: at line %(line)s and at line %(other)s.")
            params = {"id": identity[:200], "line": line, "other": line_of(node)}
            remarks.add(node, "element.id", message, N_("Give every element an id of its own."), **params)


def _references(node: etree._Element, ids: Mapping[str, etree._Element], remarks: Remarks) -> None:
    for name in REFERENCES:
        if name in node.attrib:
            node.set(name, _local_id(node.get(name, ""), ids))
    if local(node) in TEXT_REFERENCES and node.text:
        node.text = _local_id(node.text.strip(), ids)
    for name in RESOLVED:
        value = node.get(name, "")
        if value and value not in ids:
            message = N_("The %(what)s “%(id)s” is not in the file.")
            remarks.add(owner(node), "reference.missing", message, N_("Choose it again."), what=name, id=value)


def _local_id(value: str, ids: Mapping[str, etree._Element]) -> str:
    tail = value.rpartition(":")[2]
    return tail if value not in ids and tail in ids else value


def _expression(node: etree._Element, language: str, remarks: Remarks) -> None:
    text, tag = (node.text or "").strip(), local(node)
    if not text:
        return
    language = node.get("language", language)
    found = _time(text) if tag in TIMES else to_feel(text, language, value=tag in VALUES)
    if found is None or found == text:
        return
    node.text = found
    if found.removeprefix("=") != text:
        message = N_("“%(text)s” is read as the FEEL expression “%(feel)s”.")
        remarks.add(owner(node), "read.expression", message, N_("Write it in FEEL."), text=text, feel=found)


def _time(text: str) -> str | None:
    """A timer of another tool: an expression in its mark, or a text in quotes."""
    if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return to_feel(text) if text.startswith(("${", "#{")) else None


def _process(process: etree._Element, remarks: Remarks) -> None:
    scopes = [node for node in process.iter() if is_bpmn(node) and node.find(f"{{{BPMN}}}sequenceFlow") is not None]
    for scope in scopes:
        for number, flow in enumerate(scope.iterfind(f"{{{BPMN}}}sequenceFlow"), 1):
            if not flow.get("id"):
                flow.set("id", f"flow-{scope.get('id', '')}-{number}")
                message = N_("The flow from “%(source)s” to “%(target)s” has no id.")
                ends = {"source": flow.get("sourceRef", ""), "target": flow.get("targetRef", "")}
                remarks.add(flow, "read.flow-id", message, N_("Nothing to do; it is kept."), **ends)
    if "isExecutable" not in process.attrib and process.find(f"{{{BPMN}}}sequenceFlow") is not None:
        message = N_("The process does not say whether it can be executed; it is taken as executable.")
        remarks.add(process, "read.executable", message, N_("Tick “Executable” in the editor."))


def _foreign(root: etree._Element, remarks: Remarks) -> None:
    names = sorted({name for node in root.iter() for name in _namespaces(node)} - KNOWN)
    if names:
        message = N_("The file holds extensions of other tools, which are kept and not looked at: %(names)s.")
        remarks.add(root, "read.foreign", message, N_("Nothing to do."), names=", ".join(names))


def _namespaces(node: etree._Element) -> Iterator[str]:
    if isinstance(node.tag, str):
        for tag in (node.tag, *node.attrib):
            if tag.startswith("{"):
                yield tag[1:].partition("}")[0]


def owner(node: etree._Element) -> etree._Element:
    """The flow or flow node that an inner part belongs to."""
    parents = {"process", "subProcess", "transaction", "adHocSubProcess", "definitions", "collaboration"}
    above = node.getparent()
    while above is not None and local(above) not in parents:
        node, above = above, above.getparent()
    return node
