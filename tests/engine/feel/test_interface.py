"""Issue 3: the public face of FEEL: places of errors, names, lazy scopes, time, JSON, causes."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from loopdesk.engine import feel
from loopdesk.engine.errors import Invalid

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=8)))


class Lazy(Mapping[str, object]):
    """Computes a value when it is asked for; walking over it is a mistake."""

    def __init__(self, **values: object) -> None:
        self.values_ = values
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> object:
        self.asked.append(key)
        return self.values_[key]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("a scope must not be walked over")

    def __len__(self) -> int:
        raise AssertionError("a scope must not be counted")


def test_an_error_says_where_and_why() -> None:
    with pytest.raises(feel.FeelError) as caught:
        feel.compile("1 +\n  * 2")
    assert (caught.value.position, caught.value.line, caught.value.column) == (6, 2, 3)
    assert isinstance(caught.value, Invalid)
    assert "'*'" in caught.value.text()
    assert caught.value.remedy_text()


def test_only_names_that_are_used_are_asked_for() -> None:
    scope = Lazy(a=1, b=2, case=Lazy(priority="P0", age=7))
    assert feel.evaluate('if a = 1 then case.priority = "P0" else b', scope) is True
    assert scope.asked == ["a", "case"]


def test_the_free_names_of_an_expression_are_known() -> None:
    expression = feel.compile("for x in items return x + rate + {a: 1, b: a + vat}.b + count(items)")
    assert expression.names == {"items", "rate", "vat"}
    assert feel.compile_unary("> limit, ?").names == {"limit"}
    assert expression.source.startswith("for x")


def test_names_may_hold_spaces_signs_and_keywords() -> None:
    names = ["order total", "Person's age", "profit-loss", "date and time of birth", "in progress?"]
    scope = dict(zip(names, range(1, 6), strict=True))
    for name, value in scope.items():
        assert feel.compile(f"{name} + 1", names=names)(scope) == value + 1
    assert feel.compile("profit  -  loss", names=names)(scope) == 3
    assert feel.evaluate("profit-loss", {"profit": 5, "loss": 2}) == 3
    assert feel.evaluate("first  name + last name", {"first name": "a", "last name": "b"}) == "ab"


def test_now_is_handed_in_and_never_asked_of_the_system() -> None:
    assert feel.evaluate("now()", {}, now=NOW) == NOW
    assert feel.evaluate("today()", {}, now=NOW) == date(2026, 3, 2)
    assert feel.evaluate('now() + @"PT1H" > now()', {}, now=NOW) is True
    explained = feel.compile("now()").explain({})
    assert explained.value is None
    assert "No time" in explained.causes[0].text()


@pytest.mark.parametrize(
    "value",
    [
        True, None, "x", Decimal("1.5"), date(2024, 2, 29), time(10, 30),
        datetime(2024, 2, 29, 10, 30),  # noqa: DTZ001 - a local date and time is a value of FEEL
        datetime(2024, 2, 29, 10, 30, tzinfo=UTC), datetime(2024, 2, 29, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai")),
        timedelta(hours=5, microseconds=7), [1, "a", None], {"a": {"b": [date(2024, 1, 1)]}},
    ],
    ids=repr,
)  # fmt: skip
def test_python_values_come_out_as_they_went_in(value: object) -> None:
    assert feel.evaluate("v", {"v": value}) == value


def test_floats_come_in_by_their_shortest_text() -> None:
    assert feel.evaluate("a + b = 0.3", {"a": 0.1, "b": 0.2}) is True
    assert feel.evaluate("v", {"v": float("nan")}) is None


def test_values_are_json() -> None:
    value = feel.evaluate(
        '{n: 2.50, i: 3.0, d: @"2024-02-29", w: @"P1DT2H", m: @"P14M", t: @"10:00:00Z", l: [1, null], r: [1..2]}', {}
    )
    assert feel.to_json(value) == {
        "n": 2.5, "i": 3, "d": "2024-02-29", "w": "P1DT2H", "m": "P1Y2M", "t": "10:00:00Z", "l": [1, None],
        "r": {"start": 1, "end": 2, "start included": True, "end included": True},
    }  # fmt: skip
    assert type(feel.to_json(Decimal(3))) is int
    assert feel.to_json(Decimal("1e6000")) == "1E+6000"


def test_a_null_says_its_cause_and_place() -> None:
    explained = feel.compile("1 + missing").explain({})
    assert explained.value is None
    assert [(cause.position, cause.text()) for cause in explained.causes] == [
        (4, "There is no variable missing."),
        (2, "There is no number + null."),
    ]


def test_unary_tests_answer_true_false_or_unknown() -> None:
    cell = feel.compile_unary("< limit, [20..30]")
    assert cell(5, {"limit": 10}) is True
    assert cell(15, {"limit": 10}) is False
    assert cell("x", {"limit": 10}) is None
    assert feel.compile_unary("-")(None, {}) is True
    assert feel.compile_unary('not("a", "b")')("c", {}) is True
    assert feel.compile_unary("count(?) > 1")([1, 2], {}) is True
    assert feel.compile_unary("? > now()")(NOW + timedelta(1), {}, now=NOW) is True


def test_the_same_text_is_compiled_once() -> None:
    assert feel.compile("1 + 1") is feel.compile("1 + 1")
    assert feel.compile("a b", names=["a b"]) is not feel.compile("a b")


def test_a_functions_parameters_shadow_and_close_over() -> None:
    assert feel.evaluate("{x: 1, add: function(y) x + y, r: for x in [10, 20] return add(x)}.r", {}) == [11, 21]
    assert feel.evaluate("{f: function(n) if n < 2 then 1 else n * f(n - 1), r: f(20)}.r", {}) == 2432902008176640000


def test_arguments_go_by_name_or_by_place_not_both() -> None:
    assert feel.evaluate('substring(start position: 2, string: "abc")', {}) == "bc"
    with pytest.raises(feel.FeelError, match="all arguments"):
        feel.compile('substring("abc", start position: 2)')


def test_python_code_is_only_a_name() -> None:
    assert feel.evaluate("__import__", {}) is None
    assert feel.evaluate("{}.__class__", {}) is None
    assert feel.evaluate("x.__class__", {"x": {"a": 1}}) is None
