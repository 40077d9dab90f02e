"""A second, slow way to evaluate FEEL: walks the tree with names looked up in a chain of dictionaries.

It shares the parser, the values and the built-in functions with the product and none of the compiler: scopes, logic,
comparison, arithmetic of numbers, loops, filters, tests and calls are written again, as plainly as possible.
"""

import decimal
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.arithmetic import calculate, negate
from loopdesk.engine.feel.builtins import BUILTINS
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.expression import known_names
from loopdesk.engine.feel.parser import parse, parse_tests
from loopdesk.engine.feel.properties import member
from loopdesk.engine.feel.runtime import Run
from loopdesk.engine.feel.temporal import Date, DateTime, DayDuration, MonthDuration, Time
from loopdesk.engine.feel.types import asked_type, conforms
from loopdesk.engine.feel.values import Function, Range, feel, kind

Names = tuple[dict[str, Any], ...]


def interpret(source: str, scope: Mapping[str, Any]) -> Any:
    """The value of an expression."""
    return Walker(scope).walk(parse(source, known_names(frozenset(scope))), ())


def interpret_tests(source: str, value: Any, scope: Mapping[str, Any]) -> bool | None:
    """The answer of a cell."""
    tests = parse_tests(source, known_names(frozenset(scope)))
    if tests.any:
        return True
    answer = Walker(scope).any_test(tests.tests, feel(value), ())
    return (None if answer is None else not answer) if tests.negated else answer


def same(a: Any, b: Any) -> bool | None:
    if a is None or b is None:
        return a is b
    if kind(a) != kind(b):
        return None
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) is True for x, y in zip(a, b, strict=True))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) is True for key in a)
    if isinstance(a, Range):
        ends = same(a.start, b.start) is True and same(a.end, b.end) is True
        return ends and (a.start_included, a.end_included, a.op) == (b.start_included, b.end_included, b.op)
    if isinstance(a, Function):
        return a is b
    before, after = less(a, b), less(b, a)
    return bool(a == b) if before is None or after is None else not before and not after


def less(a: Any, b: Any) -> bool | None:
    if kind(a) != kind(b):
        return None
    match a:
        case Decimal() | str():
            return bool(a < b)
        case Date():
            return (a.year, a.month, a.day) < (b.year, b.month, b.day)
        case DayDuration():
            return bool(a.nanos < b.nanos)
        case MonthDuration():
            return bool(a.months < b.months)
        case Time() | DateTime() if (a.zone is None) == (b.zone is None):
            return bool(a.instant() // 10**9 < b.instant() // 10**9)
    return None


def compare(op: str, a: Any, b: Any) -> bool | None:
    if op in ("=", "!="):
        equal = same(a, b)
        return equal if equal is None or op == "=" else not equal
    before, after = less(a, b), less(b, a)
    if before is None or after is None:
        return None
    return {"<": before, "<=": not after, ">": after, ">=": not before}[op]


def holds(range_: Range, value: Any) -> bool | None:
    if range_.op in ("=", "!="):
        return compare(range_.op, value, range_.start)
    if range_.op:
        return compare(range_.op, value, range_.end if range_.start is None else range_.start)
    if range_.start is None or range_.end is None:
        return None
    low = compare(">=" if range_.start_included else ">", value, range_.start)
    return low and compare("<=" if range_.end_included else "<", value, range_.end)


def three(answers: list[Any], decisive: bool) -> bool | None:
    if any(answer is decisive for answer in answers):
        return decisive
    return (not decisive) if all(answer is (not decisive) for answer in answers) else None


def number(op: str, a: Decimal, b: Decimal) -> Decimal | None:
    with decimal.localcontext() as context:
        context.prec, context.Emin, context.Emax = 34, -6143, 6144
        context.traps[decimal.Overflow] = context.traps[decimal.InvalidOperation] = True
        try:
            power = a.__pow__ if b else lambda _: Decimal(1)
            result = {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "/": a.__truediv__, "**": power}[op](b)
        except decimal.DecimalException:
            return None
        return result if result.is_finite() else None


class Walker:
    """Evaluates nodes for one scope."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.scope = scope
        self.run = Run(scope)

    def walk(self, node: n.Node, names: Names) -> Any:
        try:
            return getattr(self, "on_" + type(node).__name__.lower())(node, names)
        except Null:
            return None

    def on_literal(self, node: n.Literal, names: Names) -> Any:
        return node.value

    def on_name(self, node: n.Name, names: Names) -> Any:
        for bound in reversed(names):
            item = bound.get("item")
            if "item" in bound and isinstance(item, Mapping) and node.name in item:
                return feel(item[node.name])
            if node.name in bound:
                return list(bound["partial"]) if node.name == "partial" else bound[node.name]
        return feel(self.scope[node.name]) if node.name in self.scope else BUILTINS.get(node.name)

    def on_listnode(self, node: n.ListNode, names: Names) -> Any:
        return [self.walk(item, names) for item in node.items]

    def on_contextnode(self, node: n.ContextNode, names: Names) -> Any:
        if node.twice:
            return None
        entries: dict[str, Any] = {}
        for key, value in node.entries:
            entries[key] = self.walk(value, (*names, entries))
        return entries

    def on_rangenode(self, node: n.RangeNode, names: Names) -> Any:
        assert node.start is not None
        start = self.walk(node.start, names)
        if node.op in ("=", "!="):
            return Range(start, start, node.op == "=", node.op == "=", node.op)
        if node.op:
            low, high = (start, None) if ">" in node.op else (None, start)
            return Range(low, high, node.op == ">=", node.op == "<=", node.op)
        assert node.end is not None
        end = self.walk(node.end, names)
        if start is not None and end is not None and less(start, end) is None:
            return None
        return Range(start, end, node.start_included, node.end_included)

    def on_negate(self, node: n.Negate, names: Names) -> Any:
        return negate(self.walk(node.operand, names))

    def on_chain(self, node: n.Chain, names: Names) -> Any:
        value = self.walk(node.first, names)
        for op, _, operand in node.rest:
            other = self.walk(operand, names)
            try:
                numbers = isinstance(value, Decimal) and isinstance(other, Decimal)
                value = number(op, value, other) if numbers else calculate(op, value, other)
            except Null:
                value = None
        return value

    def on_logic(self, node: n.Logic, names: Names) -> Any:
        return three([self.walk(operand, names) for operand in node.operands], node.word == "or")

    def on_compare(self, node: n.Compare, names: Names) -> Any:
        return compare(node.op, self.walk(node.left, names), self.walk(node.right, names))

    def on_between(self, node: n.Between, names: Names) -> Any:
        value, low, high = (self.walk(part, names) for part in (node.value, node.low, node.high))
        return three([compare(">=", value, low), compare("<=", value, high)], False)

    def on_in(self, node: n.In, names: Names) -> Any:
        return self.any_test(node.tests, self.walk(node.value, names), names)

    def any_test(self, tests: tuple[n.Test, ...], value: Any, names: Names) -> bool | None:
        return three([self.test(one, value, (*names, {"?": value})) for one in tests], True)

    def test(self, node: n.Test, value: Any, names: Names) -> bool | None:
        wanted = self.walk(node.operand, names)
        if node.op:
            return compare(node.op, value, wanted)
        if node.uses_value:
            return wanted if isinstance(wanted, bool) else None
        if isinstance(wanted, Range) and not isinstance(value, Range):
            return holds(wanted, value)
        if isinstance(wanted, list):
            inside = [holds(one, value) if isinstance(one, Range) else same(value, one) for one in wanted]
            return same(value, wanted) is True or True in inside
        literal = isinstance(node.operand, n.Literal) and wanted is not None
        if isinstance(wanted, bool) and value is not None and not isinstance(value, bool) and not literal:
            return wanted
        if isinstance(value, list) and len(value) == 1 and literal:
            return same(value[0], wanted) is True
        return same(value, wanted)

    def on_instanceof(self, node: n.InstanceOf, names: Names) -> Any:
        wanted, value = asked_type(node.type, {}), self.walk(node.value, names)
        return wanted.name == "Null" if value is None else conforms(value, wanted, constrained=False)

    def on_path(self, node: n.Path, names: Names) -> Any:
        return feel(member(self.walk(node.base, names), node.name))

    def on_filter(self, node: n.Filter, names: Names) -> Any:
        value = self.walk(node.base, names)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        answers = [self.walk(node.condition, (*names, {"item": item})) for item in items or [None]]
        if isinstance(place := answers[0], Decimal):
            return items[int(place) - (place > 0)] if place == int(place) and 1 <= abs(place) <= len(items) else None
        if any(answer is not None and not isinstance(answer, bool) for answer in answers[: len(items)]):
            return None
        return [item for item, answer in zip(items, answers, strict=False) if answer is True]

    def on_if(self, node: n.If, names: Names) -> Any:
        for condition, then in node.branches:
            if self.walk(condition, names) is True:
                return self.walk(then, names)
        return self.walk(node.otherwise, names)

    def rounds(self, iterators: Any, names: Names) -> Iterator[Names]:
        if not iterators:
            yield names
            return
        (name, start, end), *others = iterators
        first = self.walk(start, names)
        if end is not None:
            first = self.counted(first, self.walk(end, names))
        elif isinstance(first, Range):
            first = self.in_range(first)
        if first is None:
            raise Null("nothing to go through")
        for value in first if isinstance(first, list) else [first]:
            yield from self.rounds(others, (*names, {name: value}))

    def in_range(self, value: Range) -> list[Any]:
        if value.start is None or value.end is None:
            raise Null("no end")
        left_out = [value.start] * (not value.start_included) + [value.end] * (not value.end_included)
        return [item for item in self.counted(value.start, value.end) if item not in left_out]

    def counted(self, start: Any, end: Any) -> list[Any]:
        if isinstance(start, Date) and isinstance(end, Date):
            return [Date.of_ordinal(int(day)) for day in self.counted(Decimal(start.ordinal), Decimal(end.ordinal))]
        if not isinstance(start, Decimal) or not isinstance(end, Decimal) or start % 1 or end % 1:
            raise Null("no count")
        step = 1 if start <= end else -1
        return [Decimal(number) for number in range(int(start), int(end) + step, step)]

    def on_for(self, node: n.For, names: Names) -> Any:
        results: list[Any] = []
        for inner in self.rounds(node.iterators, (*names, {"partial": results})):
            results += [self.walk(node.body, inner)]
        return results

    def on_quantified(self, node: n.Quantified, names: Names) -> Any:
        answers = []
        for inner in self.rounds(node.iterators, names):
            answers += [self.walk(node.condition, inner)]
            if answers[-1] is (node.word == "some"):
                break
        return three(answers, node.word == "some")

    def on_lambda(self, node: n.Lambda, names: Names) -> Any:
        parameters = tuple(name for name, _ in node.parameters)

        def call(_: Run, arguments: list[Any]) -> Any:
            return self.walk(node.body, (*names, dict(zip(parameters, arguments, strict=True))))

        return Function("", parameters, call)

    def on_call(self, node: n.Call, names: Names) -> Any:
        function = self.walk(node.callee, names)
        arguments = [self.walk(argument, names) for argument in node.arguments]
        if not isinstance(function, Function):
            return None
        named = dict(zip(node.names, arguments, strict=False))
        if function.variadic:
            return function.call(self.run, [] if named else arguments, named or None)
        if named:
            unknown = named.keys() - set(function.parameters)
            return None if unknown else function.call(self.run, [named.get(one) for one in function.parameters])
        return function.call(self.run, arguments) if len(arguments) == len(function.parameters) else None
