"""Operators, operands, ranges and unary tests of FEEL (DMN 1.5 §10.3.1.2, grammar rules 4-51)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal, Overflow
from typing import ClassVar

from loopdesk.engine.errors import N_
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.arithmetic import DECIMAL
from loopdesk.engine.feel.errors import FeelError, Null
from loopdesk.engine.feel.lexer import KEYWORDS, unquote
from loopdesk.engine.feel.reader import MAX_DEPTH, Names
from loopdesk.engine.feel.temporal_text import parse_temporal
from loopdesk.engine.feel.typereader import TypeReader

LEVELS = {
    "or": 1, "and": 2,
    "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "between": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "**": 6,
}  # fmt: skip
COMPARISON, SUM = 3, 4
TEST_SIGNS = ("<", "<=", ">", ">=", "=", "!=")
MAX_RETRIES = 200
"""How often ``[1..10[`` may be read a second way in one text."""


class Operators(TypeReader, ABC):
    """Reads one text; ``names`` are the known names with spaces or signs."""

    def __init__(self, source: str, names: Names) -> None:
        super().__init__(source, names)
        self.range_end = False
        self.retries = 0

    def expression(self) -> n.Node:
        """Rule 1: anything FEEL can say."""
        with self.deeper():
            was, self.range_end = self.range_end, False
            node = self.binary(1)
            self.range_end = was
            return node

    def end(self) -> None:
        """The text must be finished here."""
        if self.token.kind != "end":
            raise self.wrong(N_("Expected the end of the expression but found %(found)s."))

    def binary(self, lowest: int) -> n.Node:
        """Operators from level ``lowest`` up; equals of one level form a chain."""
        left = self.unary()
        rounds = 0
        while (level := self._level()) >= lowest:
            rounds += 1
            if rounds > MAX_DEPTH:
                raise self.too_deep(left.at)
            left = self._comparison(left) if level == COMPARISON else self._chain(left, level)
        return left

    def _level(self) -> int:
        return LEVELS.get(self.token.text, 0) if self.token.kind in ("sign", "name") else 0

    def _chain(self, first: n.Node, level: int) -> n.Node:
        rest = []
        while self._level() == level:
            sign = self.token
            self.index += 1
            rest.append((sign.text, sign.start, self.binary(level + 1)))
        if level < COMPARISON:
            return n.Logic(first.at, rest[0][0], (first, *(operand for _, _, operand in rest)))
        return n.Chain(first.at, first, tuple(rest))

    def _comparison(self, left: n.Node) -> n.Node:
        sign = self.token
        self.index += 1
        if sign.text == "between":
            low = self.binary(SUM)
            self.expect("and")
            return n.Between(sign.start, left, low, self.binary(SUM))
        if sign.text == "in":
            return n.In(sign.start, left, self._in_tests())
        return n.Compare(sign.start, sign.text, left, self.binary(SUM))

    def _in_tests(self) -> tuple[n.Test, ...]:
        start = self.token.start
        if not self.accept("("):
            return (self.test(SUM),)
        tests = [self.test()]
        if len(tests) == 1 and self.accept(".."):
            return (n.Test(start, "", self.range_tail(start, tests[0].operand, False)),)
        while self.accept(","):
            tests.append(self.test())
        self.expect(")")
        return tuple(tests)

    def test(self, lowest: int = 1) -> n.Test:
        """Rule 14: one positive unary test."""
        start = self.token.start
        sign = self.accept(*TEST_SIGNS)
        if sign:
            return n.Test(start, sign.text, self.binary(SUM))
        reads = self.value_reads
        operand = self.expression() if lowest == 1 else self.binary(lowest)
        return n.Test(start, "", operand, self.value_reads > reads)

    def tests(self) -> n.Tests:
        """Rule 17: a cell of a decision table."""
        if self.accept("-"):
            if self.token.kind == "end":
                return n.Tests(0, (), any=True)
            self.index -= 1
        if self.at("not") and self.tokens[self.index + 1].text == "(":
            mark = self.index
            self.index += 2
            tests = self._test_list()
            if self.accept(")") and self.token.kind == "end":
                return n.Tests(0, tests, negated=True)
            self.index = mark
        return n.Tests(0, self._test_list())

    def _test_list(self) -> tuple[n.Test, ...]:
        tests = [self.test()]
        while self.accept(","):
            tests.append(self.test())
        return tuple(tests)

    def unary(self) -> n.Node:
        """A sign before, or an operand with its dots, brackets and calls."""
        minus = self.token
        if not self.accept("-"):
            return self.postfix()
        if self.token.kind == "number":
            return self._after(n.Literal(minus.start, -self._number()))
        with self.deeper():
            return n.Negate(minus.start, self.unary())

    def postfix(self) -> n.Node:
        """An operand with what follows it."""
        return self._after(self.primary())

    def _after(self, node: n.Node) -> n.Node:
        for _ in range(MAX_DEPTH):
            sign = self.token
            following = self._next_part(node, sign.text) if sign.kind in ("sign", "name") else None
            if following is None:
                return node
            node = following
        raise self.too_deep(node.at)

    def _next_part(self, node: n.Node, sign: str) -> n.Node | None:
        start = self.token.start
        if sign == "." and self.accept("."):
            return n.Path(start, node, self.member())
        if sign == "(":
            return self._call(node)
        if sign == "[":
            return self._filter(node)
        if sign == "instance" and self.tokens[self.index + 1].text == "of":
            self.index += 2
            return n.InstanceOf(start, node, self.type())
        return None

    def _filter(self, base: n.Node) -> n.Node | None:
        mark, start = self.index, self.expect("[").start
        if not self.range_end:
            condition = self.expression()
            self.expect("]")
            return n.Filter(start, base, condition)
        try:
            condition = self.expression()
            self.expect("]")
        except FeelError:
            self.retries += 1
            if self.retries > MAX_RETRIES:
                raise
            self.index, self.range_end = mark, True
            return None
        return n.Filter(start, base, condition)

    def _call(self, callee: n.Node) -> n.Node:
        start = self.expect("(").start
        names: list[str] = []
        arguments: list[n.Node] = []
        while not self.at(")"):
            label = self.label(":")
            if label is not None:
                self.expect(":")
                names.append(label)
            arguments.append(self.expression())
            if not self.accept(","):
                break
        self.expect(")")
        if names and len(names) != len(arguments):
            raise self.error(N_("Either all arguments of a call have names or none has."), start)
        return n.Call(start, callee, tuple(arguments), tuple(names))

    def primary(self) -> n.Node:
        """A literal, a name, or something in brackets."""
        token = self.token
        if token.kind == "number":
            return n.Literal(token.start, self._number())
        if token.kind == "string":
            self.index += 1
            return n.Literal(token.start, unquote(token.text))
        if token.kind == "sign" and token.text in self._BRACKETS:
            return self._BRACKETS[token.text](self)
        if token.kind not in ("name", "other"):
            raise self.wrong(N_("Expected an expression but found %(found)s."))
        return self._word()

    def _word(self) -> n.Node:
        """A known name, a literal word, a form such as ``if``, or any other name."""
        token = self.token
        known = self.known()
        if known is not None:
            return n.Name(token.start, known)
        if token.text in self._WORDS:
            self.index += 1
            return n.Literal(token.start, self._WORDS[token.text])
        special = self._special()
        if special:
            with self.deeper():
                return special()
        if token.text == "?":
            self.value_reads += 1
            self.index += 1
            return n.Name(token.start, "?")
        if token.kind == "other" or token.text in KEYWORDS:
            raise self.wrong(N_("Expected an expression but found %(found)s."))
        return n.Name(token.start, self.words())

    def _number(self) -> Decimal:
        token = self.token
        self.index += 1
        try:
            return DECIMAL.create_decimal(token.text)
        except Overflow:
            raise self.error(N_("The number is too large."), token.start) from None

    @abstractmethod
    def _special(self) -> Callable[[], n.Node] | None:
        """Who reads the form that starts here with a word, such as ``if``."""

    @abstractmethod
    def _context(self) -> n.Node:
        """A context in curly brackets."""

    def _round(self) -> n.Node:
        start = self.expect("(").start
        sign = self.accept(*TEST_SIGNS)
        if sign:
            operand = self.binary(SUM)
            self.expect(")")
            return n.RangeNode(start, operand, None, False, False, sign.text)
        inner = self.expression()
        if self.accept(".."):
            return self.range_tail(start, inner, False)
        self.expect(")")
        return inner

    def _square(self) -> n.Node:
        start = self.expect("[").start
        if self.accept("]"):
            return n.ListNode(start, ())
        items = [self.expression()]
        if self.accept(".."):
            return self.range_tail(start, items[0], True)
        while self.accept(","):
            items.append(self.expression())
        self.expect("]")
        return n.ListNode(start, tuple(items))

    def _reversed_square(self) -> n.Node:
        start = self.expect("]").start
        low = self.expression()
        self.expect("..")
        return self.range_tail(start, low, False)

    def range_tail(self, start: int, low: n.Node, included: bool) -> n.Node:
        """The end of a range and its closing bracket; ``[`` closes, too, unless it opens a filter."""
        was, self.range_end = self.range_end, True
        with self.deeper():
            high = self.binary(SUM)
        self.range_end = was
        closing = self.accept("]", ")", "[")
        if closing is None:
            raise self.wrong(N_("Expected %(expected)s but found %(found)s."), expected="']'")
        return n.RangeNode(start, low, high, included, closing.text == "]")

    def _at_literal(self) -> n.Node:
        start = self.expect("@").start
        token = self.token
        if token.kind != "string":
            raise self.wrong(N_("Expected a date, time or duration in quotes but found %(found)s."))
        self.index += 1
        try:
            return n.Literal(start, parse_temporal(unquote(token.text)))
        except Null as null:
            raise self.error(null.message, token.start, **null.params) from None

    _BRACKETS: ClassVar["dict[str, Callable[[Operators], n.Node]]"] = {
        "(": _round, "[": _square, "]": _reversed_square, "@": _at_literal, "{": lambda self: self._context(),
    }  # fmt: skip
    _WORDS: ClassVar[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
