"""Unary tests: the cells of decision tables, and what follows ``in`` (DMN 1.5 §10.3.1.3, Table 55)."""

from decimal import Decimal
from typing import Any

from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.compare import SIMPLE, equal, same
from loopdesk.engine.feel.compiler.core import Code, Scope, code, compiles, constant
from loopdesk.engine.feel.compiler.operators import ORDERED, ORDERS, compare_codes
from loopdesk.engine.feel.ranges import holds
from loopdesk.engine.feel.runtime import ITEMS_A_STEP, Frame
from loopdesk.engine.feel.values import Range

VALUE = "?"


def value_of(frame: Frame) -> Any:
    """The value under test: the innermost ``?``."""
    return frame.values[VALUE]


def test(node: n.Test, scope: Scope) -> Code:
    """One test, to be run in a frame that binds ``?``."""
    operand = code(node.operand, scope)
    literal = _literal_of(node.operand)
    if node.op in ORDERS and literal is not None:
        return _ordered_literal(node, literal, operand)
    if node.op:
        return compare_codes(node.op, node.at, value_of, operand)
    if node.uses_value:
        return _truth(operand)
    if literal is not None or isinstance(node.operand, n.Literal):
        return _literal(node, operand)
    if isinstance(node.operand, n.RangeNode):
        return _range(node.operand, operand)
    return _contained(operand)


def _contained(operand: Code) -> Code:
    def contained(frame: Frame) -> bool | None:
        wanted = operand(frame)
        if isinstance(wanted, list):
            frame.run.charge(len(wanted) // ITEMS_A_STEP)
        return matches(frame.values[VALUE], wanted)

    return contained


def _literal_of(node: n.Node | None) -> Decimal | str | None:
    """The value of a literal whose Python order is FEEL's."""
    return node.value if isinstance(node, n.Literal) and type(node.value) in ORDERED else None


def _ordered_literal(node: n.Test, wanted: Decimal | str, operand: Code) -> Code:
    """``< 10``: the common case without detours."""
    kind, test_, otherwise = type(wanted), ORDERS[node.op], compare_codes(node.op, node.at, value_of, operand)

    def ordered(frame: Frame) -> Any:
        value = frame.values[VALUE]
        return test_(value, wanted) if type(value) is kind else otherwise(frame)

    return ordered


def _range(node: n.RangeNode, operand: Code) -> Code:
    """``[1..10)``: the common case without detours."""
    low, high, otherwise = _literal_of(node.start), _literal_of(node.end), _contained(operand)
    if node.op or low is None or type(low) is not type(high):
        return otherwise
    kind = type(low)
    above, below = (ORDERS[">=" if node.start_included else ">"], ORDERS["<=" if node.end_included else "<"])

    def within(frame: Frame) -> Any:
        value = frame.values[VALUE]
        return above(value, low) and below(value, high) if type(value) is kind else otherwise(frame)

    return within


def _literal(node: n.Test, operand: Code) -> Code:
    """The commonest cell: a text, a number, a boolean."""
    assert isinstance(node.operand, n.Literal)
    if type(node.operand.value) not in SIMPLE:
        return _contained(operand)
    kind, equals = type(node.operand.value), compare_codes("=", node.at, value_of, operand)
    wanted = node.operand.value

    def literal(frame: Frame) -> Any:
        value = frame.values[VALUE]
        if type(value) is kind:
            return value == wanted
        return same(value[0], wanted) if type(value) is list and len(value) == 1 else equals(frame)

    return literal


def _one_of(node: n.Tests, tests_: list[Code]) -> Code | None:
    """``"a", "b"``: literals of one kind are looked up at once; None when the cell is anything else."""
    literals = [_literal_of(one.operand) for one in node.tests if not one.op]
    kinds = {type(literal) for literal in literals}
    if len(literals) < 2 or len(literals) != len(node.tests) or len(kinds) > 1 or None in literals:
        return None
    among, kind, otherwise = frozenset(literals), kinds.pop(), any_of(tests_)

    def one_of(frame: Frame) -> Any:
        value = frame.values[VALUE]
        return value in among if type(value) is kind else otherwise(frame)

    return one_of


def _truth(operand: Code) -> Code:
    def truth(frame: Frame) -> bool | None:
        result = operand(frame)
        return result if result is True or result is False else None

    return truth


def matches(value: Any, wanted: Any) -> bool | None:
    """Whether ``value`` is, or is among, what a test's expression gave."""
    if isinstance(wanted, Range):
        return value == wanted if isinstance(value, Range) else holds(wanted, value)
    if isinstance(wanted, list):
        return _in_list(value, wanted)
    if isinstance(wanted, bool) and not isinstance(value, bool) and value is not None:
        return wanted
    return equal(value, wanted)


def _in_list(value: Any, wanted: list[Any]) -> bool | None:
    if same(value, wanted):
        return True
    answers = [holds(item, value) if isinstance(item, Range) else equal(value, item) for item in wanted]
    return any(answer is True for answer in answers)


def any_of(tests: list[Code], negated: bool = False) -> Code:
    """True when one test is; null when none is but one has no answer."""
    if len(tests) == 1 and not negated:
        return tests[0]

    def decide(frame: Frame) -> bool | None:
        result: bool | None = False
        for one in tests:
            answer = one(frame)
            if answer is True:
                return not negated
            if answer is None:
                result = None
        return not result if negated and result is not None else result

    return decide


@compiles(n.In)
def in_(node: n.In, scope: Scope) -> Code:
    """``in`` with one or several tests."""
    value = code(node.value, scope)
    inner = scope.inner((VALUE,))
    decide = any_of([test(one, inner) for one in node.tests])

    def check(frame: Frame) -> Any:
        return decide(Frame(frame.run, frame, {VALUE: value(frame)}))

    return check


@compiles(n.Tests)
def tests(node: n.Tests, scope: Scope) -> Code:
    """A whole cell; ``-`` is always true."""
    if node.any:
        return constant(True)
    tests_ = [test(one, scope) for one in node.tests]
    return (None if node.negated else _one_of(node, tests_)) or any_of(tests_, node.negated)
