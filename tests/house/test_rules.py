"""Rules of the house that no linter knows (architecture §3, §6)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from loopdesk.tests.house.source import name, product, tree, written

CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
MAY_ASK_THE_SYSTEM = {
    "engine/clock.py": "is the clock",
    "engine/db.py": "ids are ordered by the time they were made at",
}
TRANSLATING = {"gettext", "ngettext", "N_", "Phrase"}
FAMILIES = {"Missing", "Refused", "Invalid", "Away", "LoopdeskError"}


def calls(path: Path) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            last = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            yield node.lineno, last, node.func.attr


def test_time_comes_from_the_clock_that_was_handed_in() -> None:
    asked = [
        f"{name(path)}:{line} {owner}.{verb}()"
        for path in product()
        if name(path) not in MAY_ASK_THE_SYSTEM
        for line, owner, verb in calls(path)
        if (owner, verb) in CLOCKS
    ]
    assert asked == []


def test_every_lint_exception_says_why() -> None:
    bare = [
        f"{name(path)}:{number}"
        for path in (*product(), *written())
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s*noqa(?!: [A-Z0-9, ]+ - \S)", line) and "re.search" not in line
    ]
    assert bare == []


def test_errors_are_of_the_four_families() -> None:
    vague = {"Exception", "BaseException", "RuntimeError", "AssertionError", "OSError"}
    raised = [
        f"{name(path)}:{node.lineno} {target.id}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Raise)
        and isinstance(target := node.exc.func if isinstance(node.exc, ast.Call) else node.exc, ast.Name)
        and target.id in vague
    ]
    assert raised == []


def test_words_to_translate_stand_outside_of_f_strings() -> None:
    """Babel reads no f-string: what one asks to be translated would stand in no catalogue."""
    hidden = [
        f"{name(path)}:{called.lineno}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.JoinedStr)
        for called in ast.walk(node)
        if isinstance(called, ast.Call) and isinstance(called.func, ast.Name) and called.func.id in TRANSLATING
        if called.args and isinstance(called.args[0], ast.Constant)
    ]
    assert hidden == []


def test_a_message_is_written_out_where_it_is_raised() -> None:
    """Babel finds messages by their place in the source: a computed one is never translated."""
    computed = [
        f"{name(path)}:{node.lineno}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in FAMILIES
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert computed == []


def test_nothing_is_left_to_do() -> None:
    word = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    left = [name(path) for path in product() if word.search(path.read_text(encoding="utf-8"))]
    assert left == []


def test_no_effect_hides_behind_a_swallowed_error() -> None:
    """A broad ``except`` re-raises, records, or is marked with its reason (ruff's BLE001 sees to the mark)."""
    silent = [
        f"{name(path)}:{node.lineno}"
        for path in product()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body)
    ]
    assert silent == []
