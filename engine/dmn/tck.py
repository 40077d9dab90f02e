"""Runs test cases in the format of the DMN Technology Compatibility Kit (testCases.xsd)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from loopdesk.engine.dmn.decisions import Model, read
from loopdesk.engine.errors import LoopdeskError
from loopdesk.engine.feel.compare import compare, same
from loopdesk.engine.feel.temporal_text import parse_date, parse_date_time, parse_duration, parse_time
from loopdesk.engine.feel.values import feel, to_json

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
TOLERANCE = Decimal("1e-8")
"""Numbers pass when they agree this closely, relative to their size: the kit states some as rounded decimals."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A result node that did not pass."""

    directory: str
    case: str
    node: str
    expected: Any
    actual: Any


@dataclass(slots=True)
class Report:
    """Figures of a run, by directory: passed and total result nodes."""

    by_directory: dict[str, list[int]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As ``loopdesk tck --json`` prints it."""
        rows = self.by_directory
        return {
            "passed": sum(passed for passed, _ in rows.values()),
            "total": sum(total for _, total in rows.values()),
            "by_directory": {
                name: {"passed": passed, "total": total} for name, (passed, total) in sorted(rows.items())
            },
            "failures": [
                {"directory": f.directory, "case": f.case, "node": f.node, "expected": f.expected, "actual": f.actual}
                for f in self.failures
            ],
        }


def local(element: Any) -> str:
    """An element's name without namespace; "" for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Any, name: str) -> Iterator[Any]:
    """The child elements of this name."""
    return (child for child in element if local(child) == name)


def value_in(element: Any) -> Any:
    """The FEEL value that an inputNode, an expected node, a component or an item states."""
    for child in element:
        match local(child):
            case "value":
                return _simple(child)
            case "list":
                return None if _nil(child) else [value_in(item) for item in children(child, "item")]
            case "component":
                return {one.get("name"): None if _nil(one) else value_in(one) for one in children(element, "component")}
    return None


def _nil(element: Any) -> bool:
    return element.get(XSI + "nil") in ("true", "1")


def _simple(element: Any) -> Any:
    if _nil(element):
        return None
    text, kind = element.text or "", (element.get(XSI + "type") or "string").rpartition(":")[2]
    match kind:
        case "boolean":
            return text.strip() in ("true", "1")
        case "decimal" | "double" | "integer" | "int" | "long" | "float":
            return Decimal(text.strip())
        case "date":
            return parse_date(text.strip())
        case "time":
            return parse_time(text.strip())
        case "dateTime":
            return parse_date_time(text.strip())
        case "duration" | "dayTimeDuration" | "yearMonthDuration":
            return parse_duration(text.strip())
    return text


def agree(expected: Any, actual: Any) -> bool:
    """Whether a value is the expected one: numbers by value, times by meaning, lists and contexts deeply."""
    match expected, actual:
        case Decimal(), Decimal():
            return abs(expected - actual) <= TOLERANCE * max(Decimal(1), abs(expected))
        case list(), list():
            return len(expected) == len(actual) and all(map(agree, expected, actual))
        case dict(), dict():
            return set(expected) == set(actual) and all(agree(value, actual[key]) for key, value in expected.items())
    return same(expected, actual) or (expected is not None and compare(expected, actual) == 0)


def run(root: Path, now: datetime) -> Report:
    """Run every test file under ``root`` against the model it names; ``now`` is the tests' present."""
    report = Report()
    for path in sorted(root.rglob("*.xml")):
        tree = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)).getroot()
        if local(tree) == "testCases":
            _run_file(report, path, tree, str(path.parent.relative_to(root)), now)
    return report


def _run_file(report: Report, path: Path, tree: Any, directory: str, now: datetime) -> None:
    name = next((child.text or "" for child in children(tree, "modelName")), "")
    model: Model | LoopdeskError = _load(path.parent / name)
    row = report.by_directory.setdefault(directory, [0, 0])
    for case in children(tree, "testCase"):
        data = {node.get("name"): value_in(node) for node in children(case, "inputNode")}
        for node in children(case, "resultNode"):
            row[1] += 1
            expected = next((value_in(child) for child in children(node, "expected")), None)
            actual = _answer(model, case, node, data, now)
            if isinstance(actual, LoopdeskError):
                actual = None if node.get("errorResult") == "true" else str(actual)
            if agree(expected, actual):
                row[0] += 1
                continue
            report.failures.append(
                Failure(directory, case.get("id", ""), node.get("name", ""), to_json(expected), to_json(actual))
            )


def _load(path: Path) -> Model | LoopdeskError:
    imports = {other.name: other.read_bytes() for other in sorted(path.parent.glob("*.dmn")) if other != path}
    try:
        return read(path.read_bytes(), file=path.name, imports=imports)
    except LoopdeskError as error:
        return error


def _answer(model: Model | LoopdeskError, case: Any, node: Any, data: dict[str, Any], now: datetime) -> Any:
    if isinstance(model, LoopdeskError):
        return model
    name = node.get("name")
    try:
        if case.get("type") != "decisionService":
            return feel(model.decide(name, data, now=now).value)
        service = model.find_service(case.get("invocableName", ""))
        value = feel(model.serve(service.id, data, now=now))
        return value.get(name) if isinstance(value, dict) and len(service.outputs) > 1 else value
    except LoopdeskError as error:
        return error


def markdown(report: Report) -> str:
    """The table of ``docs/dmn-support.md``."""
    figures = report.as_json()
    lines = ["| directory | passed | of |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {row['passed']} | {row['total']} |" for name, row in figures["by_directory"].items()]
    lines.append(f"| **all** | **{figures['passed']}** | **{figures['total']}** |")
    return "\n".join(lines)
