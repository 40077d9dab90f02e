"""How a verb becomes an operation that the engine calls by name and checks by its inputs.

The authority is the deployed diagram: the actor stays whoever caused the step, and acts on behalf of the process.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from loopdesk.desk.rights import by_process
from loopdesk.desk.store import Store
from loopdesk.engine.actor import Actor
from loopdesk.engine.host import Call, Operation
from loopdesk.engine.tx import Tx

Result = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Step:
    """What an operation works with: who caused the step of which case, and the house around it."""

    actor: Actor
    tx: Tx
    number: str
    base_url: str
    """Where links in messages lead, without a slash at the end."""
    store: Store
    """Where operations that make files keep them."""
    instance: str = ""
    """The process instance whose step it is."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of an operation: its name, the type that is meant, and whether a diagram has to give it."""

    name: str
    type: str
    required: bool


_ALL: dict[str, Callable[..., Result]] = {}
_CALLED_WITH = [
    inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY, annotation=kind)
    for name, kind in (("actor", Actor), ("tx", Tx), ("call", Call))
]


def operation(name: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Offer the function to diagrams under ``name``; it takes a `Step` and its inputs as keywords."""

    def register(function: Callable[..., Result]) -> Callable[..., Result]:
        _ALL[name] = function
        return function

    return register


def build(base_url: str, store: Store) -> dict[str, Operation]:
    """Every operation by name, for a house whose links begin with ``base_url``."""
    return {name: _bound(function, base_url.rstrip("/"), store) for name, function in _ALL.items()}


def describe(name: str) -> str:
    """What the operation does, in the words a process owner reads."""
    return inspect.getdoc(_ALL[name]) or ""


def parameters(name: str) -> dict[str, Parameter]:
    """The inputs of an operation, for a checker."""
    return {
        one.name: Parameter(one.name, inspect.formatannotation(one.annotation), one.default is one.empty)
        for one in _inputs(_ALL[name])
        if one.kind is one.KEYWORD_ONLY
    }


def open_parameters(name: str) -> bool:
    """Whether the operation takes inputs of any further name."""
    return any(one.kind is one.VAR_KEYWORD for one in _inputs(_ALL[name]))


def _inputs(function: Callable[..., Result]) -> list[inspect.Parameter]:
    return [one for one in inspect.signature(function).parameters.values() if one.name != "step"]


def _bound(function: Callable[..., Result], base_url: str, store: Store) -> Operation:
    """The function as the engine calls it: (actor, tx, call, **inputs)."""

    def call(actor: Actor, tx: Tx, at: Call, /, **inputs: Any) -> Result:
        caused_by = replace(actor, on_behalf_of=by_process(at.instance))
        return function(Step(caused_by, tx, at.key, base_url, store, at.instance), **inputs)

    call.__doc__ = function.__doc__
    # What `inspect.signature` answers, so that a diagram with a wrong input is found at its deployment.
    call.__signature__ = inspect.Signature([*_CALLED_WITH, *_inputs(function)])  # type: ignore[attr-defined]
    return call
