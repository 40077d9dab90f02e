"""Three-way merge of the variables of parallel branches: what one branch wrote is never lost (architecture §4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.engine.errors import N_, Conflict

Data = Mapping[str, Any]


class _Absent:
    """The variable is not there; None is a value."""


ABSENT = _Absent()


def same(left: Any, right: Any) -> bool:
    """Equal in value and in type, all the way down (Python holds True, 1 and 1.0 for equal)."""
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def merge(base: Data, branches: Sequence[Data], path: str = "") -> dict[str, Any]:
    """What the branches made of ``base`` together.

    Contexts merge by key and lists that were only appended to are put one after the other, in the order of the
    branches. Raises ``Conflict`` naming the variable and both values where branches disagree.
    """
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(key for source in (base, *branches) for key in source):
        value = _value(base.get(name, ABSENT), [branch.get(name, ABSENT) for branch in branches], f"{path}{name}")
        if value is not ABSENT:
            merged[name] = value
    return merged


def changes(base: Data, data: Data) -> dict[str, Any]:
    """The variables that differ from ``base``; a removed one has the value ``ABSENT``."""
    changed = {name: value for name, value in data.items() if not same(base.get(name, ABSENT), value)}
    return changed | {name: ABSENT for name in base if name not in data}


def take_over(data: Data, base: Data, changed: Mapping[str, Any], *, strict: bool = False) -> dict[str, Any]:
    """``data`` of a branch still running with the changes of an ended one, except where it has changes of its own.

    ``strict`` merges what both have changed, and raises ``Conflict`` naming both values where they disagree.
    """
    result = dict(data)
    for name, value in changed.items():
        own, was = data.get(name, ABSENT), base.get(name, ABSENT)
        if not same(was, own):
            if not strict:
                continue
            value = _value(was, [own, value], name)
        if value is ABSENT:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def _value(base: Any, values: list[Any], path: str) -> Any:
    changed: list[Any] = []
    for value in values:
        if not same(value, base) and not any(same(value, other) for other in changed):
            changed.append(value)
    if not changed:
        return base
    if len(changed) == 1:
        return changed[0]
    if all(isinstance(value, dict) for value in changed):
        return merge(base if isinstance(base, dict) else {}, changed, f"{path}.")
    if isinstance(base, list) and all(isinstance(value, list) and same(value[: len(base)], base) for value in changed):
        return base + [item for value in changed for item in value[len(base) :]]
    first, second = (None if value is ABSENT else value for value in changed[:2])
    raise Conflict(
        N_("Parallel branches gave “%(variable)s” different values: %(first)s and %(second)s."),
        remedy=N_("Let only one branch write this variable, or give each branch a variable of its own."),
        variable=path,
        first=first,
        second=second,
    )
