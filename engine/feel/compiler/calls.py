"""Calls and functions (DMN 1.5 §10.3.2.13, Table 60)."""

from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.compiler.core import Code, Scope, code, compiles, constant, guarded
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.functions import invoke, invoke_named, user_function
from loopdesk.engine.feel.runtime import Frame
from loopdesk.engine.feel.types import ANY, type_of
from loopdesk.engine.feel.values import Function, kind


@compiles(n.Call)
def call(node: n.Call, scope: Scope) -> Code:
    """A call of a function by place or by name."""
    callee = _callee(node.callee, scope)
    arguments = [code(argument, scope) for argument in node.arguments]
    names = node.names

    def called(frame: Frame) -> Any:
        function = callee(frame)
        values = [argument(frame) for argument in arguments]
        run = frame.run
        run.charge(1)
        if not isinstance(function, Function):
            if function is None and isinstance(node.callee, n.Name):
                raise Null(N_("There is no function %(name)s."), name=node.callee.name)
            raise Null(N_("A %(kind)s cannot be called."), kind=kind(function))
        if names:
            return invoke_named(run, function, dict(zip(names, values, strict=True)))
        return invoke(run, function, values)

    return guarded(node.at, called)


def _callee(node: n.Node, scope: Scope) -> Code:
    """A built-in function's name is settled here unless the text or the caller binds it to something else."""
    if isinstance(node, n.Name) and node.name in BUILTINS and not _bound(node.name, scope):
        return constant(BUILTINS[node.name])
    return code(node, scope)


def _bound(name: str, scope: Scope) -> bool:
    return scope.binds(name) or name in scope.unit.names


@compiles(n.Lambda)
def function(node: n.Lambda, scope: Scope) -> Code:
    """A function definition."""
    names = tuple(name for name, _ in node.parameters)
    types = tuple(type_of(type_, scope.unit.types) if type_ else ANY for _, type_ in node.parameters)
    body = _external if node.external else code(node.body, scope.inner(names))
    return lambda frame: user_function("", names, types, body, frame)


def _external(_: Frame) -> None:
    """Java or PMML behind a function is another system's code; none runs inside a decision."""
    raise Null(N_("External functions are not run."))
