"""What instances of a multi-instance activity throw when they complete (BPMN 2.0.2 §10.3.8, tables 10.29 and 10.30)."""
# ruff: noqa: E501 - one diagram a line reads better

from loopdesk.engine import bpmn
from loopdesk.tests.engine.bpmn.test_thrown_together import CANCEL, MORE, START, UNDO, undoable
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import coded, diagram, extended, flows, message

EACH = extended('<zeebe:loopCharacteristics inputCollection="=people" inputElement="person"/>')
CAUGHT = (
    '<bpmn:boundaryEvent id="b" attachedToRef="t" cancelActivity="{}">{}</bpmn:boundaryEvent><bpmn:userTask id="look"/>'
)


def many(*definitions: str, behavior: str = "None", condition: str = "", tag: str = "userTask", inner: str = "") -> str:
    event = f'<bpmn:event id="ev">{"".join(definitions)}</bpmn:event>'
    text = f"<bpmn:condition>{condition}</bpmn:condition>" if condition else ""
    told = f'<bpmn:complexBehaviorDefinition id="cb">{text}{event}</bpmn:complexBehaviorDefinition>'
    loop = f'<bpmn:multiInstanceLoopCharacteristics behavior="{behavior}">{EACH}{told}</bpmn:multiInstanceLoopCharacteristics>'
    return f'<bpmn:{tag} id="t">{loop}{inner}</bpmn:{tag}>'


def world(body: str, *paths: str) -> World:
    file = diagram(body + '<bpmn:endEvent id="e"/>' + flows(*paths), messages=("hint",), more=MORE)
    return World(file)


def complex_(*definitions: str, condition: str = "") -> str:
    return many(*definitions, behavior="Complex", condition=condition)


def test_an_instance_may_tell_with_a_message_and_a_signal() -> None:
    one = world(START + complex_(message("hint"), coded("signal", "news")), "s > t > e").start(people=[1, 2])
    one.go("t").go("t")
    assert one.done
    assert (len(one.thrown), len(one.signals)) == (2, 2)


def test_a_signal_of_an_instance_reaches_the_border_of_its_activity() -> None:
    one = world(
        START + complex_(coded("signal", "news")) + CAUGHT.format("true", coded("signal", "news")),
        "s > t > e",
        "b > look",
    )
    assert one.start(people=[1, 2]).go("t").waiting == ["look"]


def test_the_first_instance_may_have_what_was_done_before_undone() -> None:
    body = START + undoable("a") + complex_(UNDO, message("hint"), condition="=numberOfCompletedInstances = 1")
    one = world(body, "s > a > t > e").start(people=[1, 2], log=[])
    one.go("t")
    assert (one.data["log"], one.waiting, one.thrown) == (["a", "u-a"], ["t"], [("hint", {})])
    assert one.go("t").done
    assert (one.data["log"], len(one.thrown)) == (["a", "u-a"], 1)


def test_an_error_of_an_instance_ends_the_others() -> None:
    body = START + complex_(coded("error", "X"), condition="=stop") + CAUGHT.format("true", coded("error", "X"))
    one = world(body, "s > t > e", "b > look").start(people=[1, 2], stop=False)
    assert one.go("t", stop=True, why="x").waiting == ["look"]
    assert one.data["why"] == "x"


def test_an_instance_may_cancel_the_transaction_around_it() -> None:
    inner = '<bpmn:startEvent id="is"/>' + undoable("a") + complex_(CANCEL, condition="=stop") + flows("is > a > t")
    body = (
        START
        + f'<bpmn:transaction id="tx">{inner}</bpmn:transaction><bpmn:boundaryEvent id="b" attachedToRef="tx">{CANCEL}</bpmn:boundaryEvent><bpmn:userTask id="sorry"/>'
    )
    one = world(body, "s > tx > e", "b > sorry").start(people=[1, 2], log=[], stop=False)
    assert one.go("t", stop=True).waiting == ["sorry"]
    assert one.data["log"] == ["a", "u-a"]


def test_what_instances_can_never_throw_is_refused() -> None:
    def rules(definition: str) -> list[str]:
        file = diagram(START + complex_(definition) + '<bpmn:endEvent id="e"/>' + flows("s > t > e"))
        return [item.rule for item in bpmn.read({"p.bpmn": file}).findings if item.severity == "error"]

    assert rules('<bpmn:linkEventDefinition name="x"/>') == ["loop.event"]
    assert rules(CANCEL) == ["event.cancel"]
    assert rules('<bpmn:compensateEventDefinition activityRef="nobody"/>') == ["compensation.activity"]


def test_a_signal_of_an_instance_that_is_done_at_once_reaches_the_border_too() -> None:
    told = many(coded("signal", "news"), behavior="Complex", tag="task")
    one = world(START + told + CAUGHT.format("true", coded("signal", "news")), "s > t > e", "b > look").start(
        people=[1, 2]
    )
    assert one.waiting == ["look"]
