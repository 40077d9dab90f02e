"""Operators, operands, ranges and unary tests of FEEL (DMN 1.5 §10.3.1.2, grammar rules 4-51)."""

from loopdesk.engine.errors import N_
from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.errors import FeelError
from loopdesk.engine.feel.operands import SUM, TEST_SIGNS, Operands
from loopdesk.engine.feel.reader import MAX_DEPTH, Names

LEVELS = {
    "or": 1, "and": 2,
    "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "between": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "**": 6,
}  # fmt: skip
COMPARISON = 3
MAX_RETRIES = 200
"""How often ``[1..10[`` may be read a second way in one text."""


class Operators(Operands):
    """Reads one text; ``names`` are the known names with spaces or signs."""

    def __init__(self, source: str, names: Names) -> None:
        super().__init__(source, names)
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
