"""Which ways are open: conditions, defaults and ways without either (BPMN 2.0.2 §8.3.13, §10.6.2, §13.3.2)."""
# ruff: noqa: E501 - one diagram a line reads better

import pytest

from loopdesk.engine.bpmn.languages import to_feel
from loopdesk.engine.errors import Refused
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows

START = '<bpmn:startEvent id="s"/>'
TASKS = '<bpmn:userTask id="a"/><bpmn:userTask id="b"/>'


def choice(kind: str, *ways: str, default: str = "") -> World:
    gateway = f'<bpmn:{kind} id="g" default="{default}"/>'
    return World(diagram(START + gateway + TASKS + flows("s > g", *ways)))


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway", "task"])
def test_the_condition_of_a_default_is_not_looked_at(kind: str) -> None:
    ways = ("g >[=false] b", "g >[=x] a")
    assert choice(kind, *ways, default="f-g-b").start(x=False).waiting == ["b"]
    ways = ("g >[=true] b", "g >[=x] a")
    assert choice(kind, *ways, default="f-g-b").start(x=True).waiting == ["a"]


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway"])
def test_a_way_without_a_condition_is_open(kind: str) -> None:
    assert choice(kind, "g >[=x] a", "g > b").start(x=False).waiting == ["b"]


def test_an_exclusive_gateway_takes_only_the_first_open_way() -> None:
    assert choice("exclusiveGateway", "g > a", "g >[=x] b").start(x=True).waiting == ["a"]
    assert choice("exclusiveGateway", "g >[=x] a", "g > b").start(x=True).waiting == ["a"]


def test_a_false_condition_on_the_only_way_stops_there() -> None:
    body = diagram(START + '<bpmn:exclusiveGateway id="g"/><bpmn:userTask id="a"/>' + flows("s > g >[=x] a"))
    with pytest.raises(Refused):
        World(body).start(x=False)
    assert World(body).start(x=True).waiting == ["a"]


def test_brackets_behind_and_and_or_are_no_calls() -> None:
    assert to_feel("${a > 1 && (b < 2 || (c))}") == "=a > 1  and  (b < 2  or  (c))"
    assert to_feel("${a > 1 && f(b)}") is None


@pytest.mark.parametrize(
    "text",
    ["${l[0] == 'x'}", "l[1] == 'x'", "${n % 2 == 1}", "${!empty l}", "order/amount > 3", "/order/@amount > 3", "getDataObject('order')/amount > 3",
     "a div q = 2.5", "1 < q < 5", "z is None", "a ** 2 == 25", "x not in y and z == 1"],
)  # fmt: skip
def test_what_feel_would_read_in_another_way_is_not_guessed(text: str) -> None:
    assert to_feel(text) is None


@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("${o['amount'] == 5}", "=o.amount = 5"),
        ("${a / q == 2.5}", "=a / q = 2.5"),
        ("a > 1 and b < 2", "=a > 1 and b < 2"),
        ("t = 'a/b < c[0] < d'", '=t = "a/b < c[0] < d"'),
    ],
)
def test_what_feel_reads_the_same_way_is_read(text: str, feel: str) -> None:
    assert to_feel(text) == feel


@pytest.mark.parametrize(
    "language", ["javascript", "JavaScript", "ecmascript", "groovy", "python", "http://www.java.com/java"]
)
def test_a_condition_of_a_programming_language_is_not_guessed(language: str) -> None:
    assert to_feel("x > 5", language) is None
    assert to_feel("${x > 5}", "juel") == "=x > 5"


def test_the_assignments_of_a_plain_task_are_made() -> None:
    output = '<bpmn:dataOutputAssociation id="x"><bpmn:targetRef>total</bpmn:targetRef><bpmn:assignment><bpmn:from>=n + 2</bpmn:from><bpmn:to>total</bpmn:to></bpmn:assignment></bpmn:dataOutputAssociation>'
    body = (
        '<bpmn:dataObject id="total"/>'
        + START
        + f'<bpmn:task id="t">{output}</bpmn:task><bpmn:userTask id="a"/>'
        + flows("s > t > a")
    )
    assert World(diagram(body)).start(n=1).data["total"] == 3
