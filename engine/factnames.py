"""Facts that an expression asks of ``case`` and that the desk does not know: FEEL would answer null without a word."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath

from loopdesk.engine import bpmn, dmn
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.feel.expression import known_names
from loopdesk.engine.feel.nodes import Name, Node, Path
from loopdesk.engine.feel.parser import parse, parse_tests
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

CASE = "case"
WORDS = frozenset({"id", "name", "documentation"})
"""What people read of an element; never an expression."""


def check(files: Files, diagrams: bpmn.Diagrams, known: Collection[str]) -> list[Finding]:
    """Unknown facts in the diagrams and tables of a folder; nothing when no ``known`` facts are given."""
    if not known:
        return []
    found = []
    for process in diagrams.processes.values():
        items: list[bpmn.Element | bpmn.Flow] = [*process.elements.values(), *process.flows.values()]
        for item in items:
            asked = {fact for text in expressions(item) for fact in asked_of(text)}
            found += [unknown(process.file, item.id, item.name, fact, known) for fact in sorted(asked - {*known})]
    for path in sorted(path for path in files if PurePosixPath(path).suffix == ".dmn"):
        found += _tables(path, files[path], known)
    return found


def asked_of(source: str, asked: str = CASE) -> set[str]:
    """Names that a FEEL expression or a cell of a table asks of ``asked``; none when the text is no FEEL."""
    names = known_names(frozenset())
    for read in (parse, parse_tests):
        try:
            return set(_asked(read(source, names), asked))
        except (Invalid, RecursionError):
            continue  # whoever checks the syntax says so
    return set()


def unknown(file: str, element: str, name: str, fact: str, known: Collection[str]) -> Finding:
    """The finding on one fact that is not ``known``."""
    near = get_close_matches(fact, sorted(known), 1)
    message = N_("`case` has no fact “%(fact)s”.")
    remedy = N_("Known: %(known)s; did you mean “%(near)s”?") if near else N_("Known: %(known)s.")
    params: dict[str, object] = {"fact": fact, "known": ", ".join(sorted(known)), "near": near[0] if near else ""}
    return Finding(file, element, name, "fact.unknown", "error", message, remedy, params)


def _tables(path: str, data: bytes, known: Collection[str]) -> Iterator[Finding]:
    said = set(known)
    try:
        texts = list(dmn.texts(data, file=path))
    except Invalid:
        return  # the table's own check says so
    for element, name, text in texts:
        for fact in sorted(asked_of(text) - said):
            said.add(fact)
            yield unknown(path, element, name, fact, known)


def _asked(value: object, asked: str) -> Iterator[str]:
    """Names that are asked of ``asked`` in a tree; it is gone through without recursion, for a text may nest deeply."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            waiting += one
        elif isinstance(one, Node):
            if isinstance(one, Path) and isinstance(one.base, Name) and one.base.name == asked:
                yield one.name
            waiting += [getattr(one, field.name) for field in fields(one)]


def expressions(value: object) -> Iterator[str]:
    """Every FEEL text of an element or flow, wherever it stands in it."""
    if isinstance(value, str):
        if bpmn.is_expression(value):
            yield value.lstrip().removeprefix("=")
        return
    for part in _parts(value):
        yield from expressions(part)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, tuple):
        return value
    if is_dataclass(value):
        return [getattr(value, field.name) for field in fields(value) if field.name not in WORDS]
    return ()
