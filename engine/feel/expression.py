"""The public face of FEEL: texts compiled once, evaluated often."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.compiler import Code, Scope, Unit, code
from loopdesk.engine.feel.compiler.tests import VALUE
from loopdesk.engine.feel.errors import FeelError
from loopdesk.engine.feel.nodes import Node
from loopdesk.engine.feel.parser import parse, parse_tests
from loopdesk.engine.feel.reader import Names
from loopdesk.engine.feel.runtime import Cause, Frame, Run
from loopdesk.engine.feel.types import FeelType
from loopdesk.engine.feel.values import feel, python

CACHED = 10_000
"""Characters up to which a compiled text is kept for the next time."""


@lru_cache(maxsize=256)
def known_names(names: frozenset[str]) -> Names:
    """What the parser must recognise: the built-in functions' names and the caller's."""
    return Names((*sorted(BUILTINS), *sorted(names)))


@dataclass(frozen=True, slots=True)
class Explained:
    """A value and, where something became null on the way, why."""

    value: Any
    causes: tuple[Cause, ...]


def too_deep() -> FeelError:
    """The error of a function that calls itself without end, or of data nested as deeply."""
    return FeelError(
        N_("The evaluation is nested too deeply."), remedy=N_("Check whether a function calls itself without end.")
    )


class Expression:
    """A compiled FEEL expression; call it with a scope. ``names``: the free names it reads."""

    __slots__ = ("code", "names", "source")

    def __init__(self, source: str, code: Code, names: frozenset[str]) -> None:
        self.source = source
        self.code = code
        self.names = names

    def __call__(self, scope: Mapping[str, Any], *, now: datetime | None = None) -> Any:
        """The value in this scope (numbers as Decimal, dates as Python's); FeelError when a limit is reached.

        ``scope`` is only asked for the names used; a missing one is null. ``now`` is the zone-aware present.
        """
        try:
            return python(self.code(Run(scope, now)))
        except RecursionError:
            raise too_deep() from None

    def explain(self, scope: Mapping[str, Any], *, now: datetime | None = None) -> Explained:
        """The value with the causes of nulls met on the way."""
        run = Run(scope, now)
        try:
            value = python(self.code(run))
        except RecursionError:
            raise too_deep() from None
        return Explained(value, tuple(run.causes or ()))


class UnaryTests:
    """A compiled cell of a decision table; call it with the value under test and a scope."""

    __slots__ = ("code", "names", "source")

    def __init__(self, source: str, code: Code, names: frozenset[str]) -> None:
        self.source = source
        self.code = code
        self.names = names

    def __call__(self, value: Any, scope: Mapping[str, Any], *, now: datetime | None = None) -> bool | None:
        """Whether the value passes; None when that cannot be said. FeelError when a limit is reached."""
        run = Run(scope, now)
        try:
            answer: bool | None = self.code(Frame(run, run, {VALUE: feel(value)}))
        except RecursionError:
            raise too_deep() from None
        return answer


def _built(source: str, names: frozenset[str], types: Mapping[str, FeelType], bound: Iterable[str],
           read: Callable[[str, Names], Node]) -> tuple[Code, frozenset[str]]:  # fmt: skip
    unit = Unit(names, types)
    scope = Scope(unit)
    try:
        built = code(read(source, known_names(names)), scope.inner(bound) if bound else scope)
    except RecursionError:  # the caller stands deep in Python's stack already
        raise too_deep() from None
    return built, frozenset(unit.free)


def build(source: str, names: frozenset[str], types: Mapping[str, FeelType]) -> Expression:
    """Compile with item definitions' types; not cached."""
    return Expression(source, *_built(source, names, types, (), parse))


def build_tests(source: str, names: frozenset[str], types: Mapping[str, FeelType]) -> UnaryTests:
    """Compile a cell with item definitions' types; not cached."""
    return UnaryTests(source, *_built(source, names, types, (VALUE,), parse_tests))


@lru_cache(maxsize=4096)
def _compiled(source: str, names: frozenset[str]) -> Expression:
    return build(source, names, {})


@lru_cache(maxsize=4096)
def _compiled_tests(source: str, names: frozenset[str]) -> UnaryTests:
    return build_tests(source, names, {})


def compile(source: str, *, names: Iterable[str] = ()) -> Expression:
    """Compile a FEEL expression. ``names``: known names with spaces or signs. FeelError says where it is none."""
    read = _compiled if len(source) <= CACHED else _compiled.__wrapped__
    return read(source, frozenset(names))


def compile_unary(source: str, *, names: Iterable[str] = ()) -> UnaryTests:
    """Compile a decision table's cell such as ``> 5, [1..3]`` or ``-``. FeelError says where it is none."""
    read = _compiled_tests if len(source) <= CACHED else _compiled_tests.__wrapped__
    return read(source, frozenset(names))


def evaluate(source: str, scope: Mapping[str, Any], *, now: datetime | None = None) -> Any:
    """Compile (once) and evaluate."""
    return compile(source)(scope, now=now)
