"""One evaluation of a model: what each decision sees, and how it came to its value (DMN 1.5 §10.4)."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.program import Program
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Cause, Frame, Run
from loopdesk.engine.feel.types import ANY, FeelType, coerce
from loopdesk.engine.feel.values import Function, feel, to_json

Key = tuple[int, str]


class Seen(Mapping[str, Any]):
    """What a decision sees: what it requires, and data from outside that the model does not declare.

    Elements of the model that are not required are hidden, as DMN wants (§6.2.3).
    """

    def __init__(self, outside: Mapping[str, Any] | None, hidden: frozenset[str]) -> None:
        self.values_: dict[str, Any] = {}
        self.inputs: dict[str, tuple[Program, m.InputData]] = {}
        self.aliases: dict[str, str] = {}
        self.outside = outside
        self.hidden = hidden
        self.run: Run | None = None

    def __getitem__(self, name: str) -> Any:
        name = self.aliases.get(name, name)
        if name in self.values_:
            return self.values_[name]
        if name in self.inputs:
            program, data = self.inputs[name]
            self.values_[name] = self._input(program, data)
            return self.values_[name]
        if self.outside is None or name in self.hidden:
            raise KeyError(name)
        return self.outside[name]

    def _input(self, program: Program, data: m.InputData) -> Any:
        assert self.outside is not None
        try:
            return coerce(feel(self.outside[data.name]), program.type(data.type))
        except KeyError:
            null = Null(N_("The input %(name)s is not given."), name=data.name)
        except Null as refused:
            null = refused
        if self.run is not None:
            self.run.note(0, null)
        return None

    def __iter__(self) -> Iterator[str]:
        return iter({**self.values_, **self.inputs})

    def __len__(self) -> int:
        return len({**self.values_, **self.inputs})


class Evaluation:
    """Decides decisions of one model for one set of data; each decision once."""

    def __init__(self, run: Run, data: Mapping[str, Any], given: Mapping[Key, Any] | None = None) -> None:
        self.run = run
        self.data = data
        self.done: dict[Key, Any] = dict(given or {})
        self.records: dict[Key, dict[str, Any]] = {}

    def decide(self, program: Program, decision: m.Decision) -> Any:
        """The decision's value, after those it requires; Invalid when they require each other in a circle."""
        for owner, one in self._order(program, decision):
            key = (id(owner), one.id)
            if key not in self.done:
                self.done[key] = self._decide(owner, one)
        return self.done[id(program), decision.id]

    def _order(self, program: Program, decision: m.Decision) -> list[tuple[Program, m.Decision]]:
        """Required decisions before those that require them."""
        order: list[tuple[Program, m.Decision]] = []
        open_: set[Key] = set()
        waiting: list[tuple[Program, m.Decision, bool]] = [(program, decision, False)]
        visited: set[Key] = set()
        while waiting:
            owner, one, finished = waiting.pop()
            key = (id(owner), one.id)
            if finished:
                open_.remove(key)
                order.append((owner, one))
                continue
            if key in open_:
                raise circle(owner, one)
            if key in visited or key in self.done:
                continue
            visited.add(key)
            open_.add(key)
            waiting.append((owner, one, True))
            waiting += [(other, element, False) for other, element in self._required(owner, one)]
        return order

    def _required(self, program: Program, decision: m.Decision) -> Iterator[tuple[Program, m.Decision]]:
        for reference in decision.decisions:
            found = program.element(reference)
            if found and isinstance(found[1], m.Decision):
                yield found[0], found[1]

    def _decide(self, program: Program, decision: m.Decision) -> Any:
        seen = self.seen(program, decision)
        trace: list[dict[str, Any]] | None = [] if self.run.trace is not None else None
        causes, self.run.causes = self.run.causes, None
        outer, self.run.trace = self.run.trace, trace

        def logic(run: Run) -> Any:
            seen.run = run
            return program.logic(decision)(run)

        value = self.run.within(seen, logic)
        if trace is not None:
            self.records[id(program), decision.id] = record(decision, value, trace, seen, self.run.causes or [])
        self.run.trace = outer
        self.run.causes = [*(causes or []), *(self.run.causes or [])] or None
        return value

    def seen(self, program: Program, element: m.Decision | m.Knowledge) -> Seen:
        """The scope of a decision or of a business knowledge model."""
        if isinstance(element, m.Knowledge):
            seen = Seen(None, frozenset())
        else:
            seen = Seen(self.data, program.declared)
            for reference in element.inputs:
                self._add(seen, program, reference)
            for reference in element.decisions:
                self._add(seen, program, reference)
        for reference in element.knowledge:
            self._add(seen, program, reference)
        return seen

    def _add(self, seen: Seen, program: Program, reference: str) -> None:
        found = program.element(reference)
        if found is None:
            return
        owner, element = found
        prefix = program.import_name(owner) if owner is not program else ""
        if isinstance(element, m.InputData) and not prefix:
            seen.inputs[element.name] = (owner, element)
            return
        value = self._value(owner, element)
        if prefix:
            seen.values_.setdefault(prefix, {})[element.name] = value
        else:
            seen.values_[element.name] = value
            if element.id != element.name:  # editors of Camunda write a required decision's id
                seen.aliases[element.id] = element.name

    def _value(self, owner: Program, element: m.Invocable) -> Any:
        match element:
            case m.InputData():
                inner = Seen(self.data, frozenset())
                inner.inputs[element.name] = (owner, element)
                return inner[element.name]
            case m.Knowledge():
                return knowledge_function(self, owner, element)
            case m.Service():
                return service_function(owner, element)
        return self.done.get((id(owner), element.id))


def knowledge_function(evaluation: Evaluation, program: Program, knowledge: m.Knowledge) -> Function:
    """A business knowledge model as a function; it sees the knowledge it requires, and itself."""
    parameters = knowledge.logic.parameters if knowledge.logic else ()
    names = tuple(parameter.name for parameter in parameters)
    types = tuple(program.type(parameter.type) for parameter in parameters)
    result = program.type(knowledge.type)
    wanted = result if result.name != "function" else result.result or ANY

    def call(run: Run, arguments: list[Any]) -> Any:
        if knowledge.logic is None:
            raise Null(N_("The business knowledge model %(name)s is empty."), name=knowledge.name)
        values = [coerce(value, type_) for value, type_ in zip(arguments, types, strict=True)]
        run.charge(1)
        seen = evaluation.seen(program, knowledge)
        seen.values_.setdefault(knowledge.name, function)
        body = program.body(knowledge)
        bound = dict(zip(names, values, strict=True))
        return coerce(run.within(seen, lambda inner: body(Frame(inner, inner, bound))), wanted)

    function = Function(knowledge.name, names, call, types, wanted)
    return function


def service_function(program: Program, service: m.Service) -> Function:
    """A decision service as a function of its input data, then its input decisions (DMN 1.5 §10.4.3)."""
    inputs = [element for element in map(program.element, service.inputs) if element]
    decisions = [element for element in map(program.element, service.input_decisions) if element]
    parameters = [*inputs, *decisions]
    names = tuple(element.name for _, element in parameters)
    types = tuple(owner.type(element.type) for owner, element in parameters)

    def call(run: Run, arguments: list[Any]) -> Any:
        values = [coerce(value, type_) for value, type_ in zip(arguments, types, strict=True)]
        data = {element.name: value for (_, element), value in zip(inputs, values, strict=False)}
        given = {
            (id(owner), element.id): value
            for (owner, element), value in zip(decisions, values[len(inputs) :], strict=True)
        }
        return service_value(program, service, Evaluation(run, data, given))

    return Function(service.name, names, call, types, service_type(program, service))


def service_value(program: Program, service: m.Service, evaluation: Evaluation) -> Any:
    """The value of a service's only output decision, or a context of all of them."""
    outputs: dict[str, Any] = {}
    for reference in service.outputs:
        found = program.element(reference)
        if found and isinstance(found[1], m.Decision):
            outputs[found[1].name] = evaluation.decide(found[0], found[1])
    value = next(iter(outputs.values())) if len(outputs) == 1 else outputs
    return coerce(value, service_type(program, service))


def service_type(program: Program, service: m.Service) -> FeelType:
    """The type of a service's value; some editors give its variable that of the whole function."""
    declared = program.type(service.type)
    return declared if declared.name != "function" else declared.result or ANY


def record(
    decision: m.Decision, value: Any, trace: list[dict[str, Any]], seen: Seen, causes: list[Cause]
) -> dict[str, Any]:
    """How a decision came to its value, as JSON: stored with the case and shown."""
    own = next((one for one in trace if decision.logic and one["table"] == decision.logic.id), None)
    main = own or {"hit_policy": None, "aggregation": None, "inputs": _inputs(seen), "rules": []}
    return {
        "decision": decision.id,
        "name": decision.name,
        "hit_policy": main["hit_policy"],
        "aggregation": main["aggregation"],
        "inputs": main["inputs"],
        "rules": main["rules"],
        "output": to_json(value),
        "tables": [one for one in trace if one is not own],
        "causes": [
            {"message": cause.message, "params": _shown(cause.params), "text": cause.text()} for cause in causes
        ],
    }


def _shown(params: Mapping[str, object]) -> dict[str, object]:
    return {key: value if isinstance(value, int | str) else str(value) for key, value in params.items()}


def _inputs(seen: Seen) -> list[dict[str, Any]]:
    """What was read, without functions and without facts that are computed when asked for."""
    return [
        {"label": name, "expression": name, "value": to_json(value)}
        for name, value in seen.values_.items()
        if not isinstance(value, Function) and (isinstance(value, dict) or not isinstance(value, Mapping))
    ]


def circle(program: Program, decision: m.Decision) -> Invalid:
    """The error of decisions that require each other."""
    return Invalid(
        N_("The decision %(name)s requires itself in a circle."),
        remedy=N_("Remove one of the requirements that form the circle."),
        place=program.definitions.file,
        name=decision.name,
    )
