"""What FEEL raises: a text that is no FEEL, a limit that was reached, and (inside) why a value is null."""

from loopdesk.engine.errors import Invalid


class FeelError(Invalid):
    """A text is not FEEL, or its evaluation reached a limit; ``position`` counts characters from 0."""

    def __init__(
        self, message: str, /, *, source: str = "", position: int = 0, remedy: str = "", **params: object
    ) -> None:
        before = source[:position]
        self.position = position
        self.line = before.count("\n") + 1
        self.column = position - (before.rfind("\n") + 1) + 1
        place = f"{self.line}:{self.column}" if source else ""
        super().__init__(message, fields=None, remedy=remedy, place=place, **params)


SHOWN = 100
"""Characters of a value that a message shows."""


def shown(value: object) -> object:
    """A value as a message shows it: a long text is cut."""
    if isinstance(value, str) and len(value) > SHOWN:
        return value[:SHOWN] + "…"
    return value


class Null(Exception):
    """FEEL answers an operation that makes no sense with null; this carries the cause to where it is noted."""

    def __init__(self, message: str, /, **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.params = {key: shown(value) for key, value in params.items()}

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message
