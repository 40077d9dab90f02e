"""Regular expressions as XPath has them, on the ``regex`` module (DMN 1.5 §10.3.4.3; XPath Functions 3.1 §5.6).

The module stops a search after a time limit, so a pattern that explodes ends as null with a cause.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import regex

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.builtins.xpath import translate
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Run

TIMEOUT = 0.25
"""Seconds a search may take."""
SEARCH_STEPS = 100
"""Steps a search costs, so that a loop of searches is bounded, too."""
TIMEOUT_STEPS = 100_000
"""Steps of a search that was stopped: a handful of them ends an evaluation."""
MAX_PATTERN = 1_000
FLAGS = {"s": regex.DOTALL, "m": regex.MULTILINE, "i": regex.IGNORECASE, "x": 0, "q": 0}


@lru_cache(maxsize=512)
def pattern(text: str, flags: str) -> Any:
    """The compiled pattern; Null when it is none in XPath's sense."""
    unknown = set(flags) - set(FLAGS)
    if unknown:
        raise Null(N_("There is no flag %(flag)s."), flag=min(unknown))
    if len(text) > MAX_PATTERN:
        raise Null(N_("The pattern is longer than %(limit)d characters."), limit=MAX_PATTERN)
    options = regex.VERSION1
    for flag in flags:
        options |= FLAGS[flag]
    try:
        return regex.compile(regex.escape(text) if "q" in flags else translate(text, flags), options)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise Null(N_("%(pattern)r is no pattern."), pattern=text) from error


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
