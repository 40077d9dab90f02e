"""What a table answers when several rules fire, or none (DMN 1.5 §8.2.10 and §8.2.11)."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loopdesk.engine.dmn import model as m
from loopdesk.engine.errors import N_
from loopdesk.engine.feel.arithmetic import calculate
from loopdesk.engine.feel.compare import compare, same
from loopdesk.engine.feel.errors import Null

Ranks = Callable[[], list[Any]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired, with its outputs in the order of the columns."""

    rule: m.Rule
    outputs: tuple[Any, ...]


def apply(table: m.Table, hits: list[Hit], default: tuple[Any, ...] | None, ranks: Ranks) -> Any:
    """The table's value. ``default``: the default outputs when there are some; ``ranks``: outputs by priority."""
    if not hits:
        return _nothing(table, default)
    return _POLICIES[table.hit_policy](table, hits, ranks)


def value_of(table: m.Table, outputs: tuple[Any, ...]) -> Any:
    """One rule's answer: a single output as such, several as a context."""
    if len(table.outputs) == 1:
        return outputs[0] if outputs else None
    return {column.name: value for column, value in zip(table.outputs, outputs, strict=False)}


def _nothing(table: m.Table, default: tuple[Any, ...] | None) -> Any:
    if default is not None:
        return value_of(table, default)
    if table.hit_policy == "COLLECT" and table.aggregation == "COUNT":
        return Decimal(0)
    return None


def _unique(table: m.Table, hits: list[Hit], _: Ranks) -> Any:
    if len(hits) > 1:
        rules = ", ".join(str(hit.rule.index) for hit in hits)
        raise Null(N_("The table allows one rule to fire, but rules %(rules)s do."), rules=rules)
    return value_of(table, hits[0].outputs)


def _any(table: m.Table, hits: list[Hit], _: Ranks) -> Any:
    values = [value_of(table, hit.outputs) for hit in hits]
    if not all(same(value, values[0]) for value in values):
        rules = ", ".join(str(hit.rule.index) for hit in hits)
        raise Null(N_("The rules %(rules)s fire with different outputs."), rules=rules)
    return values[0]


def _first(table: m.Table, hits: list[Hit], _: Ranks) -> Any:
    return value_of(table, hits[0].outputs)


def _by_priority(hits: list[Hit], ranks: Ranks) -> list[Hit]:
    """By the order of the output values, the first column first; a value without rank comes last."""
    orders = ranks()

    def rank(hit: Hit) -> tuple[int, ...]:
        return tuple(
            next((place for place, value in enumerate(order) if same(value, output)), len(order)) if order else 0
            for output, order in zip(hit.outputs, orders, strict=False)
        )

    return sorted(hits, key=rank)


def _priority(table: m.Table, hits: list[Hit], ranks: Ranks) -> Any:
    return value_of(table, _by_priority(hits, ranks)[0].outputs)


def _output_order(table: m.Table, hits: list[Hit], ranks: Ranks) -> Any:
    return [value_of(table, hit.outputs) for hit in _by_priority(hits, ranks)]


def _rule_order(table: m.Table, hits: list[Hit], _: Ranks) -> Any:
    return [value_of(table, hit.outputs) for hit in hits]


def _collect(table: m.Table, hits: list[Hit], ranks: Ranks) -> Any:
    if not table.aggregation:
        return _rule_order(table, hits, ranks)
    if table.aggregation == "COUNT":
        return Decimal(len(hits))
    columns = zip(*(hit.outputs for hit in hits), strict=False)
    return value_of(table, tuple(_aggregate(table.aggregation, list(column)) for column in columns))


def _aggregate(aggregation: str, values: list[Any]) -> Any:
    best = values[0]
    for value in values[1:]:
        if aggregation == "SUM":
            best = calculate("+", best, value)
            continue
        order = compare(value, best)
        if order is None:
            raise Null(N_("The outputs of the rules cannot be compared with each other."))
        best = value if order == (-1 if aggregation == "MIN" else 1) else best
    return best


_POLICIES: dict[str, Callable[[m.Table, list[Hit], Ranks], Any]] = {
    "UNIQUE": _unique,
    "ANY": _any,
    "FIRST": _first,
    "PRIORITY": _priority,
    "OUTPUT ORDER": _output_order,
    "RULE ORDER": _rule_order,
    "COLLECT": _collect,
}
