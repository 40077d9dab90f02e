"""FEEL text to tree: the forms that start with a word, and contexts (DMN 1.5 §10.3.1.2, rules 1-3, 44-48, 55-61)."""

from collections.abc import Callable

from loopdesk.engine.feel import nodes as n
from loopdesk.engine.feel.lexer import unquote
from loopdesk.engine.feel.operators import Operators
from loopdesk.engine.feel.reader import Names

Iterator = tuple[str, n.Node, n.Node | None]


class Parser(Operators):
    """Reads one text."""

    def _special(self) -> Callable[[], n.Node] | None:
        if self.token.kind != "name":
            return None
        following = self.tokens[self.index + 1]
        match self.token.text:
            case "if":
                return self._if
            case "for":
                return self._for
            case "some" | "every":
                return self._quantified
            case "function" if following.text == "(":
                return self._function
        return None

    def _if(self) -> n.Node:
        start = self.token.start
        branches = []
        while self.accept("if"):
            condition = self.expression()
            self.expect("then")
            branches.append((condition, self.expression()))
            self.expect("else")
        return n.If(start, tuple(branches), self.expression())

    def _for(self) -> n.Node:
        start = self.expect("for").start
        with self.knowing() as scope:
            iterators = self._iterators(scope)
            self.expect("return")
            return n.For(start, iterators, self.expression())

    def _quantified(self) -> n.Node:
        word = self.token
        self.index += 1
        with self.knowing() as scope:
            iterators = self._iterators(scope)
            self.expect("satisfies")
            return n.Quantified(word.start, word.text, iterators, self.expression())

    def _iterators(self, scope: Names) -> tuple[Iterator, ...]:
        iterators: list[Iterator] = []
        while not iterators or self.accept(","):
            label = self.label("in") or self.name()
            self.expect("in")
            domain = self.expression()
            end = self.expression() if self.accept("..") else None
            scope.add(label)
            iterators.append((label, domain, end))
        return tuple(iterators)

    def _function(self) -> n.Node:
        start = self.expect("function").start
        self.expect("(")
        parameters: list[tuple[str, n.TypeNode | None]] = []
        while not self.at(")"):
            label = self.label(":", ",", ")") or self.words()
            parameters.append((label, self.type() if self.accept(":") else None))
            if not self.accept(","):
                break
        self.expect(")")
        external = self.accept("external") is not None
        with self.knowing(name for name, _ in parameters):
            return n.Lambda(start, tuple(parameters), self.expression(), external)

    def _context(self) -> n.Node:
        start = self.expect("{").start
        entries: list[tuple[str, n.Node]] = []
        with self.knowing() as scope:
            while not self.at("}"):
                key = self._key()
                self.expect(":")
                entries.append((key, self.expression()))
                scope.add(key)
                self.members.add(key)
                if not self.accept(","):
                    break
            self.expect("}")
        twice = {key for index, (key, _) in enumerate(entries) if key in dict(entries[:index])}
        return n.ContextNode(start, tuple(entries), frozenset(twice))

    def _key(self) -> str:
        if self.token.kind == "string":
            self.index += 1
            return unquote(self.tokens[self.index - 1].text)
        return self.label(":") or self.words()


def parse(source: str, names: Names) -> n.Node:
    """The tree of a FEEL expression; FeelError names where it stops being one."""
    parser = Parser(source, names)
    node = parser.expression()
    parser.end()
    return node


def parse_tests(source: str, names: Names) -> n.Tests:
    """The tree of a decision table's cell; FeelError names where it stops being one."""
    parser = Parser(source, names)
    tests = parser.tests()
    parser.end()
    return tests
