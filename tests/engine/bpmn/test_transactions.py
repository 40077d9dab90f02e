"""Transactions and how they are cancelled (BPMN 2.0.2 §10.3.5, §13.5.5)."""
# ruff: noqa: E501 - one diagram a line reads better

from loopdesk.tests.engine.bpmn.test_compensation import INSIDE
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows


def transaction(end: str = "x", more: str = "") -> bytes:
    inside = (
        INSIDE
        + f'<bpmn:userTask id="beside"/><bpmn:userTask id="ask"/><bpmn:endEvent id="x"><bpmn:cancelEventDefinition/></bpmn:endEvent>{more}'
        + flows("is > beside", "a > ask > x")
    )
    return diagram(
        f'<bpmn:startEvent id="s"/><bpmn:transaction id="tx">{inside}</bpmn:transaction><bpmn:boundaryEvent id="cancelled" attachedToRef="tx"><bpmn:cancelEventDefinition/></bpmn:boundaryEvent>'
        '<bpmn:userTask id="sorry"/><bpmn:userTask id="fine"/>' + flows("s > tx > fine", "cancelled > sorry")
    )  # fmt: skip


def test_a_cancelled_transaction_stops_undoes_and_goes_on_at_its_border() -> None:
    world = World(transaction()).start(log=[])
    assert world.waiting == ["ask", "beside"]
    world.go("ask", why="full")
    assert world.waiting == ["sorry"]
    assert world.data == {"log": ["a", "undo a"], "why": "full"}
    assert {"p/x", "p/cancelled"} <= world.execution.passed
    assert world.go("sorry").done


def test_a_transaction_that_is_not_cancelled_is_a_sub_process() -> None:
    file = transaction().replace(
        b'<bpmn:endEvent id="x"><bpmn:cancelEventDefinition/></bpmn:endEvent>', b'<bpmn:endEvent id="x"/>'
    )
    world = World(file).start(log=[]).go("ask").go("beside")
    assert world.waiting == ["fine"]
    assert world.data == {"log": ["a"]}


def test_cancelling_waits_for_handlers_that_wait() -> None:
    file = transaction().replace(b"scriptTask", b"userTask")
    world = World(file).start(log=[]).go("a").go("ask")
    assert world.waiting == ["u-a"]
    assert world.go("u-a", undone=True).waiting == ["sorry"]
    assert world.data == {"log": [], "undone": True}


def test_a_transaction_that_is_run_for_each_item_is_cancelled_as_a_whole() -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics>"
        + extended('<zeebe:loopCharacteristics inputCollection="=rooms" inputElement="room"/>')
        + "</bpmn:multiInstanceLoopCharacteristics>"
    )
    file = transaction().replace(b'<bpmn:transaction id="tx">', f'<bpmn:transaction id="tx">{loop}'.encode())
    world = World(file).start(rooms=[1, 2], log=[]).go("ask")
    assert world.waiting == ["sorry"]
    assert world.go("sorry").done
