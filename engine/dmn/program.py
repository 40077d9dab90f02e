"""A decision model made ready to run: its elements by reference, their logic compiled when first needed."""

from collections.abc import Mapping
from functools import cached_property

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.boxes import Boxes, typed
from loopdesk.engine.dmn.itemtypes import ItemTypes
from loopdesk.engine.dmn.reader import read_definitions
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.compiler import Code, Scope, Unit
from loopdesk.engine.feel.reader import Names
from loopdesk.engine.feel.types import FeelType


class Program:
    """One file with the programs of the files it imports, by the name it gives them."""

    def __init__(self, definitions: m.Definitions, imported: Mapping[str, "Program"]) -> None:
        self.definitions = definitions
        self.imported = dict(imported)
        self._logic: dict[str, Code] = {}

    @cached_property
    def types(self) -> ItemTypes:
        """The item definitions as types."""
        return ItemTypes(self.definitions, {name: program.types for name, program in self.imported.items()})

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that expressions may use, those of imported files included."""
        return frozenset(self.definitions.names).union(*(program.names for program in self.imported.values()))

    @cached_property
    def declared(self) -> frozenset[str]:
        """The names of the model's own elements."""
        return frozenset(element.name for element in self.definitions.elements())

    @cached_property
    def _elements(self) -> dict[str, m.Invocable]:
        return {one.id: one for one in self.definitions.elements()}

    @cached_property
    def boxes(self) -> Boxes:
        """The compiler of this file's expressions."""
        return Boxes(self.types, Names((*sorted(BUILTINS), *sorted(self.names))))

    def scope(self) -> Scope:
        """A fresh outermost scope."""
        return Scope(Unit(self.names, self.types.known))

    def type(self, reference: str) -> FeelType:
        """The type a typeRef names."""
        return self.types.type(reference)

    def logic(self, decision: m.Decision) -> Code:
        """A decision's compiled logic, conforming to its variable's type."""
        if decision.id not in self._logic:
            inner = self.boxes.compile(decision.logic, self.scope())
            self._logic[decision.id] = typed(inner, self.type(decision.type))
        return self._logic[decision.id]

    def body(self, knowledge: m.Knowledge) -> Code:
        """A business knowledge model's compiled body."""
        if knowledge.id not in self._logic:
            scope = self.scope()
            assert knowledge.logic is not None
            names = tuple(parameter.name for parameter in knowledge.logic.parameters)
            self._logic[knowledge.id] = self.boxes.body(knowledge.logic, scope.inner(names))
        return self._logic[knowledge.id]

    def element(self, reference: str) -> "tuple[Program, m.Invocable] | None":
        """What ``#id`` or ``namespace#id`` points at, and the program it stands in."""
        namespace, _, id_ = reference.rpartition("#")
        if namespace and namespace != self.definitions.namespace:
            for program in self.imported.values():
                if program.definitions.namespace == namespace:
                    return program.element("#" + id_)
            return None
        found = self._elements.get(id_)
        return (self, found) if found else None

    def import_name(self, program: "Program") -> str:
        """The name under which this file knows another program's elements; "" for its own."""
        return next((name for name, other in self.imported.items() if other is program), "")


def load(data: bytes, file: str, imports: Mapping[str, bytes]) -> Program:
    """The program of a file and of those it imports; Invalid when one is no DMN or they form a circle."""
    definitions = read_definitions(data, file)
    others = {definitions.namespace: definitions}
    for name, content in imports.items():
        try:
            other = read_definitions(content, name)
        except Invalid:
            continue  # a neighbour that is no DMN: where it is imported, the import is found missing
        others.setdefault(other.namespace, other)
    return _link(definitions, others, ())


def _link(definitions: m.Definitions, others: Mapping[str, m.Definitions], path: tuple[str, ...]) -> Program:
    if definitions.namespace in path:
        raise Invalid(
            N_("The files import each other in a circle: %(path)s."),
            remedy=N_("Move what both need into a third file."),
            place=definitions.file,
            path=" > ".join((*path, definitions.namespace)),
        )
    path = (*path, definitions.namespace)
    imported = {
        one.name: _link(others[one.namespace], others, path) for one in definitions.imports if one.namespace in others
    }
    return Program(definitions, imported)
