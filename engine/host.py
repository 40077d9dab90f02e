"""What the engine asks of the rooms above it; ``web/wiring`` fills it in at start-up (architecture §1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from loopdesk.engine.actor import Actor
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.errors import N_, Missing, Refused
from loopdesk.engine.findings import Finding

if TYPE_CHECKING:
    from loopdesk.engine.tx import Tx

Files = Mapping[str, bytes]
"""The files of a bundle: path inside its folder -> content."""


@dataclass(frozen=True, slots=True)
class Call:
    """Where in which process an operation is called, an effect wanted or a task made."""

    instance: str
    bundle: str
    process: str
    element: str
    key: str
    """The correlation key of the instance: the case number."""
    data: Mapping[str, Any] = field(default_factory=dict)
    files: Files = field(default_factory=dict)


class Operation(Protocol):
    """A verb that a diagram may call by name; runs in the step's own transaction."""

    def __call__(self, actor: Actor, tx: Tx, call: Call, /, **inputs: Any) -> dict[str, Any] | None:
        """Do it; the result is what the element's output mappings see."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who has to do a human task, derived from the RACI matrix; ``raci`` is what the task page shows."""

    department: str
    role: str
    person: str = ""
    raci: Mapping[str, list[str]] = field(default_factory=dict)
    beside: Sequence[Assignment] = ()
    """further sides, each of which gets a task of its own"""


def _nobody(_tx: Tx, _call: Call) -> Assignment:
    return Assignment(department="", role="")


def _as_is(_form: bytes, data: Mapping[str, Any], _scope: Mapping[str, Any]) -> dict[str, Any]:
    return dict(data)


def _no_calendar(_tx: Tx, name: str) -> Calendar:
    raise Missing(
        N_("There is no calendar “%(calendar)s”."), remedy=N_("Deploy calendars.yaml with the policies."), calendar=name
    )


def no_scripts(_source: str, _scope: Mapping[str, Any]) -> dict[str, Any]:
    """Python scripts are not run unless an administrator allows it."""
    raise Refused(N_("Python scripts are not allowed in this house."), remedy=SCRIPTS_REMEDY)


SCRIPTS_REMEDY = N_("Write the rule in FEEL, or ask an administrator to set LOOPDESK_PYTHON_SCRIPTS=1.")


@dataclass
class Host:
    """The upper rooms' answers; the defaults know nothing, which is enough for the engine's own tests."""

    operations: Mapping[str, Operation] = field(default_factory=dict)
    """Name of a service task's type -> verb run inside the step."""
    effects: frozenset[str] = frozenset()
    """Types of service tasks that a connector performs outside; they go through the outbox."""
    facts: Callable[[Tx, str], Mapping[str, Any]] = lambda _tx, _key: {}
    """``case.*`` of a key, read when an expression asks for it."""
    zone: str = "UTC"
    """The zone (IANA name) of moments in diagrams that name none."""
    calendar: Callable[[Tx, str], Calendar] = _no_calendar
    """The calendar of a name, as it stands now; ``Missing`` or ``Invalid`` when it cannot be used."""
    calendar_names: Callable[[Tx | None], Collection[str] | None] = lambda _tx: None
    """The names of all calendars; None when nobody knows, and then no name is wrong."""
    run_script: Callable[[str, Mapping[str, Any]], dict[str, Any]] = no_scripts
    """(source, variables) -> what a Python script assigns; ``no_scripts`` where none is allowed."""
    fact_names: frozenset[str] = frozenset()
    """All that ``case`` can be asked for; empty when nobody knows, and then no name is wrong."""
    assign: Callable[[Tx, Call], Assignment] = _nobody
    together: Callable[[Files, str], str] = lambda _files, _element: ""
    """Of an element of a bundle that several sides do: ``all`` have to, or ``any``; empty for one side."""
    tasked: Callable[[Actor, Tx, Mapping[str, Any]], None] = lambda _actor, _tx, _task: None
    """(actor, tx, row) once a human task is made, in the same transaction."""
    watched: Callable[[Files], frozenset[str]] = lambda _files: frozenset()
    """Ids of the activities of a bundle of whose course ``moved`` is told."""
    moved: Callable[[Actor, Tx, Call, str], None] = lambda _actor, _tx, _call, _event: None
    """(actor, tx, call, event) when a watched activity was started, completed or cancelled, in the same transaction."""
    validate: Callable[[bytes, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]] = _as_is
    """(form file, submitted data, scope) -> cleaned data, or ``Invalid`` with ``fields``."""
    translate: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]] = lambda form, _texts: dict(form)
    """(form JSON, texts of one language) -> the form in that language."""
    may_work: Callable[[Actor, Mapping[str, Any]], bool] = lambda _actor, _task: True
    """Whether an actor may claim and complete the task row given."""
    sees: Callable[[Actor, sa.ColumnElement[str]], sa.ColumnElement[bool]] = lambda _actor, _key: sa.true()
    """(actor, column with keys) -> the condition that a key belongs to no case hidden from the actor."""
    deployed: Callable[[Actor, Tx, str], None] = lambda _actor, _tx, _bundle: None
    """(actor, tx, name) once another deployment of a bundle is the current one, in the same transaction."""
    check: Callable[[Tx | None, str, Files], list[Finding]] = lambda _tx, _name, _files: []
    """(tx of the deployment, if one runs, name, files) -> findings of the upper rooms (RACI, forms, texts)."""
