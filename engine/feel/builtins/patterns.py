"""Regular expressions as XPath has them, on the ``regex`` module (DMN 1.5 §10.3.4.3; XPath Functions 3.1 §5.6).

The module stops a search after a time limit, so a pattern that explodes ends as null with a cause.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import regex

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Run

TIMEOUT = 0.25
"""Seconds a search may take."""
SEARCH_STEPS = 100
"""Steps a search costs, so that a loop of searches is bounded, too."""
TIMEOUT_STEPS = 100_000
"""Steps of a search that was stopped: ten of them end an evaluation."""
MAX_WEIGHT = 5_000
"""Single characters a pattern may stand for once its counted repeats are written out; ``regex`` writes them out."""
MAX_PATTERN = 1_000
FLAGS = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE, "x": 0, "q": 0}
_GROUP = re.compile(r"\((?!\?:)\?|\{,")
_PIECE = re.compile(r"\{(?:\d*,)?(?P<most>\d+),?\}|\\.|\[(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_ESCAPES = set("nrtdDsSwWiIcC\\|.-^?*+{}()[]$pP0123456789")
_NAME_START = r"\p{L}_:"
_NAME_CHAR = r"\p{L}\p{N}\p{M}_:.\-\u00B7"
_CLASSES = {
    "i": f"[{_NAME_START}]",
    "I": f"[^{_NAME_START}]",
    "c": f"[{_NAME_CHAR}]",
    "C": f"[^{_NAME_CHAR}]",
    "w": r"[^\p{P}\p{Z}\p{C}]",
    "W": r"[\p{P}\p{Z}\p{C}]",
}


@lru_cache(maxsize=512)
def pattern(text: str, flags: str) -> Any:
    """The compiled pattern; Null when it is none in XPath's sense."""
    unknown = set(flags) - set(FLAGS)
    if unknown:
        raise Null(N_("There is no flag %(flag)s."), flag=min(unknown))
    if len(text) > MAX_PATTERN:
        raise Null(N_("The pattern is longer than %(limit)d characters."), limit=MAX_PATTERN)
    if weight(text) > MAX_WEIGHT:
        raise Null(N_("The pattern repeats too much."))
    options = regex.VERSION1
    for flag in flags:
        options |= FLAGS[flag]
    try:
        return regex.compile(regex.escape(text) if "q" in flags else translate(text, flags), options)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise Null(N_("%(pattern)r is no pattern."), pattern=text) from error


def weight(text: str) -> int:
    """About how many single characters the pattern consists of with its counted repeats written out."""
    sums, last = [0], 1
    for match in _PIECE.finditer(text):
        if match.group() == "(":
            sums.append(0)
        elif match.group("most"):
            before, last = last, last * max(1, min(int(match.group("most")), MAX_WEIGHT))
            sums[-1] += last - before
        else:
            last = max(1, sums.pop()) if match.group() == ")" and len(sums) > 1 else 1
            sums[-1] += last
    return sum(sums)


def translate(text: str, flags: str) -> str:
    """An XPath pattern in the words of ``regex``."""
    if "x" in flags:
        text = _without_space(text)
    if _GROUP.search(re.sub(r"\\.", "", text)):
        raise Null(N_("%(pattern)r is no pattern."), pattern=text)
    text = re.sub(r"\\([pP])\{Is", r"\\\1{In", text)  # Unicode blocks
    out: list[str] = []
    depth, index = 0, 0
    while index < len(text):
        char = text[index]
        index += 1
        if char == "\\":
            out.append(_escape(text, index, depth))
            index += 1
        elif char == "[" or (char == "]" and depth):
            out.append(_bracket(char, out, depth))
            depth += 1 if char == "[" else -1
        else:
            out.append(char if depth else _plain(char, flags))
    return "".join(out)


def _without_space(text: str) -> str:
    """The flag x: white space outside character classes does not count, wherever else it stands."""
    kept: list[str] = []
    depth = 0
    for char in text:
        escaped = bool(kept) and kept[-1] == "\\" and kept[-2:] != ["\\", "\\"]
        if char in " \t\n\r" and not depth:
            continue
        if char in "[]" and not escaped:
            depth += 1 if char == "[" else -1
        kept.append(char)
    return "".join(kept)


def _escape(text: str, index: int, depth: int) -> str:
    code = text[index : index + 1]
    if code not in _ESCAPES or not code or code == "0" or (depth and code.isdigit()):
        raise Null(N_("%(pattern)r is no pattern."), pattern=text)
    return _CLASSES.get(code, "\\" + code)


def _bracket(char: str, out: list[str], depth: int) -> str:
    """``[a-z-[aeiou]]`` takes away; ``regex`` writes that with two hyphens."""
    if char == "[" and depth and out and out[-1] == "-":
        return "-["
    return char


def _plain(char: str, flags: str) -> str:
    if char == "$" and "m" not in flags:
        return r"\Z"
    if char == "." and "s" not in flags:
        return r"[^\n\r]"
    return char


def searched(run: Run, text: str, search: Callable[[float], Any]) -> Any:
    """What a search finds; Null when it takes too long."""
    run.charge(SEARCH_STEPS + len(text) // 100)
    try:
        return search(TIMEOUT)
    except TimeoutError as error:
        run.charge(TIMEOUT_STEPS)
        raise Null(N_("The pattern takes too long on this text.")) from error


def replacement(template: str, groups: int, literal: bool = False) -> Callable[[Any], str]:
    """Expands ``$1``; a backslash stands before ``$`` and before itself only."""
    if literal:
        return lambda _: template
    parts = re.findall(r"\\[\\$]|\$\d+|[^\\$]+|.", template, re.DOTALL)
    if any(part in ("\\", "$") for part in parts):
        raise Null(N_("%(template)r is no replacement."), template=template)

    def one(part: str, match: Any) -> str:
        if part[0] == "\\":
            return part[1:]
        if part[0] != "$":
            return part
        digits = part[1:]
        while len(digits) > 1 and int(digits) > groups:
            digits = digits[:-1]
        group = match.group(int(digits)) if int(digits) <= groups else ""
        return (group or "") + part[1 + len(digits) :]

    return lambda match: "".join(one(part, match) for part in parts)
