"""`loopdesk instances`: running processes, one or many: list, suspend, resume, terminate, modify."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from loopdesk.engine import bulk, modification, selection, suspension
from loopdesk.engine.errors import N_, Invalid, filled
from loopdesk.web.cli import translation
from loopdesk.web.cli._by import actor_of, by_option, reason_option
from loopdesk.web.cli._data import JsonObject, brief, show
from loopdesk.web.cli._desk import desk

Command = TypeVar("Command", bound=Callable[..., Any])
PROGRESS = N_("%(action)s: %(done)s done, %(refused)s refused, %(waiting)s waiting")


def _filtered(command: Command) -> Command:
    """Adds the options of a filter."""
    for option in (
        click.option("--process", default="", help="Only of this process."),
        click.option("--number", type=int, help="Only of this version."),
        click.option("--element", default="", help="Only those that wait at this element."),
        click.option("--case", "key", default="", help="Only of this case."),
        click.option("--status", type=click.Choice(selection.STATUSES), help="Only with this status."),
        click.option("--older-than", type=int, help="Only those that began so many days ago or earlier."),
        click.option("--stopped", is_flag=True, default=None, help="Only those that an incident stops."),
    ):
        command = option(command)
    return command


@click.group("instances")
def command() -> None:
    """List running processes, put them on hold, end or change them."""


@command.command("list")
@_filtered
@click.option("--limit", default=50, show_default=True, help="How many lines.")
@by_option
def listing(limit: int, login: str, **wanted: Any) -> None:
    """Processes, newest first; the last line says how many there are."""
    with desk().engine.read() as tx:
        rows, total = selection.instances(actor_of(tx, login), tx, selection.instances_of(wanted), limit=limit)
    for row in rows:
        began = row["started_at"].isoformat()
        click.echo(f"{row['id']}  {row['key']}  {row['process']} {row['number']}  {row['status']}  {began}")
    click.echo(total)


@command.command("suspend")
@click.argument("instance", default="")
@_filtered
@reason_option
@by_option
def suspend(instance: str, reason: str, login: str, **wanted: Any) -> None:
    """Put INSTANCE on hold, or all that the filter means; prints the id of a bulk action."""
    _do("suspend", instance, reason, login, wanted)


@command.command("resume")
@click.argument("instance", default="")
@_filtered
@reason_option
@by_option
def resume(instance: str, reason: str, login: str, **wanted: Any) -> None:
    """Let INSTANCE go on, or all that the filter means."""
    _do("resume", instance, reason, login, wanted)


@command.command("terminate")
@click.argument("instance", default="")
@_filtered
@reason_option
@by_option
def terminate(instance: str, reason: str, login: str, **wanted: Any) -> None:
    """End INSTANCE for good, or all that the filter means."""
    _do("terminate", instance, reason, login, wanted)


@command.command("progress")
@click.argument("bulk_id")
@by_option
def progress(bulk_id: str, login: str) -> None:
    """How far the bulk action BULK_ID is, and what it could not do."""
    with desk().engine.read() as tx:
        actor = actor_of(tx, login)
        state = bulk.get(actor, tx, bulk_id)
        refused = bulk.items(actor, tx, bulk_id, state="refused", limit=1000)
    counts = {name: state[name] for name in ("action", "done", "refused", "waiting")}
    click.echo(translation()(PROGRESS) % counts)
    for row in refused:
        click.echo(f"{row['subject']}  {row['key']}  {filled(row['message'], row['params'], translation())}")


@command.command("show")
@click.argument("instance")
@by_option
def one(instance: str, login: str) -> None:
    """Tokens and variables of INSTANCE, and the version to change it from."""
    with desk().engine.read() as tx:
        click.echo(show(modification.standing(actor_of(tx, login), tx, instance)))


@command.command("modify")
@click.argument("instance")
@click.argument("changes", nargs=-1, required=True, type=JsonObject())
@click.option("--preview", is_flag=True, help="Only say what would change.")
@click.option("--version", type=int, help="As `show` said it; refused when the process has moved on since.")
@reason_option
@by_option
def modify(
    instance: str, changes: tuple[dict[str, Any], ...], preview: bool, version: int | None, reason: str, login: str
) -> None:
    """Carry out CHANGES, each such as '{"do": "move", "element": "triage", "to": "resolve"}', all or none."""
    with desk().engine.begin() as tx:
        actor = actor_of(tx, login)
        if preview:
            click.echo(show(modification.preview(actor, tx, instance, changes)))
        else:
            click.echo(show(modification.apply(actor, tx, instance, changes, reason, version=version)))


@command.command("changes")
@click.argument("instance")
@by_option
def changes(instance: str, login: str) -> None:
    """What people did to INSTANCE by hand, newest first."""
    with desk().engine.read() as tx:
        for row in modification.changes(actor_of(tx, login), tx, instance):
            click.echo(f"{row['at'].isoformat()}  {row['actor_name']}  {row['kind']}  {brief(_filled(row['data']))}")


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    """What an event says, with its message as people read it."""
    if not data.get("message"):
        return data
    rest = {name: one for name, one in data.items() if name != "params"}
    return rest | {"message": filled(data["message"], data.get("params") or {}, translation())}


def _do(action: str, instance: str, reason: str, login: str, wanted: dict[str, Any]) -> None:
    chosen = selection.instances_of(wanted)
    if bool(instance) == bool(selection.plain(chosen)):
        raise Invalid("Name one instance, or a filter.", remedy=N_("A filter is --process, --case, --status, …"))
    with desk().engine.begin() as tx:
        actor = actor_of(tx, login)
        if instance:
            {"suspend": suspension.suspend, "resume": suspension.resume, "terminate": suspension.terminate}[action](
                actor, tx, instance, reason
            )
        else:
            click.echo(bulk.start(actor, tx, action, chosen, reason))
