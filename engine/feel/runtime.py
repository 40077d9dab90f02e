"""One evaluation: its scope, its time, its limits, and the causes of nulls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loopdesk.engine.errors import N_, Translate
from loopdesk.engine.feel.errors import FeelError, Null
from loopdesk.engine.feel.values import feel

MAX_STEPS = 500_000
"""Steps of one evaluation: rounds of loops, calls, items made. They take a second or two and 100 MB at most."""
CHARACTERS_A_STEP = 100
"""Characters made for one step."""
ITEMS_A_STEP = 10
"""Items of a list looked at for one step."""
MAX_CAUSES = 20


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something became null: the place in the text, counted from 0, and a gettext id with its values."""

    position: int
    message: str
    params: Mapping[str, object]

    def text(self, translate: Translate = str) -> str:
        """The cause in the language of ``translate``."""
        return translate(self.message) % self.params if self.params else translate(self.message)


class Frame:
    """Names bound at one level of the tree, over those of the level around it."""

    __slots__ = ("parent", "run", "values")

    def __init__(self, run: "Run", parent: "Frame", values: dict[str, Any]) -> None:
        self.run = run
        self.parent = parent
        self.values = values


class Run(Frame):
    """The outermost frame. ``scope`` is read key by key and never walked over."""

    __slots__ = ("_converted", "causes", "now", "scope", "steps", "trace")

    def __init__(self, scope: Mapping[str, Any], now: datetime | None = None, steps: int = MAX_STEPS) -> None:
        self.run = self
        self.parent = self
        self.values = {}
        self.scope = scope
        self.now = now
        self.steps = steps
        self.causes: list[Cause] | None = None
        self.trace: list[Any] | None = None
        self._converted: dict[str, Any] | None = None

    def converted(self, name: str, value: Any) -> Any:
        """What comes in under a free name as FEEL has it; lists and contexts are converted once."""
        if not isinstance(value, list | dict):
            return feel(value)
        if self._converted is None:
            self._converted = {}
        if name not in self._converted:
            self._converted[name] = feel(value)
        return self._converted[name]

    def within(self, scope: Mapping[str, Any], code: Callable[["Run"], Any]) -> Any:
        """Evaluate under another scope with the same limits, causes and trace."""
        inner = Run(scope, self.now, self.steps)
        inner.causes, inner.trace = self.causes, self.trace
        try:
            return code(inner)
        finally:
            self.steps, self.causes = inner.steps, inner.causes

    def charge(self, steps: int) -> None:
        """Take ``steps`` off what this evaluation may do; FeelError when nothing is left."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelError(
                N_("The evaluation needs more than %(limit)d steps."),
                remedy=N_("Use smaller lists or ranges."),
                limit=MAX_STEPS,
            )

    def note(self, at: int, null: Null) -> None:
        """Remember why something is null (the first few of an evaluation)."""
        if self.causes is None:
            self.causes = []
        if len(self.causes) < MAX_CAUSES:
            self.causes.append(Cause(at, null.message, null.params))
