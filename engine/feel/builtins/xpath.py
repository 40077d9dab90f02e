"""XPath's regular expressions in the words of the ``regex`` module (XPath Functions 3.1 §5.6.1).

What the module understands beyond XPath (look-around, possessive and fuzzy quantifiers, set operators) is refused.
"""

import re

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null

MAX_WEIGHT = 5_000
"""Single characters a pattern may stand for once its counted repeats are written out; ``regex`` writes them out."""
_PIECE = re.compile(r"\\[pP]\{[^}]*\}|\\.|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}|\(\?:|.", re.DOTALL)
_ESCAPES = set("nrtdDsSwWiIcC\\|.-^?*+{}()[]$123456789")
_PROPERTY = re.compile(r"\\[pP]\{(Is)?[A-Za-z0-9-]+\}")
_NAME_START = r"\p{L}_:"
_NAME_CHAR = r"\p{L}\p{N}\p{M}_:.\-\u00B7"
_CLASSES = {
    r"\i": f"[{_NAME_START}]",
    r"\I": f"[^{_NAME_START}]",
    r"\c": f"[{_NAME_CHAR}]",
    r"\C": f"[^{_NAME_CHAR}]",
    r"\w": r"[^\p{P}\p{Z}\p{C}]",
    r"\W": r"[\p{P}\p{Z}\p{C}]",
}
_QUANTIFIERS = ("*", "+", "?")


class Refused(Exception):
    """The text is no pattern of XPath."""


def translate(text: str, flags: str) -> str:
    """The pattern for ``regex``; Null when it is none in XPath's sense or repeats too much."""
    if "x" in flags:
        text = without_space(text)
    if weight(text) > MAX_WEIGHT:
        raise Null(N_("The pattern repeats too much."))
    out: list[str] = []
    depth = 0
    try:
        for match in _PIECE.finditer(text):
            piece = match.group()
            if piece[0] == "\\":
                out.append(_escape(piece, depth))
            elif depth or piece == "[":
                out.append(_in_class(piece, out, depth))
                depth += (piece == "[") - (piece == "]")
            else:
                out.append(_plain(piece, out, flags))
    except Refused:
        raise Null(N_("%(pattern)r is no pattern."), pattern=text) from None
    return "".join(out)


def without_space(text: str) -> str:
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


def weight(text: str) -> int:
    """About how many single characters the pattern consists of with its counted repeats written out."""
    sums, last = [0], 1
    for match in _PIECE.finditer(text):
        if match.group() in ("(", "(?:"):
            sums.append(0)
        elif match.group("least"):
            times = min(int(match.group("most") or match.group("least")), MAX_WEIGHT)
            before, last = last, last * max(1, times)
            sums[-1] += last - before
        else:
            last = max(1, sums.pop()) if match.group() == ")" and len(sums) > 1 else 1
            sums[-1] += last
    return sum(sums)


def _escape(piece: str, depth: int) -> str:
    if len(piece) > 2:
        if not _PROPERTY.fullmatch(piece):
            raise Refused
        return piece.replace("{Is", "{In")  # a Unicode block
    if len(piece) < 2 or piece[1] not in _ESCAPES or (depth and piece[1].isdigit()):
        raise Refused
    return _CLASSES.get(piece, piece)


def _in_class(piece: str, out: list[str], depth: int) -> str:
    """``[a-z-[aeiou]]`` takes away; ``regex`` writes that with two hyphens and has other operators besides."""
    if piece == "[" and depth:
        if out[-1] != "-":
            raise Refused
        return "-["
    return "\\" + piece if piece in "&|~" else piece


def _plain(piece: str, out: list[str], flags: str) -> str:
    possessive = piece == "+" and bool(out) and (out[-1] in _QUANTIFIERS or out[-1][0] == "{")
    group = piece == "?" and bool(out) and out[-1] == "("
    if possessive or group or piece == "{":
        raise Refused
    if piece == "$" and "m" not in flags:
        return r"\Z"
    if piece == "." and "s" not in flags:
        return r"[^\n\r]"
    return piece
