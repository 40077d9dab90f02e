"""Small diagrams for tests, written as BPMN XML without layout."""
# ruff: noqa: E501 - one diagram a line reads better

import re
from xml.sax.saxutils import escape

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="test">'
)


def diagram(body: str, *, process: str = "p", messages: tuple[str, ...] = (), more: str = "") -> bytes:
    """A file with one process; ``more`` stands beside it. A message's id is its name with ``m-`` before it."""
    named = "".join(f'<bpmn:message id="m-{name}" name="{name}"/>' for name in messages)
    inside = f'<bpmn:process id="{process}" isExecutable="true">{body}</bpmn:process>'
    return f"{HEAD}{named}{inside}{more}</bpmn:definitions>".encode()


def flows(*paths: str) -> str:
    """Sequence flows from texts such as ``start > a > end``; a condition stands in brackets: ``g >[=x = 1] a``."""
    lines = []
    for path in paths:
        source, *rest = re.split(r" >(?:\[(.*?)\])? ", path)
        for condition, target in zip(rest[::2], rest[1::2], strict=True):
            inner = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
            ends = f'sourceRef="{source}" targetRef="{target}"'
            lines.append(f'<bpmn:sequenceFlow id="f-{source}-{target}" {ends}>{inner}</bpmn:sequenceFlow>')
            source = target
    return "".join(lines)


def extended(inner: str) -> str:
    """Extension elements."""
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def inputs(**values: str) -> str:
    """An ioMapping with inputs."""
    lines = "".join(f'<zeebe:input source="{_quoted(text)}" target="{name}"/>' for name, text in values.items())
    return f"<zeebe:ioMapping>{lines}</zeebe:ioMapping>"


def service(identity: str, operation: str, more: str = "") -> str:
    """A service task that calls an operation."""
    return f'<bpmn:serviceTask id="{identity}">{extended(f"""<zeebe:taskDefinition type="{operation}"/>{more}""")}</bpmn:serviceTask>'


def script(identity: str, expression: str, result: str = "") -> str:
    """A script task with a FEEL expression."""
    inner = f'<zeebe:script expression="{_quoted(expression)}" resultVariable="{result}"/>'
    return f'<bpmn:scriptTask id="{identity}">{extended(inner)}</bpmn:scriptTask>'


def timer(kind: str, text: str) -> str:
    """A timer definition; ``kind`` is Duration, Date or Cycle."""
    return f"<bpmn:timerEventDefinition><bpmn:time{kind}>{text}</bpmn:time{kind}></bpmn:timerEventDefinition>"


def message(name: str) -> str:
    """A message definition."""
    return f'<bpmn:messageEventDefinition messageRef="m-{name}"/>'


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def coded(kind: str, code: str = "") -> str:
    """An error, escalation or signal definition; it refers to the id ``e-``, ``c-`` or ``s-`` and the code."""
    mark = {"error": "e", "escalation": "c", "signal": "s"}[kind]
    return f'<bpmn:{kind}EventDefinition {f"""{kind}Ref="{mark}-{code}" """ if code else ""}/>'


def condition(text: str) -> str:
    """A conditional definition."""
    return f"<bpmn:conditionalEventDefinition><bpmn:condition>{escape(text)}</bpmn:condition></bpmn:conditionalEventDefinition>"


def catch(identity: str, definition: str, more: str = "") -> str:
    """An intermediate catch event."""
    return f'<bpmn:intermediateCatchEvent id="{identity}" {more}>{definition}</bpmn:intermediateCatchEvent>'


def event_sub(identity: str, definition: str, body: str, first: str, *, interrupting: bool = True) -> str:
    """An event sub-process whose start event ``<identity>-start`` leads to ``first`` of its ``body``."""
    start = f'<bpmn:startEvent id="{identity}-start" isInterrupting="{str(interrupting).lower()}">{definition}</bpmn:startEvent>'
    inner = start + body + flows(f"{identity}-start > {first}")
    return f'<bpmn:subProcess id="{identity}" triggeredByEvent="true">{inner}</bpmn:subProcess>'
