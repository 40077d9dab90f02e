"""Issue 3: no text and no data makes FEEL crash or hang; compiled and interpreted give the same answer."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loopdesk.engine import feel
from loopdesk.engine.feel.temporal import Date
from loopdesk.engine.feel.temporal_text import parse_temporal
from loopdesk.engine.feel.values import feel as inside
from loopdesk.engine.feel.values import kind, python
from loopdesk.tests.engine.feel.oracle import interpret, interpret_tests
from loopdesk.tests.engine.feel.strategies import SCOPE, cells, expressions, soup

calm = settings(derandomize=True, deadline=2000, max_examples=300, suppress_health_check=list(HealthCheck))
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def shape(value: Any) -> Any:
    """A value with its kind, comparable for tests: functions only by being one."""
    value = inside(value)
    match kind(value):
        case "list":
            return [shape(item) for item in value]
        case "context":
            return {key: shape(item) for key, item in value.items()}
        case "function":
            return "function"
    return kind(value), feel.to_json(value)


@calm
@given(expressions())
def test_compiled_and_interpreted_answer_the_same(source: str) -> None:
    assert shape(feel.compile(source, names=SCOPE)(SCOPE)) == shape(interpret(source, SCOPE))


@calm
@given(cells(), st.sampled_from(sorted(SCOPE)))
def test_cells_answer_the_same_compiled_and_interpreted(source: str, name: str) -> None:
    compiled = feel.compile_unary(source, names=SCOPE)
    assert compiled(SCOPE[name], SCOPE) == interpret_tests(source, SCOPE[name], SCOPE)


def refusal(read: Callable[..., object], source: str) -> feel.FeelError | None:
    """The error of a text that is no FEEL."""
    try:
        read(source, names=SCOPE)
    except feel.FeelError as error:
        return error
    return None


@calm
@given(st.one_of(soup(), st.text(max_size=60)))
def test_any_text_is_feel_or_a_feel_error_with_its_place(source: str) -> None:
    for read in (feel.compile, feel.compile_unary):
        error = refusal(read, source)
        assert error is None or (0 <= error.position <= len(source) and error.message and error.remedy)


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=True, allow_infinity=True),
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
        st.text(max_size=10),
        st.dates(),
        st.datetimes(timezones=st.sampled_from([None, UTC])),
        st.times(),
        st.timedeltas(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=10,
)


@calm
@given(expressions(), values)
def test_any_data_is_answered(source: str, value: Any) -> None:
    scope = SCOPE | {"n": value, "x": value, "rows": value}
    feel.to_json(feel.compile(source, names=SCOPE)(scope, now=NOW))


@calm
@given(values)
def test_data_comes_out_as_it_went_in(value: Any) -> None:
    out = feel.evaluate("v", {"v": value})
    assert shape(out) == shape(value)
    assert feel.evaluate("v = w", {"v": value, "w": out}) is not False


@calm
@given(st.dates())
def test_days_are_counted_like_the_calendar(day: date) -> None:
    ours = Date(day.year, day.month, day.day)
    assert ours.ordinal - Date(1, 1, 1).ordinal == day.toordinal() - 1
    assert Date.of_ordinal(ours.ordinal) == ours
    assert ours.weekday == day.isoweekday()
    assert ours.day_of_year == day.timetuple().tm_yday


@calm
@given(st.integers(-999_999_999, 999_999_999), st.integers(1, 12), st.integers(1, 28))
def test_every_date_is_its_text_and_its_number(year: int, month: int, day: int) -> None:
    ours = Date(year, month, day)
    assert parse_temporal(ours.text()) == ours
    assert Date.of_ordinal(ours.ordinal) == ours


@calm
@given(st.timedeltas(), st.datetimes(timezones=st.just(UTC)))
def test_durations_and_moments_are_their_texts(wait: timedelta, moment: datetime) -> None:
    for value in (wait, moment):
        ours = inside(value)
        assert parse_temporal(ours.text()) == ours
        assert python(ours) == value


@calm
@given(st.decimals(-(10**15), 10**15, places=6), st.decimals(-(10**15), 10**15, places=6))
def test_sums_of_decimals_are_exact(a: Decimal, b: Decimal) -> None:
    assert feel.evaluate("a + b - b = a", {"a": a, "b": b}) is True
