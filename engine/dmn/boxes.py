"""Boxed expressions to closures, on FEEL's own compiler (DMN 1.5 §10.4)."""

from collections.abc import Callable
from typing import Any, ClassVar

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.itemtypes import ItemTypes
from loopdesk.engine.dmn.tables import compile_table
from loopdesk.engine.errors import N_
from loopdesk.engine.feel.compiler import Code, Scope, code
from loopdesk.engine.feel.compiler.core import failing, guarded
from loopdesk.engine.feel.compiler.loops import filter_codes, for_codes, quantified_codes
from loopdesk.engine.feel.errors import FeelError, Null
from loopdesk.engine.feel.functions import invoke_named, user_function
from loopdesk.engine.feel.parser import parse, parse_tests
from loopdesk.engine.feel.reader import Names
from loopdesk.engine.feel.runtime import Frame
from loopdesk.engine.feel.types import ANY, FeelType, coerce
from loopdesk.engine.feel.values import Function, kind

NO_LOGIC = N_("The expression is empty.")


def typed(inner: Code, type_: FeelType) -> Code:
    """The closure with its value made to conform to a type, or null."""
    if type_ is ANY:
        return inner
    return guarded(0, lambda frame: coerce(inner(frame), type_))


class Boxes:
    """Compiles the boxed expressions of one file."""

    def __init__(self, types: ItemTypes, names: Names) -> None:
        self.types = types
        self.names = names

    def text(self, source: str, scope: Scope) -> Code:
        """A FEEL text; one that is none is null with that cause."""
        try:
            return code(parse(source, self.names), scope)
        except FeelError as error:
            return failing(error.position, error.message, **error.params)

    def tests(self, source: str, scope: Scope) -> Code:
        """A cell; one that is none never matches."""
        try:
            return code(parse_tests(source, self.names), scope)
        except FeelError as error:
            return failing(error.position, error.message, **error.params)

    def compile(self, box: m.Boxed | None, scope: Scope) -> Code:
        """The closure of a boxed expression, conforming to its typeRef."""
        if box is None:
            return failing(0, NO_LOGIC)
        return typed(self._COMPILERS[type(box)](self, box, scope), self.types.type(box.type))

    def function(self, box: m.FunctionBox, scope: Scope) -> tuple[tuple[str, ...], tuple[FeelType, ...], Code]:
        """A function's parameters, their types, and its body compiled in a scope with the parameters."""
        names = tuple(parameter.name for parameter in box.parameters)
        types = tuple(self.types.type(parameter.type) for parameter in box.parameters)
        return names, types, self.body(box, scope.inner(names))

    def body(self, box: m.FunctionBox, scope: Scope) -> Code:
        """The body; code of other systems is not run."""
        if box.kind != "FEEL":
            return failing(0, N_("External functions are not run."))
        return self.compile(box.body, scope)

    def _literal(self, box: m.Literal, scope: Scope) -> Code:
        return self.text(box.text, scope)

    def _context(self, box: m.Context, scope: Scope) -> Code:
        inner = scope.inner(())
        assert inner.names is not None
        entries: list[tuple[str, Code]] = []
        for entry in box.entries:
            if isinstance(entry.value, m.FunctionBox):
                inner.names.add(entry.name)
            entries.append((entry.name, typed(self.compile(entry.value, inner), self.types.type(entry.type))))
            inner.names.add(entry.name)
        result = self.compile(box.result, inner) if box.result is not None else None

        def build(frame: Frame) -> Any:
            values: dict[str, Any] = {}
            own = Frame(frame.run, frame, values)
            for name, entry in entries:
                values[name] = entry(own)
            return values if result is None else result(own)

        return build

    def _invocation(self, box: m.Invocation, scope: Scope) -> Code:
        callee = self.compile(box.callee, scope)
        bindings = [(binding.name, self.compile(binding.value, scope)) for binding in box.bindings]

        def call(frame: Frame) -> Any:
            function = callee(frame)
            if not isinstance(function, Function):
                raise Null(N_("A %(kind)s cannot be called."), kind=kind(function))
            frame.run.charge(1)
            return invoke_named(frame.run, function, {name: value(frame) for name, value in bindings})

        return guarded(0, call)

    def _list(self, box: m.ListBox, scope: Scope) -> Code:
        items = [self.compile(item, scope) for item in box.items]
        return lambda frame: [item(frame) for item in items]

    def _relation(self, box: m.Relation, scope: Scope) -> Code:
        names = [column.name for column in box.columns]
        types = [self.types.type(column.type) for column in box.columns]
        rows = [
            [typed(self.compile(cell, scope), type_) for cell, type_ in zip(row, types, strict=False)]
            for row in box.rows
        ]

        def build(frame: Frame) -> list[dict[str, Any]]:
            return [{name: cell(frame) for name, cell in zip(names, row, strict=False)} for row in rows]

        return build

    def _function(self, box: m.FunctionBox, scope: Scope) -> Code:
        names, types, body = self.function(box, scope)
        return lambda frame: user_function("", names, types, body, frame)

    def _conditional(self, box: m.Conditional, scope: Scope) -> Code:
        condition, then, otherwise = (self.compile(part, scope) for part in (box.condition, box.then, box.otherwise))

        def choose(frame: Frame) -> Any:
            answer = condition(frame)
            if answer is not None and not isinstance(answer, bool):
                raise Null(N_("The condition is a %(kind)s and no boolean."), kind=kind(answer))
            return then(frame) if answer else otherwise(frame)

        return guarded(0, choose)

    def _filter(self, box: m.FilterBox, scope: Scope) -> Code:
        match = self.compile(box.match, scope.inner(None))

        def answer(frame: Frame) -> Any:
            value = match(frame)
            if value is not None and not isinstance(value, bool):  # a place in the list, too (DMN 1.5 §10.2.1.9)
                raise Null(N_("The condition is a %(kind)s and no boolean."), kind=kind(value))
            return value

        return filter_codes(0, self.compile(box.base, scope), answer)

    def _iteration(self, box: m.Iteration, scope: Scope) -> Code:
        domain = self.compile(box.domain, scope)
        if box.word == "for":
            outer = scope.inner(("partial",), copied=True)
            domain = self.compile(box.domain, outer)
            return for_codes(0, [(box.variable, domain)], self.compile(box.body, outer.inner((box.variable,))))
        body = self.compile(box.body, scope.inner((box.variable,)))
        return quantified_codes(0, box.word, [(box.variable, domain)], body)

    def _table(self, box: m.Table, scope: Scope) -> Code:
        return compile_table(box, scope, self.text, self.tests, self.types)

    _COMPILERS: ClassVar["dict[type[m.Boxed], Callable[[Boxes, Any, Scope], Code]]"] = {
        m.Literal: _literal,
        m.Context: _context,
        m.Invocation: _invocation,
        m.ListBox: _list,
        m.Relation: _relation,
        m.FunctionBox: _function,
        m.Conditional: _conditional,
        m.FilterBox: _filter,
        m.Iteration: _iteration,
        m.Table: _table,
    }
