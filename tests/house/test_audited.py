"""Every changing verb leaves an event with its actor: the audit log is only as whole as the events are (SEC-2)."""

import ast
from pathlib import Path

from loopdesk.tests.house.source import ROOT, tree

ROOMS = ("engine", "desk")
WRITES = {"insert", "update", "delete"}
TECHNICAL = {
    "engine/events.py: record": "it is what writes them",
    "engine/incidents.py: take": "what handles the incident afterwards leaves its own",
    "engine/work.py: save_draft": "a draft that is saved while somebody types is no command",
    "desk/idempotency.py: once": "the request that it repeats or performs leaves its own",
}
"""Functions that write for an actor and leave no event, and why that is right."""


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)}


def called(node: ast.AST) -> set[str]:
    """Names of what a function calls, also what it hands on to be called."""
    found = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    return found | {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def reaches(known: dict[str, ast.FunctionDef], start: str, wanted: set[str]) -> bool:
    """Whether a function, or one of its file that it calls, names one of ``wanted``."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        names = called(known[name])
        if names & wanted:
            return True
        waiting += [other for other in names if other in known]
    return False


def is_verb(node: ast.FunctionDef) -> bool:
    arguments = [one.arg for one in node.args.args]
    return arguments[:2] == ["actor", "tx"] and not node.name.startswith("_")


def test_every_verb_that_writes_leaves_an_event() -> None:
    silent = set()
    for room in ROOMS:
        for path in sorted((ROOT / room).glob("*.py")):
            known = functions(path)
            for name, node in known.items():
                if not is_verb(node) or not reaches(known, name, WRITES):
                    continue
                if not reaches(known, name, {"record", "_record", "entomb", "publish", "remove", "redaction"}):
                    silent.add(f"{path.relative_to(ROOT).as_posix()}: {name}")
    assert silent == set(TECHNICAL)
