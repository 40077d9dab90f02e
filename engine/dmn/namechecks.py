"""Expressions that do not parse, and names that nothing gives a value."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.boxes import Boxes
from loopdesk.engine.dmn.findings import Notes
from loopdesk.engine.dmn.program import Program, load
from loopdesk.engine.dmn.walk import boxes
from loopdesk.engine.errors import N_, Phrase
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.compiler import Code, Scope, code
from loopdesk.engine.feel.compiler.core import failing
from loopdesk.engine.feel.errors import FeelError
from loopdesk.engine.feel.nodes import Node
from loopdesk.engine.feel.parser import parse, parse_tests


@dataclass(frozen=True, slots=True)
class Text:
    """A FEEL text, the id of the part it stands in and, in a table, its place there."""

    at: str
    source: str
    place: Phrase | None = None


class Listening(Boxes):
    """Compiles as usual and keeps each text's error and its free names."""

    def __init__(self, boxes_: Boxes) -> None:
        super().__init__(boxes_.types, boxes_.names)
        self.errors: dict[str, FeelError] = {}
        self.free: dict[str, set[str]] = {}

    def text(self, source: str, scope: Scope) -> Code:
        """Compile a text, noting what it needs."""
        return self._listen(source, scope, lambda: parse(source, self.names))

    def tests(self, source: str, scope: Scope) -> Code:
        """Compile a cell, noting what it needs."""
        return self._listen(source, scope, lambda: parse_tests(source, self.names))

    def _listen(self, source: str, scope: Scope, read: Callable[[], Node]) -> Code:
        unit = scope.unit
        before, unit.free = unit.free, set()
        try:
            return code(read(), scope)
        except FeelError as error:
            self.errors[source] = error
            return failing(error.position, error.message, **error.params)
        finally:
            self.free.setdefault(source, set()).update(unit.free)
            unit.free = before


def check_texts(program: Program, element: m.Decision | m.Knowledge, notes: Notes) -> None:
    """Findings about the texts of one decision or business knowledge model."""
    if element.logic is None:
        return
    listening = Listening(program.boxes)
    listening.compile(element.logic, program.scope())
    known = visible(program, element) | BUILTINS.keys()
    hidden = program.declared
    said: set[str] = set()
    for text in texts(element.logic):
        error = listening.errors.get(text.source)
        if error:
            _note_error(element, notes, text, error)
        for name in sorted(listening.free.get(text.source, set()) - known - said):
            said.add(name)
            _note_name(element, notes, text.at, name, name in hidden)


def check_items(program: Program, notes: Notes) -> None:
    """Findings about the allowed values of item definitions."""
    waiting = [(item, item) for item in program.definitions.items.values()]
    while waiting:
        owner, item = waiting.pop()
        waiting += [(owner, part) for part in item.components]
        for source in filter(None, (item.allowed, item.constraint)):
            try:
                parse_tests(source, program.boxes.names)
            except FeelError as error:
                _note_error(owner, notes, Text(owner.name, source), error)


def _note_error(element: m.Invocable | m.Item, notes: Notes, text: Text, error: FeelError) -> None:
    params: dict[str, object] = {"line": error.line, "column": error.column}
    params["reason"] = Phrase(error.message, **error.params)
    params["expression"] = text.source if len(text.source) <= 200 else text.source[:200] + "…"
    message = N_("“%(expression)s”, line %(line)s, character %(column)s: %(reason)s")
    if text.place:
        message = N_("%(place)s: “%(expression)s”, line %(line)s, character %(column)s: %(reason)s")
        params["place"] = text.place
    remedy = N_("Correct the expression at the given place.")
    notes.add(element, "dmn.expression", "error", message, remedy, at=text.at, **params)


def _note_name(element: m.Invocable, notes: Notes, at: str, name: str, hidden: bool) -> None:
    if hidden:
        notes.add(
            element,
            "dmn.unknown-input",
            "error",
            N_("%(name)s is used but not required, so it is null here."),
            N_("Draw a requirement from it to this decision."),
            at=at,
            name=name,
        )
        return
    notes.add(
        element,
        "dmn.unknown-input",
        "warning",
        N_("The model does not say where %(name)s comes from."),
        N_("Check the spelling, or add an input of this name and draw a requirement."),
        at=at,
        name=name,
    )


def visible(program: Program, element: m.Decision | m.Knowledge) -> set[str]:
    """The names an element's logic sees because it requires them."""
    references = [*element.knowledge]
    names = {"?"}
    if isinstance(element, m.Decision):
        references += [*element.inputs, *element.decisions]
    else:
        names.add(element.name)
        names |= {parameter.name for parameter in element.logic.parameters} if element.logic else set()
    for found in map(program.element, references):
        if found is not None:
            prefix = program.import_name(found[0]) if found[0] is not program else ""
            names |= {prefix} if prefix else {found[1].name, found[1].id}
    return names


def texts(logic: m.Boxed | None) -> Iterator[Text]:
    """Every FEEL text of a decision's logic."""
    for box in boxes(logic):
        if isinstance(box, m.Literal):
            yield Text(box.id, box.text)
        if isinstance(box, m.Table):
            yield from _table_texts(box)


def texts_of(data: bytes, *, file: str = "") -> Iterator[tuple[str, str, str]]:
    """(id of its part, name of its element, text) of every FEEL text of a file; ``Invalid`` when it is no DMN."""
    definitions = load(data, file, {}).definitions
    elements: list[m.Decision | m.Knowledge] = [*definitions.decisions.values(), *definitions.knowledge.values()]
    for element in elements:
        for text in texts(element.logic):
            yield text.at or element.id, element.name, text.source


def _table_texts(table: m.Table) -> Iterator[Text]:
    names = _columns(table)
    for name, column in zip(names, table.inputs, strict=False):
        place = Phrase(N_("column %(name)s"), name=name)
        yield Text(column.id or table.id, column.expression, place)
        yield Text(column.id or table.id, column.values, place)
    for name, output in zip(names[len(table.inputs) :], table.outputs, strict=True):
        place = Phrase(N_("column %(name)s"), name=name)
        yield Text(output.id or table.id, output.default, place)
        yield Text(output.id or table.id, f"[{output.values}]", place)
    for rule in table.rules:
        for index, cell in enumerate((*rule.inputs, *rule.outputs)):
            # A rule may have more cells than the table has columns; another check says so.
            name = names[index] if index < len(names) else str(index + 1)
            place = Phrase(N_("rule %(rule)s, column %(name)s"), rule=rule.index, name=name)
            yield Text(rule.id or table.id, cell, place)


def _columns(table: m.Table) -> list[str]:
    inputs = [column.label or column.expression for column in table.inputs]
    return [*inputs, *(column.label or column.name or table.label for column in table.outputs)]
