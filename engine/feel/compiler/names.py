"""Literals, names, paths, lists and contexts."""

from collections.abc import Mapping
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.compiler.core import NO_VARIABLE, Code, Scope, code, compiles, constant, failing
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.properties import member
from loopdesk.engine.feel.runtime import Frame
from loopdesk.engine.feel.values import PLAIN, feel


@compiles(n.Literal)
def literal(node: n.Literal, _: Scope) -> Code:
    """A value that stands in the text; numbers get 34 digits."""
    return constant(node.value)


@compiles(n.Name)
def name(node: n.Name, scope: Scope) -> Code:
    """A variable, converted to a value of FEEL where it comes from outside."""
    raw = raw_name(node, scope)
    name = node.name
    free = not scope.binds(name)

    def read(frame: Frame) -> Any:
        value = raw(frame)
        if type(value) in PLAIN:
            return value
        return frame.run.converted(name, value) if free else feel(value)

    return read


def raw_name(node: n.Name, scope: Scope) -> Code:
    """Reads a name without converting what comes in: a path converts only what it ends at."""
    filters: list[int] = []
    hops = 0
    level: Scope | None = scope
    while level is not None:
        if level.names is None:
            filters.append(hops)
        elif node.name in level.names:
            bound = _bound(node.name, hops, level.copied)
            return _filtered(node.name, filters, bound)
        hops += 1
        level = level.parent
    scope.unit.free.add(node.name)
    return _filtered(node.name, filters, _free(node))


def _free(node: n.Name) -> Code:
    name, at = node.name, node.at
    builtin = BUILTINS.get(name)
    missing = Null(NO_VARIABLE, name=name)

    def free(frame: Frame) -> Any:
        run = frame.run
        try:
            return run.scope[name]
        except KeyError:
            if builtin is None:
                run.note(at, missing)
            return builtin

    return free


def _bound(name: str, hops: int, copied: bool) -> Code:
    def here(frame: Frame) -> Any:
        return frame.values[name]

    def outside(frame: Frame) -> Any:
        for _ in range(hops):
            frame = frame.parent
        return frame.values[name]

    def copy(frame: Frame) -> Any:
        value = outside(frame)
        frame.run.charge(len(value))
        return list(value)

    return copy if copied else outside if hops else here


def _filtered(name: str, filters: list[int], otherwise: Code) -> Code:
    """Inside filters a name is first looked for in their items, from the innermost outwards."""
    if not filters:
        return otherwise

    def search(frame: Frame) -> Any:
        level, hops = frame, 0
        for target in filters:
            while hops < target:
                level, hops = level.parent, hops + 1
            item = level.values["item"]
            if isinstance(item, Mapping) and name in item:
                return item[name]
            if name == "item":
                return item
        return otherwise(frame)

    return search


@compiles(n.Path)
def path(node: n.Path, scope: Scope) -> Code:
    """What stands after a dot."""
    raw = raw_path(node, scope)

    def read(frame: Frame) -> Any:
        value = raw(frame)
        if type(value) in PLAIN:
            return value
        if isinstance(value, list | dict):
            frame.run.charge(len(value))
        return feel(value)

    return read


def raw_path(node: n.Path, scope: Scope) -> Code:
    """Reads a path without converting what it ends at."""
    base = raw(node.base, scope)
    name, at = node.name, node.at

    def read(frame: Frame) -> Any:
        value = base(frame)
        if type(value) is dict and name in value:
            return value[name]
        try:
            return member(value, name)
        except Null as null:
            frame.run.note(at, null)
            return None

    return read


def raw(node: n.Node, scope: Scope) -> Code:
    """The closure for a path's base: names and paths are passed on unconverted."""
    match node:
        case n.Name():
            return raw_name(node, scope)
        case n.Path():
            return raw_path(node, scope)
    return code(node, scope)


@compiles(n.ListNode)
def list_(node: n.ListNode, scope: Scope) -> Code:
    """A list."""
    items = [code(item, scope) for item in node.items]

    def build(frame: Frame) -> list[Any]:
        frame.run.charge(len(items))
        return [item(frame) for item in items]

    return build


@compiles(n.ContextNode)
def context(node: n.ContextNode, scope: Scope) -> Code:
    """Entries see those before them; a function sees itself (DMN 1.5 §10.3.2.6)."""
    if node.twice:
        return failing(node.at, N_("The context has the entry %(name)s twice."), name=min(node.twice))
    inner = scope.inner(())
    assert inner.names is not None
    entries: list[tuple[str, Code]] = []
    for key, value in node.entries:
        if isinstance(value, n.Lambda):
            inner.names.add(key)
        entries.append((key, code(value, inner)))
        inner.names.add(key)

    def build(frame: Frame) -> dict[str, Any]:
        values: dict[str, Any] = {}
        frame.run.charge(len(entries))
        own = Frame(frame.run, frame, values)
        for key, entry in entries:
            values[key] = entry(own)
        return values

    return build
