"""A decision model as it stands in the file (DMN 1.5 chapters 6 to 8)."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Boxed:
    """A boxed expression. ``id`` is the element's, "" when it has none; ``type`` is its typeRef."""

    id: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Literal(Boxed):
    """A FEEL text."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A named, typed part of a context, an invocation or a signature."""

    name: str
    type: str = ""
    value: Boxed | None = None


@dataclass(frozen=True, slots=True)
class Context(Boxed):
    """Entries, and the result when the last one has no name."""

    entries: tuple[Entry, ...] = ()
    result: Boxed | None = None


@dataclass(frozen=True, slots=True)
class Invocation(Boxed):
    """Calls a function with arguments by name."""

    callee: Boxed | None = None
    bindings: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class ListBox(Boxed):
    """A list of expressions."""

    items: tuple[Boxed, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation(Boxed):
    """A list of contexts, written as a table."""

    columns: tuple[Entry, ...] = ()
    rows: tuple[tuple[Boxed, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionBox(Boxed):
    """A function definition; ``kind`` other than FEEL is an external one."""

    parameters: tuple[Entry, ...] = ()
    body: Boxed | None = None
    kind: str = "FEEL"


@dataclass(frozen=True, slots=True)
class Conditional(Boxed):
    """Boxed ``if``."""

    condition: Boxed | None = None
    then: Boxed | None = None
    otherwise: Boxed | None = None


@dataclass(frozen=True, slots=True)
class FilterBox(Boxed):
    """Boxed filter."""

    base: Boxed | None = None
    match: Boxed | None = None


@dataclass(frozen=True, slots=True)
class Iteration(Boxed):
    """Boxed ``for``, ``some`` or ``every``."""

    word: str = "for"
    variable: str = ""
    domain: Boxed | None = None
    body: Boxed | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A table's input column; ``values`` are the allowed ones as a unary test."""

    id: str
    label: str
    expression: str
    type: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """A table's output column; ``values`` are the allowed ones in their order of priority."""

    id: str
    name: str
    label: str
    type: str = ""
    values: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: a cell for each input, then one for each output; ``index`` counts from 1."""

    index: int
    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Table(Boxed):
    """A decision table (DMN 1.5 chapter 8)."""

    label: str = ""
    hit_policy: str = "UNIQUE"
    aggregation: str = ""
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An item definition."""

    name: str
    type: str = ""
    collection: bool = False
    allowed: str = ""
    constraint: str = ""
    components: tuple["Item", ...] = ()
    parameters: tuple[Entry, ...] | None = None
    result: str = ""


@dataclass(frozen=True, slots=True)
class InputData:
    """Data that comes from outside."""

    id: str
    name: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision; requirements are references ``#id`` or ``namespace#id``.

    ``name`` is that of its variable, ``title`` the element's own: editors let them differ.
    """

    id: str
    name: str
    type: str = ""
    title: str = ""
    logic: Boxed | None = None
    inputs: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A business knowledge model: a function."""

    id: str
    name: str
    type: str = ""
    logic: FunctionBox | None = None
    knowledge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A decision service: decisions as a function."""

    id: str
    name: str
    type: str = ""
    outputs: tuple[str, ...] = ()
    encapsulated: tuple[str, ...] = ()
    input_decisions: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """Another file that this one uses under a name."""

    name: str
    namespace: str
    location: str = ""
    type: str = ""


Invocable = Decision | Knowledge | Service | InputData


@dataclass(slots=True)
class Definitions:
    """A whole file; elements by id."""

    file: str
    name: str
    namespace: str
    prefixes: frozenset[str] = frozenset()
    items: dict[str, Item] = field(default_factory=dict)
    inputs: dict[str, InputData] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    knowledge: dict[str, Knowledge] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Every name an expression of this file may use."""
    twice: list[str] = field(default_factory=list)
    """Ids that more than one element has."""
    languages: list[tuple[str, str]] = field(default_factory=list)
    """Ids of elements whose expression is in another language than FEEL, with that language."""

    def elements(self) -> list[Invocable]:
        """Inputs, decisions, business knowledge models and decision services."""
        return [
            *self.inputs.values(), *self.decisions.values(), *self.knowledge.values(), *self.services.values()
        ]  # fmt: skip
