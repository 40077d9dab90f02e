"""Item definitions to FEEL types (DMN 1.5 §7.3.2)."""

from collections.abc import Callable, Mapping
from typing import Any

from loopdesk.engine.dmn import model as m
from loopdesk.engine.feel.errors import FeelError
from loopdesk.engine.feel.expression import UnaryTests, build_tests
from loopdesk.engine.feel.types import ANY, SIMPLE, FeelType

Types = dict[str, FeelType]


class ItemTypes:
    """The types of one file: its own and, under an import's name, those of imported files."""

    def __init__(self, definitions: m.Definitions, imported: Mapping[str, "ItemTypes"]) -> None:
        self.definitions = definitions
        self.imported = imported
        self.known: Types = {}
        self._open: set[str] = set()
        for name in definitions.items:
            self._define(name)
        for prefix, types in imported.items():
            self.known |= {f"{prefix}.{name}" if prefix else name: type_ for name, type_ in types.known.items()}

    def named(self, reference: str) -> FeelType | None:
        """The type a typeRef names; Any when it is empty, None when there is no such type."""
        if not reference:
            return ANY
        prefix, colon, rest = reference.partition(":")
        name = rest if colon and prefix in self.definitions.prefixes else reference
        if name in self.definitions.items:
            return self._define(name)
        if name in SIMPLE:
            return SIMPLE[name]
        dotted = self.known.get(name)
        if dotted:
            return dotted
        parent, dot, child = name.partition(".")
        types = self.imported.get(parent) if dot else None
        return types.named(child) if types else None

    def type(self, reference: str) -> FeelType:
        """The type a typeRef names; Any when there is no such type (``check`` reports it)."""
        return self.named(reference) or ANY

    def _define(self, name: str) -> FeelType:
        if name in self.known:
            return self.known[name]
        if name in self._open:  # an item that contains itself ends in Any
            return ANY
        self._open.add(name)
        self.known[name] = self._build(self.definitions.items[name])
        self._open.discard(name)
        return self.known[name]

    def _build(self, item: m.Item) -> FeelType:
        inner = self._single(item)
        if item.allowed:
            inner = self._constrained(inner, item.allowed)
        if item.collection:
            inner = FeelType("list", item=inner)
        return self._constrained(inner, item.constraint) if item.constraint else inner

    def _single(self, item: m.Item) -> FeelType:
        if item.parameters is not None:
            parameters = tuple(self.type(parameter.type) for parameter in item.parameters)
            return FeelType("function", parameters=parameters, result=self.type(item.result))
        if item.components:
            return FeelType("context", members={part.name: self._build(part) for part in item.components})
        return self.type(item.type)

    def _constrained(self, base: FeelType, tests: str) -> FeelType:
        try:
            compiled = build_tests(tests, frozenset(self.definitions.names), {})
        except FeelError:
            return base
        return FeelType(base.name, base.item, base.members, base.parameters, base.result, _both(base.allows, compiled))


def _both(first: Callable[[Any], bool] | None, tests: UnaryTests) -> Callable[[Any], bool]:
    def allows(value: Any) -> bool:
        return (first is None or first(value)) and (value is None or tests(value, {}) is True)

    return allows
