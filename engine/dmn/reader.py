"""XML to a decision model (DMN 1.5 chapter 6)."""

from lxml import etree

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.boxedreader import BoxedReader
from loopdesk.engine.dmn.xml import Element, attribute, child, children, local, parse, text

FEEL_PREFIX = "feel"


class ModelReader(BoxedReader):
    """Reads one file."""

    def __init__(self, root: Element, file: str) -> None:
        prefixes = frozenset(prefix for prefix in root.nsmap if prefix) | {FEEL_PREFIX}
        self.model = m.Definitions(file, root.get("name", ""), root.get("namespace", ""), prefixes)
        super().__init__(file, self.model.names)
        self.root = root

    def read(self) -> m.Definitions:
        """The whole file."""
        model = self.model
        model.languages += [
            (element.get("id", ""), element.get("expressionLanguage", ""))
            for element in self.root.iter(etree.Element)
            if not is_feel(element.get("expressionLanguage", ""))
        ]
        for element in self.root:
            match local(element) if isinstance(element.tag, str) else "":
                case "import":
                    model.imports.append(self._import(element))
                case "itemDefinition":
                    item = self.item(element)
                    model.items[item.name] = item
                case "inputData":
                    data = self._input_data(element)
                    model.inputs[data.id] = data
                case "decision":
                    decision = self._decision(element)
                    model.decisions[decision.id] = decision
                case "businessKnowledgeModel":
                    knowledge = self._knowledge(element)
                    model.knowledge[knowledge.id] = knowledge
                case "decisionService":
                    service = self._service(element)
                    model.services[service.id] = service
        return model

    def _import(self, element: Element) -> m.Import:
        return m.Import(
            self.name(element),
            element.get("namespace", ""),
            element.get("locationURI", ""),
            element.get("importType", ""),
        )

    def item(self, element: Element) -> m.Item:
        """An item definition or one of its components."""
        function = child(element, "functionItem")
        parameters = None
        if function is not None:
            parameters = tuple(
                m.Entry(one.get("name", ""), attribute(one, "typeRef")) for one in children(function, "parameters")
            )
        return m.Item(
            self.name(element),
            attribute(element, "typeRef"),
            element.get("isCollection") == "true",
            text(child(element, "allowedValues")),
            text(child(element, "typeConstraint")),
            tuple(self.item(one) for one in children(element, "itemComponent")),
            parameters,
            function.get("outputTypeRef", "") if function is not None else "",
        )

    def _variable(self, element: Element) -> tuple[str, str]:
        """The name and type of an element's variable; the element's own name when it has none."""
        own = self.name(element)
        variable = child(element, "variable")
        if variable is None:
            return own, ""
        return self.name(variable) or own, attribute(variable, "typeRef")

    def _input_data(self, element: Element) -> m.InputData:
        return m.InputData(self._id(element), *self._variable(element))

    def _decision(self, element: Element) -> m.Decision:
        name, kind = self._variable(element)
        return m.Decision(
            self._id(element),
            name,
            kind,
            self.name(element),
            self.box(element),
            references(element, "informationRequirement", "requiredInput"),
            references(element, "informationRequirement", "requiredDecision"),
            references(element, "knowledgeRequirement", "requiredKnowledge"),
        )

    def _knowledge(self, element: Element) -> m.Knowledge:
        name, kind = self._variable(element)
        logic = child(element, "encapsulatedLogic")
        return m.Knowledge(
            self._id(element),
            name,
            kind,
            self.function(logic) if logic is not None else None,
            references(element, "knowledgeRequirement", "requiredKnowledge"),
        )

    def _service(self, element: Element) -> m.Service:
        name, kind = self._variable(element)
        parts = ("outputDecision", "encapsulatedDecision", "inputDecision", "inputData")
        return m.Service(self._id(element), name, kind, *(hrefs(element, part) for part in parts))

    def _id(self, element: Element) -> str:
        id_ = element.get("id") or element.get("name") or ""
        model = self.model
        if any(id_ in kind for kind in (model.inputs, model.decisions, model.knowledge, model.services)):
            model.twice.append(id_)
        return id_


def is_feel(language: str) -> bool:
    """Whether an expressionLanguage is FEEL in one of its spellings; none given means FEEL."""
    return not language or "feel" in language.lower()


def hrefs(element: Element, name: str) -> tuple[str, ...]:
    """What the children of this name point at."""
    return tuple(one.get("href", "").strip() for one in children(element, name))


def references(element: Element, requirement: str, name: str) -> tuple[str, ...]:
    """What the requirements of one kind point at."""
    return tuple(href for one in children(element, requirement) for href in hrefs(one, name))


def read_definitions(data: bytes, file: str) -> m.Definitions:
    """The model in a DMN file; Invalid when it is none."""
    return ModelReader(parse(data, file), file).read()
