"""FEEL where the diagram has expressions: compiled once per text, never Python (architecture §4)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment

from loopdesk.engine import feel
from loopdesk.engine.errors import N_, Refused

Facts = Callable[[], Mapping[str, Any]]


class Scope(Mapping[str, Any]):
    """What an expression sees: variables, and ``case``, read only when an expression asks for it."""

    def __init__(self, data: Mapping[str, Any], facts: Facts, now: datetime) -> None:
        self._data = data
        self._facts = facts
        self.now = now

    def __getitem__(self, name: str) -> Any:
        return self._facts() if name == "case" else self._data[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._data
        if "case" not in self._data:
            yield "case"

    def __len__(self) -> int:
        return len(self._data) + ("case" not in self._data)

    def with_data(self, more: Mapping[str, Any]) -> "Scope":
        """The same scope with further names in front."""
        return Scope({**self._data, **more}, self._facts, self.now)

    def plain(self, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The variables as JSON, or those of ``names`` only."""
        return {name: feel.to_json(self._data.get(name)) for name in (self._data if names is None else names)}


@lru_cache(maxsize=4096)
def compiled(source: str) -> Callable[..., Any]:
    """The expression, parsed once; ``Invalid`` when it is not FEEL."""
    return feel.compile(source)


def is_expression(text: str) -> bool:
    """Camunda 8's convention: a text that begins with ``=`` is FEEL, any other is itself."""
    return text.lstrip().startswith("=")


def body(text: str) -> str:
    """The FEEL behind the leading ``=``."""
    return text.lstrip().removeprefix("=").strip()


def evaluate(text: str, scope: Scope) -> Any:
    """The value of ``=FEEL``, or the text itself."""
    return compiled(body(text))(scope, now=scope.now) if is_expression(text) else text


def words(text: str, scope: Scope) -> str:
    """The value as text; null becomes the empty text."""
    if not is_expression(text):
        return text
    value = feel.to_json(evaluate(text, scope))
    return "" if value is None else str(value)


class _FeelEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """SpiffWorkflow's door to scripts; behind it is FEEL, which has no side effects."""

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Any = None) -> Any:
        return compiled(body(expression))(context)

    def execute(self, script: str, context: Mapping[str, Any], external_context: Any = None) -> bool:
        raise _no_scripts()

    def call_service(self, context: Mapping[str, Any], **kwargs: Any) -> Any:
        raise _no_scripts()


class FeelEngine(PythonScriptEngine):  # type: ignore[misc]
    """Replaces SpiffWorkflow's script engine, whose own would run ``import os`` from a diagram."""

    def __init__(self) -> None:
        super().__init__(_FeelEnvironment())

    def validate(self, expression: str) -> None:
        """Whether the expression is FEEL; ``Invalid`` when not."""
        compiled(body(expression))

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """The value of an expression over a task's variables."""
        return self.environment.evaluate(expression, task.data)

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        """Always ``Refused``: a diagram brings no program."""
        raise _no_scripts()

    def call_service(self, task: Any, **kwargs: Any) -> Any:
        """Always ``Refused``: operations are called by the runner."""
        raise _no_scripts()


def _no_scripts() -> Refused:
    return Refused(N_("A diagram cannot run program code."), remedy=N_("Write the rule as a FEEL expression."))
