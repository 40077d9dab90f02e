"""Findings about one decision table: its shape, its types, its hit policy, overlaps and gaps of its rules."""

from collections.abc import Iterator
from typing import Any

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.coverage import Coverage
from loopdesk.engine.dmn.findings import Notes
from loopdesk.engine.dmn.program import Program
from loopdesk.engine.dmn.regions import Undecidable, literals
from loopdesk.engine.dmn.tables import ANYTHING
from loopdesk.engine.errors import N_
from loopdesk.engine.feel.types import ANY, FeelType
from loopdesk.engine.feel.values import kind
from loopdesk.engine.findings import Severity

MAX_FINDINGS = 20
"""Overlaps, masked rules and mismatches reported for one table, each."""


def check_table(program: Program, element: m.Decision | m.Knowledge, table: m.Table, notes: Notes) -> None:
    """All findings about one table."""
    checker = _Checker(program, element, table, notes)
    checker.shape()
    checker.policy()
    checker.types()
    checker.regions()


class _Checker:
    def __init__(self, program: Program, element: m.Decision | m.Knowledge, table: m.Table, notes: Notes) -> None:
        self.program = program
        self.element = element
        self.table = table
        self.notes = notes

    def _note(
        self, key: str, severity: Severity, message: str, remedy: str, /, *, at: str = "", **params: object
    ) -> None:
        self.notes.add(self.element, key, severity, message, remedy, at=at or self.table.id, **params)

    def shape(self) -> None:
        """Columns and cells must match."""
        table = self.table
        if not table.outputs:
            self._note("dmn.table", "error", N_("The table has no output."), N_("Add an output column."))
        if len(table.outputs) > 1 and not all(column.name for column in table.outputs):
            self._note(
                "dmn.table",
                "error",
                N_("One of several outputs has no name."),
                N_("Name every output: the result is a context of these names."),
            )
        if not table.rules:
            self._note("dmn.table", "warning", N_("The table has no rules."), N_("Add at least one rule."))
        for rule in table.rules:
            if (len(rule.inputs), len(rule.outputs)) != (len(table.inputs), len(table.outputs)):
                self._note(
                    "dmn.table",
                    "error",
                    N_("Rule %(rule)d has %(cells)d cells for %(columns)d columns."),
                    N_("Give the rule one cell for each column."),
                    at=rule.id,
                    rule=rule.index,
                    cells=len(rule.inputs) + len(rule.outputs),
                    columns=len(table.inputs) + len(table.outputs),
                )

    def policy(self) -> None:
        """The hit policy must fit the outputs."""
        table = self.table
        if table.aggregation and table.hit_policy != "COLLECT":
            self._note(
                "dmn.hit-policy",
                "error",
                N_("Only COLLECT can aggregate, not %(policy)s."),
                N_("Remove the aggregation, or choose COLLECT."),
                policy=table.hit_policy,
            )
        if table.aggregation in ("SUM", "MIN", "MAX") and len(table.outputs) > 1:
            self._note(
                "dmn.hit-policy",
                "error",
                N_("COLLECT %(aggregation)s needs a single output."),
                N_("Remove the other outputs, or collect without aggregation."),
                aggregation=table.aggregation,
            )
        if table.hit_policy in ("PRIORITY", "OUTPUT ORDER") and not any(map(self._values, table.outputs)):
            self._note(
                "dmn.hit-policy",
                "error",
                N_("%(policy)s needs the output values in their order of priority."),
                N_("List the output values, the most important first."),
                policy=table.hit_policy,
            )
        if table.aggregation == "SUM":
            for rule, column, value in self._output_literals():
                if kind(value) not in ("number", "days and time duration", "years and months duration"):
                    self._note(
                        "dmn.hit-policy",
                        "error",
                        N_("COLLECT SUM adds numbers, but rule %(rule)d gives a %(kind)s."),
                        N_("Give a number, or choose another hit policy."),
                        at=rule.id,
                        rule=rule.index,
                        kind=kind(value),
                        column=column.name,
                    )

    def _values(self, column: m.Output) -> str:
        item = self.program.definitions.items.get(column.type)
        return column.values or (item.allowed if item else "")

    def _output_literals(self) -> Iterator[tuple[m.Rule, m.Output, Any]]:
        for rule in self.table.rules:
            for column, cell in zip(self.table.outputs, rule.outputs, strict=False):
                value = single(cell)
                if value is not None:
                    yield rule, column, value

    def types(self) -> None:
        """Cells must fit their column's type and allowed values, and each other."""
        for index, column in enumerate(self.table.inputs):
            name = column.label or column.expression
            cells = [(rule, rule.inputs[index]) for rule in self.table.rules if index < len(rule.inputs)]
            self._column(name, cells, self.program.type(column.type), column.values)
        for index, output in enumerate(self.table.outputs):
            name = output.name or output.label or self.table.label
            cells = [(rule, rule.outputs[index]) for rule in self.table.rules if index < len(rule.outputs)]
            self._column(name, cells, self.program.type(output.type), output.values)

    def _column(self, name: str, cells: list[tuple[m.Rule, str]], type_: FeelType, allowed: str) -> None:
        wanted = type_.item or ANY if type_.name == "list" else type_
        among = among_of(allowed)
        first: str | None = None
        said = 0
        for rule, cell in cells:
            for value in literals_of(cell):
                first = first or kind(value)
                problem = self._problem(value, wanted, among, first)
                if problem and said < MAX_FINDINGS:
                    said += 1
                    message, remedy, key = problem
                    self._note(
                        key, "error" if key == "dmn.type-mismatch" else "warning", message, remedy, at=rule.id,
                        rule=rule.index, column=name, kind=kind(value), type=wanted.name, cell=cell, first=first,
                    )  # fmt: skip
                    break

    def _problem(
        self, value: Any, wanted: FeelType, among: list[Any] | None, first: str
    ) -> tuple[str, str, str] | None:
        if wanted.name not in ("Any", kind(value)):
            return (
                N_("Rule %(rule)d compares %(column)s, a %(type)s, with a %(kind)s: %(cell)s"),
                N_("Write a value of the column's type, or change the type."),
                "dmn.type-mismatch",
            )
        if kind(value) != first:
            return (
                N_("Rule %(rule)d has a %(kind)s in the column %(column)s, where others have a %(first)s: %(cell)s"),
                N_("Keep one type in each column."),
                "dmn.mixed-types",
            )
        if among is not None and kind(value) == "string" and value not in among:
            return (
                N_("Rule %(rule)d has %(cell)s in the column %(column)s, which is not among its allowed values."),
                N_("Correct the value, or add it to the allowed ones."),
                "dmn.allowed-values",
            )
        return None

    def regions(self) -> None:
        """Overlaps, gaps and masked rules, where the cells are literal."""
        if not self.table.inputs or not self.table.rules:
            return
        try:
            coverage = Coverage(self.table, [self._allowed(column) for column in self.table.inputs])
            self._overlaps(coverage)
            self._gaps(coverage)
            if self.table.hit_policy == "FIRST":
                self._masked(coverage)
        except (Undecidable, RecursionError):
            self._note(
                "dmn.undecided",
                "info",
                N_("Overlaps and gaps of this table cannot be told from its cells."),
                N_("Nothing to do; write cells as plain values and ranges to have them checked."),
            )

    def _allowed(self, column: m.Input) -> str:
        item = self.program.definitions.items.get(column.type)
        return column.values or (item.allowed if item and not item.collection else "")

    def _overlaps(self, coverage: Coverage) -> None:
        if self.table.hit_policy not in ("UNIQUE", "ANY"):
            return
        said = 0
        for rule, others in zip(self.table.rules, coverage.overlaps(), strict=True):
            while others and said < MAX_FINDINGS:
                lowest = others & -others
                said += self._overlap(rule, self.table.rules[lowest.bit_length() - 1])
                others ^= lowest

    def _overlap(self, rule: m.Rule, other: m.Rule) -> int:
        if self.table.hit_policy == "UNIQUE":
            self._note(
                "dmn.overlap",
                "error",
                N_("Rules %(rule)d and %(other)d can both fire, but only one may."),
                N_("Make their conditions exclude each other, or choose another hit policy."),
                at=other.id,
                rule=rule.index,
                other=other.index,
            )
            return 1
        if rule.outputs == other.outputs:
            return 0
        self._note(
            "dmn.overlap",
            "error",
            N_("Rules %(rule)d and %(other)d can both fire with different outputs, which ANY forbids."),
            N_("Give both the same outputs, or choose another hit policy."),
            at=other.id,
            rule=rule.index,
            other=other.index,
        )
        return 1

    def _gaps(self, coverage: Coverage) -> None:
        if any(column.default for column in self.table.outputs):
            return
        place = coverage.uncovered()
        if place is None:
            return
        names = [column.label or column.expression for column in self.table.inputs]
        shown = ", ".join(f"{name}: {text}" for name, text in zip(names, place, strict=True) if text != "-")
        self._note(
            "dmn.gap",
            "warning",
            N_("No rule fires for %(place)s: the result is null there."),
            N_("Add a rule for it, or a default output."),
            place=shown or "-",
        )

    def _masked(self, coverage: Coverage) -> None:
        said = 0
        for index, rule in enumerate(self.table.rules):
            if not index or said >= MAX_FINDINGS:
                continue
            if coverage.uncovered(within=index) is None:
                said += 1
                self._note(
                    "dmn.masked",
                    "warning",
                    N_("Rule %(rule)d never fires: rules above it cover all of its cases."),
                    N_("Move it up, or remove it."),
                    at=rule.id,
                    rule=rule.index,
                )


def literals_of(cell: str) -> list[Any]:
    """The literal values of a cell without nulls; none when it is more than literals."""
    if cell in ANYTHING:
        return []
    try:
        return [value for value in literals(cell) if value is not None]
    except Undecidable:
        return []


def single(cell: str) -> Any:
    """The value of a cell that is one literal, else None."""
    found = literals_of(cell)
    return found[0] if len(found) == 1 else None


def among_of(allowed: str) -> list[Any] | None:
    """The texts a column allows, when it lists them."""
    found = [value for value in literals_of(allowed) if isinstance(value, str)]
    return found if found and ".." not in allowed else None
