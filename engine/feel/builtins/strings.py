"""Functions over texts (DMN 1.5 §10.3.4.3); characters are Unicode code points."""

from decimal import Decimal
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.arithmetic import MAX_TEXT
from loopdesk.engine.feel.builtins.patterns import TIMEOUT, pattern, replacement, searched
from loopdesk.engine.feel.builtins.registry import builtin
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Run

TWO = "string: string, match: string"


@builtin("substring", "string: string, start position: number, [length: number?]")
def substring(string: str, start: Decimal, length: Decimal | None = None) -> str:
    """From a place counted from 1, or from -1 at the end."""
    first = int(start)
    if first == 0 or abs(first) > len(string) + (first > 0):
        raise Null(N_("The text has no place %(place)d."), place=first)
    begin = first - 1 if first > 0 else len(string) + first
    if length is None:
        return string[begin:]
    if length < 1:
        raise Null(N_("The length must be at least 1."))
    return string[begin : begin + int(length)]


@builtin("string length", "string: string")
def string_length(string: str) -> Decimal:
    """The number of characters."""
    return Decimal(len(string))


@builtin("upper case", "string: string")
def upper_case(string: str) -> str:
    """The text in capital letters."""
    return string.upper()


@builtin("lower case", "string: string")
def lower_case(string: str) -> str:
    """The text in small letters."""
    return string.lower()


@builtin("substring before", TWO)
def substring_before(string: str, match: str) -> str:
    """What stands before the first match; empty without one."""
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after", TWO)
def substring_after(string: str, match: str) -> str:
    """What stands after the first match; empty without one."""
    return string.partition(match)[2] if match else string


@builtin("contains", TWO)
def contains(string: str, match: str) -> bool:
    """Whether the text has the match in it."""
    return match in string


@builtin("starts with", TWO)
def starts_with(string: str, match: str) -> bool:
    """Whether the text starts with the match."""
    return string.startswith(match)


@builtin("ends with", TWO)
def ends_with(string: str, match: str) -> bool:
    """Whether the text ends with the match."""
    return string.endswith(match)


@builtin("matches", "input: string, pattern: string, [flags: string?]", run=True)
def matches(run: Run, input_: str, pattern_: str, flags: str | None = None) -> bool:
    """Whether the pattern matches somewhere in the input."""
    compiled = pattern(pattern_, flags or "")
    return searched(run, input_, lambda timeout: compiled.search(input_, timeout=timeout)) is not None


@builtin("replace", "input: string, pattern: string, replacement: string, [flags: string?]", run=True)
def replace(run: Run, input_: str, pattern_: str, template: str, flags: str | None = None) -> str:
    """The input with every match of the pattern replaced."""
    compiled = pattern(pattern_, flags or "")
    expand = replacement(template, compiled.groups, literal="q" in (flags or ""))
    result: str = searched(run, input_, lambda timeout: compiled.sub(expand, input_, timeout=timeout))
    if len(result) > MAX_TEXT:
        raise Null(N_("The text is longer than %(limit)d characters."), limit=MAX_TEXT)
    return result


@builtin("split", "string: string, delimiter: string", run=True)
def split(run: Run, string: str, delimiter: str) -> list[str]:
    """The pieces between the places where the pattern matches; a pattern that matches nothing at all splits nothing."""
    compiled = pattern(delimiter, "")
    if compiled.fullmatch("", timeout=TIMEOUT):
        raise Null(N_("The delimiter must not match the empty text."))
    pieces: list[str] = []
    last = 0
    for match in searched(run, string, lambda timeout: list(compiled.finditer(string, timeout=timeout))):
        pieces.append(string[last : match.start()])
        last = match.end()
    run.charge(len(pieces))
    return [*pieces, string[last:]]


@builtin("string join", "list: list, [delimiter: string?]", run=True)
def string_join(run: Run, list_: list[Any], delimiter: str | None = None) -> str:
    """The texts one after the other; nulls are left out."""
    if any(not isinstance(item, str) for item in list_ if item is not None):
        raise Null(N_("Only texts can be joined."))
    texts = [item for item in list_ if item is not None]
    run.charge(len(texts))
    if sum(map(len, texts)) + len(delimiter or "") * len(texts) > MAX_TEXT:
        raise Null(N_("The text is longer than %(limit)d characters."), limit=MAX_TEXT)
    return (delimiter or "").join(texts)
