"""Which rules of a table meet, and which inputs none of them meets, by the regions of its columns."""

from functools import cached_property

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.regions import Column, Undecidable, column_of

BUDGET = 300_000
"""Steps of one question; beyond it a table is too large to tell."""
Stretches = list[tuple[int, int]]


class Coverage:
    """A table's rules over the regions of its columns; rules are the bits of numbers. Undecidable for other tables."""

    def __init__(self, table: m.Table, allowed: list[str]) -> None:
        self.count = len(table.rules)
        self.everything = (1 << self.count) - 1
        self.cells = [[_cell(rule, index) for rule in table.rules] for index in range(len(table.inputs))]
        self.columns = [column_of(cells, values) for cells, values in zip(self.cells, allowed, strict=True)]
        self.stretches = [
            {cell: column.covered(cell) for cell in set(cells)}
            for column, cells in zip(self.columns, self.cells, strict=True)
        ]

    @cached_property
    def covers(self) -> list[list[int]]:
        """For each column and each of its regions the rules that cover it."""
        return [
            _covers(column, cells, stretches)
            for column, cells, stretches in zip(self.columns, self.cells, self.stretches, strict=True)
        ]

    def overlaps(self) -> list[int]:
        """For each rule the later rules that share a point with it."""
        met = [self._met(column) for column in range(len(self.columns))]
        found = []
        for rule in range(self.count):
            others = self.everything >> (rule + 1) << (rule + 1)
            for column, cells in enumerate(self.cells):
                others &= met[column][cells[rule]]
            found.append(others)
        return found

    def _met(self, column: int) -> dict[str, int]:
        """For each cell of a column the rules whose cells share a region with it."""
        covers, answers, spent = self.covers[column], {}, 0
        for cell, stretches in self.stretches[column].items():
            rules = 0
            for start, end in stretches:
                if end - start == len(covers):
                    rules = self.everything
                    continue
                spent += end - start
                if spent > BUDGET:
                    raise Undecidable
                for mask in covers[start:end]:
                    rules |= mask
            answers[cell] = rules
        return answers

    def uncovered(self, within: int | None = None) -> list[str] | None:
        """A region of each column that no rule covers; None when there is none.

        ``within``: only inside this rule, and only the rules above it count.
        """
        rules = self.everything if within is None else (1 << within) - 1
        return _Search(self, within).place(0, rules)


def _cell(rule: m.Rule, index: int) -> str:
    return rule.inputs[index] if index < len(rule.inputs) else "-"


def _covers(column: Column, cells: list[str], stretches: dict[str, Stretches]) -> list[int]:
    changes = [0] * (len(column.regions) + 1)
    for rule, cell in enumerate(cells):
        for start, end in stretches[cell]:
            changes[start] ^= 1 << rule
            changes[end] ^= 1 << rule
    covers, rules = [], 0
    for change in changes[:-1]:
        rules ^= change
        covers.append(rules)
    return covers


class _Search:
    """Looks for a point that no rule covers, never twice in the same situation."""

    def __init__(self, coverage: Coverage, within: int | None) -> None:
        self.coverage = coverage
        self.within = within
        self.budget = BUDGET
        self.done: set[tuple[int, int]] = set()

    def place(self, column: int, rules: int) -> list[str] | None:
        """The rest of such a point from ``column`` on, where only ``rules`` are left to cover it."""
        columns = self.coverage.columns
        if not rules:
            return [self._any(index) for index in range(column, len(columns))]
        if column == len(columns) or (column, rules) in self.done:
            return None
        self.done.add((column, rules))
        for index in self._regions(column):
            self.budget -= 1
            if self.budget < 0:
                raise Undecidable
            found = self.place(column + 1, rules & self.coverage.covers[column][index])
            if found is not None:
                return [columns[column].regions[index].text, *found]
        return None

    def _regions(self, column: int) -> list[int]:
        if self.within is None:
            return list(range(len(self.coverage.columns[column].regions)))
        cell = self.coverage.cells[column][self.within]
        return [index for start, end in self.coverage.stretches[column][cell] for index in range(start, end)]

    def _any(self, column: int) -> str:
        return "-" if self.within is None else self.coverage.cells[column][self.within]
