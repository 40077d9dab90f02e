"""Issue 3: whatever stands in a decision model, reading, checking and deciding end with an answer or a clear error."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loopdesk.engine import dmn
from loopdesk.engine.errors import LoopdeskError
from loopdesk.tests.engine.dmn.models import decision, definitions, input_data, literal, table
from loopdesk.tests.engine.feel.strategies import SCOPE, cells, expressions, soup

calm = settings(derandomize=True, deadline=5000, max_examples=150, suppress_health_check=list(HealthCheck))
POLICIES = ["UNIQUE", "ANY", "FIRST", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT"]
TYPES = ["", "number", "string", "boolean", "date", "tGone", "Any"]
texts = st.one_of(cells(), soup(), st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20))
SAMPLE = definitions(
    input_data("n", "number")
    + decision("a", table([("n", "number")], [("out", "string", '"x", "y"')], [(["> 1"], ['"x"'])]), inputs=["n"])
    + decision("b", literal("a + string(n)"), inputs=["n"], decisions=["a"])
)


def ask(data: bytes, scope: dict[str, Any]) -> None:
    """Check and decide everything; only errors of the house may come."""
    for finding in dmn.check(data, file="x.dmn"):
        shown = finding.as_json()
        assert shown["message"]
        assert shown["remedy"]
    try:
        model = dmn.read(data, file="x.dmn")
        for id_ in model.decisions:
            model.decide(id_, scope)
    except LoopdeskError as error:
        assert str(error)  # noqa: PT017 - any model may be refused, but never without words


@calm
@given(
    st.lists(st.tuples(texts, texts, expressions()), max_size=4),
    st.sampled_from(POLICIES),
    st.sampled_from(["", "SUM", "MIN", "COUNT"]),
    st.tuples(texts, st.sampled_from(TYPES), st.sampled_from(TYPES), texts, texts),
)
def test_any_table(
    rows: list[tuple[str, str, str]], policy: str, aggregation: str, column: tuple[str, str, str, str, str]
) -> None:
    expression, type_, output_type, allowed, output_values = column
    logic = table(
        [("n", "number"), (expression, type_, allowed)],
        [("out", output_type, output_values)],
        [([first, second], [output]) for first, second, output in rows],
        hit_policy=policy,
        aggregation=aggregation,
    )
    ask(definitions(input_data("n") + decision("d", logic, inputs=["n"])), SCOPE)


@calm
@given(st.integers(0, len(SAMPLE)), st.integers(0, 60), st.binary(max_size=20))
def test_any_damage_to_a_file(start: int, length: int, instead: bytes) -> None:
    ask(SAMPLE[:start] + instead + SAMPLE[start + length :], {"n": 5})


@calm
@given(st.integers(0, len(SAMPLE)), st.integers(0, len(SAMPLE)), st.integers(0, 200))
def test_any_part_put_elsewhere(start: int, target: int, length: int) -> None:
    ask(SAMPLE[:target] + SAMPLE[start : start + length] + SAMPLE[target:], {"n": 5})
