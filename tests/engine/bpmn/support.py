"""What ``docs/bpmn-support.md`` says: each element with a small diagram that is tried, each rule with one that breaks it.

``python -m loopdesk.tests.engine.bpmn.support`` writes the page.
"""
# ruff: noqa: E501 - one diagram a line reads better

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import loopdesk
from loopdesk.engine import trial
from loopdesk.engine.trial import Order
from loopdesk.tests.engine.bpmn.support_rules import refused
from loopdesk.tests.engine.drawing import (
    catch,
    coded,
    condition,
    diagram,
    event_sub,
    extended,
    flows,
    message,
    script,
    service,
    timer,
)

PAGE = Path(loopdesk.__file__).resolve().parent / "docs" / "bpmn-support.md"
START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
MORE = (
    '<bpmn:error id="e-x" errorCode="x"/><bpmn:escalation id="c-x" escalationCode="x"/><bpmn:signal id="s-x" name="x"/><bpmn:signalEventDefinition id="told" signalRef="s-x"/>'
    '<bpmn:message id="m-k" name="k">' + extended('<zeebe:subscription correlationKey="=order"/>') + "</bpmn:message>"
)
CALLED = '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"/><bpmn:endEvent id="qe"/><bpmn:sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/></bpmn:process>'


def line(task: str) -> str:
    return START + task + END + flows("s > t > e")


def begin(definition: str, more: str = "") -> str:
    return f'<bpmn:startEvent id="s" {more}>{definition}</bpmn:startEvent>' + END + flows("s > e")


def end(definition: str) -> str:
    return START + f'<bpmn:endEvent id="e">{definition}</bpmn:endEvent>' + flows("s > e")


def throw(definition: str) -> str:
    return line(f'<bpmn:intermediateThrowEvent id="t">{definition}</bpmn:intermediateThrowEvent>')


def inside(throws: str) -> str:
    return (
        f'<bpmn:subProcess id="t"><bpmn:startEvent id="is"/><bpmn:endEvent id="ie">{throws}</bpmn:endEvent>'
        + flows("is > ie")
        + "</bpmn:subProcess>"
    )


def waits(length: str) -> str:
    """A sub-process that takes a while."""
    inner = '<bpmn:startEvent id="is"/>' + catch("ic", timer("Duration", length)) + '<bpmn:endEvent id="ie"/>'
    return f'<bpmn:subProcess id="t">{inner}' + flows("is > ic > ie") + "</bpmn:subProcess>"


def boundary(host: str, definition: str, *, cancel: bool = True) -> str:
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="t" cancelActivity="{str(cancel).lower()}">{definition}</bpmn:boundaryEvent>'
    return line(host) + event + '<bpmn:endEvent id="f"/>' + flows("b > f")


def gateway(kind: str, *conditions: str) -> str:
    first, second = conditions or ("", "")
    ways = [f"g >[{first}] a" if first else "g > a", f"g >[{second}] b" if second else "g > b"]
    default = ' default="f-g-b"' if first and not second else ""
    return (
        START
        + f'<bpmn:{kind} id="g" name="?"{default}/><bpmn:task id="a"/><bpmn:task id="b"/>'
        + END
        + flows("s > g", *ways, "a > e", "b > e")
    )


def handling(definition: str, *, interrupting: bool = True) -> str:
    return line('<bpmn:userTask id="t"/>') + event_sub(
        "sub", definition, '<bpmn:endEvent id="f"/>', "f", interrupting=interrupting
    )


MANY = (
    '<bpmn:multiInstanceLoopCharacteristics isSequential="{}">'
    + extended(
        '<zeebe:loopCharacteristics inputCollection="=[1, 2]" inputElement="x" outputCollection="y" outputElement="=x * 2"/>'
    )
    + "</bpmn:multiInstanceLoopCharacteristics>"
)
COMPENSATED = (
    service("t", "book") + '<bpmn:boundaryEvent id="b" attachedToRef="t"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
    + '<bpmn:serviceTask id="f" isForCompensation="true">' + extended('<zeebe:taskDefinition type="undo"/>') + "</bpmn:serviceTask>"
    + '<bpmn:association id="as" sourceRef="b" targetRef="f"/>'
)  # fmt: skip
CANCELLED = (
    '<bpmn:transaction id="t"><bpmn:startEvent id="is"/><bpmn:endEvent id="ie"><bpmn:cancelEventDefinition/></bpmn:endEvent>'
    + flows("is > ie")
    + "</bpmn:transaction>"
)
LINKS = (
    START + '<bpmn:intermediateThrowEvent id="a"><bpmn:linkEventDefinition name="x"/></bpmn:intermediateThrowEvent>'
    + catch("t", '<bpmn:linkEventDefinition name="x"/>') + END + flows("s > a", "t > e")
)  # fmt: skip
UNDO = "<bpmn:compensateEventDefinition/>"
TOLD = (
    '<bpmn:subProcess id="t"><bpmn:startEvent id="is"/><bpmn:intermediateThrowEvent id="it">' + coded("escalation", "x")
    + '</bpmn:intermediateThrowEvent><bpmn:userTask id="iu"/>' + flows("is > it > iu") + "</bpmn:subProcess>"
)  # fmt: skip
Case = tuple[str, str, Mapping[str, Any]]
"""A diagram, an element that must be completed, and what comes from outside."""
SAY: Mapping[str, Any] = {"messages": [("m", {})]}
RUNS: dict[str, dict[str, Case]] = {
    "Activities": {
        "task": (line('<bpmn:task id="t"/>'), "t", {}),
        "manual task": (line('<bpmn:manualTask id="t"/>'), "t", {}),
        "user task": (line('<bpmn:userTask id="t"/>'), "t", {}),
        "service task": (line(service("t", "pay")), "t", {}),
        "send task": (line('<bpmn:sendTask id="t" messageRef="m-m"/>'), "t", {}),
        "receive task": (line('<bpmn:receiveTask id="t" messageRef="m-m"/>'), "t", SAY),
        "business rule task": (line("<bpmn:businessRuleTask id='t'>" + extended('<zeebe:calledDecision decisionId="d" resultVariable="r"/>') + "</bpmn:businessRuleTask>"), "t", {}),
        "script task (FEEL)": (line(script("t", "=1 + 1", "x")), "t", {}),
        "call activity": (line('<bpmn:callActivity id="t" calledElement="q"/>'), "qe", {}),
        "sub-process": (line(inside("")), "ie", {}),
        "sub-process without start event": (line('<bpmn:subProcess id="t"><bpmn:task id="ie"/></bpmn:subProcess>'), "ie", {}),
        "ad hoc sub-process": (line('<bpmn:adHocSubProcess id="t"><bpmn:task id="a"/><bpmn:completionCondition>=true</bpmn:completionCondition></bpmn:adHocSubProcess>'), "t", {}),
        "transaction with cancel, nothing on its border": (line(CANCELLED), "ie", {}),
        "transaction with cancel": (boundary(CANCELLED, "<bpmn:cancelEventDefinition/>"), "f", {}),
        "compensation": (START + COMPENSATED + '<bpmn:endEvent id="e"><bpmn:compensateEventDefinition/></bpmn:endEvent>' + flows("s > t > e"), "f", {}),
        "standard loop": (line('<bpmn:scriptTask id="t"><bpmn:standardLoopCharacteristics loopMaximum="3"><bpmn:loopCondition>=true</bpmn:loopCondition></bpmn:standardLoopCharacteristics>' + extended('<zeebe:script expression="=1" resultVariable="x"/>') + "</bpmn:scriptTask>"), "t", {}),
        "multi-instance, parallel": (line(f'<bpmn:task id="t">{MANY.format("false")}</bpmn:task>'), "t", {}),
        "multi-instance that throws a signal at its border": (boundary('<bpmn:task id="t">' + MANY.format("false").replace("isSequential", 'behavior="One" oneBehaviorEventRef="told" isSequential') + "</bpmn:task>", coded("signal", "x")), "f", {}),
        "multi-instance, sequential": (line(f'<bpmn:task id="t">{MANY.format("true")}</bpmn:task>'), "t", {}),
        "token quantities": (line('<bpmn:task id="t" completionQuantity="2"/>'), "t", {}),
        "implicit fork and merge": (START + '<bpmn:task id="t"/><bpmn:task id="a"/>' + END + flows("s > t > e", "s > a > e"), "a", {}),
        "conditional and default flows": (START + '<bpmn:task id="t" default="f-t-e"/><bpmn:endEvent id="f"/>' + END + flows("s > t > e", "t >[=x = 1] f"), "f", {"data": {"x": 1}}),
    },
    "Gateways": {
        "exclusive": (gateway("exclusiveGateway", "=x = 1", ""), "a", {"data": {"x": 1}}),
        "parallel": (gateway("parallelGateway"), "b", {}),
        "inclusive": (gateway("inclusiveGateway", "=x = 1", "=x > 0"), "b", {"data": {"x": 1}}),
        "complex": (START + '<bpmn:parallelGateway id="g"/><bpmn:task id="a"/><bpmn:task id="b"/><bpmn:complexGateway id="t"><bpmn:activationCondition>=activationCount >= 1</bpmn:activationCondition></bpmn:complexGateway>' + END + flows("s > g > a > t > e", "g > b > t"), "t", {}),
        "event-based": (START + '<bpmn:eventBasedGateway id="g"/>' + catch("t", message("m")) + catch("b", timer("Duration", "PT1H")) + END + flows("s > g > t > e", "g > b > e"), "t", SAY),
        "event-based, instantiating": ('<bpmn:eventBasedGateway id="g" instantiate="true"/>' + catch("t", message("m")) + catch("b", message("n")) + END + flows("g > t > e", "g > b > e"), "t", SAY),
    },
    "Events": {
        "message start": (begin(message("m")), "e", SAY),
        "timer start": (begin(timer("Cycle", "R/P1D")), "e", {}),
        "signal start": (begin(coded("signal", "x")), "e", {"signals": ["x"]}),
        "conditional start": (begin(condition("=x = 1")), "e", {"data": {"x": 1}}),
        "multiple start": (begin(message("m") + coded("signal", "x")), "e", SAY),
        "message catch": (line(catch("t", message("m"))), "t", SAY),
        "timer catch: duration, date, cycle": (line(catch("t", timer("Duration", "P1D"))), "t", {}),
        "signal catch": (line(catch("t", coded("signal", "x"))), "t", {"signals": ["x"]}),
        "conditional catch": (line(catch("t", condition("=x = 1"))), "t", {"data": {"x": 1}}),
        "multiple catch": (line(catch("t", message("m") + coded("signal", "x"))), "t", SAY),
        "parallel multiple catch": (line(catch("t", message("m") + coded("signal", "x"), 'parallelMultiple="true"')), "t", {**SAY, "signals": ["x"]}),
        "timer catch: six fields of calendar and clock, @daily …": (line(catch("t", timer("Cycle", "0 0 9 * * MON-FRI"))), "t", {}),
        "timer catch: a date without a zone": (line(catch("t", timer("Date", "2026-02-01T09:00:00"))), "t", {}),
        "message catch with a correlation key": (line('<bpmn:receiveTask id="t" messageRef="m-k"/>'), "t", {"data": {"order": 7}, "messages": [("k", {})]}),
        "several cycles in one event": (line(catch("t", timer("Cycle", "R/PT1H") + timer("Cycle", "R/PT2H"))), "t", {}),
        "link": (LINKS, "t", {}),
        "link among several triggers": (LINKS.replace('name="x"/></bpmn:intermediateCatchEvent>', 'name="x"/>' + message("m") + "</bpmn:intermediateCatchEvent>"), "t", {}),
        "multiple throw": (throw(message("m") + coded("signal", "x") + coded("escalation", "x") + UNDO), "t", {}),
        "multiple end: message, compensation, terminate": (end(message("m") + UNDO + "<bpmn:terminateEventDefinition/>"), "e", {}),
        "multiple boundary: error or timer": (boundary(inside(coded("error", "x")), coded("error", "x") + timer("Duration", "PT1H")), "f", {}),
        "parallel multiple boundary: escalation and message": (boundary(TOLD, coded("escalation", "x") + message("m")).replace('id="b"', 'id="b" parallelMultiple="true"'), "f", SAY),
        "message throw and end": (throw(message("m")), "t", {}),
        "signal throw and end": (throw(coded("signal", "x")), "t", {}),
        "terminate end": (end("<bpmn:terminateEventDefinition/>"), "e", {}),
        "escalation end, caught at the boundary": (boundary(inside(coded("escalation", "x")), coded("escalation", "x"), cancel=False), "f", {}),
        "error end, caught at the boundary": (boundary(inside(coded("error", "x")), coded("error", "x")), "f", {}),
        "message boundary": (boundary('<bpmn:userTask id="t"/>', message("m")), "f", SAY),
        "message boundary, not interrupting": (boundary('<bpmn:userTask id="t"/>', message("m"), cancel=False), "f", SAY),
        "timer boundary": (boundary('<bpmn:receiveTask id="t" messageRef="m-m"/>', timer("Duration", "PT1H")), "f", {}),
        "timer boundary, not interrupting, cycle": (boundary(waits("PT5H"), timer("Cycle", "R2/PT1H"), cancel=False), "f", {}),
        "signal boundary": (boundary('<bpmn:userTask id="t"/>', coded("signal", "x")), "f", {"signals": ["x"]}),
        "conditional boundary": (boundary('<bpmn:userTask id="t"/>', condition("=x = 1")), "f", {"data": {"x": 1}}),
    },
    "Event sub-processes": {
        "message": (handling(message("m")), "f", SAY),
        "message, not interrupting": (handling(message("m"), interrupting=False), "f", SAY),
        "timer": (line('<bpmn:receiveTask id="t" messageRef="m-m"/>') + event_sub("sub", timer("Duration", "PT1H"), '<bpmn:endEvent id="f"/>', "f"), "f", {}),
        "signal": (handling(coded("signal", "x")), "f", {"signals": ["x"]}),
        "conditional": (handling(condition("=x = 1")), "f", {"data": {"x": 1}}),
        "error": (end(coded("error", "x")) + event_sub("sub", coded("error", "x"), '<bpmn:endEvent id="f"/>', "f"), "f", {}),
        "escalation": (throw(coded("escalation", "x")) + event_sub("sub", coded("escalation", "x"), '<bpmn:endEvent id="f"/>', "f", interrupting=False), "f", {}),
    },
}  # fmt: skip


def tried(case: Case) -> dict[str, Any]:
    """The outcome of a case."""
    body, _, order = case
    file = diagram(body, messages=("m", "n"), more=MORE + CALLED)
    return trial.run({"p.bpmn": file}, "p.bpmn", Order(**order)).as_json()


def page() -> str:
    """The page as the cases and rules say it now."""
    lines = [HEAD]
    for title, cases in RUNS.items():
        lines += [f"\n### {title}\n", "| element | |", "| --- | --- |"]
        lines += [f"| {name} | {_said(tried(case), case[1])} |" for name, case in cases.items()]
    lines += [REFUSED, "| what | rule | | why |", "| --- | --- | --- | --- |"]
    for what, finding in refused():
        shown = finding.as_json()
        said = f"{shown['message']} {shown['remedy']}".replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {what} | `{finding.rule}` | {shown['severity']} | {said} |")
    return "\n".join(lines) + "\n"


def _said(shown: dict[str, Any], element: str) -> str:
    done = any((row["element"], row["event"]) == (element, "completed") for row in shown["trace"])
    if done and shown["status"] == "completed":
        return "runs"
    return f"refused: {shown['error']['message']}" if shown["error"] else shown["status"]


HEAD = """# What Loopdesk understands of BPMN

For process owners who draw, and for those who bring diagrams of other tools along. This page is written by the tests: each
line is a small diagram that was tried (`tests/engine/bpmn/support.py`).

```
loopdesk check process.bpmn            # what a draft lacks is a warning
loopdesk check --deploy process.bpmn   # … and an error before it is deployed
loopdesk try process.bpmn --data '{"amount": 3}' --answer 'approve={"ok": true}'
```

## How files of other tools are read

Files of bpmn.io, Camunda Modeler, Signavio and others are read as they are; the file itself is never changed, so ids, drawing
and foreign extensions stay. What is read in our own way is told by a finding of severity info (`read.…`): flows without an
id, expressions of JUEL, XPath or without a mark whose meaning in FEEL is sure, extensions of Camunda 7 (Activiti, Flowable)
and SpiffWorkflow, messages that only a message flow names, global tasks, branches without a gateway, files in another
encoding than UTF-8. Camunda 8's extensions are our own dialect. Programs (Java, JavaScript) are never run,
Python script tasks only in a sandbox where an administrator allows them.

Lanes, groups, annotations, data stores, pools without a process and documentation are drawing: they change nothing.

## How it is meant where the picture leaves it open

- **Several start events.** Each one of a process begins an instance of its own (§10.5.2): those with a trigger when it comes, several plain
  ones side by side when the process is started. A sub-process has one plain start event or none (§13.3.4).
- **Multiple events.** A throwing one throws all: messages and signals first, then escalations, then compensation, and last what takes the
  token away (cancel, error, terminate, link). A catching one takes the first that comes. Of parallel multiple triggers all have to
  come; an error only as the last of them, for it ends what the others belong to.
- **Errors.** One that nothing catches ends a trial as `failed`. A running case is not ended by it: the step is undone and waits as an
  incident, and a person decides. So does a process whose tokens wait only for each other (a join that can never be complete).
- **Interruption.** What was written inside a sub-process or a called process until then stays known outside as it would at its end: without
  output mappings everything but what the inputs made (a call only with `propagateAllChildVariables`), with output mappings nothing, since
  they are for a completed scope. What an error, escalation, message or signal carries always reaches who catches it.
- **A cancelled transaction** without a cancel event on its border is undone, and its way ends there.
- **Times.** A moment without a zone is one of the house (setting `ZONE`; UTC in a trial), which a finding `read.zone` tells. A cycle is
  `R3/PT10M`, or six fields from seconds to days of the week (Monday is 1, `MON` is clearer), or `@daily`, `@hourly` and so on, in the
  zone of the house; day of the month and day of the week have both to fit.
- **Messages** are for the case, unless the message has a correlation key (`zeebe:subscription`, or BPMN's correlation keys that the
  process binds). Then its value counts: at the receiver when the wait begins, at the sender over what is sent. It must not be empty.
  A message that begins a process begins it for the key that it was sent for.
- **Messages and signals in a trial.** `--message NAME=JSON` goes to whoever waits for the name, whatever the correlation key, or begins a
  process; `--signal NAME` waits for the first who hears it. What the process itself throws and nobody waits for: a message stays until
  somebody does, a signal is over at once; neither is a failure. With either left over a trial still ends as its process does.
- **Parallel branches.** Each branch works on its own copy of the variables until they join, so none sees what another one writes
  meanwhile. Then they are merged three ways: what one of them changed counts, lists that were appended to are put together, and the
  same change made twice is one change. Different values for one variable are an incident that shows both, also when one was written
  long after the other: there is no later one that wins. A conditional event that waits makes the branches share what they wrote before
  it is looked at.
- **Where variables are known.** What is written in a process or sub-process is known in everything inside it. Inputs make variables of
  the element alone, which are gone when it is done. With outputs only what they name goes out; without outputs everything but what the
  inputs made does. A called process gets everything and what the inputs make, with `propagateAllParentVariables="false"` only the inputs; it
  gives back what the outputs name, without outputs everything, unless `propagateAllChildVariables="false"`.
- **Multi-instance.** Each instance has its own copy with `inputElement` and `loopCounter` (from 1). At the end `outputCollection` holds the
  `outputElement` of each in the order of the items, whichever was done first; one that was cancelled because the completion
  condition became true, or that never began, leaves `null` there. `outputElement` without a value is `null` too.
- **Conditional events** fire when the condition becomes true: it is looked at when the event begins to wait (one that is true already fires at
  once) and whenever variables may have changed. One that does not interrupt fires again only after the condition was false in between.

## What runs"""
REFUSED = """
## What is refused or told

`error` forbids the deployment. A `draft.…` rule is a warning while you draw and an error at the deployment. `style.…` is
advice.
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
