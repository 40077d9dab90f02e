"""How functions are called: those of a text, and the built-in ones with their overloads."""

from collections.abc import Callable, Mapping
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Frame, Run
from loopdesk.engine.feel.types import ANY, FeelType, coerce
from loopdesk.engine.feel.values import Function


def invoke(run: Run, function: Function, arguments: list[Any]) -> Any:
    """Call with arguments in order."""
    if function.variadic:
        return function.call(run, arguments, None)
    if len(arguments) != len(function.parameters):
        raise Null(
            N_("The function takes %(wanted)d arguments, not %(given)d."),
            wanted=len(function.parameters),
            given=len(arguments),
        )
    return function.call(run, arguments)


def invoke_named(run: Run, function: Function, arguments: Mapping[str, Any]) -> Any:
    """Call with arguments by name; those of a text's function that are left out are null."""
    if function.variadic:
        return function.call(run, [], arguments)
    unknown = set(arguments) - set(function.parameters)
    if unknown:
        raise Null(N_("The function has no parameter %(name)s."), name=min(unknown))
    return function.call(run, [arguments.get(name) for name in function.parameters])


def user_function(
    name: str,
    parameters: tuple[str, ...],
    types: tuple[FeelType, ...],
    body: Callable[[Frame], Any],
    frame: Frame,
    result: FeelType | None = None,
) -> Function:
    """A function whose body is a closure over ``frame``."""
    typed = any(type_ is not ANY for type_ in types)

    def call(run: Run, arguments: list[Any]) -> Any:
        if typed:
            arguments = [coerce(value, type_) for value, type_ in zip(arguments, types, strict=True)]
        run.charge(1)
        value = body(Frame(run, frame, dict(zip(parameters, arguments, strict=True))))
        return coerce(value, result) if result else value

    return Function(name, parameters, call, types, result)
