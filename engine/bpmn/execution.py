"""One process instance as the rest of the engine handles it: start or load it, move it, store it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn import codec
from loopdesk.engine.bpmn.expressions import Scope, evaluate
from loopdesk.engine.bpmn.large import Large
from loopdesk.engine.bpmn.merge import ABSENT, changes
from loopdesk.engine.bpmn.moments import next_due
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.outside import Outside, Visit
from loopdesk.engine.bpmn.program import Program
from loopdesk.engine.bpmn.records import DONE
from loopdesk.engine.bpmn.run import Follow, Run
from loopdesk.engine.bpmn.starts import Start
from loopdesk.engine.bpmn.tree import Token, subtree
from loopdesk.engine.errors import N_, Away, Conflict, Missing

FORMAT = 3
"""Of the stored state; 2, as of release 0.2.0, is the same without records beside it, 1 without large values either."""


class Execution:
    """Tokens of one instance during one step; ``outside`` is told about everything they need."""

    def __init__(self, program: Program, process: str, outside: Outside) -> None:
        self.program = program
        self.process = process
        self._run = Run(program.specs[process], outside)
        self._run.nodes = program.nodes
        self.large = Large()
        self._run.reader = program.reader

    @classmethod
    def begin(
        cls,
        program: Program,
        process: str,
        outside: Outside,
        data: Mapping[str, Any],
        *,
        message: str = "",
        start: str = "",
        part: int = 0,
    ) -> "Execution":
        """A new instance, run to its first waits; see ``place``."""
        execution = cls.place(program, process, outside, data, message=message, start=start, part=part)
        execution.advance()
        return execution

    @classmethod
    def place(
        cls,
        program: Program,
        process: str,
        outside: Outside,
        data: Mapping[str, Any],
        *,
        message: str = "",
        start: str = "",
        part: int = 0,
        follow: Follow | None = None,
    ) -> "Execution":
        """A new instance with its first tokens, which nothing has moved yet.

        ``message`` picks the start that waits for it, ``start`` one by its id, whose ``part`` has come; ``follow`` is
        told what happens. Without either it begins at the plain start, else where a condition is true.
        """
        execution = cls(program, process, outside)
        execution._run.follow = follow
        begins = next((item for item in program.starts("", process) if _is_meant(item, message, start, part)), None)
        found = (begins.element.id, *begins.beside) if begins else (start,) if start else ()
        nodes = [program.nodes[f"{process}/{item}"] for item in found]
        if not nodes and not message:
            nodes = program.starts_of(process) or execution._conditional(data)
        if not nodes:
            raise Missing(
                N_("The process “%(process)s” has no start event for this."),
                remedy=N_("Start it with the message that its start event names."),
                process=process,
            )
        execution._run.begin(program.nodes[f"{process}/"], nodes, data)
        if begins is not None:
            execution._run.passed.update(f"{process}/{item}" for item in begins.before)
            if follow is not None and begins.before:
                follow(program.nodes[f"{process}/{begins.before[0]}"].element, "started")
                follow(program.nodes[f"{process}/{begins.before[0]}"].element, "completed")
            nodes[0].begun(execution._run.task_tree.inner[0], begins.part)
        return execution

    def advance(self) -> None:
        """Run to the next waits."""
        self._run.advance()

    def _conditional(self, data: Mapping[str, Any]) -> list[Node]:
        """The first start event whose condition is true for ``data``."""
        scope = Scope(data, self._run.outside.facts, self._run.outside.now)
        for start in self.program.starts("conditional", self.process):
            if evaluate(start.trigger.text, scope) is True:
                return [self.program.nodes[f"{self.process}/{start.element.id}"]]
        return []

    @classmethod
    def look(cls, program: Program, process: str, state: bytes, large: Large) -> "Execution":
        """A stored instance to read from, where nothing can move."""
        return cls.load(program, process, cast(Outside, None), state, large)

    @property
    def run(self) -> Run:
        """The tokens themselves, for what rewrites them."""
        return self._run

    @property
    def completed(self) -> bool:
        """Whether no token is left; decided from the live tokens, never by walking a tree."""
        return bool(self._run.completed)

    @property
    def data(self) -> dict[str, Any]:
        """The process variables: those of the end, or of the token that came last while it runs."""
        root = self._run.task_tree
        return dict(root.data if self.completed else subtree(root)[-1].data)

    @property
    def passed(self) -> set[str]:
        """Places of elements completed and flows taken."""
        return self.program.marked(self._run.marks) | self._run.passed

    @property
    def active(self) -> list[str]:
        """Places where tokens are now, each once, with the sub-processes around them; no boundary events."""
        return sorted({token.task_spec.place for token in self._live()})

    @property
    def waiting(self) -> list[str]:
        """The places among them that wait for a person, a message, a moment or an effect."""
        return sorted({token.task_spec.place for token in self._live() if token.task_spec.waits})

    def _live(self) -> list[Token]:
        live = subtree(self._run.task_tree)[1:]
        return [token for token in live if not token.is_fork and not token.task_spec.is_boundary]

    def scope_of(self, ref: str) -> Scope:
        """What an expression at a waiting token sees."""
        return self._run.scope(self._token(ref))

    @property
    def is_timed(self) -> bool:
        """Whether a token waits for a moment."""
        return any(token.task_spec.timed and not token.is_fork for token in self._run.tasks.values())

    def is_waiting(self, ref: str) -> bool:
        """Whether the token still waits."""
        token = self._run.tasks.get(_number(ref))
        return token is not None and token.state == TaskState.STARTED

    def visit_of(self, ref: str) -> Visit:
        """What a waiting token waits for, and where."""
        return self._run.visit(self._token(ref), int(ref.partition(".")[2] or 0))

    def inputs_of(self, ref: str) -> dict[str, Any]:
        """What the input mappings of a waiting token's element make of the variables as they are now."""
        token = self._token(ref)
        return token.task_spec.inputs(token)

    def missed(self, ref: str, due: datetime) -> int:
        """How many rounds of a cycle were missed, should the timer that the token waits for come only now.

        ``due`` is when it should have come; it may have been moved since it was set, and then the next rounds count
        from there.
        """
        token, part = self._token(ref), int(ref.partition(".")[2] or 0)
        trigger = token.task_spec.element.trigger.each[part]
        if trigger.timer != "cycle":
            return 0
        cycle, last, count = token.task_spec.cycle_keys(part)
        held = token.internal_data
        if held[last] != due:
            held = token.internal_data = {**held, last: due.astimezone(held[last].tzinfo)}
        outside = self._run.outside
        calendar = token.task_spec.working_time(token)
        missed = next_due(held[cycle], held[last], outside.now, outside.zone, calendar)[1]
        return missed if held[count] is None else min(missed, held[count] - 1)

    def skip(self, place: str, result: Mapping[str, Any]) -> None:
        """Let the next token at a place go on with ``result`` instead of the element's work."""
        self._run.skips[place] = result

    def wake(self) -> None:
        """Run on from where tokens were put while nothing was allowed to move."""
        self._run.ready.extend(token for token in subtree(self._run.task_tree) if token.state == TaskState.READY)
        self.advance()

    def resume(self, ref: str, payload: Mapping[str, Any]) -> None:
        """Go on with what the token waited for, to the next waits; ``Conflict`` when it does not wait any more."""
        token = self._token(ref)
        _, _, part = ref.partition(".")
        if part:
            token.task_spec.come(token, int(part), payload)
        else:
            token.task_spec.resume(token, payload)
        self._run.advance()

    def fail(self, ref: str, result: Mapping[str, Any]) -> None:
        """Throw the error of a ``result`` (``{"$error": code}``) where the token waits, and run to the next waits."""
        token = self._token(ref)
        token.task_spec.settled(token, result)
        self._run.advance()

    def _token(self, ref: str) -> Token:
        if not self.is_waiting(ref):
            raise Conflict(N_("The process has moved on in the meantime."), remedy=N_("Load the page again."))
        return self._run.tasks[_number(ref)]

    def dump(self) -> bytes:
        """The state as bytes; parents come first, each token holds what differs from its parent.

        ``large`` then says which values have to be stored beside it, and which no more.
        """
        run, large = self._run, self.large
        large.begin()
        numbers, marks = self.program.place_numbers, run.marks
        for place in run.passed:
            marks |= 1 << numbers[place]
        tokens = [_token_out(token, large) for token in subtree(run.task_tree)]
        kept = {"large": sorted(large.used)} if large.used else {}
        version = FORMAT if large.has_aside else 2 if kept else 1
        return codec.pack({"v": version, "last": run.last_id, "passed": f"{marks:x}", "tokens": tokens, **kept})

    @classmethod
    def load(
        cls, program: Program, process: str, outside: Outside, state: bytes, large: Large | None = None
    ) -> "Execution":
        """What ``dump`` stored; ``large`` reads the values beside it. ``Away`` for a state of a newer release."""
        execution = cls(program, process, outside)
        execution.large = large or execution.large
        stored, run = codec.unpack(state), execution._run
        if stored["v"] > FORMAT:
            raise Away(N_("A newer release has stored this process; it goes on there."))
        execution.large.fetch(stored.get("large", ()))
        for row in stored["tokens"]:
            token = _token_in(run, program.nodes, row, execution.large)
            if row[1] is None:
                run.task_tree = token
        run.last_id = stored["last"]
        run.completed = run.task_tree.state == TaskState.COMPLETED
        run.marks = int(stored["passed"], 16)
        return execution


def _is_meant(start: Start, message: str, element: str, part: int) -> bool:
    if message:
        return start.trigger.message == message
    return start.element.id == element and start.part == part


def _number(ref: str) -> int:
    """The token of a wait; a multiple event's part follows behind a dot."""
    return int(ref.partition(".")[0])


def _token_out(token: Token, large: Large) -> list[Any]:
    place, internal = token.task_spec.stored_at, token.internal_data
    if DONE in internal:
        internal = token.internal_data = {**internal, DONE: large.put_aside(internal[DONE])}
    parent = token.parent
    if parent is not None and parent.data is token.data:
        return [token.id, parent.id, place, token._state, {}, [], large.internal_out(internal) if internal else {}]
    changed = changes(parent.data if parent is not None else {}, token.data)
    written = {name: value for name, value in changed.items() if value is not ABSENT}
    removed = [name for name, value in changed.items() if value is ABSENT]
    parts = [large.variables_out(written), removed, large.internal_out(internal)]
    return [token.id, None if parent is None else parent.id, place, token._state, *parts]


def _token_in(run: Run, nodes: Mapping[str, Node], row: list[Any], large: Large) -> Token:
    identity, parent_id, place, state, written, removed, internal = row
    parent = run.tasks[parent_id] if parent_id is not None else None
    if written or removed or parent is None:
        data = {name: value for name, value in (parent.data if parent else {}).items() if name not in removed}
        data |= large.variables_in(written)
    else:
        data = parent.data
    token = Token(run, nodes[place], parent, data, identity)
    if internal:
        token.internal_data = large.internal_in(internal)
    token._state = state
    return token
