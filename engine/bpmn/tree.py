"""The tree of live tokens on SpiffWorkflow's task tree: who waits, and where branches parted.

SpiffWorkflow keeps every task of the past and predicts the future, so each step walks a growing tree (architecture
§4). Here a finished token leaves the tree unless live branches still hang on it; then it stays as the *fork* whose
variables are the base of their merge. The tree is therefore as large as what is alive, at any age.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from loopdesk.engine.bpmn.merge import changes, merge, same, take_over

if TYPE_CHECKING:
    from loopdesk.engine.bpmn.nodes import Node
    from loopdesk.engine.bpmn.run import Run


OUTER = "outer"
"""Key of a scope's internal data: the variables outside, where inputs made them differ inside."""


class Token(Task):  # type: ignore[misc]
    """A task of SpiffWorkflow with a short id and variables that are replaced, never changed in place."""

    workflow: "Run"
    task_spec: "Node"
    data: dict[str, Any]
    internal_data: dict[str, Any]

    def __init__(
        self, run: "Run", node: "Node", parent: "Token | None", data: dict[str, Any], identity: int = 0
    ) -> None:
        # In place of the original's, which looks at the clock and asks for the parent again: every step loads them all.
        self.id = identity or run.next_id()
        self.workflow, self.task_spec = run, node
        self.data, self.internal_data = data, {}
        self._state, self.triggered = TaskState.FUTURE, False
        self._children: list[int] = []
        self._parent = None if parent is None else parent.id
        self.thread_id, self.last_state_change = 0, 0.0
        run.tasks[self.id] = self
        if node.conditions:
            run.watching.append(self)
        if parent is not None:
            parent._children.append(self.id)

    def _set_state(self, value: int) -> None:
        # The original formats a log line at each change, logging on or off.
        self._state = value

    def run(self) -> bool | None:
        """Visit the element; a token that it has completed or cancelled itself is left as it is."""
        done: bool | None = self.task_spec._run(self)
        if done:
            self.complete()
        elif self.state == TaskState.READY:
            self._set_state(TaskState.STARTED)
        return done

    @property
    def is_scope(self) -> bool:
        """Whether other tokens run inside it: the process itself, a sub-process, a call activity."""
        return bool(self.task_spec.is_scope and not self.is_fork)

    @property
    def is_fork(self) -> bool:
        """Whether it is only still here as the place where branches parted."""
        return bool(self._state == TaskState.COMPLETED)

    @property
    def inner(self) -> "list[Token]":
        """Children that run inside the scope: all but the boundary events that wait on it."""
        return [child for child in self.children if child.is_fork or not child.task_spec.is_boundary]


def path_up(token: Token) -> Iterator[Token]:
    """The ancestors up to and with the scope the token lies in."""
    above = token.parent
    while above is not None:
        yield above
        if above.is_scope:
            return
        above = above.parent


def scope_of(token: Token) -> Token:
    """The token of the process, sub-process or call activity that this one runs in."""
    *_, scope = path_up(token)
    return scope


def subtree(token: Token) -> list[Token]:
    """The token and everything below it, parents first."""
    found, tasks = [token], token.workflow.tasks
    for item in found:
        found.extend([tasks[child] for child in item._children])
    return found


def within(scope: Token) -> list[Token]:
    """The tokens that run in a scope, without those in the scopes inside it; the oldest of a branch first."""
    found = scope.children
    for item in found:
        if item.is_fork or not item.is_scope:
            found.extend(item.children)
    return sorted(found, key=lambda token: token.id)


def detach(token: Token) -> None:
    """Take a token without children out of the tree."""
    if token.parent is not None:
        token.parent._children.remove(token.id)
    del token.workflow.tasks[token.id]


def move(token: Token, parent: Token) -> None:
    """Hang a token, with what is below it, under another one."""
    token.parent._children.remove(token.id)
    token.parent = parent
    parent._children.append(token.id)


def prune(token: Token | None) -> None:
    """Remove a fork that no longer separates branches, and those above it."""
    while token is not None and token.is_fork and len(token._children) < 2:
        above = token.parent
        for child in token.children:
            move(child, above)
        detach(token)
        token = above


def hand_over(ended: Token) -> None:
    """Give what an ended branch wrote to the branches that go on; raises ``Conflict`` where one wrote otherwise."""
    below = ended
    for above in path_up(ended):
        base, changed = above.data, changes(above.data, ended.data)
        for child in above.children:
            if changed and child is not below:
                _receive(child, base, changed, strict=True)
        above.data = take_over(base, base, changed)
        below = above


def _receive(token: Token, base: dict[str, Any], changed: dict[str, Any], *, strict: bool) -> None:
    """Let a branch and those inside it see the changes; what is a scope's own variable there stays so."""
    outer = token.internal_data.get(OUTER)
    if outer is not None:
        token.internal_data = {**token.internal_data, OUTER: take_over(outer, base, changed, strict=strict)}
        changed = token.task_spec.lets_in(changed)
    strict = strict and not (token.is_scope and token.task_spec.keeps)
    token.data = take_over(token.data, base, changed, strict=strict)
    for child in token.children:
        _receive(child, base, changed, strict=strict)


def gathered(scope: Token) -> dict[str, Any]:
    """The variables of a scope as its branches have made them so far; raises ``Conflict`` as a join does."""
    branches = [written(child) for child in scope.inner]
    return merge(scope.data, branches) if branches else scope.data


def written(token: Token) -> dict[str, Any]:
    """The variables as the branch or activity has made them so far, as they are seen outside it."""
    if OUTER in token.internal_data:
        return token.task_spec.handed_over(token, dict(token.internal_data[OUTER]))
    if token.is_scope and token.task_spec.keeps:
        return token.data
    return gathered(token) if token.is_fork or token.is_scope else token.data


def share(token: Token) -> None:
    """Let all branches below ``token`` see what one of them wrote; where branches disagree nobody takes over."""
    for child in token.children:
        share(child)
    if not token.is_fork and (token.task_spec.keeps or not token.is_scope):
        return
    wrote: dict[str, list[Any]] = {}
    for child in token.inner:
        for name, value in changes(token.data, child.internal_data.get(OUTER, child.data)).items():
            values = wrote.setdefault(name, [])
            if not any(same(value, other) for other in values):
                values.append(value)
    agreed = {name: values[0] for name, values in wrote.items() if len(values) == 1}
    if agreed:
        _pass_on(token, token.data, agreed)


def _pass_on(token: Token, base: dict[str, Any], changed: dict[str, Any]) -> None:
    token.data = take_over(token.data, base, changed)
    for child in token.children:
        if OUTER in child.internal_data:
            child.internal_data[OUTER] = take_over(child.internal_data[OUTER], base, changed)
        else:
            _pass_on(child, base, changed)


def join(tokens: list[Token]) -> tuple[Token, dict[str, Any]]:
    """Where the tokens' branches parted, and their variables merged fork by fork, the innermost first."""
    paths = {token.id: [token, *path_up(token)] for token in tokens}
    common = next(node for node in paths[tokens[0].id] if all(node in path for path in paths.values()))
    merged: dict[Any, dict[str, Any]] = {token.id: token.data for token in tokens}
    forks = {node.id: node for path in paths.values() for node in path[1 : path.index(common) + 1]}
    # Deeper forks first: what their branches share is a change only once for the fork above.
    for fork in sorted(forks.values(), key=lambda node: -sum(1 for _ in path_up(node))):
        branches = [merged[child.id] for child in fork.children if child.id in merged]
        if branches:
            merged[fork.id] = merge(fork.data, branches)
    return common, merged[common.id]
