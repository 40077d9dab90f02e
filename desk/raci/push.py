"""New tasks of a department are pushed into its group of a messenger (HND-7): ``push`` in departments.yaml."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import departments, policy, record, templates
from loopdesk.desk.notices import LETTER
from loopdesk.engine import outbox
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.outbox import Row, Wanted
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import OPEN, task

KIND = "raci.push"
TEMPLATE = "task-pushed"
FILE = "departments.yaml"
KEYS = {"channel", "address", "language"}


def wanted(tx: Tx, made: Mapping[str, Any]) -> list[Wanted]:
    """The push that a new task is worth; none where its department has no group."""
    group = departments.push(tx, made["department"])
    if not group:
        return []
    payload = {**made, "group": dict(group)}
    return [Wanted(KIND, payload, f"{KIND}:{made['id']}", made["key"], made["instance_id"], made["element"])]


def render(base_url: str, language: str, zone: str, tx: Tx, row: Row) -> None:
    """Put the words into the outbox, unless somebody was quicker: once for each task, in the group's language."""
    made = row.payload
    group = made["group"]
    if tx.conn.scalar(sa.select(task.c.state).where(task.c.id == made["id"])) != OPEN:
        return
    known, spoken = record.find(tx, made["key"]), templates.base_language(str(group.get("language") or language))
    named = departments.names(tx, spoken).get(made["department"], made["department"])
    scope = {
        "department": named,
        "task": made["name"].get(spoken) or made["name"].get("en") or made["element"],
        "number": made["key"] if known else "",
        "title": known.title if known and not known.restricted else "",
        "priority": known.priority if known else "",
        "link": f"{base_url}/tasks/{made['id']}",
    }
    message = templates.render(tx, TEMPLATE, language=spoken, zone=zone, scope=scope)
    words = {"subject": message.subject, "body": message.body, "language": spoken}
    to = {"to": group["address"], "to_name": named, "channel": group["channel"], "only_channel": True}
    case = {"case": made["key"]} if known else {}
    key = f"{LETTER}:{KIND}:{made['id']}"
    outbox.put_many(tx, [Wanted(LETTER, words | to | case, key, row.key, row.instance_id, row.element)])


def check(files: Files, channels: Collection[str]) -> Iterator[Finding]:
    """Groups that no connector reaches: a push would fail at each task."""
    try:
        said = policy.parse(files[FILE], FILE).get("departments") if FILE in files else None
    except Invalid:
        return  # said by who looks at the names
    for code, entry in said.items() if isinstance(said, Mapping) else ():
        if isinstance(entry, Mapping) and "push" in entry:
            yield from _check(str(code), entry["push"], channels)


def _check(code: str, group: Any, channels: Collection[str]) -> Iterator[Finding]:
    if not isinstance(group, Mapping) or not all(str(group.get(name) or "").strip() for name in ("channel", "address")):
        message = N_("%(department)s: push needs a channel and the address of a group.")
        remedy = N_("Write push: {channel: …, address: …}, or leave it out.")
        yield _finding(code, message, remedy)
        return
    for name in sorted(set(map(str, group)) - KEYS):
        message, remedy = (
            N_("%(department)s: push knows no “%(name)s”."),
            N_("Known are channel, address and language."),
        )
        yield _finding(code, message, remedy, name=name)
    if str(group["channel"]) not in channels:
        message = N_("%(department)s: no connector sends by channel “%(channel)s”.")
        remedy = N_("Connect it first, or choose one of these: %(channels)s.")
        yield _finding(code, message, remedy, channel=group["channel"], channels=", ".join(sorted(channels)) or "–")


def _finding(code: str, message: str, remedy: str, **params: Any) -> Finding:
    return Finding(FILE, code, code, "departments.push", "error", message, remedy, {"department": code, **params})
