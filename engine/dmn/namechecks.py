"""Expressions that do not parse, and names that nothing gives a value."""

from collections.abc import Callable, Iterator

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.boxes import Boxes
from loopdesk.engine.dmn.findings import Notes
from loopdesk.engine.dmn.program import Program
from loopdesk.engine.dmn.walk import boxes
from loopdesk.engine.errors import N_
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.compiler import Code, Scope, code
from loopdesk.engine.feel.compiler.core import failing
from loopdesk.engine.feel.errors import FeelError
from loopdesk.engine.feel.nodes import Node
from loopdesk.engine.feel.parser import parse, parse_tests


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
    for at, source in texts(element.logic):
        error = listening.errors.get(source)
        if error:
            _note_error(element, notes, at, source, error)
        for name in sorted(listening.free.get(source, set()) - known - said):
            said.add(name)
            _note_name(element, notes, at, name, name in hidden)


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
                _note_error(owner, notes, owner.name, source, error)


def _note_error(element: m.Invocable | m.Item, notes: Notes, at: str, source: str, error: FeelError) -> None:
    notes.add(
        element,
        "dmn.expression",
        "error",
        error.message,
        N_("Correct the expression at the given place."),
        at=at,
        expression=source if len(source) <= 200 else source[:200] + "…",
        line=error.line,
        column=error.column,
        **error.params,
    )


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


def texts(logic: m.Boxed | None) -> Iterator[tuple[str, str]]:
    """Every FEEL text with the id of the part it stands in."""
    for box in boxes(logic):
        if isinstance(box, m.Literal):
            yield box.id, box.text
        if isinstance(box, m.Table):
            yield from _table_texts(box)


def _table_texts(table: m.Table) -> Iterator[tuple[str, str]]:
    for column in table.inputs:
        yield column.id or table.id, column.expression
        yield column.id or table.id, column.values
    for output in table.outputs:
        yield output.id or table.id, output.default
        yield output.id or table.id, f"[{output.values}]"
    for rule in table.rules:
        for cell in (*rule.inputs, *rule.outputs):
            yield rule.id or table.id, cell
