"""Python script tasks in a sandbox of its own processes: no files, no network, little time and memory (issue 4).

Variables go in as JSON: whole numbers as ``int``, others as ``float``, dates, times and durations as ISO 8601 text.
What the script assigns at top level comes back the same way: dates as text again, tuples and sets as lists; functions,
modules and names that begin with ``_`` stay inside. Where the task names a result variable, that variable gets what the
script assigns to ``result``.
"""

import ast
import os
import threading
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.feel import to_json

if TYPE_CHECKING:
    from pydantic_monty import Monty, ResourceLimits

LANGUAGES = frozenset({"python", "text/x-python", "application/x-python", "python3"})
MODULES = frozenset({"datetime", "json", "math", "re"})
"""What a script may import."""
SECONDS, MEMORY, PROCESSES = 0.5, 32 * 1024 * 1024, 2
LONGEST = 100_000
"""Characters of a script."""


@lru_cache(maxsize=512)
def names(source: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """(names that a script reads, names that it assigns at top level); raises `Invalid` for what is not run."""
    if len(source) > LONGEST:
        raise Invalid(N_("The script is longer than %(limit)s characters."), remedy=_SHORTER, limit=LONGEST)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        message = N_("The script is not Python: %(reason)s (line %(line)s).")
        reason = getattr(error, "msg", None) or str(error)
        raise Invalid(message, remedy=N_("Correct the script."), reason=reason, line=line) from error
    for node in ast.walk(tree):
        for module in _imported(node):
            if module not in MODULES:
                message = N_("The script imports “%(module)s” (line %(line)s), which scripts do not have.")
                remedy, known = N_("Scripts may import: %(known)s."), ", ".join(sorted(MODULES))
                raise Invalid(message, remedy=remedy, module=module, line=getattr(node, "lineno", 1), known=known)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(read), tuple(sorted(set(_assigned(tree.body))))


_SHORTER = N_("Move the work into an operation or a connector.")


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.module or ".").partition(".")[0] if not node.level else "."]
    return []


def _assigned(body: list[ast.stmt]) -> list[str]:
    """Names bound by statements outside of functions and classes, also in branches and loops."""
    found: list[str] = []
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.ListComp):
            continue
        if isinstance(node, ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not node.id.startswith("_"):
            found.append(node.id)
        waiting += ast.iter_child_nodes(node)
    return found


class Sandbox:
    """Runs scripts in worker processes, which start with the first script: after a fork, never before it."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._limits: ResourceLimits = {
            "max_feed_duration_secs": seconds,
            "max_memory": memory,
            "max_suspensions": 100,
        }
        self._seconds = seconds
        self._lock = threading.Lock()
        self._pool: Monty | None = None
        self._owner = 0

    def run(self, source: str, scope: Mapping[str, Any]) -> dict[str, Any]:
        """What the script assigned at top level, as JSON; raises `Invalid` that says why it was stopped."""
        # Imported late: 0.2 s that only a house with scripts pays.
        from pydantic_monty import CollectString, MontyError

        read, assigned = names(source)
        known = {name: plain(to_json(scope[name])) for name in read if name in scope}
        tail = "\n__out = {}\n" + "".join(
            f"try:\n    __out[{name!r}] = {name}\nexcept NameError:\n    pass\n" for name in assigned
        )
        try:
            with self._started().checkout(limits=self._limits) as session:
                found = session.feed_run(f"{source}\n{tail}__out", inputs=known, print_callback=CollectString())
        except MontyError as error:
            raise Invalid(
                N_("The script was stopped: %(reason)s"),
                remedy=N_("Correct the script or its data."),
                reason=str(error),
            ) from error
        return {name: json_of(name, value) for name, value in found.items() if not callable(value)}

    def close(self) -> None:
        """End the worker processes."""
        with self._lock:
            if self._pool is not None and self._owner == os.getpid():
                self._pool.__exit__(None, None, None)
            self._pool = None

    def _started(self) -> "Monty":
        from pydantic_monty import Monty

        with self._lock:
            if self._pool is None or self._owner != os.getpid():
                pool = Monty(max_processes=PROCESSES, checkout_timeout=30, request_timeout=self._seconds + 5)
                self._pool, self._owner = pool.__enter__(), os.getpid()
            return self._pool


def plain(value: Any) -> Any:
    """JSON without Decimals, which the sandbox does not know."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def json_of(name: str, value: Any) -> Any:
    """A value of the script as JSON; `Invalid` for one that is none."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_of(name, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_of(name, item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((json_of(name, item) for item in value), key=str)
    raise Invalid(
        N_("The script leaves “%(name)s” as a value of type %(type)s, which no variable can hold."),
        remedy=N_("Assign numbers, texts, lists or dictionaries, or let the name begin with “_”."),
        name=name,
        type=type(value).__name__,
    )
