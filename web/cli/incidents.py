"""`loopdesk incidents`: what did not work, and what to do about it."""

from typing import Any

import click

from loopdesk.engine import bulk, repair, selection
from loopdesk.engine import incidents as engine_incidents
from loopdesk.engine.errors import N_, Invalid, filled
from loopdesk.web.cli import translation
from loopdesk.web.cli._by import actor_of, by_option, reason_option
from loopdesk.web.cli._data import JsonObject, show
from loopdesk.web.cli._desk import desk


@click.group("incidents")
def command() -> None:
    """List, try again, mend, skip or cancel what did not work."""


@command.command("list")
@click.option("--type", "kind", default="", help="Only of this effect or channel, such as http.post.")
@click.option("--process", default="", help="Only of this process.")
@click.option("--case", "key", default="", help="Only of this case.")
@by_option
def listing(kind: str, process: str, key: str, login: str) -> None:
    """Open incidents, newest first."""
    with desk().engine.read() as tx:
        wanted = selection.Incidents(type=kind, process=process, key=key)
        for row in selection.open_incidents(actor_of(tx, login), tx, wanted):
            text = filled(row["message"], row["params"] or {}, translation())
            remedy = filled(row["remedy"], row["params"] or {}, translation()) if row["remedy"] else ""
            told = f"{text} {remedy}".strip()
            click.echo(f"{row['id']}  {row['key']}  {row['element']}  {row['type'] or row['kind']}  {told}")


@command.command("show")
@click.argument("incident")
@by_option
def one(incident: str, login: str) -> None:
    """What can be changed about INCIDENT: its inputs and variables."""
    with desk().engine.read() as tx:
        click.echo(show(repair.data_of(actor_of(tx, login), tx, incident)))


@command.command("retry")
@click.argument("incident", default="")
@click.option("--inputs", type=JsonObject(), help="Inputs of the effect to change, as JSON; null takes one out.")
@click.option("--variables", type=JsonObject(), help="Variables to set before, as a JSON object.")
@click.option("--type", "kind", default="", help="Without INCIDENT: all of this effect or channel.")
@click.option("--process", default="", help="Without INCIDENT: all of this process.")
@click.option("--all", "everything", is_flag=True, help="Without INCIDENT: every open one that you may see.")
@click.option("--reason", default="", help="Why; needed when data is changed.")
@by_option
def retry(
    incident: str,
    inputs: dict[str, Any] | None,
    variables: dict[str, Any] | None,
    kind: str,
    process: str,
    everything: bool,
    reason: str,
    login: str,
) -> None:
    """Try INCIDENT again, or all that --type and --process mean; prints the id of a bulk action.

    --inputs changes only what it names and prints all inputs before and after; `show` says which there are.
    """
    wanted = selection.Incidents(type=kind, process=process)
    if [bool(incident), bool(selection.plain(wanted)), everything].count(True) != 1:
        raise Invalid("Name one incident, or a filter.", remedy=N_("A filter is --type or --process; --all means all."))
    if not incident and (inputs is not None or variables is not None):
        raise Invalid("Data can be changed for one incident only.", remedy=N_("Name the incident."))
    with desk().engine.begin() as tx:
        actor = actor_of(tx, login)
        if not incident:
            click.echo(bulk.start(actor, tx, "retry", wanted, reason))
        elif inputs is None and variables is None:
            engine_incidents.retry(actor, tx, incident, reason=reason)
        else:
            merged = None if inputs is None else _merged(repair.data_of(actor, tx, incident)["inputs"], inputs)
            repair.retry_with(actor, tx, incident, inputs=merged, values=variables, reason=reason)


def _merged(known: dict[str, Any] | None, given: dict[str, Any]) -> dict[str, Any]:
    """The inputs that there are with those that are given; both are shown, for the first are gone afterwards."""
    merged = {name: one for name, one in {**(known or {}), **given}.items() if one is not None or name not in given}
    click.echo(show({"before": known, "after": merged}))
    return merged


@command.command("skip")
@click.argument("incident")
@click.option("--result", type=JsonObject(), default="{}", help="What the element would have given.")
@reason_option
@by_option
def skip(incident: str, result: dict[str, Any], reason: str, login: str) -> None:
    """Let the process go on as if the failing element had done its work."""
    with desk().engine.begin() as tx:
        repair.skip(actor_of(tx, login), tx, incident, result=result, reason=reason)


@command.command("cancel")
@click.argument("incident")
@click.option("--instance", "whole", is_flag=True, help="The whole process, not only the failing activity.")
@reason_option
@by_option
def cancel(incident: str, whole: bool, reason: str, login: str) -> None:
    """Cancel the failing activity, or the whole process."""
    with desk().engine.begin() as tx:
        repair.cancel(actor_of(tx, login), tx, incident, whole=whole, reason=reason)
