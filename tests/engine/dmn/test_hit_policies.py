"""Issue 3: every hit policy and aggregation (DMN 1.5 §8.2.10)."""

from typing import Any

import pytest

from loopdesk.engine import dmn
from loopdesk.engine.feel import to_json
from loopdesk.tests.engine.dmn.models import decision, definitions, input_data, table

OVERLAPPING = [(["< 10"], ["1"]), (["< 20"], ["3"]), (["> 5"], ["2"]), (["< 10"], ["1"])]


def decide(n: object, rules: list[Any], **options: Any) -> dmn.Outcome:
    outputs = options.pop("outputs", [("out", "number")])
    logic = table([("n", "number")], outputs, rules, **options)
    model = dmn.read(definitions(input_data("n", "number") + decision("d", logic, inputs=["n"])))
    return model.decide("d", {"n": n})


@pytest.mark.parametrize(
    ("policy", "aggregation", "value"),
    [
        ("FIRST", "", 1),
        ("RULE ORDER", "", [1, 3, 2, 1]),
        ("COLLECT", "", [1, 3, 2, 1]),
        ("COLLECT", "SUM", 7),
        ("COLLECT", "MIN", 1),
        ("COLLECT", "MAX", 3),
        ("COLLECT", "COUNT", 4),
        ("UNIQUE", "", None),
        ("ANY", "", None),
    ],
)
def test_several_rules_fire(policy: str, aggregation: str, value: object) -> None:
    assert to_json(decide(7, OVERLAPPING, hit_policy=policy, aggregation=aggregation).value) == value


@pytest.mark.parametrize(
    ("policy", "value"), [("PRIORITY", "high"), ("OUTPUT ORDER", ["high", "low", "low"])], ids=lambda one: str(one)
)
def test_priority_goes_by_the_order_of_output_values(policy: str, value: object) -> None:
    rules = [(["< 10"], ['"low"']), (["< 20"], ['"high"']), (["-"], ['"low"'])]
    outputs = [("out", "string", '"high", "low"')]
    assert decide(7, rules, hit_policy=policy, outputs=outputs).value == value


def test_any_allows_rules_that_agree() -> None:
    assert decide(7, [(["< 10"], ["1"]), (["> 5"], ["1"])], hit_policy="ANY").value == 1


@pytest.mark.parametrize(
    ("policy", "aggregation", "value"),
    [
        ("UNIQUE", "", None),
        ("FIRST", "", None),
        ("COLLECT", "", None),
        ("COLLECT", "COUNT", 0),
        ("COLLECT", "SUM", None),
    ],
)
def test_no_rule_fires(policy: str, aggregation: str, value: object) -> None:
    assert decide(7, [(["> 10"], ["1"])], hit_policy=policy, aggregation=aggregation).value == value


def test_no_rule_fires_but_there_is_a_default() -> None:
    assert decide(7, [(["> 10"], ["1"])], default="42").value == 42


def test_several_outputs_are_a_context() -> None:
    outputs = [("a", "number"), ("b", "string")]
    assert to_json(decide(7, [(["-"], ["1", '"x"'])], outputs=outputs).value) == {"a": 1, "b": "x"}


def test_the_explanation_names_rules_inputs_and_outputs() -> None:
    explanation = decide(7, OVERLAPPING, hit_policy="FIRST").explanation
    assert explanation["decision"] == "d"
    assert explanation["hit_policy"] == "FIRST"
    assert explanation["inputs"] == [{"label": "", "expression": "n", "value": 7}]
    assert explanation["rules"] == [{"index": 1, "id": "r1", "annotation": "note 1", "outputs": {"out": 1}}]
    assert explanation["output"] == 1
    assert explanation["required"] == []


def test_a_null_says_which_rules_collided() -> None:
    outcome = decide(7, OVERLAPPING)
    assert outcome.value is None
    assert [rule["index"] for rule in outcome.explanation["rules"]] == [1, 2, 3, 4]
    assert "rules 1, 2, 3, 4" in outcome.explanation["causes"][0]["text"]


def test_a_value_that_is_not_allowed_is_null_with_a_cause() -> None:
    logic = table([("s", "string", '"a", "b"')], [("out", "number")], [(["-"], ["1"])])
    model = dmn.read(definitions(input_data("s") + decision("d", logic, inputs=["s"])))
    assert model.decide("d", {"s": "a"}).value == 1
    outcome = model.decide("d", {"s": "c"})
    assert outcome.value is None
    assert "not among those allowed" in outcome.explanation["causes"][0]["text"]
