"""Arithmetic, comparison, logic, ranges and ``instance of``."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.arithmetic import NUMBERS, calculate, negate, number
from loopdesk.engine.feel.compare import SIMPLE, compare, equal
from loopdesk.engine.feel.compiler.core import Code, Scope, code, compiles, failing, guarded
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.ranges import bracket_range, op_range
from loopdesk.engine.feel.runtime import CHARACTERS_A_STEP, ITEMS_A_STEP, Frame
from loopdesk.engine.feel.types import asked_type, conforms
from loopdesk.engine.feel.values import Range, kind

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ORDERED = frozenset({Decimal, str})
INCOMPARABLE = N_("A %(left)s and a %(right)s cannot be compared.")


@compiles(n.Chain)
def chain(node: n.Chain, scope: Scope) -> Code:
    """Sums, products and powers, from the left."""
    result = code(node.first, scope)
    for op, at, operand in node.rest:
        result = _arithmetic(op, at, result, code(operand, scope))
    return result if len(node.rest) < 20 else _long_chain(node, scope)


def _arithmetic(op: str, at: int, left: Code, right: Code) -> Code:
    native = NUMBERS[op]

    def calculated(frame: Frame) -> Any:
        a, b = left(frame), right(frame)
        try:
            if type(a) is Decimal and type(b) is Decimal:
                return number(native, a, b)
            result = calculate(op, a, b)
            if type(result) is str:
                frame.run.charge(len(result) // CHARACTERS_A_STEP)
            return result
        except Null as null:
            frame.run.note(at, null)
            return None

    return calculated


def _long_chain(node: n.Chain, scope: Scope) -> Code:
    """A loop instead of nested closures, so that a long sum does not nest deeply."""
    first = code(node.first, scope)
    rest = [(op, code(operand, scope)) for op, _, operand in node.rest]

    def calculated(frame: Frame) -> Any:
        value = first(frame)
        for op, operand in rest:
            value = calculate(op, value, operand(frame))
            if type(value) is str:
                frame.run.charge(len(value) // CHARACTERS_A_STEP)
        return value

    return guarded(node.at, calculated)


@compiles(n.Negate)
def negated(node: n.Negate, scope: Scope) -> Code:
    """A minus before an operand."""
    operand = code(node.operand, scope)
    return guarded(node.at, lambda frame: negate(operand(frame)))


@compiles(n.Compare)
def comparison(node: n.Compare, scope: Scope) -> Code:
    """``=``, ``!=``, ``<`` and their kin."""
    return compare_codes(node.op, node.at, code(node.left, scope), code(node.right, scope))


def compare_codes(op: str, at: int, left: Code, right: Code) -> Code:
    """``left op right`` in three-valued logic."""
    if op in ORDERS:
        return _ordered(op, at, left, right)
    wanted = op == "="

    def equals(frame: Frame) -> bool | None:
        a, b = left(frame), right(frame)
        if type(a) is type(b) and type(a) in SIMPLE:
            return bool(a == b) is wanted
        if isinstance(a, list):
            frame.run.charge(len(a) // ITEMS_A_STEP)
        result = equal(a, b)
        if result is None:
            frame.run.note(at, Null(INCOMPARABLE, left=kind(a), right=kind(b)))
            return None
        return result is wanted

    return equals


def _ordered(op: str, at: int, left: Code, right: Code) -> Code:
    test = ORDERS[op]

    def ordered(frame: Frame) -> bool | None:
        a, b = left(frame), right(frame)
        if type(a) is type(b) and type(a) in ORDERED:
            return test(a, b)
        result = compare(a, b)
        if result is None:
            frame.run.note(at, Null(INCOMPARABLE, left=kind(a), right=kind(b)))
            return None
        return test(result, 0)

    return ordered


@compiles(n.Logic)
def logic(node: n.Logic, scope: Scope) -> Code:
    """Three-valued ``and`` / ``or`` (DMN 1.5 Table 50): false, or true, decides; else anything unknown makes null."""
    operands = [code(operand, scope) for operand in node.operands]
    decisive = node.word == "or"
    neutral = not decisive

    def decide(frame: Frame) -> bool | None:
        result: bool | None = neutral
        for operand in operands:
            value: object = operand(frame)
            if value is decisive:
                return decisive
            if value is not neutral:
                result = None
        return result

    return decide


@compiles(n.Between)
def between(node: n.Between, scope: Scope) -> Code:
    """``between ... and ...``, both ends included."""
    value, low, high = (code(part, scope) for part in (node.value, node.low, node.high))

    def within(frame: Frame) -> bool | None:
        item = value(frame)
        above, below = compare(item, low(frame)), compare(item, high(frame))
        if (above is not None and above < 0) or (below is not None and below > 0):
            return False
        if above is None or below is None:
            frame.run.note(node.at, Null(N_("The value cannot be compared with both ends.")))
            return None
        return True

    return within


@compiles(n.RangeNode)
def range_(node: n.RangeNode, scope: Scope) -> Code:
    """A range in brackets, or one such as ``(< 10)``."""
    assert node.start is not None
    start = code(node.start, scope)
    if node.op:
        return guarded(node.at, lambda frame: op_range(node.op, start(frame)))
    assert node.end is not None
    end = code(node.end, scope)

    def build(frame: Frame) -> Range:
        return bracket_range(start(frame), end(frame), node.start_included, node.end_included)

    return guarded(node.at, build)


@compiles(n.InstanceOf)
def instance_of(node: n.InstanceOf, scope: Scope) -> Code:
    """Whether a value is of a type; null is of none."""
    value = code(node.value, scope)
    try:
        wanted = asked_type(node.type, scope.unit.types)
    except Null as null:
        return failing(node.at, null.message, **null.params)

    def check(frame: Frame) -> bool:
        item = value(frame)
        if item is None:
            return wanted.name == "Null"
        return conforms(item, wanted, constrained=False)

    return check
