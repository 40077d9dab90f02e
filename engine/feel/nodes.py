"""The tree of a FEEL text. Chains are flat, so that a sum of ten thousand terms is no deep tree."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of the tree; ``at`` is its place in the text, counted from 0."""

    at: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, text, boolean, null, date, time or duration."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable."""

    name: str


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextNode(Node):
    """``{key: value}``; ``twice`` holds keys that stand more than once, which FEEL answers with null."""

    entries: tuple[tuple[str, Node], ...]
    twice: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RangeNode(Node):
    """``[a..b]`` and its kin; ``op`` is set instead of the brackets for ``(< 10)``, ``(= 10)``."""

    start: Node | None
    end: Node | None
    start_included: bool
    end_included: bool
    op: str = ""


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """``-a``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """``a op b op c`` of one precedence, read from the left."""

    first: Node
    rest: tuple[tuple[str, int, Node], ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """``and`` / ``or`` over any number of operands."""

    word: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``a = b``, ``a < b`` and their kin."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """``a between b and c``."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """``a in (test, test)``."""

    value: Node
    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """``a instance of type``."""

    value: Node
    type: "TypeNode"


@dataclass(frozen=True, slots=True)
class Path(Node):
    """``a.name``."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """``a[condition]``."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call; arguments are either all by place (names empty) or all by name."""

    callee: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class If(Node):
    """``if a then b else if c then d else e``, flat."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class For(Node):
    """``for name in domain, ... return body``; a domain is a node or (start, end) of a counting loop."""

    iterators: tuple[tuple[str, Node, Node | None], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """``some`` / ``every`` name in domain satisfies condition."""

    word: str
    iterators: tuple[tuple[str, Node, Node | None], ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """``function(a: type) body``."""

    parameters: tuple[tuple[str, "TypeNode | None"], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One positive unary test: ``op`` with its operand, or "" for an expression to be compared or to be true."""

    op: str
    operand: Node
    uses_value: bool = False


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """A whole cell: ``-`` has no tests; ``not(...)`` is negated."""

    tests: tuple[Test, ...]
    negated: bool = False
    any: bool = False


@dataclass(frozen=True, slots=True)
class TypeNode(Node):
    """A type: its name, the parts in angle brackets (named for a context), and a function's result."""

    name: str
    arguments: tuple["TypeNode", ...] = ()
    names: tuple[str, ...] = ()
    result: "TypeNode | None" = None
