"""The Camunda 8 extension elements that we author in (architecture §3, dialect)."""

import textwrap
from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from loopdesk.engine.bpmn.model import Extras, Mapped
from loopdesk.engine.bpmn.xml import BPMN, CAMUNDA, ZEEBE

PYTHON = frozenset({"python", "python3", "text/x-python", "application/x-python"})
"""What BPMN files call the language."""

Reader = Callable[[Extras, etree._Element], Extras]


def extras_of(node: etree._Element) -> tuple[Extras, list[str]]:
    """What the extension elements of a flow node say, and the zeebe tags that we do not know."""
    extras, unknown = Extras(), []
    for extension in node.iterfind(f"{{{BPMN}}}extensionElements/{{{ZEEBE}}}*"):
        tag = etree.QName(extension).localname
        if tag in _READERS:
            extras = _READERS[tag](extras, extension)
        elif tag not in _HARMLESS:
            unknown.append(tag)
    if etree.QName(node).localname == "scriptTask" and not extras.script:
        extras = _program(extras, node)
    return extras, unknown


def _program(extras: Extras, node: etree._Element) -> Extras:
    """A script in Python stands in the model itself (BPMN 2.0.2 §10.3.3), its result variable as Camunda 7 has it."""
    script = node.find(f"{{{BPMN}}}script")
    if script is None or node.get("scriptFormat", "").strip().lower() not in PYTHON:
        return extras
    result = next((node.get(f"{{{namespace}}}resultVariable", "") for namespace in CAMUNDA[:1]), "")
    return replace(extras, program=textwrap.dedent(script.text or "").strip(), result=result)


def _mappings(extras: Extras, node: etree._Element) -> Extras:
    def of(tag: str) -> tuple[Mapped, ...]:
        lines = node.iterfind(f"{{{ZEEBE}}}{tag}")
        return tuple(Mapped(line.get("source", ""), line.get("target", "")) for line in lines)

    return replace(extras, inputs=of("input"), outputs=of("output"))


def _called(extras: Extras, node: etree._Element) -> Extras:
    return replace(
        extras,
        called=node.get("processId", ""),
        all_in=node.get("propagateAllParentVariables", "true") == "true",
        all_out=node.get("propagateAllChildVariables", "true") == "true",
    )


def _properties(extras: Extras, node: etree._Element) -> Extras:
    given = {line.get("name", ""): line.get("value", "") for line in node.iterfind(f"{{{ZEEBE}}}property")}
    return replace(extras, properties=given)


_READERS: dict[str, Reader] = {
    "formDefinition": lambda extras, node: replace(extras, form=node.get("formId") or node.get("formKey") or ""),
    "assignmentDefinition": lambda extras, node: replace(extras, assignee=node.get("assignee", "")),
    "taskSchedule": lambda extras, node: replace(extras, due=node.get("dueDate", "")),
    "taskDefinition": lambda extras, node: replace(extras, task=node.get("type", "")),
    "calledDecision": lambda extras, node: replace(
        extras, decision=node.get("decisionId", ""), result=node.get("resultVariable", "")
    ),
    "script": lambda extras, node: replace(
        extras, script=node.get("expression", ""), result=node.get("resultVariable", "")
    ),
    "calledElement": _called,
    "loopCharacteristics": lambda extras, node: replace(
        extras,
        collection=node.get("inputCollection", ""),
        item=node.get("inputElement", ""),
        results=node.get("outputCollection", ""),
        result=node.get("outputElement", ""),
    ),
    "adHoc": lambda extras, node: replace(extras, activates=node.get("activeElementsCollection", "")),
    "ioMapping": _mappings,
    "properties": _properties,
}
_HARMLESS = frozenset(
    {
        "userTask",
        "subscription",
        "modelerTemplate",
        "modelerTemplateIcon",
        "taskHeaders",
        "userTaskForm",
        "versionTag",
        "priorityDefinition",
    }
)
"""Marks that change nothing here: every user task is native, every message correlates by the case number, the desk
itself sets priorities."""
