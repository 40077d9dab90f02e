"""What compensation needs of the past: a record for each completed activity that can be compensated, nothing else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from loopdesk.engine.bpmn.merge import ABSENT, changes
from loopdesk.engine.bpmn.tree import Token, scope_of

DONE = "undoable"
"""Key of a scope's internal data: records ``[node key, variables, inner records]`` in order of completion."""

SNAPSHOT = "snapshot"
"""Key of a completed sub-process's internal data, until its record is kept: the variables inside it at its end."""

Record = list[Any]


@dataclass(frozen=True, slots=True)
class Aside:
    """Records that stand beside the state under a digest (`large`); of level 1, or of a higher one others like it."""

    digest: str
    level: int
    read: Callable[[str], list[Any]] = field(compare=False, repr=False)


def opened(records: Sequence[Record | Aside]) -> Iterator[Record]:
    """The records one by one, with those that stand beside the state."""
    for one in records:
        if isinstance(one, Aside):
            yield from opened(one.read(one.digest))
        else:
            yield one


def keep_snapshot(token: Token, data: dict[str, Any]) -> None:
    """What is undone inside a sub-process sees the variables inside it, its inputs too (BPMN 2.0.2 §10.6.2).

    Its own handler lies outside it and sees what is there.
    """
    node, undoable = token.task_spec, DONE in token.internal_data
    if (node.undo is not None or undoable) and node.handler is None and token.workflow.reader != "1":
        token.internal_data = {**token.internal_data, SNAPSHOT: data}


def remember(token: Token) -> None:
    """Keep a record of a completed activity in its scope, with the variables written up to then.

    Only an activity with a handler counts, and a sub-process in which something can be compensated.
    """
    node, inner = token.task_spec, token.internal_data.get(DONE, [])
    if node.handler is None and node.undo is None and not (inner and not node.forgets):
        return
    scope = scope_of(token)
    seen = token.internal_data.get(SNAPSHOT, token.data)
    token.internal_data = {name: value for name, value in token.internal_data.items() if name != SNAPSHOT}
    written = {name: value for name, value in changes(scope.data, seen).items() if value is not ABSENT}
    done = [*scope.internal_data.get(DONE, []), [node.key, written, inner]]
    scope.internal_data = {**scope.internal_data, DONE: done}


def take(scope: Token, activity: str) -> list[Record]:
    """Take the records of a scope out of it, or those of one activity, the latest first."""
    taken: list[Record] = []
    left: list[Record] = []
    for record in opened(scope.internal_data.get(DONE, [])):
        (taken if not activity or _names(record[0], activity) else left).append(record)
    scope.internal_data = {**scope.internal_data, DONE: left}
    return taken[::-1]


def _names(key: str, activity: str) -> bool:
    return key.partition("/")[2].rstrip("*") == activity
