"""XML to boxed expressions (DMN 1.5 §7.3 and chapter 8)."""

from collections.abc import Callable
from typing import ClassVar

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.xml import Element, attribute, child, children, local, text
from loopdesk.engine.errors import N_, Invalid

BOXES = (
    "literalExpression", "decisionTable", "context", "invocation", "list", "relation", "functionDefinition",
    "conditional", "filter", "for", "some", "every",
)  # fmt: skip
HIT_POLICIES = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("", "SUM", "COUNT", "MIN", "MAX")


class BoxedReader:
    """Reads boxed expressions and gathers the names they introduce."""

    def __init__(self, file: str, names: set[str]) -> None:
        self.file = file
        self.names = names

    def name(self, element: Element | None) -> str:
        """The element's name, remembered as one that expressions may use."""
        name = " ".join((element.get("name") or "").split()) if element is not None else ""
        if name:
            self.names.add(name)
        return name

    def box(self, parent: Element | None) -> m.Boxed | None:
        """The boxed expression inside ``parent``."""
        element = child(parent, *BOXES) if parent is not None else None
        return None if element is None else self._READERS[local(element)](self, element)

    def entry(self, element: Element) -> m.Entry:
        """A variable with its expression."""
        variable = child(element, "variable", "parameter")
        kind = attribute(variable, "typeRef") if variable is not None else ""
        return m.Entry(self.name(variable), kind, self.box(element))

    def function(self, element: Element) -> m.FunctionBox:
        """A function definition, or a business knowledge model's encapsulated logic."""
        parameters = tuple(
            m.Entry(self.name(one), attribute(one, "typeRef")) for one in children(element, "formalParameter")
        )
        return m.FunctionBox(
            element.get("id", ""),
            attribute(element, "typeRef"),
            parameters,
            self.box(element),
            element.get("kind", "FEEL"),
        )

    def _literal(self, element: Element) -> m.Boxed:
        return m.Literal(element.get("id", ""), attribute(element, "typeRef"), text(element))

    def _context(self, element: Element) -> m.Boxed:
        entries = [self.entry(one) for one in children(element, "contextEntry")]
        result = entries.pop().value if entries and not entries[-1].name else None
        return m.Context(element.get("id", ""), attribute(element, "typeRef"), tuple(entries), result)

    def _invocation(self, element: Element) -> m.Boxed:
        bindings = tuple(self.entry(one) for one in children(element, "binding"))
        return m.Invocation(element.get("id", ""), attribute(element, "typeRef"), self.box(element), bindings)

    def _list(self, element: Element) -> m.Boxed:
        items = tuple(self._READERS[local(one)](self, one) for one in children(element, *BOXES))
        return m.ListBox(element.get("id", ""), attribute(element, "typeRef"), items)

    def _relation(self, element: Element) -> m.Boxed:
        columns = tuple(m.Entry(self.name(one), attribute(one, "typeRef")) for one in children(element, "column"))
        rows = tuple(
            tuple(self._READERS[local(cell)](self, cell) for cell in children(row, *BOXES))
            for row in children(element, "row")
        )
        return m.Relation(element.get("id", ""), attribute(element, "typeRef"), columns, rows)

    def _conditional(self, element: Element) -> m.Boxed:
        parts = (self.box(child(element, word)) for word in ("if", "then", "else"))
        return m.Conditional(element.get("id", ""), attribute(element, "typeRef"), *parts)

    def _filter(self, element: Element) -> m.Boxed:
        parts = (self.box(child(element, word)) for word in ("in", "match"))
        return m.FilterBox(element.get("id", ""), attribute(element, "typeRef"), *parts)

    def _iteration(self, element: Element) -> m.Boxed:
        variable = element.get("iteratorVariable", "")
        self.names.add(variable)
        domain, body = self.box(child(element, "in")), self.box(child(element, "return", "satisfies"))
        return m.Iteration(element.get("id", ""), attribute(element, "typeRef"), local(element), variable, domain, body)

    def _table(self, element: Element) -> m.Boxed:
        policy, aggregation = element.get("hitPolicy", "UNIQUE"), element.get("aggregation", "")
        if policy not in HIT_POLICIES or aggregation not in AGGREGATIONS:
            raise Invalid(
                N_("The table %(id)s has the unknown hit policy %(policy)s."),
                remedy=N_("Choose one of the hit policies of DMN."),
                place=self.file,
                id=element.get("id", ""),
                policy=f"{policy} {aggregation}".strip(),
            )
        return m.Table(
            element.get("id", ""),
            attribute(element, "typeRef"),
            element.get("outputLabel", ""),
            policy,
            aggregation,
            tuple(self._input(one) for one in children(element, "input")),
            tuple(self._output(one) for one in children(element, "output")),
            tuple(self._rule(index, one) for index, one in enumerate(children(element, "rule"), 1)),
        )

    def _input(self, element: Element) -> m.Input:
        expression = child(element, "inputExpression")
        return m.Input(
            element.get("id", ""),
            element.get("label", ""),
            text(expression),
            attribute(expression, "typeRef") if expression is not None else "",
            text(child(element, "inputValues")),
        )

    def _output(self, element: Element) -> m.Output:
        return m.Output(
            element.get("id", ""),
            self.name(element),
            element.get("label", ""),
            attribute(element, "typeRef"),
            text(child(element, "outputValues")),
            text(child(element, "defaultOutputEntry")),
        )

    def _rule(self, index: int, element: Element) -> m.Rule:
        description = child(element, "description")
        return m.Rule(
            index,
            element.get("id", ""),
            tuple(text(cell) for cell in children(element, "inputEntry")),
            tuple(text(cell) for cell in children(element, "outputEntry")),
            tuple(text(cell) for cell in children(element, "annotationEntry")),
            (description.text or "").strip() if description is not None else "",
        )

    _READERS: ClassVar["dict[str, Callable[[BoxedReader, Element], m.Boxed]]"] = {
        "literalExpression": _literal,
        "decisionTable": _table,
        "context": _context,
        "invocation": _invocation,
        "list": _list,
        "relation": _relation,
        "functionDefinition": function,
        "conditional": _conditional,
        "filter": _filter,
        "for": _iteration,
        "some": _iteration,
        "every": _iteration,
    }
