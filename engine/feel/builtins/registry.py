"""The table of built-in functions, and how their arguments are matched to overloads (DMN 1.5 §10.3.2.13)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import CHARACTERS_A_STEP, ITEMS_A_STEP, Run
from loopdesk.engine.feel.values import Function, kind

ABSENT = object()
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """``kinds`` is empty for any value, null included."""

    name: str
    kinds: frozenset[str]
    nullable: bool
    optional: bool
    rest: bool

    @staticmethod
    def of(text: str) -> "Parameter":
        """Reads ``[length: number?]``: brackets for optional, ``?`` for null allowed, ``...`` for any number."""
        optional = text.startswith("[")
        name, kinds = text.strip("[]").split(": ")
        rest, kinds = kinds.endswith("..."), kinds.removesuffix("...")
        nullable, kinds = kinds.endswith("?"), kinds.removesuffix("?")
        return Parameter(name, frozenset(() if kinds == "any" else kinds.split("|")), nullable, optional, rest)

    def accept(self, value: Any) -> Any:
        """The value as this parameter takes it: a list of one as its item, an item as a list of one."""
        given = kind(value)
        if not self.kinds or given in self.kinds or (value is None and self.nullable):
            return value
        if given == "list" and len(value) == 1 and kind(value[0]) in self.kinds:
            return value[0]
        if "list" in self.kinds and value is not None:
            return [value]
        raise Null(N_("%(name)s must not be a %(kind)s."), name=self.name, kind=given)


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature of a function."""

    parameters: tuple[Parameter, ...]
    function: Callable[..., Any]
    wants_run: bool

    def bind(self, arguments: list[Any], named: Mapping[str, Any] | None) -> list[Any]:
        """The arguments in order, checked and coerced; Null when they do not fit."""
        if named is not None:
            arguments = self._in_order(named)
        rest = bool(self.parameters) and self.parameters[-1].rest
        if len(arguments) > len(self.parameters) and not rest:
            raise Null(N_("The function takes at most %(count)d arguments."), count=len(self.parameters))
        bound = []
        for parameter, value in zip(self.parameters, arguments, strict=False):
            if value is ABSENT:
                break
            bound.append(parameter.accept(value))
        if rest:
            bound += [self.parameters[-1].accept(value) for value in arguments[len(self.parameters) :]]
        missing = [parameter for parameter in self.parameters[len(bound) :] if not parameter.optional]
        if missing:
            raise Null(N_("The argument %(name)s is missing."), name=missing[0].name)
        return bound

    def _in_order(self, named: Mapping[str, Any]) -> list[Any]:
        unknown = set(named) - {parameter.name for parameter in self.parameters}
        if unknown:
            raise Null(N_("The function has no parameter %(name)s."), name=min(unknown))
        return [
            named.get(parameter.name, ABSENT if parameter.optional else None if not parameter.kinds else ABSENT)
            for parameter in self.parameters
        ]


BUILTINS: dict[str, Function] = {}
_OVERLOADS: dict[str, list[Overload]] = {}


def builtin(name: str, *signatures: str, run: bool = False) -> Callable[[FunctionT], FunctionT]:
    """Register a function under its FEEL name; ``run`` hands it the evaluation as first argument.

    A signature is ``string: string, [length: number]``; several make overloads, tried in their order.
    """

    def register(function: FunctionT) -> FunctionT:
        overloads = _OVERLOADS.setdefault(name, [])
        for signature in signatures:
            parameters = tuple(Parameter.of(part) for part in signature.split(", ") if part)
            overloads.append(Overload(parameters, function, run))
        BUILTINS[name] = Function(name, (), _caller(overloads), variadic=True)
        return function

    return register


def _charge(run: Run, values: list[Any]) -> None:
    """Looking through long lists and texts costs steps, so that loops of it stay bounded."""
    for value in values:
        if type(value) is list:
            run.charge(len(value) // ITEMS_A_STEP)
        elif type(value) is str:
            run.charge(len(value) // (10 * CHARACTERS_A_STEP))


def _caller(overloads: list[Overload]) -> Callable[..., Any]:
    def call(run: Run, arguments: list[Any], named: Mapping[str, Any] | None = None) -> Any:
        refused: Null | None = None
        for overload in overloads:
            try:
                bound = overload.bind(arguments, named)
            except Null as null:
                refused = refused or null
                continue
            _charge(run, bound)
            result = overload.function(run, *bound) if overload.wants_run else overload.function(*bound)
            if type(result) is str:
                run.charge(len(result) // CHARACTERS_A_STEP)
            return result
        raise refused or Null(N_("The function takes no such arguments."))

    return call
