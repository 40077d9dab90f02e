"""Columns that an expression asks of a table's result and that the table does not have: FEEL would answer null.

A column that is renamed in a table alone would take a way of the diagram out without a word (DMN 1.5 §8.2.9).
"""

from collections.abc import Iterator, Mapping

from loopdesk.engine import bpmn, dmn
from loopdesk.engine.errors import N_
from loopdesk.engine.factnames import asked_of, expressions
from loopdesk.engine.findings import Finding


def check(process: bpmn.Process, decisions: Mapping[str, dmn.Decision]) -> Iterator[Finding]:
    """Unknown columns in the expressions of a process, for variables that only tables of several columns fill."""
    results = _results(process, decisions)
    items: list[bpmn.Element | bpmn.Flow] = [*process.elements.values(), *process.flows.values()]
    message, remedy = N_("The table of “%(result)s” has no column “%(column)s”."), N_("Its columns are: %(known)s.")
    for item in items if results else []:
        texts = set(expressions(item))
        for result, known in results.items():
            for column in sorted({name for text in texts for name in asked_of(text, result)} - known):
                params: dict[str, object] = {"result": result, "column": column, "known": ", ".join(sorted(known))}
                yield Finding(process.file, item.id, item.name, "decision.column", "error", message, remedy, params)


def _results(process: bpmn.Process, decisions: Mapping[str, dmn.Decision]) -> dict[str, frozenset[str]]:
    """Variable -> columns of the tables that fill it; a variable that anything else may fill, too, is left out."""
    found: dict[str, frozenset[str]] = {}
    others: set[str] = set()
    for element in process.elements.values():
        extras = element.extras
        decision = decisions.get(extras.decision)
        if decision and decision.columns and not extras.outputs and not element.details.loop:
            found[extras.result] = found.get(extras.result, frozenset()) | decision.columns
        else:
            others.add(extras.result)
        others |= {line.target.split(".")[0] for line in (*extras.inputs, *extras.outputs)} | {extras.item}
    return {name: columns for name, columns in found.items() if name and name not in others}
