"""Decision models to ask: read once, decide often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from loopdesk.engine.dmn import model as m
from loopdesk.engine.dmn.evaluation import Evaluation, service_value
from loopdesk.engine.dmn.program import Program, load
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.expression import too_deep
from loopdesk.engine.feel.runtime import MAX_STEPS, Run
from loopdesk.engine.feel.values import python

STEPS_OF_A_MODEL = 2 * MAX_STEPS
"""Steps of one evaluation with all decisions it requires."""


@dataclass(frozen=True)
class Decision:
    """What can be asked."""

    program: Program
    element: m.Decision

    @property
    def id(self) -> str:
        """The element's id."""
        return self.element.id

    @property
    def name(self) -> str:
        """The name of its variable."""
        return self.element.name

    @property
    def type(self) -> str:
        """The typeRef of its variable."""
        return self.element.type

    @property
    def columns(self) -> frozenset[str]:
        """The names in its table's result; none where that is a single value, or it is no table."""
        logic = self.element.logic
        names = frozenset(one.name for one in logic.outputs) if isinstance(logic, m.Table) else frozenset()
        return names if len(names) > 1 else frozenset()

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """The names of the decisions it requires itself."""
        found = map(self.program.element, self.element.decisions)
        return tuple(element.name for _, element in filter(None, found))

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the data it needs, those of required decisions included."""
        names: dict[str, None] = {}
        waiting, seen = [(self.program, self.element)], set()
        while waiting:
            owner, one = waiting.pop()
            if (id(owner), one.id) in seen:
                continue
            seen.add((id(owner), one.id))
            for _, data in filter(None, map(owner.element, one.inputs)):
                names[data.name] = None
            for other, element in filter(None, map(owner.element, one.decisions)):
                if isinstance(element, m.Decision):
                    waiting.append((other, element))
        return tuple(names)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision's value (Python's own dates) and how it came about, as JSON."""

    value: Any
    explanation: dict[str, Any]


class Model:
    """A decision model; ``decisions`` by id."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.definitions = program.definitions
        self.decisions: dict[str, Decision] = {
            id_: Decision(program, one) for id_, one in program.definitions.decisions.items()
        }

    def decide(self, decision: str, scope: Mapping[str, Any], *, now: datetime | None = None) -> Outcome:
        """Decide a decision, by id or name, for the data of ``scope`` (asked only for the names used).

        Errors: Missing when there is no such decision, Invalid when decisions require each other in a circle,
        FeelError when a limit of steps or nesting is reached.
        """
        found = self.find(decision)
        run = Run(scope, now, STEPS_OF_A_MODEL)
        run.trace = []
        evaluation = Evaluation(run, scope)
        try:
            value = evaluation.decide(self.program, found)
        except RecursionError:
            raise too_deep() from None
        records = dict(evaluation.records)
        explanation = records.pop((id(self.program), found.id))
        return Outcome(python(value), explanation | {"required": list(records.values())})

    def serve(self, service: str, scope: Mapping[str, Any], *, now: datetime | None = None) -> Any:
        """The value of a decision service, by id or name; input decisions are taken from ``scope``, too."""
        found = self.find_service(service)
        elements = [element for element in map(self.program.element, found.input_decisions) if element]
        given = {(id(owner), one.id): _given(scope, one.name) for owner, one in elements}
        try:
            return python(
                service_value(self.program, found, Evaluation(Run(scope, now, STEPS_OF_A_MODEL), scope, given))
            )
        except Null:
            return None
        except RecursionError:
            raise too_deep() from None

    def find(self, decision: str) -> m.Decision:
        """The decision of this id or name, or Missing."""
        known = self.definitions.decisions
        found = known.get(decision) or next((one for one in known.values() if decision in (one.name, one.title)), None)
        if found is None:
            raise Missing(
                N_("There is no decision %(name)s."),
                remedy=N_("The model has: %(known)s."),
                place=self.definitions.file,
                name=decision,
                known=", ".join(one.name for one in known.values()) or "-",
            )
        return found

    def find_service(self, service: str) -> m.Service:
        """The decision service of this id or name, or Missing."""
        known = self.definitions.services
        found = known.get(service) or next((one for one in known.values() if one.name == service), None)
        if found is None:
            raise Missing(
                N_("There is no decision service %(name)s."),
                remedy=N_("The model has: %(known)s."),
                place=self.definitions.file,
                name=service,
                known=", ".join(one.name for one in known.values()) or "-",
            )
        return found


def _given(scope: Mapping[str, Any], name: str) -> Any:
    try:
        return scope[name]
    except KeyError:
        return None


def read(data: bytes, *, file: str = "", imports: Mapping[str, bytes] | None = None) -> Model:
    """The decision model in a DMN 1.1 to 1.5 file. ``imports``: files it may import, by name; found by namespace.

    Errors: Invalid when it is no well-formed XML, no DMN, or imports itself in a circle.
    """
    return Model(load(data, file, imports or {}))
