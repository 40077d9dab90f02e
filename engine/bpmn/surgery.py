"""Changes by hand to where the tokens of a loaded instance stand and to its variables; nothing runs on by itself.

The rules follow Camunda's process instance modification: a token is put *before* an element, missing sub-processes
around it are opened, and a scope in which nothing is left goes too.
"""

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.activities import CallActivity, EventGateway, EventSubProcess, SubProcess
from loopdesk.engine.bpmn.ad_hoc import AdHoc
from loopdesk.engine.bpmn.compensation import CompensationEvent
from loopdesk.engine.bpmn.events import Listener
from loopdesk.engine.bpmn.execution import Execution
from loopdesk.engine.bpmn.loops import Rounds
from loopdesk.engine.bpmn.nodes import Node
from loopdesk.engine.bpmn.standing import Standing, only_way, path_up_all, standing
from loopdesk.engine.bpmn.tree import OUTER, Token, prune, scope_of, share, subtree, written
from loopdesk.engine.errors import N_, Conflict, Missing, Phrase, Refused


class Surgery:
    """Moves, cancels and starts tokens of ``execution``, and edits its variables."""

    def __init__(self, execution: Execution) -> None:
        self.program, self.process = execution.program, execution.process
        self._run = execution._run

    def standing(self) -> list[Standing]:
        """Where tokens are, sub-processes before what runs inside them; no boundary events."""
        return [standing(token) for token in self._live()]

    def data_of(self, ref: str = "") -> dict[str, Any]:
        """The variables at a token; those that came last where none is named."""
        return dict((self._pick(ref) if ref else subtree(self._root)[-1]).data)

    def find(self, element: str) -> str:
        """The ref of the one token at an element; ``Missing`` for none, ``Conflict`` for several."""
        found = [token for token in self._live() if element in (token.task_spec.element.id, token.task_spec.key)]
        whole = [token for token in found if token.task_spec.body_of is None]
        if not found:
            raise Missing(N_("The process does not stand at “%(element)s”."), element=element)
        if len(whole or found) > 1:
            remedy = N_("Choose the one that is meant by its number.")
            raise Conflict(N_("Several tokens stand at “%(element)s”."), remedy=remedy, element=element)
        return str((whole or found)[0].id)

    def node(self, element: str) -> Node:
        """The element of that id (or ``process/id``), of the instance's own process first."""
        known = self.program.nodes
        places = [element, f"{self.process}/{element}", *(f"{name}/{element}" for name in self.program.specs)]
        node = next((known[place] for place in places if place in known), None)
        if node is None or node.element.kind == "process":
            raise Missing(N_("There is no element “%(element)s” in this process."), element=element)
        return node

    def move(self, ref: str, element: str) -> None:
        """Take a token away and put it before another element, with the variables of its branch."""
        source, node = self._removable(ref), self.node(element)
        self._check(node)
        host = self._home(node, source)
        around = (source, *path_up_all(source)[:-1])
        branch = next((item for item in around if scope_of(item) is host), None)
        if branch is None:
            self._begin(node, host, source)
            self._remove(source)
        elif branch is source or only_way(source, branch):
            parent, data = branch.parent, written(branch)
            self._run.enter([node], parent, data)
            self._remove(branch)
        else:
            data = branch.internal_data.get(OUTER, branch.data)
            self._run.enter([node], self._run.part(branch), data)
            self._remove(source)

    def cancel(self, ref: str) -> None:
        """Take a token away, with everything that runs inside it and waits for it."""
        self._remove(self._removable(ref))

    def start(self, element: str) -> None:
        """Put a new token before an element, beside what runs already."""
        node = self.node(element)
        self._check(node)
        self._begin(node, self._home(node, None), None)

    def write(self, values: Mapping[str, Any], ref: str = "") -> None:
        """Set variables everywhere in the instance, or only inside the token ``ref``; a scope keeps its inputs."""
        top = self._pick(ref) if ref else self._root
        _write(top, dict(values), beside=not ref)

    def remove(self, name: str, ref: str = "") -> None:
        """Take a variable away, everywhere or only inside the token ``ref``."""
        for token in subtree(self._pick(ref) if ref else self._root):
            token.data = {key: value for key, value in token.data.items() if key != name}
            outer = token.internal_data.get(OUTER)
            if outer is not None and not (ref and str(token.id) == ref):
                kept = {key: value for key, value in outer.items() if key != name}
                token.internal_data = {**token.internal_data, OUTER: kept}

    def sweep(self) -> bool:
        """Take away scopes in which nothing is left; whether anything is left of the instance."""
        for token in reversed(subtree(self._root)[1:]):
            known = token.id in self._run.tasks and token.is_scope and token.state == TaskState.STARTED
            if known and not token.inner:
                self._guard(token)
                self._remove(token)
        return bool(self._root.inner)

    def end(self) -> None:
        """Take everything away."""
        for child in self._root.children:
            self._run.drop(child)

    # --- which tokens and places --------------------------------------------------------------------------------

    @property
    def _root(self) -> Token:
        root: Token = self._run.task_tree
        return root

    def _live(self) -> list[Token]:
        below = subtree(self._root)[1:]
        return [token for token in below if not token.is_fork and not token.task_spec.is_boundary]

    def _pick(self, ref: str) -> Token:
        token = self._run.tasks.get(int(ref)) if ref.isdecimal() else None
        if token is None or token.is_fork or token.task_spec.is_boundary:
            raise Conflict(
                N_("The process does not stand there any more."), remedy=N_("Load the page again and choose anew.")
            )
        return token

    def _removable(self, ref: str) -> Token:
        token = self._pick(ref)
        gateway = token.parent
        if gateway is not None and isinstance(gateway.task_spec, EventGateway) and not gateway.is_fork:
            # The events behind an event gateway wait together: the gateway's token is the one that moves.
            token = gateway
        self._guard(token)
        return token

    def _guard(self, token: Token) -> None:
        reason = None
        if token is self._root:
            reason = Phrase("it is the process itself")
        elif token.task_spec.body_of is not None:
            reason = Phrase("it is one round of an activity; take the whole activity")
        elif any(isinstance(item.task_spec, CompensationEvent | AdHoc) for item in path_up_all(token)):
            reason = Phrase("it lies where the diagram itself decides what comes next")
        if reason is not None:
            name = token.task_spec.element.name or token.task_spec.element.id
            raise Refused(N_("“%(element)s” cannot be taken away: %(reason)s."), element=name, reason=reason)

    def _check(self, node: Node) -> None:
        reason = None
        if isinstance(node, Listener | EventSubProcess):
            reason = Phrase("it begins by itself when its event comes")
        elif node.element.details.handler:
            reason = Phrase("it only runs to undo another activity")
        elif node.joins or node.element.details.start_quantity > 1:
            reason = Phrase("it joins branches and would wait for the others")
        if reason is not None:
            raise self._misplaced(node, reason)

    def _misplaced(self, node: Node, reason: Phrase) -> Refused:
        return Refused(
            N_("No token can be put before “%(element)s”: %(reason)s."),
            remedy=N_("Choose another element."),
            element=node.element.name or node.element.id,
            reason=reason,
        )

    # --- putting tokens -----------------------------------------------------------------------------------------

    def _home(self, node: Node, source: Token | None) -> Token:
        """The scope token in which the node's token belongs; opened where it does not run."""
        hosts = [token for token in (self._root, *self._live()) if _holds(token, node)]
        around = path_up_all(source) if source is not None else []
        inside = [token for token in hosts if token in around]
        if inside:
            return inside[0]
        if len(hosts) > 1:
            raise self._misplaced(node, Phrase("what it lies in runs several times"))
        if hosts:
            if any(isinstance(item.task_spec, _DECIDES) for item in (hosts[0], *path_up_all(hosts[0]))):
                raise self._misplaced(node, Phrase("it lies where the diagram itself decides what comes next"))
            return hosts[0]
        return self._open(node, source)

    def _open(self, node: Node, source: Token | None) -> Token:
        """Begin the sub-process around a node, without what begins in it."""
        element = node.element
        if element.scope == element.process:
            raise self._misplaced(node, Phrase("the process it lies in is not running"))
        scope = self.program.nodes[f"{element.process}/{element.scope}"]
        if isinstance(scope, Rounds):
            raise self._misplaced(node, Phrase("it lies in an activity that runs in rounds"))
        if isinstance(scope, AdHoc) or not isinstance(scope, SubProcess):
            raise self._misplaced(node, Phrase("it lies where the diagram itself decides what comes next"))
        self._check(scope)
        opened = self._begin(scope, self._home(scope, source), source, ready=False)
        inside = scope.handed_in(opened)
        if inside is not opened.data:
            opened.internal_data = {**opened.internal_data, OUTER: opened.data}
            opened.data = inside
        opened._set_state(TaskState.STARTED)
        self._run.listen(opened)
        for event in scope.boundaries:
            if event.arms:
                self._run.enter([event], opened, opened.data)
        return opened

    def _begin(self, node: Node, host: Token, near: Token | None, *, ready: bool = True) -> Token:
        """A new token in a scope, beside its branches (``near`` one of them); it sees what they agree on."""
        parent, data = host, host.data
        if host.inner:
            share(host)
            top = near if near is not None and near is not host and scope_of(near) is host else host.inner[0]
            data = top.internal_data.get(OUTER, top.data)
            parent = self._run.part(top)
        if not ready:
            return Token(self._run, node, parent, data)
        before = {child.id for child in parent.children}
        self._run.enter([node], parent, data)
        begun: Token = next(child for child in parent.children if child.id not in before)
        return begun

    def _remove(self, token: Token) -> None:
        parent = token.parent
        self._run.drop(token)
        if parent is not None and parent.id in self._run.tasks:
            prune(parent)


_DECIDES = (Rounds, CompensationEvent, AdHoc)


def _holds(token: Token, node: Node) -> bool:
    """Whether the token is the scope that the node lies in."""
    spec, element = token.task_spec, node.element
    if token.is_fork or isinstance(spec, Rounds):
        return False
    if element.scope != element.process:
        return bool(spec.element.id == element.scope and spec.element.process == element.process)
    if spec.element.kind == "process":
        return bool(spec.element.process == element.process)
    return isinstance(spec, CallActivity) and spec.element.extras.called == element.process


def _write(token: Token, values: dict[str, Any], *, beside: bool) -> None:
    """Write variables at a token and below; at the top of what was chosen also over a scope's own inputs."""
    outer = token.internal_data.get(OUTER)
    if outer is not None and beside:
        token.internal_data = {**token.internal_data, OUTER: {**outer, **values}}
        values = token.task_spec.lets_in(values)
    token.data = {**token.data, **values}
    for child in token.children:
        _write(child, values, beside=True)
