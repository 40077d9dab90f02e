"""The inbox: filters, the list of work, and the chosen task beside it; the list follows what happens by itself."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext

from loopdesk.desk import case
from loopdesk.engine import events, work
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor, read_tx
from loopdesk.web.pages.tasks import named, task_view

blueprint = Blueprint("pages_inbox", __name__)

BOXES: tuple[tuple[work.Box, str, Any], ...] = (
    ("mine", "person", lazy_gettext("Mine")),
    ("due", "clock", lazy_gettext("Due soon")),
    ("group", "people", lazy_gettext("My groups")),
    ("all", "inbox", lazy_gettext("Everything")),
)
PAGE = 50


@blueprint.get("/inbox")
def inbox() -> str:
    """The whole page; ``task`` names the one that is open beside the list."""
    with read_tx() as tx:
        values = _list(tx) | {"live_since": events.latest(tx)}
        chosen = request.args.get("task", "")
        preview = task_view(tx, chosen) if any(task["id"] == chosen for task in values["tasks"]) else None
    return render_template("inbox/inbox.html", **values, preview=preview)


@blueprint.get("/inbox/list")
def inbox_list() -> str:
    """Filters and list alone, for the page to keep itself up to date."""
    with read_tx() as tx:
        return render_template("inbox/list.html", **_list(tx))


def _list(tx: Tx) -> dict[str, Any]:
    wanted = request.args.get("box", "")
    department = request.args.get("department", "")
    counted = {box: work.listing(actor(), tx, box=box, limit=PAGE) for box, _, _ in BOXES}
    # Whoever has nothing of his own begins with what his groups have to do.
    begin: work.Box = "mine" if counted["mine"] or not counted["group"] else "group"
    box = next((name for name, _, _ in BOXES if name == wanted), begin)
    after = request.args.get("after")
    listed = counted[box]
    if department or after:
        listed = work.listing(actor(), tx, box=box, department=department or None, limit=PAGE, after=after)
    cases = {one.number: one for one in case.several(actor(), tx, {task["key"] for task in listed})}
    return {
        "box": box,
        "boxes": [(name, icon, text, len(counted[name])) for name, icon, text in BOXES],
        "page_size": PAGE,
        "department": department,
        "departments": sorted({task["department"] for task in counted["all"] if task["department"]}),
        "tasks": [_row(task, cases) for task in listed],
        "next": listed[-1]["id"] if len(listed) == PAGE else None,
        "chosen": request.args.get("task", ""),
    }


def _row(task: dict[str, Any], cases: dict[str, Any]) -> dict[str, Any]:
    return task | {
        "title": named(task),
        "case": cases.get(task["key"]),
        "mine": task["assignee"] == actor().id,
    }
