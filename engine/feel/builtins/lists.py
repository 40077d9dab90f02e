"""Functions over lists: size, sums, search, order (DMN 1.5 §10.3.4.4)."""

from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.arithmetic import DECIMAL, number
from loopdesk.engine.feel.builtins.registry import builtin
from loopdesk.engine.feel.compare import compare, same
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.functions import invoke
from loopdesk.engine.feel.runtime import Run
from loopdesk.engine.feel.values import Function

LIST = "list: list"


def numbers_of(items: tuple[Any, ...]) -> list[Decimal]:
    """The items, which must all be numbers and at least one."""
    if not items or not all(isinstance(item, Decimal) for item in items):
        raise Null(N_("The list must hold numbers, at least one and nothing else."))
    return list(items)


def spread(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """``f([1, 2])`` and ``f(1, 2)`` mean the same."""
    return tuple(items[0]) if len(items) == 1 and isinstance(items[0], list) else items


@builtin("list contains", "list: list, element: any")
def list_contains(list_: list[Any], element: Any) -> bool:
    """Whether the list has an item equal to the element."""
    return any(same(item, element) for item in list_)


@builtin("count", LIST)
def count(list_: list[Any]) -> Decimal:
    """The number of items."""
    return Decimal(len(list_))


def _extreme(items: tuple[Any, ...], wanted: int) -> Any:
    items = spread(items)
    if not items:
        raise Null(N_("An empty list has no least or greatest item."))
    best = items[0]
    for item in items:
        order = compare(item, best)
        if order is None:
            raise Null(N_("The items of the list cannot be compared with each other."))
        best = item if order == wanted else best
    return best


@builtin("min", LIST, "list: any...")
def minimum(*items: Any) -> Any:
    """The least item."""
    return _extreme(items, -1)


@builtin("max", LIST, "list: any...")
def maximum(*items: Any) -> Any:
    """The greatest item."""
    return _extreme(items, 1)


def total(items: list[Decimal]) -> Decimal:
    """The sum of numbers."""
    result = Decimal(0)
    for item in items:
        result = number(DECIMAL.add, result, item)
    return result


@builtin("sum", LIST, "list: any...")
def sum_(*items: Any) -> Decimal:
    """The sum of numbers."""
    return total(numbers_of(spread(items)))


@builtin("mean", LIST, "list: any...")
def mean(*items: Any) -> Decimal:
    """The arithmetic mean of numbers."""
    values = numbers_of(spread(items))
    return number(DECIMAL.divide, total(values), Decimal(len(values)))


@builtin("product", LIST, "list: any...")
def product(*items: Any) -> Decimal:
    """The product of numbers."""
    result = Decimal(1)
    for item in numbers_of(spread(items)):
        result = number(DECIMAL.multiply, result, item)
    return result


@builtin("median", LIST, "list: any...")
def median(*items: Any) -> Decimal:
    """The middle number, or the mean of the middle two."""
    values = sorted(numbers_of(spread(items)))
    middle = len(values) // 2
    if len(values) % 2:
        return values[middle]
    return number(DECIMAL.divide, DECIMAL.add(values[middle - 1], values[middle]), Decimal(2))


@builtin("stddev", LIST, "list: any...")
def stddev(*items: Any) -> Decimal:
    """The standard deviation of a sample."""
    values = numbers_of(spread(items))
    if len(values) < 2:
        raise Null(N_("A standard deviation needs two numbers."))
    average = number(DECIMAL.divide, total(values), Decimal(len(values)))
    squares = [number(DECIMAL.power, DECIMAL.subtract(value, average), Decimal(2)) for value in values]
    return DECIMAL.sqrt(number(DECIMAL.divide, total(squares), Decimal(len(values) - 1)))


@builtin("mode", LIST, "list: any...")
def mode(*items: Any) -> list[Decimal]:
    """The commonest numbers, in their order."""
    items = spread(items)
    if not items:
        return []
    counts: dict[Decimal, int] = {}
    for item in numbers_of(items):
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(item for item, times in counts.items() if times == most)


def _quantor(items: tuple[Any, ...], decisive: bool) -> bool | None:
    items = spread(items)
    if any(item is decisive for item in items):
        return decisive
    if any(item is not (not decisive) for item in items):
        raise Null(N_("The list holds something that is neither true nor false."))
    return not decisive


for _name in ("all", "and"):
    builtin(_name, LIST, "list: any...")(lambda *items: _quantor(items, False))
for _name in ("any", "or"):
    builtin(_name, LIST, "list: any...")(lambda *items: _quantor(items, True))


@builtin("not", "negand: boolean")
def not_(negand: bool) -> bool:
    """The opposite of true or false."""
    return not negand


@builtin("sort", "list: list, [precedes: function]", run=True)
def sort(run: Run, list_: list[Any], precedes: Function | None = None) -> list[Any]:
    """Sorted by ``precedes``, or by FEEL's own order; equal items keep their order."""
    run.charge(len(list_))

    def order(a: Any, b: Any) -> int:
        if precedes is None:
            natural = compare(a, b)
            if natural is None:
                raise Null(N_("The items of the list cannot be compared with each other."))
            return natural
        if invoke(run, precedes, [a, b]) is True:
            return -1
        return int(invoke(run, precedes, [b, a]) is True)

    return sorted(list_, key=cmp_to_key(order))
