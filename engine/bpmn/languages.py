"""Expressions of other tools as FEEL, where the meaning is the same beyond doubt; never guessed.

BPMN leaves the language open (§8.3.6 FormalExpression). Files of other tools hold JUEL (``${x == 'a'}``), XPath with
BPMN's own function (``bpmn:getDataObject('x')``) or a comparison without any mark; what is only words stays as it is.
"""

import re

from loopdesk.engine.bpmn.expressions import compiled, is_expression
from loopdesk.engine.errors import Invalid

_MARKED = re.compile(r"[$#]\{(?P<body>[^{}]*)\}")
_OBJECT = re.compile(r"""(?:\w+:)?getDataObject\(\s*['"](?P<name>[^'"]+)['"]\s*\)""")
_COMPARES = re.compile(r"[^\s=<>!].*?(<=|>=|!=|=|<|>).*[^\s=<>!]|true|false|not\s*\(.+\)", re.DOTALL)
_CALLS = re.compile(r"([A-Za-z_][\w.]*)\s*\(")
_WORDS = {
    r"&&": " and ",
    r"\|\|": " or ",
    r"!(?!=)\s*([\w.]+)": r"not(\1)",
    r"\bnot\s+([\w.]+)": r"not(\1)",
    r"==": "=",
    r"\beq\b": "=",
    r"\bne\b": "!=",
    r"\bgt\b": ">",
    r"\bge\b": ">=",
    r"\blt\b": "<",
    r"\ble\b": "<=",
    r"\bTrue\b": "true",
    r"\bFalse\b": "false",
    r"\bNone\b": "null",
}
_TEXTS = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^'"\\]*')""")
_PROGRAMS = re.compile(r"script|groovy|python|ruby|java\b", re.IGNORECASE)
"""Languages of programs, where even a comparison may mean something else."""
_LONGEST = 10_000
_KEYS = re.compile(r"""(?<=\w)\[\s*(?:"([A-Za-z_]\w*)"|'([A-Za-z_]\w*)')\s*\]""")
"""``o['amount']`` of JUEL: a value by its name, as in a context ``o.amount``."""
_OTHERWISE = re.compile(r"\[|\b(?:div|mod|is|empty|instanceof|not\s+in)\b|%|\*\*|//")
"""What FEEL reads in another way: an index (JUEL and Python count from 0, and of what is no list it is a key), words
and operators of XPath, JUEL and Python."""
_PATHS = re.compile(r"\)\s*/|[^\W\d]\w*\s*/\s*@?[^\W\d]|(?:^|[\s(=<>])/")
"""A path of XPath, or a division: without a mark nobody knows."""
_LINKS = re.compile(r"\band\b|\bor\b")
_COMPARISON = re.compile(r"[<>!]=?|=")


def to_feel(text: str, language: str = "", *, value: bool = False) -> str | None:
    """``text`` as FEEL with its leading ``=``; None when it is no expression of a language that we understand.

    A ``value`` may be a lone name; a condition without any mark must compare something, for else it may be words.
    """
    text = text.strip()
    if is_expression(text):
        return text
    if "FEEL" in language.upper():
        return f"={text}"
    if _PROGRAMS.search(language):
        return None
    marked = _MARKED.fullmatch(text)
    source = marked["body"].strip() if marked else text
    if len(source) > _LONGEST or not (marked or value or _COMPARES.fullmatch(source)):
        return None
    source = _OBJECT.sub(lambda found: found["name"], source)
    source = _KEYS.sub(lambda found: f".{found[1] or found[2]}", source) if marked else source
    parts = _TEXTS.split(source)
    if not _is_sure(" \0 ".join(parts[::2]), marked=bool(marked)):
        return None
    source = "".join(_text(part) if number % 2 else _words(part) for number, part in enumerate(parts)).strip()
    outside = "".join(_words(part) for part in parts[::2])
    if any(name not in ("not", "and", "or") for name in _CALLS.findall(outside)) or "?" in outside:
        return None
    try:
        compiled(source)
    except Invalid:
        return None
    return f"={source}"


def _is_sure(outside: str, *, marked: bool) -> bool:
    """Whether nothing outside of the texts means something else in FEEL; a chain of comparisons does everywhere."""
    chained = any(len(_COMPARISON.findall(part)) > 1 for part in _LINKS.split(_words(outside)))
    return not (_OTHERWISE.search(outside) or chained or (not marked and _PATHS.search(outside)))


def _words(part: str) -> str:
    for pattern, replacement in _WORDS.items():
        part = re.sub(pattern, replacement, part)
    return part


def _text(quoted: str) -> str:
    return f'"{quoted[1:-1]}"' if quoted.startswith("'") else quoted
