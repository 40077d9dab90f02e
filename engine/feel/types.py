"""FEEL's types: does a value conform, and how is it made to (DMN 1.5 §10.3.2.9 `coerceTo`, Tables 45-46)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.arithmetic import midnight
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.nodes import TypeNode
from loopdesk.engine.feel.temporal import Date
from loopdesk.engine.feel.values import KINDS, Function, Range, feel, kind


@dataclass(frozen=True, slots=True)
class FeelType:
    """A type by its name: ``Any``, ``Null``, a simple kind, or one with parts."""

    name: str
    item: "FeelType | None" = None
    members: Mapping[str, "FeelType"] = field(default_factory=dict)
    parameters: tuple["FeelType", ...] | None = None
    result: "FeelType | None" = None
    allows: Callable[[Any], bool] | None = None
    """A check of the value beyond its kind: an item definition's allowed values."""


ANY = FeelType("Any")
SIMPLE = {name: FeelType(name) for name in {*KINDS.values(), "Any", "Null"}} | {
    "dateTime": FeelType("date and time"),
    "dayTimeDuration": FeelType("days and time duration"),
    "yearMonthDuration": FeelType("years and months duration"),
    "day time duration": FeelType("days and time duration"),
    "any": ANY,
}
"""Types by name, with the spellings of DMN 1.1."""


def conforms(value: Any, type_: FeelType, constrained: bool = True) -> bool:
    """Whether the value is of the type; null is of every type here. ``constrained``: allowed values count, too."""
    if value is None:
        return type_.allows is None or not constrained or type_.allows(None)
    if type_.name not in ("Any", kind(value)):
        return False
    if constrained and type_.allows is not None and not type_.allows(value):
        return False
    return _parts_conform(value, type_, constrained)


def _parts_conform(value: Any, type_: FeelType, constrained: bool) -> bool:
    match value:
        case list() if type_.item:
            return all(conforms(item, type_.item, constrained) for item in value)
        case Range() if type_.item:
            return all(end is None or conforms(end, type_.item, constrained) for end in (value.start, value.end))
        case Function():
            return _function_conforms(value, type_, trusted=constrained)
        case Mapping():
            return all(
                name in value and conforms(feel(value[name]), member, constrained)
                for name, member in type_.members.items()
            )
    return True


def _function_conforms(value: Function, type_: FeelType, trusted: bool) -> bool:
    """``trusted``: a text's function, which cannot declare its result, is taken to give the one asked for."""
    if type_.parameters is None:
        return True
    if value.variadic or len(value.parameters) != len(type_.parameters):
        return False
    taken = value.types or (ANY,) * len(value.parameters)
    if not all(within(given, wanted or ANY) for given, wanted in zip(type_.parameters, taken, strict=True)):
        return False
    if type_.result is None or (trusted and value.result is None):
        return True
    return within(value.result or ANY, type_.result)


def within(inner: FeelType, outer: FeelType) -> bool:
    """Whether every value of ``inner`` is one of ``outer`` (DMN 1.5 §10.3.2.9.1, conformance of types)."""
    if outer.name == "Any" or inner.name == "Null":
        return True
    if inner.name != outer.name:
        return False
    if outer.item and not within(inner.item or ANY, outer.item):
        return False
    return all(name in inner.members and within(inner.members[name], want) for name, want in outer.members.items())


def coerce(value: Any, type_: FeelType) -> Any:
    """The value as this type: a list of one as its item, a date as midnight UTC; Null when it does not conform."""
    if type_ is ANY or conforms(value, type_):
        return value
    if isinstance(value, list) and len(value) == 1 and conforms(feel(value[0]), type_):
        return feel(value[0])
    if type_.name == "list" and value is not None and not isinstance(value, list) and conforms([value], type_):
        return [value]
    if type_.name == "date and time" and isinstance(value, Date) and conforms(midnight(value), type_):
        return midnight(value)
    raise Null(N_("The value is no %(type)s."), type=type_.name)


PARTED = frozenset({"list", "range", "context", "function"})


def asked_type(node: TypeNode, known: Mapping[str, FeelType]) -> FeelType:
    """The type after ``instance of``, where one with parts must state them (DMN 1.5 Table 61); else Null."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.name in PARTED and one.name not in known and not one.arguments and one.result is None:
            raise Null(N_("There is no type %(type)s."), type=one.name)
        waiting += one.arguments
    return type_of(node, known)


def type_of(node: TypeNode, known: Mapping[str, FeelType]) -> FeelType:
    """The type a text names; ``known`` holds item definitions. Null when there is no such type."""
    if node.name in known:
        return known[node.name]
    if node.name not in SIMPLE:
        raise Null(N_("There is no type %(type)s."), type=node.name)
    parts = tuple(type_of(part, known) for part in node.arguments)
    if node.name == "context":
        return FeelType("context", members=dict(zip(node.names, parts, strict=True)))
    if node.name == "function" and node.result is not None:
        return FeelType("function", parameters=parts, result=type_of(node.result, known))
    return FeelType(SIMPLE[node.name].name, item=parts[0] if parts else None)
