"""Operands of FEEL: literals, names, and everything in brackets (DMN 1.5 §10.3.1.2, grammar rules 12-13, 25-37, 54)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal, Overflow
from typing import ClassVar

from loopdesk.engine.errors import N_
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.arithmetic import DECIMAL
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.lexer import KEYWORDS, unquote
from loopdesk.engine.feel.reader import Names
from loopdesk.engine.feel.temporal_text import parse_temporal
from loopdesk.engine.feel.typereader import TypeReader

SUM = 4
"""The level of operators from which ends of ranges and operands of comparisons are read."""
TEST_SIGNS = ("<", "<=", ">", ">=", "=", "!=")


class Operands(TypeReader, ABC):
    """Reads operands; what stands between them is read by those who build on this."""

    def __init__(self, source: str, names: Names) -> None:
        super().__init__(source, names)
        self.range_end = False

    @abstractmethod
    def expression(self) -> n.Node:
        """Rule 1: anything FEEL can say."""

    @abstractmethod
    def binary(self, lowest: int) -> n.Node:
        """Operators from level ``lowest`` up."""

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

    _BRACKETS: ClassVar["dict[str, Callable[[Operands], n.Node]]"] = {
        "(": _round, "[": _square, "]": _reversed_square, "@": _at_literal, "{": lambda self: self._context(),
    }  # fmt: skip
    _WORDS: ClassVar[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
