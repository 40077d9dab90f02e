"""``if``, ``for``, ``some``, ``every`` and filters (DMN 1.5 §10.3.2.14-16, Tables 59 and 62)."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.compiler.core import Code, Scope, code, compiles, guarded
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Frame
from loopdesk.engine.feel.temporal import Date
from loopdesk.engine.feel.values import Range, kind

PARTIAL = "partial"


@compiles(n.If)
def if_(node: n.If, scope: Scope) -> Code:
    """The first branch whose condition is true, else the last."""
    branches = [(code(condition, scope), code(then, scope)) for condition, then in node.branches]
    otherwise = code(node.otherwise, scope)

    def choose(frame: Frame) -> Any:
        for condition, then in branches:
            if condition(frame) is True:
                return then(frame)
        return otherwise(frame)

    return choose


def spread(value: Any) -> Iterable[Any]:
    """The items a loop goes over: those of a list or a closed range; a single value is a list of one."""
    if isinstance(value, list):
        return value
    if isinstance(value, Range):
        return _range_items(value)
    if value is None:
        raise Null(N_("There is nothing to go through: the list is null."))
    return (value,)


def _range_items(value: Range) -> Iterator[Any]:
    if value.start is None or value.end is None:
        raise Null(N_("A range without end cannot be gone through."))
    items = count(value.start, value.end)
    first = None if value.start_included else value.start
    last = None if value.end_included else value.end
    return (item for item in items if item not in (first, last))


def count(start: Any, end: Any) -> Iterator[Any]:
    """The whole numbers, or the days, from start to end, upwards or downwards."""
    if isinstance(start, Date) and isinstance(end, Date):
        return (Date.of_ordinal(day) for day in _steps(start.ordinal, end.ordinal))
    if isinstance(start, Decimal) and isinstance(end, Decimal):
        low, high = int(start), int(end)
        if low == start and high == end:
            return (Decimal(number) for number in _steps(low, high))
    raise Null(N_("One cannot count from %(start)s to %(end)s."), start=kind(start), end=kind(end))


def _steps(low: int, high: int) -> range:
    return range(low, high + 1) if low <= high else range(low, high - 1, -1)


Domain = Callable[[Frame], Iterable[Any]]
Steps = list[tuple[str, Domain]]


def _domains(iterators: tuple[tuple[str, n.Node, n.Node | None], ...], scope: Scope) -> tuple[Steps, Scope]:
    """Later domains see earlier variables."""
    steps: Steps = []
    for name, start, end in iterators:
        first = code(start, scope)
        steps.append((name, _counted(first, code(end, scope)) if end else _spread(first)))
        scope = scope.inner((name,))
    return steps, scope


def _spread(value: Code) -> Domain:
    return lambda frame: spread(value(frame))


def _counted(first: Code, last: Code) -> Domain:
    return lambda frame: count(first(frame), last(frame))


def _walk(steps: Steps) -> Callable[[Frame], Iterator[Frame]]:
    """A frame for each combination of the iterators' values."""

    def walk(frame: Frame, depth: int = 0) -> Iterator[Frame]:
        name, domain = steps[depth]
        run, last = frame.run, depth + 1 == len(steps)
        for value in domain(frame):
            run.charge(1)
            inner = Frame(run, frame, {name: value})
            if last:
                yield inner
            else:
                yield from walk(inner, depth + 1)

    return walk


@compiles(n.For)
def for_(node: n.For, scope: Scope) -> Code:
    """A loop; its body sees ``partial``, the results so far."""
    steps, inner = _domains(node.iterators, scope.inner((PARTIAL,), copied=True))
    return _for(node.at, steps, code(node.body, inner))


def for_codes(at: int, domains: list[tuple[str, Code]], body: Code) -> Code:
    """A loop from closures; the body and the domains sit in a scope that binds ``partial``."""
    return _for(at, [(name, _spread(domain)) for name, domain in domains], body)


def _for(at: int, steps: Steps, body: Code) -> Code:
    walk = _walk(steps)

    def loop(frame: Frame) -> list[Any]:
        results: list[Any] = []
        for round_ in walk(Frame(frame.run, frame, {PARTIAL: results})):
            results.append(body(round_))  # noqa: PERF401 - the body may read the results so far
        return results

    return guarded(at, loop)


@compiles(n.Quantified)
def quantified(node: n.Quantified, scope: Scope) -> Code:
    """``some`` and ``every`` in three-valued logic."""
    steps, inner = _domains(node.iterators, scope)
    return _quantified(node.at, node.word, steps, code(node.condition, inner))


def quantified_codes(at: int, word: str, domains: list[tuple[str, Code]], condition: Code) -> Code:
    """``some`` or ``every`` from closures."""
    return _quantified(at, word, [(name, _spread(domain)) for name, domain in domains], condition)


def _quantified(at: int, word: str, steps: Steps, condition: Code) -> Code:
    walk = _walk(steps)
    decisive = word == "some"
    neutral = not decisive

    def decide(frame: Frame) -> bool | None:
        result: bool | None = neutral
        for round_ in walk(frame):
            value: object = condition(round_)
            if value is decisive:
                return decisive
            if value is not neutral:
                result = None
        return result

    return guarded(at, decide)


@compiles(n.Filter)
def filter_(node: n.Filter, scope: Scope) -> Code:
    """A filter: by place when the condition is a number, else by truth."""
    return filter_codes(node.at, code(node.base, scope), code(node.condition, scope.inner(None)))


def filter_codes(at: int, base: Code, condition: Code) -> Code:
    """A filter from closures; the condition sits in a filter's scope."""

    def select(frame: Frame) -> Any:
        value = base(frame)
        if value is None:
            raise Null(N_("There is nothing to filter: the list is null."))
        items = value if isinstance(value, list) else [value]
        run, kept = frame.run, []
        run.charge(len(items) + 1)
        first = condition(Frame(run, frame, {"item": items[0] if items else None}))
        if isinstance(first, Decimal):
            return _pick(items, first)
        for index, item in enumerate(items):
            answer = condition(Frame(run, frame, {"item": item})) if index else first
            if answer is True:
                kept.append(item)
            elif answer is not False and answer is not None:
                raise Null(N_("The condition is a %(kind)s and no boolean."), kind=kind(answer))
        return kept

    return guarded(at, select)


def _pick(items: list[Any], place: Decimal) -> Any:
    """The item at a place counted from 1, or from -1 at the end."""
    index = int(place)
    if index != place or index == 0 or abs(index) > len(items):
        raise Null(N_("The list has no item %(place)s."), place=place)
    return items[index - 1 if index > 0 else index]
