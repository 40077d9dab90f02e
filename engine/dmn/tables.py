"""Decision tables to closures: match the rules, then apply the hit policy (DMN 1.5 chapter 8, §10.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.hitpolicies import Hit, apply
from loopdesk.engine.dmn.itemtypes import ItemTypes
from loopdesk.engine.errors import N_
from loopdesk.engine.feel.compiler import Code, Scope
from loopdesk.engine.feel.compiler.core import guarded
from loopdesk.engine.feel.compiler.tests import VALUE
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Frame
from loopdesk.engine.feel.types import coerce
from loopdesk.engine.feel.values import to_json

Compile = Callable[[str, Scope], Code]
ANYTHING = ("", "-")
MAX_RECORDS = 100
"""Tables that one decision's explanation shows; a function may be called in a loop."""
STOP_AT_FIRST = ("FIRST",)
UNASKED = object()


@dataclass(frozen=True, slots=True)
class Row:
    """A compiled rule: the places of its tests among the table's, for cells that say something."""

    rule: m.Rule
    tests: tuple[int, ...]
    outputs: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A compiled input: its expression and the test of its allowed values."""

    input: m.Input
    value: Code
    allowed: Code | None


def compile_table(table: m.Table, scope: Scope, text: Compile, tests: Compile, types: ItemTypes) -> Code:
    """The closure of a table; it writes which rules fired to the run's trace when there is one."""
    cells = scope.inner((VALUE,))
    columns = [
        Column(one, text(one.expression, scope), tests(one.values, cells) if one.values else None)
        for one in table.inputs
    ]
    places: dict[tuple[int, str], int] = {}
    rows = [
        Row(
            rule,
            tuple(
                places.setdefault((column, cell), len(places))
                for column, cell in enumerate(rule.inputs[: len(columns)])
                if cell not in ANYTHING
            ),
            tuple(
                _output(cell, column, scope, text, types)
                for cell, column in zip(rule.outputs, table.outputs, strict=False)
            ),
        )
        for rule in table.rules
    ]
    compiled = [(column, tests(cell, cells)) for column, cell in places]
    defaults = [text(column.default, scope) if column.default else None for column in table.outputs]
    ranks = [text(f"[{_order(column, types)}]", scope) if _order(column, types) else None for column in table.outputs]
    decide = _Decide(table, columns, compiled, rows, defaults, ranks)
    return guarded(0, decide)


def _order(column: m.Output, types: ItemTypes) -> str:
    """The output values in their order of priority: the column's, else those its type allows."""
    if column.values:
        return column.values
    item = types.definitions.items.get(column.type)
    return item.allowed if item else ""


def _output(cell: str, column: m.Output, scope: Scope, text: Compile, types: ItemTypes) -> Code:
    value, type_ = text(cell, scope), types.type(column.type)
    return guarded(0, lambda frame: coerce(value(frame), type_))


@dataclass(frozen=True, slots=True)
class _Decide:
    """A compiled table."""

    table: m.Table
    columns: list[Column]
    tests: list[tuple[int, Code]]
    rows: list[Row]
    defaults: list[Code | None]
    ranks: list[Code | None]

    def __call__(self, frame: Frame) -> Any:
        values = [column.value(frame) for column in self.columns]
        frames = [Frame(frame.run, frame, {VALUE: value}) for value in values]
        self._check_allowed(frames)
        fired = self._fired(frame, frames)
        hits = [Hit(row.rule, self._outputs(row, frame)) for row in fired]
        trace = frame.run.trace
        record = self._record(values, hits) if trace is not None and len(trace) < MAX_RECORDS else None
        if record is not None and trace is not None:
            trace.append(record)
        default = self._default(frame) if not hits else None
        result = apply(self.table, hits, default, lambda: [rank(frame) if rank else None for rank in self.ranks])
        if record is not None:
            record["output"] = to_json(result)
        return result

    def _check_allowed(self, frames: list[Frame]) -> None:
        for column, frame in zip(self.columns, frames, strict=True):
            if column.allowed is None or frame.values[VALUE] is None:
                continue
            if column.allowed(frame) is not True:
                raise Null(
                    N_("The input %(input)s has a value that is not among those allowed."),
                    input=column.input.label or column.input.expression,
                )

    def _fired(self, frame: Frame, frames: list[Frame]) -> list[Row]:
        frame.run.charge(len(self.rows))
        first = self.table.hit_policy in STOP_AT_FIRST
        answers: list[Any] = [UNASKED] * len(self.tests)
        fired = []
        for row in self.rows:
            for place in row.tests:
                answer = answers[place]
                if answer is UNASKED:
                    column, test = self.tests[place]
                    answer = answers[place] = test(frames[column])
                if answer is not True:
                    break
            else:
                fired.append(row)
                if first:
                    break
        return fired

    def _outputs(self, row: Row, frame: Frame) -> tuple[Any, ...]:
        return tuple(output(frame) for output in row.outputs)

    def _default(self, frame: Frame) -> tuple[Any, ...] | None:
        if not any(self.defaults):
            return None
        return tuple(default(frame) if default else None for default in self.defaults)

    def _record(self, values: list[Any], hits: list[Hit]) -> dict[str, Any]:
        names = [output.name or output.label or self.table.label for output in self.table.outputs]
        return {
            "table": self.table.id,
            "hit_policy": self.table.hit_policy,
            "aggregation": self.table.aggregation or None,
            "inputs": [
                {"label": column.input.label, "expression": column.input.expression, "value": to_json(value)}
                for column, value in zip(self.columns, values, strict=True)
            ],
            "rules": [
                {
                    "index": hit.rule.index,
                    "id": hit.rule.id,
                    "annotation": " / ".join(hit.rule.annotations) or hit.rule.description,
                    "outputs": {name: to_json(value) for name, value in zip(names, hit.outputs, strict=False)},
                }
                for hit in hits
            ],
        }
