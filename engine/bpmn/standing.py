"""Where the tokens of an instance stand, as people are shown it."""

from dataclasses import dataclass

from loopdesk.engine.bpmn.tree import Token, path_up, subtree


@dataclass(frozen=True, slots=True)
class Standing:
    """A token: ``ref`` names it, ``inside`` is the ref of the sub-process it runs in, empty for the process itself."""

    ref: str
    element: str
    name: str
    kind: str
    inside: str
    scope: bool
    """whether other tokens run inside it"""
    round: int | None = None
    """of an activity that runs in rounds"""


def standing(token: Token) -> Standing:
    """A token as people are shown it."""
    element, above = token.task_spec.element, path_up(token)
    *_, scope = above
    return Standing(
        ref=str(token.id),
        element=element.id,
        name=element.name,
        kind=element.kind,
        inside="" if scope.parent is None else str(scope.id),
        scope=token.is_scope,
        round=token.internal_data.get("round") if token.task_spec.body_of is not None else None,
    )


def path_up_all(token: Token) -> list[Token]:
    """All that a token runs in, from the inside out."""
    found = []
    above = token.parent
    while above is not None:
        found.append(above)
        above = above.parent
    return found


def only_way(source: Token, branch: Token) -> bool:
    """Whether nothing but ``source`` runs below ``branch``."""
    around = {token.id for token in (source, *path_up_all(source))}
    inner = {token.id for token in subtree(source)}
    rest = [item for item in subtree(branch) if item.id not in around | inner]
    return all(item.task_spec.is_boundary and not item.is_fork for item in rest)
