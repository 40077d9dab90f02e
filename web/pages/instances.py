"""Running processes: the list with its filter, bulk actions and their progress, and one process to step into."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from loopdesk.desk import case
from loopdesk.engine import bulk, bundles, incidents, instances, modification, operators, selection, suspension, timing
from loopdesk.engine.errors import N_, Invalid, LoopdeskError
from loopdesk.engine.storable import MOST
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages import changes, plain
from loopdesk.web.pages.incidents import marks, titles, told
from loopdesk.web.pages.shown import NOTHING, Shown, shown

blueprint = Blueprint("pages_instances", __name__, url_prefix="/instances")

STATES = {
    "active": vocabulary.Look(lazy_gettext("runs"), "accent", "play"),
    "suspended": vocabulary.Look(lazy_gettext("on hold"), "yellow", "pause"),
    "completed": vocabulary.Look(lazy_gettext("finished"), "green", "check"),
    "cancelled": vocabulary.Look(lazy_gettext("ended by hand"), "", "cross"),
    "failed": vocabulary.Look(lazy_gettext("stopped"), "red", "octagon"),
}
ACTIONS = {
    "suspend": lazy_gettext("Put on hold"),
    "resume": lazy_gettext("Let go on"),
    "terminate": lazy_gettext("End for good"),
    "retry": lazy_gettext("Try again"),
}
AGES = ((1, lazy_gettext("1 day")), (7, lazy_gettext("7 days")), (30, lazy_gettext("30 days")))
PAGE = 50


@blueprint.get("")
def listing() -> str:
    """Processes that the filter means; nothing chosen means those that run."""
    return _list(NOTHING)


@blueprint.post("/bulk")
def start() -> ResponseReturnValue:
    """Do the same to all that the filter means."""
    action = request.form.get("action", "")
    try:
        with open_tx() as tx:
            identity = bulk.start(actor(), tx, action, _wanted(), request.form.get("reason", ""))
    except LoopdeskError as error:
        return _list(shown(error)), 422
    return redirect(url_for("pages_instances.progress", bulk_id=identity))


@blueprint.get("/bulk/<bulk_id>")
def progress(bulk_id: str) -> str:
    """How far a bulk action is, and what became of each."""
    with read_tx() as tx:
        state = bulk.get(actor(), tx, bulk_id)
        refused = [told(row) for row in bulk.items(actor(), tx, bulk_id, state="refused", limit=200)]
        done = bulk.items(actor(), tx, bulk_id, state="done", limit=200)
    values = {"state": state, "refused": refused, "done": done, "title": ACTIONS[state["action"]]}
    name = "bulk_state.html" if request.headers.get("HX-Request") else "bulk.html"
    return render_template(f"instances/{name}", **values)


@blueprint.get("/<instance_id>")
def instance(instance_id: str) -> str:
    """One process: where it stands, what it waits for, its variables, what people did to it."""
    return page(instance_id, NOTHING)


@blueprint.get("/<instance_id>/diagram")
def diagram(instance_id: str) -> ResponseReturnValue:
    """The diagram with its tokens, and what stops it."""
    with read_tx() as tx:
        operators.require(actor(), operators.REPAIRERS, scope=operators.READ)
        operators.require_key(actor(), tx, instances.get(tx, instance_id)["key"])
        xml = instances.diagram(tx, instance_id, vocabulary.language())
        return jsonify(xml=xml, tokens=instances.tokens(tx, instance_id), notes=marks(tx, instance_id))


@blueprint.post("/<instance_id>/<any(suspend, resume, terminate):action>")
def act(instance_id: str, action: str) -> ResponseReturnValue:
    """Put it on hold, let it go on, or end it."""
    verbs = {"suspend": suspension.suspend, "resume": suspension.resume, "terminate": suspension.terminate}
    try:
        with open_tx() as tx:
            verbs[action](actor(), tx, instance_id, request.form.get("reason", ""))
    except LoopdeskError as error:
        return page(instance_id, shown(error)), 422
    flash(gettext("Done: %(task)s", task=ACTIONS[action]))
    return redirect(url_for("pages_instances.instance", instance_id=instance_id))


@blueprint.post("/<instance_id>/timers/<int:timer_id>")
def timer(instance_id: str, timer_id: int) -> ResponseReturnValue:
    """Move a waiting timer, or fire it."""
    given = request.form
    try:
        with open_tx() as tx:
            if given.get("do") == "fire":
                timing.fire(actor(), tx, timer_id, reason=given.get("reason", ""))
            else:
                due = changes.moment_of(given.get("due_at", ""))
                timing.move(actor(), tx, timer_id, due_at=due, by=given.get("by", ""), reason=given.get("reason", ""))
    except LoopdeskError as error:
        return page(instance_id, shown(error)), 422
    flash(gettext("The timer has fired.") if given.get("do") == "fire" else gettext("The timer is moved."))
    return redirect(url_for("pages_instances.instance", instance_id=instance_id))


@blueprint.post("/<instance_id>/change")
def change(instance_id: str) -> ResponseReturnValue:
    """Add a change to the plan and show what it would do, or carry the plan out."""
    given = request.form
    plan: list[dict[str, Any]] = []
    try:
        plan = changes.plan_of(given.get("plan", ""))
        if "apply" in given:
            version = given.get("version", type=int)
            with open_tx() as tx:
                modification.apply(actor(), tx, instance_id, plan, given.get("reason", ""), version=version)
            flash(gettext("The process is changed."))
            return redirect(url_for("pages_instances.instance", instance_id=instance_id))
        longer = [*plan, changes.change_of(given)]
        with read_tx() as tx:
            effect = modification.preview(actor(), tx, instance_id, longer)
    except LoopdeskError as error:
        return page(instance_id, shown(error), plan=plan), 422
    return page(instance_id, NOTHING, plan=longer, effect=effect)


def page(
    instance_id: str, wrong: Shown, *, plan: list[dict[str, Any]] | None = None, effect: dict[str, Any] | None = None
) -> str:
    """The page of one process, with what was refused or would change."""
    with read_tx() as tx:
        standing = modification.standing(actor(), tx, instance_id)
        row = instances.get(tx, instance_id)
        made = bundles.get(tx, row["bundle_id"])
        names = changes.names(made, row["process"])
        if plan and effect is None:
            effect = modification.preview(actor(), tx, instance_id, plan)
        status = "suspended" if row["status"] == "active" and row["suspended_at"] else row["status"]
        values = {
            "row": row,
            "title": made.text(row["process"], "name", vocabulary.language()) or row["process"],
            "case": case.find(actor(), tx, row["key"]),
            "look": STATES[status],
            "status": status,
            "standing": standing,
            "names": names,
            "targets": sorted(names.items(), key=lambda pair: pair[1].lower()),
            "timers": timing.listing(actor(), tx, instance_id),
            "incidents": [told(one) for one in incidents.of_instance(tx, instance_id)],
            "history": [changes.told(one, names) for one in modification.changes(actor(), tx, instance_id)],
            "variables": sorted(standing["variables"].items()),
        }
    texts = [changes.sentence(one, names, standing["tokens"]) for one in plan or []]
    return render_template(
        "instances/instance.html",
        **values,
        wrong=wrong,
        typed=request.form,
        plan=changes.packed(plan or []),
        plan_texts=texts,
        effect=effect,
        json_of=plain.pretty,
    )


def _list(wrong: Shown) -> str:
    rows: list[dict[str, Any]] = []
    wanted, total, unread = selection.Instances(), 0, False
    with read_tx() as tx:
        operators.require(actor(), scope=operators.READ)
        known = titles(tx, set(selection.processes(actor(), tx)))
        try:
            wanted = _wanted()
            rows, total = selection.instances(actor(), tx, wanted, limit=PAGE, after=request.args.get("after", ""))
        except Invalid as error:
            wrong, unread = shown(error), True
    # Older versions may hold a process that is called otherwise now.
    known = {one: one for one in sorted({row["process"] for row in rows} | {wanted.process} - {""})} | known
    return render_template(
        "instances/instances.html",
        rows=[one | {"look": STATES[one["status"]]} for one in rows],
        total=total,
        wanted=wanted,
        filters=selection.plain(wanted),
        unread=unread,
        known=known,
        states=STATES,
        ages=AGES,
        actions=[(name, ACTIONS[name]) for name in ("suspend", "resume", "terminate")],
        next=rows[-1]["id"] if len(rows) == PAGE else None,
        wrong=wrong,
    )


def _wanted() -> selection.Instances:
    """The filter of the request; ``Invalid`` for one that cannot be read, for less would mean more processes."""
    given = {name: text.strip() for name, text in request.values.items()}
    chosen: dict[str, Any] = {name: given.get(name, "") for name in ("process", "element", "key", "status")}
    for name in ("number", "older_than"):
        chosen[name] = _whole(name, given.get(name, ""))
    return selection.instances_of(chosen | {"stopped": given.get("stopped") == "1"})


def _whole(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MOST:
        remedy = N_("Correct or clear it; until then nothing is shown.")
        fields = {name: [N_("Write a whole number.")]}
        raise Invalid("The filter “%(text)s” is not a number.", fields=fields, remedy=remedy, text=text)
    return int(text)
