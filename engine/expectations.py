"""What a scenario expects, held against what happened."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import events, feel, incidents, instances
from loopdesk.engine.bpmn import read_moment
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import OPEN, task

Seen = list[tuple[str, dict[str, Any]]]
"""Names with their inputs or payload, in order."""


def compare(tx: Tx, expected: Mapping[str, Any], key: str, process: str, calls: Seen) -> list[str]:
    """In words, where the instances of ``key`` differ from ``expected``; empty when all is as it should be."""
    started = [row for row in instances.of_key(tx, key) if row["process"] == process]
    if not started:
        return [f"no instance of “{process}” was started"]
    last = started[-1]
    thrown = [
        (row["data"]["message"], row["data"]["payload"])
        for row in events.timeline(tx, key)
        if row["kind"] == "message.published" and row["instance_id"]
    ]
    names = {name for name, _ in calls + thrown}
    failures = [f"an incident is open at “{row['element']}”: {_words(row)}" for row in _incidents(tx, started)]
    checks = {
        "status": lambda want: _equal("the status", want, last["status"]),
        "waiting": lambda want: _equal("what waits", sorted(want or []), instances.waiting(tx, last["id"])),
        "passed": lambda want: _missing(want, _elements(tx, started), "was not passed"),
        "not_passed": lambda want: _present(want, _elements(tx, started), "was passed"),
        "operations": lambda want: _in_order(want, calls, "operation"),
        "messages": lambda want: _in_order(want, thrown, "message"),
        "never": lambda want: _present(want, names, "was seen"),
        "variables": lambda want: _subset("the variables", want, instances.variables(tx, last["id"])),
        "due": lambda want: _due(tx, want, [row["id"] for row in started]),
    }
    for name, want in expected.items():
        failures += checks[name](want) if name in checks else [f"“{name}” cannot be expected"]
    return failures


def _incidents(tx: Tx, started: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for row in started for found in incidents.of_instance(tx, row["id"])]


def _words(incident: Mapping[str, Any]) -> str:
    return str(incident["message"] % incident["params"] if incident["params"] else incident["message"])


def _elements(tx: Tx, started: list[dict[str, Any]]) -> set[str]:
    return {element for row in started for element in instances.tokens(tx, row["id"])["completed"]}


def _plain(value: Any) -> Any:
    return feel.to_json(value)


def _equal(what: str, want: Any, got: Any) -> list[str]:
    return [] if _plain(want) == _plain(got) else [f"{what}: expected {_plain(want)!r}, got {_plain(got)!r}"]


def _missing(want: Iterable[str], seen: set[str], words: str) -> list[str]:
    return [f"“{name}” {words}" for name in want or [] if name not in seen]


def _present(want: Iterable[str], seen: set[str], words: str) -> list[str]:
    return [f"“{name}” {words}" for name in want or [] if name in seen]


def _subset(what: str, want: Mapping[str, Any] | None, got: Mapping[str, Any]) -> list[str]:
    return [
        f"{what}: expected {name} = {_plain(value)!r}, got {_plain(got.get(name))!r}"
        for name, value in (want or {}).items()
        if _plain(value) != _plain(got.get(name))
    ]


def _in_order(want: Iterable[Any], seen: Seen, what: str) -> list[str]:
    failures, at = [], 0
    for entry in want or []:
        name, inputs = next(iter(entry.items())) if isinstance(entry, Mapping) else (entry, {})
        hits = [i for i in range(at, len(seen)) if seen[i][0] == name and not _subset("", inputs, seen[i][1])]
        if hits:
            at = hits[0] + 1
        else:
            came = ", ".join(f"{other} {inputs_}" for other, inputs_ in seen) or "nothing"
            failures.append(f"{what} {name} {dict(inputs or {})} did not come in this order; there came: {came}")
    return failures


def _due(tx: Tx, want: Mapping[str, Any], ids: list[str]) -> list[str]:
    failures = []
    for element, moment in (want or {}).items():
        query = sa.select(task.c.due_at).where(
            task.c.element == element, task.c.state == OPEN, task.c.instance_id.in_(ids)
        )
        got = tx.conn.execute(query).scalar()
        due = moment if isinstance(moment, datetime) else read_moment(str(moment))
        if got != due:
            failures.append(f"“{element}” is due at {got}, expected {due}")
    return failures
