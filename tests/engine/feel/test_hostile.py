"""Issue 3, bad input: whatever an expression says, it ends soon, in little memory, with a cause."""

import subprocess
import sys
import time

import pytest

from loopdesk.engine import feel
from loopdesk.engine.feel.runtime import MAX_STEPS

DEEP = [
    "(" * 100_000,
    "(" * 50_000 + "1" + ")" * 50_000,
    "[" * 100_000,
    "{a:" * 50_000,
    "-" * 100_000 + "1",
    "not(" * 50_000,
    "a" + ".a" * 60_000,
    "a" + "[1]" * 60_000,
    "a" + "(1)" * 50_000,
    "1" + "=1" * 60_000,
    "[1..1" + "[1..1" * 30_000,
    "[1..2[" * 30_000,
    "x in (" * 30_000,
    "function() " * 20_000 + "1",
    "for x in " * 20_000,
    "x instance of " + "list<" * 20_000,
    "1" * 300_000,
]
ENDLESS = [
    "for i in 1..1e12 return i",
    "some i in 1..1e12 satisfies i < 0",
    "every i in [1..1e12] satisfies true",
    "for i in 1..2000, j in 1..2000 return i * j",
    "{f: function(n) f(n + 1), r: f(1)}.r",
    "distinct values(for i in 1..5000 return [i])",
]
GREEDY = [
    "{f: function(n) if n = 0 then [1] else concatenate(f(n - 1), f(n - 1)), r: f(40)}.r",
    "for i in 1..100 return if i = 1 then [1, 2] else concatenate(partial[-1], partial[-1])",
    "for i in 1..900000 return " + str(list(range(1000))),
    '{s: string join(for i in 1..9999 return "0123456789"), r: for i in 1..900000 return s + s}.r',
]
NULLS = {
    'matches("' + "a" * 5_000 + 'b", "(a|aa)+$")': "too long",
    'matches("a", "((((a{1000}){1000}){1000}){1000})")': "repeats too much",
    'matches("a", "' + "a" * 2_000 + '")': "longer than",
    'replace("' + "a" * 1_000 + '", "a", "' + "b" * 5_000 + '")': "longer than",
    "10 ** 10000": "too large",
    "0 ** -1": "too large or does not exist",
    "exp(1e10)": "too large",
    'number("' + "9" * 100_000 + '")': "too large",
    'duration("P1D") * 1e300': "too long",
    'date("999999999-12-31") + duration("P1D")': "outside the years",
    'range("' + "[" * 50_000 + '")': "no range",
    'date and time("2024-01-01T10:00:00@../../etc/passwd")': "no date and time",
}


@pytest.mark.parametrize("source", DEEP, ids=lambda source: source[:20])
def test_deep_or_long_texts_are_refused_with_a_place(source: str) -> None:
    started = time.perf_counter()
    with pytest.raises(feel.FeelError) as caught:
        feel.compile(source)
    assert caught.value.remedy
    assert len(str(caught.value)) < 500
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("source", ENDLESS, ids=lambda source: source[:30])
def test_endless_work_ends_at_a_limit(source: str) -> None:
    with pytest.raises(feel.FeelError, match=r"steps|nested"):
        feel.compile(source)({})


@pytest.mark.parametrize("source", GREEDY, ids=lambda source: source[:30])
def test_greedy_work_ends_at_a_limit_in_little_memory(source: str) -> None:
    """In a process of its own with 700 MB of addresses: they hold Python and what half a million steps may make."""
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))\n"
        "from loopdesk.engine import feel\n"
        "try: feel.compile(sys.stdin.read())({})\n"
        "except feel.FeelError as error: print(error)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, input=source, capture_output=True, text=True, timeout=60, check=False)
    assert "steps" in done.stdout, done.stderr


@pytest.mark.parametrize(("source", "cause"), NULLS.items(), ids=lambda text: text[:30])
def test_what_has_no_value_is_null_with_a_cause(source: str, cause: str) -> None:
    explained = feel.compile(source).explain({})
    assert explained.value is None
    assert cause in explained.causes[0].text()
    assert len(explained.causes[0].text()) < 300


def test_a_pattern_that_explodes_cannot_be_repeated_for_long() -> None:
    with pytest.raises(feel.FeelError, match="steps"):
        feel.evaluate('for i in 1..1e9 return matches(s, "(a|aa)+$")', {"s": "a" * 5_000 + "b"})


def test_long_flat_texts_are_fine() -> None:
    assert feel.evaluate("1" + "+1" * 20_000, {}) == 20_001
    assert feel.evaluate("true" + " and true" * 20_000, {}) is True
    assert feel.evaluate("if false then 1 else " * 5_000 + "2", {}) == 2


def test_deep_data_is_refused_not_fatal() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(feel.FeelError, match="nested"):
        feel.evaluate("x", {"x": deep})


def test_a_large_but_honest_loop_is_within_the_limit() -> None:
    assert feel.evaluate(f"count(for i in 1..{MAX_STEPS // 2} return i)", {}) == MAX_STEPS // 2
