"""A process of the owner's own, with the waits that no shipped one has: what is in it must outlive upgrades, too."""

from loopdesk.tests.engine.drawing import diagram, extended, flows, inputs, script, service, timer

NAME = "audit"
KEPT = '={day: date("2026-03-02"), length: duration("P1DT2H"), share: 1/8, many: [1, 2.50], none: null}'
"""A value of each type that a stored state must give back as it was."""
RIGHT = (
    '=kept.day + duration("P1D") = date("2026-03-03") and kept.length > duration("P1D") and kept.share = 0.125'
    " and kept.many[2] = 2.5 and kept.none = null and answer.body.entry = 7 and reminded = true"
)


def _person(identity: str) -> str:
    return f'<bpmn:userTask id="{identity}">{extended("<zeebe:userTask/>")}</bpmn:userTask>'


def _boundary(identity: str, at: str, definition: str) -> str:
    ends = f'id="{identity}" attachedToRef="{at}" cancelActivity="false"'
    return f"<bpmn:boundaryEvent {ends}>{definition}</bpmn:boundaryEvent>"


_SUB = (
    '<bpmn:startEvent id="begin"/>'
    + _person("count")
    + _boundary("late", "count", timer("Duration", "PT1H"))
    + script("remind", "=true", "reminded")
    + '<bpmn:endEvent id="told"/><bpmn:endEvent id="counted"/>'
    + flows("begin > count > counted", "late > remind > told")
)
_POST = inputs(url='="https://ledger.example/entries"', body="={number: case.number}")
_ANSWER = '<zeebe:output source="=status" target="answer.status"/><zeebe:output source="=body" target="answer.body"/>'
_CALL = extended('<zeebe:calledElement processId="second" propagateAllChildVariables="true"/>')
_BODY = (
    '<bpmn:startEvent id="start"/>'
    + script("keep", KEPT, "kept")
    + '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>'
    + f'<bpmn:subProcess id="inner">{_SUB}</bpmn:subProcess>'
    + f'<bpmn:intermediateCatchEvent id="pause">{timer("Duration", "PT2H")}</bpmn:intermediateCatchEvent>'
    + service("enter", "http.post", _POST.replace("</zeebe:ioMapping>", f"{_ANSWER}</zeebe:ioMapping>"))
    + service("enter_again", "http.post", _POST)
    + f'<bpmn:callActivity id="call">{_CALL}</bpmn:callActivity>'
    + script("compare", RIGHT, "right")
    + '<bpmn:endEvent id="end"/>'
    + flows("start > keep > fork > inner > join", "fork > pause > enter > join", "fork > call > join")
    + flows("fork > enter_again > join", "join > compare > end").replace('id="f-fork-', 'id="g-fork-')
)
_SECOND = (
    '<bpmn:process id="second" isExecutable="true"><bpmn:startEvent id="s"/>'
    + _person("sign")
    + '<bpmn:endEvent id="e"/>'
    + flows("s > sign > e")
    + "</bpmn:process>"
)
_RACI = "{R: [support/agent], A: support/supervisor, C: [], I: []}"
FILES = {
    "audit.bpmn": diagram(_BODY, process=NAME, more=_SECOND),
    "raci.yaml": f"activities: {{count: {_RACI}, sign: {_RACI}}}\n".encode(),
}
