"""The product's source as the house tests look at it."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "desk", "forms", "connectors", "migrations", "web")
SKIPPED = ("node_modules", "static", "translations", "workflows")


@cache
def product() -> tuple[Path, ...]:
    """Every Python file that is shipped; generated migrations are not written by hand and left out."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if not set(path.parts) & set(SKIPPED)]
    return tuple(sorted([*ROOT.glob("*.py"), *(path for path in files if path.parent.name != "versions")]))


@cache
def written() -> tuple[Path, ...]:
    """What people write besides: tests and scripts."""
    return tuple(sorted(path for folder in ("tests", "scripts") for path in (ROOT / folder).rglob("*.py")))


def name(path: Path) -> str:
    """The path as a reader knows it."""
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@cache
def pyproject() -> dict[str, Any]:
    """The project's own description."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
