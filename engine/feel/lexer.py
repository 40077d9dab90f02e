"""Cuts a FEEL text into tokens (DMN 1.5 §10.3.1.2, grammar rules 22-33 and 66)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import FeelError

MAX_SOURCE = 250_000
"""Characters of one expression; ten times the longest table cell seen in the field."""

KEYWORDS = frozenset(
    {
        "and", "between", "else", "every", "false", "for", "function", "if", "in", "instance",
        "null", "or", "return", "satisfies", "some", "then", "true",
    }
)  # fmt: skip
"""Words at which a name of several words ends; a known name may contain them ("date and time")."""

_START = (
    r"A-Za-z_?\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE\uFF00-\uFFFD\U00010000-\U000EFFFF"
)
_SPACE = r"\s\u180E\u200B\uFEFF\u0085"
_TOKEN = re.compile(
    rf"""
    (?P<space>[{_SPACE}]+|//[^\n]*|/\*.*?\*/)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[{_START}][{_START}0-9\u00B7\u0300-\u036F\u203F-\u2040]*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<sign>\*\*|\.\.|->|<=|>=|!=|[-+*/=<>()\[\]{{}},.:@])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: ``kind`` is number, name, string, sign, other or end."""

    kind: str
    text: str
    start: int
    end: int


def tokens(source: str) -> list[Token]:
    """The tokens of ``source`` without space and comments, an ``end`` token last; FeelError when it is too long."""
    if len(source) > MAX_SOURCE:
        raise FeelError(
            N_("The expression is longer than %(limit)d characters."),
            remedy=N_("Split it into several decisions or context entries."),
            limit=MAX_SOURCE,
        )
    found = [
        Token(match.lastgroup or "other", match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(source)
        if match.lastgroup != "space"
    ]
    found.append(Token("end", "", len(source), len(source)))
    return found


@lru_cache(maxsize=8192)
def name_parts(name: str) -> tuple[str, ...]:
    """How a known name reads as tokens: the parser compares these so that spaces in a name are free."""
    return tuple(token.text for token in tokens(name)[:-1])


def unquote(text: str) -> str:
    """The value of a string literal: escapes resolved, surrogate pairs joined."""

    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) > 1:
            return chr(min(int(code[1:], 16), 0x10FFFF))
        return _SIMPLE.get(code, match.group())

    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    return _ESCAPE.sub(one, inner).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
