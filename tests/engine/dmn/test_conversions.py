"""Issue 3: functions passed on, services called, lists filtered: what conforms there (DMN 1.5 §10.2.1, §10.3.2.9)."""

import pytest

from loopdesk.engine import dmn
from loopdesk.tests.engine.dmn.models import decision, definitions, input_data, literal

SERVICE = (
    input_data("x", "number")
    + decision("a", literal("x + 1"), inputs=["x"], type_="number")
    + '<decisionService id="s" name="s"><variable name="s" typeRef="number"/><outputDecision href="#a"/>'
    + '<inputData href="#in_x"/></decisionService>'
)
TAKES_FUNCTION = (
    '<itemDefinition name="tTurn"><functionItem outputTypeRef="number"><parameters name="n" typeRef="number"/>'
    "</functionItem></itemDefinition>"
    '<businessKnowledgeModel id="twice" name="twice"><variable name="twice"/><encapsulatedLogic>'
    '<formalParameter name="turn" typeRef="tTurn"/>' + literal("turn(turn(1))") + "</encapsulatedLogic>"
    "</businessKnowledgeModel>"
)


def answer(content: str) -> object:
    return dmn.read(definitions(content)).decide("d", {}).value


def test_a_service_is_a_function_with_the_result_it_declares() -> None:
    for result, wanted in (("number", True), ("string", False)):
        asked = literal(f"s instance of function<number>->{result}")
        assert answer(SERVICE + decision("d", asked, knowledge=["s"])) is wanted


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("function(n: number) n + 1", 3),
        ("function(n) n * 5", 25),
        ("function(n: string) n", None),
        ("function(n: number, m: number) n", None),
        ("s", 3),
    ],
)
def test_a_function_of_a_text_is_taken_where_an_item_asks_for_a_result(function: str, value: object) -> None:
    content = SERVICE + TAKES_FUNCTION + decision("d", literal(f"twice({function})"), knowledge=["twice", "s"])
    assert answer(content) == value


@pytest.mark.parametrize(
    ("match", "value"),
    [("item > 1", [2, 3]), ("null", []), ("false", []), ("2", None), ('"a"', None), ("[true]", None)],
)
def test_a_boxed_filter_takes_only_conditions(match: str, value: object) -> None:
    box = f"<filter><in>{literal('[1, 2, 3]')}</in><match>{literal(match)}</match></filter>".replace("> 1", "&gt; 1")
    assert answer(decision("d", box)) == value
