"""The compiler's table: a function for each kind of node, and what is known while compiling."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.nodes import Node
from loopdesk.engine.feel.runtime import Frame
from loopdesk.engine.feel.types import FeelType

Code = Callable[[Frame], Any]
NodeT = TypeVar("NodeT", bound=Node)
Compile = Callable[[NodeT, "Scope"], Code]

_TABLE: dict[type[Node], Compile[Any]] = {}


@dataclass(slots=True)
class Unit:
    """One text being compiled: names known from outside, types by name, and the free names it turns out to use."""

    names: frozenset[str] = frozenset()
    types: Mapping[str, FeelType] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)


class Scope:
    """Names bound in the text itself. ``names`` is None inside a filter: there the item's entries are names, too."""

    __slots__ = ("copied", "names", "parent", "unit")

    def __init__(
        self, unit: Unit, names: Iterable[str] | None = (), parent: "Scope | None" = None, copied: bool = False
    ) -> None:
        self.unit = unit
        self.names = None if names is None else set(names)
        self.parent = parent
        self.copied = copied

    def inner(self, names: Iterable[str] | None, copied: bool = False) -> "Scope":
        """A level inside this one; ``copied`` lists are handed out as they are at that moment."""
        return Scope(self.unit, names, self, copied)

    def binds(self, name: str) -> bool:
        """Whether the text itself may bind this name here."""
        scope: Scope | None = self
        while scope is not None:
            if scope.names is None or name in scope.names:
                return True
            scope = scope.parent
        return False


def compiles(kind: type[NodeT]) -> Callable[[Compile[NodeT]], Compile[NodeT]]:
    """Register the function that compiles this kind of node."""

    def register(function: Compile[NodeT]) -> Compile[NodeT]:
        _TABLE[kind] = function
        return function

    return register


def code(node: Node, scope: Scope) -> Code:
    """The closure for a node."""
    return _TABLE[type(node)](node, scope)


def constant(value: Any) -> Code:
    """A closure that always answers the same."""
    return lambda _: value


def failing(at: int, message: str, **params: object) -> Code:
    """A closure that is always null for this cause."""
    null = Null(message, **params)

    def fail(frame: Frame) -> None:
        frame.run.note(at, null)

    return fail


def guarded(at: int, inner: Code) -> Code:
    """The closure with its Null turned into a noted null."""

    def guard(frame: Frame) -> Any:
        try:
            return inner(frame)
        except Null as null:
            frame.run.note(at, null)
            return None

    return guard


NO_VARIABLE = N_("There is no variable %(name)s.")
