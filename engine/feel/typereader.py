"""Reads types: ``list<number>``, ``context<a: string>``, ``function<number> -> string`` (DMN 1.5 rule 53 `type`)."""

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.nodes import TypeNode
from loopdesk.engine.feel.reader import Names, Reader

TYPE_NAMES = Names(["date and time", "years and months duration", "days and time duration", "day time duration"])


class TypeReader(Reader):
    """A reader that knows types."""

    def type(self) -> TypeNode:
        """The type at this place."""
        with self.deeper():
            start = self.token.start
            name = self._type_name()
            if name == "function" and self.at("<"):
                return self._function_type(start)
            if name == "context" and self.accept("<"):
                return self._context_type(start)
            if name in ("list", "range") and self.accept("<"):
                inner = self.type()
                self._close()
                return TypeNode(start, name, (inner,))
            return TypeNode(start, name)

    def _type_name(self) -> str:
        found = TYPE_NAMES.match(self.tokens, self.index)
        if found:
            return self._take(found)
        if self.accept("function"):
            return "function"
        name = self.name()
        while self.at(".") and self.tokens[self.index + 1].kind == "name":
            self.index += 1
            name += "." + self.member()
        return name

    def _function_type(self, start: int) -> TypeNode:
        self.expect("<")
        arguments = []
        while not self.at(">"):
            arguments.append(self.type())
            if not self.accept(","):
                break
        self._close()
        self.expect("->")
        return TypeNode(start, "function", tuple(arguments), (), self.type())

    def _context_type(self, start: int) -> TypeNode:
        names, types = [], []
        while not self.at(">"):
            label = self.label(":")
            if label is None:
                raise self.wrong(N_("Expected a name but found %(found)s."))
            self.expect(":")
            names.append(label)
            types.append(self.type())
            if not self.accept(","):
                break
        self._close()
        return TypeNode(start, "context", tuple(types), tuple(names))

    def _close(self) -> None:
        self.expect(">")
