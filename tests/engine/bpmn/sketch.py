"""Short words for small diagrams whose elements write their names into ``log`` as they come."""
# ruff: noqa: E501 - one diagram a line reads better

from typing import Any

from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import coded, diagram, extended, script

NAMED = '<bpmn:error id="e-X" errorCode="X"/><bpmn:error id="e-Y" errorCode="Y"/><bpmn:escalation id="c-X" escalationCode="X"/><bpmn:signal id="s-news" name="news"/>'
UNDO, TERMINATE, CANCEL = (f"<bpmn:{kind}EventDefinition/>" for kind in ("compensate", "terminate", "cancel"))


def world(body: str, *, more: str = "", **data: Any) -> World:
    """An instance that has begun, with an empty log and the messages ``m`` and ``n``."""
    return World(diagram(body, messages=("m", "n"), more=NAMED + more)).start(log=[], **data)


def start(identity: str = "s", definition: str = "", more: str = "") -> str:
    return f'<bpmn:startEvent id="{identity}" {more}>{definition}</bpmn:startEvent>'


def end(identity: str = "e", definition: str = "") -> str:
    return f'<bpmn:endEvent id="{identity}">{definition}</bpmn:endEvent>'


def throw(identity: str, definition: str) -> str:
    return f'<bpmn:intermediateThrowEvent id="{identity}">{definition}</bpmn:intermediateThrowEvent>'


def users(*names: str) -> str:
    return "".join(f'<bpmn:userTask id="{name}"/>' for name in names)


def logs(*names: str) -> str:
    """Script tasks that write their names into the log."""
    return "".join(script(name, f'=append(log, "{name}")', "log") for name in names)


def both(*names: str) -> str:
    return "".join(f'<bpmn:parallelGateway id="{name}"/>' for name in names)


def scope(identity: str, *parts: str, tag: str = "subProcess", more: str = "", attributes: str = "") -> str:
    return f'<bpmn:{tag} id="{identity}" {attributes}>{more}{"".join(parts)}</bpmn:{tag}>'


def handler(identity: str, definition: str, *parts: str, cancel: bool = True) -> str:
    """An event sub-process; its start event is ``<identity>s``."""
    begin = start(f"{identity}s", definition, f'isInterrupting="{str(cancel).lower()}"')
    return scope(identity, begin, *parts, attributes='triggeredByEvent="true"')


def border(identity: str, host: str, definition: str, *, cancel: bool = True) -> str:
    return f'<bpmn:boundaryEvent id="{identity}" attachedToRef="{host}" cancelActivity="{str(cancel).lower()}">{definition}</bpmn:boundaryEvent>'


def undoable(*names: str, waits: bool = False) -> str:
    """Activities whose handlers ``u-…`` write into the log too; the activities themselves wait if asked."""
    return "".join(
        (users(name) if waits else logs(name)) + border(f"b-{name}", name, UNDO) + logs(f"u-{name}").replace("<bpmn:scriptTask", '<bpmn:scriptTask isForCompensation="true"')
        + f'<bpmn:association id="as-{name}" sourceRef="b-{name}" targetRef="u-{name}"/>'
        for name in names
    )  # fmt: skip


def call(identity: str, process: str, more: str = "", attributes: str = "") -> str:
    return f"""<bpmn:callActivity id="{identity}">{extended(f'<zeebe:calledElement processId="{process}" {attributes}/>')}{more}</bpmn:callActivity>"""


def process(identity: str, *parts: str) -> str:
    return f'<bpmn:process id="{identity}" isExecutable="true">{"".join(parts)}</bpmn:process>'


def many(settings: str = 'inputCollection="=items" inputElement="item"', attributes: str = "", parts: str = "") -> str:
    said = extended(f"<zeebe:loopCharacteristics {settings}/>") if settings else ""
    return f"<bpmn:multiInstanceLoopCharacteristics {attributes}>{said}{parts}</bpmn:multiInstanceLoopCharacteristics>"


def task(identity: str, more: str, tag: str = "userTask") -> str:
    return f'<bpmn:{tag} id="{identity}">{more}</bpmn:{tag}>'


def error(code: str = "") -> str:
    return coded("error", code)


def escalation(code: str = "") -> str:
    return coded("escalation", code)


def signal(name: str) -> str:
    return coded("signal", name)
