"""Random FEEL: texts that parse, with variables of every kind."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

SCOPE: dict[str, Any] = {
    "n": 3,
    "half": 0.5,
    "big": Decimal("1e30"),
    "s": "foo",
    "b": True,
    "nothing": None,
    "day": date(2024, 2, 29),
    "wait": timedelta(hours=36),
    "list": [1, 2, 3, None, "x"],
    "rows": [{"a": 1, "tag": "x"}, {"a": 2, "tag": "y"}, {"tag": "z"}],
    "case": {"priority": "P0", "age": 5, "inner": {"a": 1}},
    "order total": 99,
}
ATOMS = [
    *SCOPE, "missing", "1", "0", "-2", "2.5", "1e3", '"foo"', '""', '"P0"', "true", "false", "null",
    '@"2024-03-01"', '@"P1D"', '@"P1Y2M"', '@"10:30:00"', '@"2024-03-01T10:00:00Z"', "[]", "{}", "case.priority",
    "case.inner.a", "rows.a", "x", "item", "partial", "[1..3]", '["a".."c")', "(> 2)", "(!= 1)",
]  # fmt: skip
BINARY = ["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or"]
UNARY_CALLS = [
    "count", "sum", "min", "max", "mean", "not", "string", "abs", "floor", "reverse", "flatten", "distinct values",
    "string length", "upper case", "all", "any", "odd", "median", "mode", "number", "date", "duration",
]  # fmt: skip
TYPES = ["number", "string", "Any", "list<number>", "context<a: number>", "date", "days and time duration", "range"]


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger expressions from smaller ones."""
    return st.one_of(
        st.tuples(inner, st.sampled_from(BINARY), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"(if {t[0]} then {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"(for x in {t[0]} return {t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"(for x in 1..3, y in {t[0]} return {t[1]})"),
        st.tuples(st.sampled_from(["some", "every"]), inner, inner).map(
            lambda t: f"({t[0]} x in {t[1]} satisfies {t[2]})"
        ),
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} between {t[1]} and {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} in ({t[1]}, < {t[2]}))"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} in [{t[1]}..{t[2]}))"),
        st.tuples(inner, st.sampled_from(TYPES)).map(lambda t: f"({t[0]} instance of {t[1]})"),
        st.tuples(st.sampled_from(UNARY_CALLS), inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"{{a: {t[0]}, x: {t[1]}, c: a}}"),
        st.tuples(inner, inner).map(lambda t: f"{{f: function(x) {t[0]}, r: f({t[1]})}}.r"),
        st.tuples(inner, inner).map(lambda t: f"append({t[0]}, {t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"sort({t[0]}, function(x, y) x < y)[{t[1]}]"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        inner.map(lambda one: f"-({one})"),
        inner.map(lambda one: f"({one}).a"),
    )


def expressions() -> st.SearchStrategy[str]:
    """Expressions of a few levels."""
    return st.recursive(st.sampled_from(ATOMS), grown, max_leaves=12)


def cells() -> st.SearchStrategy[str]:
    """Cells of decision tables."""
    small = st.recursive(st.sampled_from(ATOMS), grown, max_leaves=3)
    one = st.one_of(
        small,
        st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), small).map(lambda t: f"{t[0]} {t[1]}"),
        st.tuples(small, small).map(lambda t: f"[{t[0]}..{t[1]})"),
        small.map(lambda one: f"? = {one}"),
    )
    many = st.lists(one, min_size=1, max_size=3).map(", ".join)
    return st.one_of(st.just("-"), many, many.map(lambda text: f"not({text})"))


PIECES = [
    *BINARY, *ATOMS, "(", ")", "[", "]", "{", "}", "..", ".", ",", ":", "if", "then", "else", "for", "in", "return",
    "some", "satisfies", "function", "instance", "of", "between", "not", "external", "?", "@",
    '"', "'", "//", "/*", "*/",
    "->", "\\", "\n", "date and time", "list", "🐎", "中文",
]  # fmt: skip


def soup() -> st.SearchStrategy[str]:
    """FEEL's pieces in any order."""
    return st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join)
