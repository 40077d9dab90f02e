"""DMN 1.5 §10.3.4.3: patterns are those of XPath, whatever else the machinery beneath understands."""

import pytest

from loopdesk.engine import feel

UNDERSTOOD = [
    (r"^fo*b", "foobar", True),
    (r"(?:ab)+", "abab", True),
    (r"a{2,}", "aaa", True),
    (r"\d{3}-\d{4}", "123-4567", True),
    (r"[a-z-[aeiou]]", "e", False),
    (r"[a-z-[aeiou]]", "f", True),
    (r"[a&&b]", "&", True),
    (r"[{]", "{", True),
    (r"\p{Lu}", "A", True),
    (r"\p{IsGreek}", "α", True),
    (r"(a)\1", "aa", True),
    (r"a+?b", "aab", True),
    (r"^$", "", True),
    (r"a$", "a\n", False),
    (r"a.b", "a\rb", False),
    (r"退款|退货", "我要退货", True),
]
REFUSED = [
    "(?=a)", "(?<n>a)", "(?i)A", "(?#c)a", "a++", "a{2}+", "a{e<=1}", "a{,3}", "{", "[[:alpha:]]", r"\bfoo", r"[\1]",
    r"\0", "\\", "(a", "a{3,1}", "[z-a]", r"\p{Nope}", r"(a)\2",
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "found"), UNDERSTOOD)
def test_xpath_is_understood(pattern: str, text: str, found: bool) -> None:
    assert feel.evaluate("matches(t, p)", {"t": text, "p": pattern}) is found


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_is_no_xpath_is_null(pattern: str) -> None:
    assert feel.evaluate("matches(t, p)", {"t": "a", "p": pattern}) is None


def test_flags() -> None:
    assert feel.evaluate(r'matches("hello world", "hello\ sworld", "x")', {}) is True
    assert feel.evaluate('matches("A\nb", "^B$", "im")', {}) is True
    assert feel.evaluate('matches("a\nb", "a.b", "s")', {}) is True
    assert feel.evaluate('matches("a.b", "a.b", "q")', {}) is True
    assert feel.evaluate('matches("axb", "a.b", "q")', {}) is False
    assert feel.evaluate('matches("a", "a", "z")', {}) is None


def test_replacements() -> None:
    assert feel.evaluate(r'replace("abc", "(b)", "[$1]")', {}) == "a[b]c"
    assert feel.evaluate(r'replace("abc", "b", "\\$")', {}) == "a$c"
    assert feel.evaluate(r'replace("abc", "b", "$")', {}) is None
    assert feel.evaluate('replace("abc", "(b)", "$12")', {}) == "ab2c"
