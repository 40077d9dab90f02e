# ruff: noqa: N999 - the module is named like its command
"""`loopdesk try`: runs a diagram in memory, on a virtual clock."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from loopdesk.engine import bpmn, trial
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.trial import Order, Outcome
from loopdesk.web.cli import LANGUAGE_HELP, translation
from loopdesk.web.cli._data import JsonObject, brief, data_option, show
from loopdesk.web.cli._folder import SANDBOX, beside, calendars_beside, scripts_allowed
from loopdesk.web.cli._language import LANGUAGES

NAMELESS = N_("the name is missing: write NAME={...}")
CODES = {"completed": 0, "waiting": 0, "failed": 1, "refused": 1}


Answer = tuple[str, dict[str, Any]]


class Named(click.ParamType[Answer]):
    """NAME=JSON, or NAME alone for an empty object."""

    name = "name=json"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, dict[str, Any]]:
        """The name and the object, or a usage error."""
        if isinstance(value, tuple):
            return value
        name, mark, text = str(value).partition("=")
        if not name:
            self.fail(translation()(NAMELESS), param, ctx)
        return name, JsonObject().convert(text if mark else "{}", param, ctx)


class Length(click.ParamType[bpmn.Duration]):
    """An ISO duration."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bpmn.Duration:
        """The duration, or a usage error."""
        if isinstance(value, bpmn.Duration):
            return value
        try:
            return bpmn.read_duration(value)
        except Invalid as error:
            translate = translation()
            self.fail(f"{error.text(translate)} {error.remedy_text(translate)}".strip(), param, ctx)


@click.command("try")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--process", default="", help="Id of the process; otherwise the first one of the file.")
@click.option("--also", multiple=True, metavar="PROCESS_ID", help="Start this process too.")
@data_option
@click.option("--message", "messages", multiple=True, type=Named(), help="A message that comes from outside.")
@click.option("--signal", "signals", multiple=True, metavar="NAME", help="A signal that comes from outside.")
@click.option(
    "--answer", "answers", multiple=True, type=Named(), metavar="ELEMENT=JSON",
    help='The result of a human, service, send or call task; {"$error": "CODE"} throws. Again: for its next visit.',
)  # fmt: skip
@click.option("--until", type=Length(), help="How much time may pass, such as P30D; otherwise 366 days.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--lang", type=click.Choice(LANGUAGES), is_eager=True, help=LANGUAGE_HELP)
def command(
    file: Path,
    process: str,
    also: tuple[str, ...],
    data: dict[str, Any],
    messages: tuple[tuple[str, dict[str, Any]], ...],
    signals: tuple[str, ...],
    answers: tuple[tuple[str, dict[str, Any]], ...],
    until: bpmn.Duration | None,
    as_json: bool,
    **_: str | None,
) -> None:
    """Run FILE in memory on a virtual clock; nothing outside is touched.

    Timers fire, people answer at once, messages go between the processes of the file; one from outside (`--message`)
    goes to whoever waits for its name, whatever the correlation key. Ends with 0; with 1 when the process failed or is
    refused, also when the file is no BPMN; with 2 when FILE cannot be read or is a folder.
    """
    given: dict[str, list[dict[str, Any]]] = {}
    for element, answer in answers:
        given.setdefault(element, []).append(answer)
    order = Order(process, also, data, messages, signals, given, until, SANDBOX.run if scripts_allowed() else None)
    order = replace(order, calendars=calendars_beside(file))
    outcome = trial.run(beside(file, file.read_bytes()), file.name, order)
    SANDBOX.close()
    shown = outcome.as_json(translation())
    if as_json:
        click.echo(show(shown))
    else:
        _print(outcome, shown)
    click.get_current_context().exit(CODES[outcome.status])


def _print(outcome: Outcome, shown: dict[str, Any]) -> None:
    for row in shown["trace"]:
        click.echo(f"{row['at']}  {row['event']:<11} {row['element']} {row['name']}".rstrip())
    for row in shown["effects"]:
        click.echo(f"effect: {row['element']} {row['effect']} {brief(row['inputs'])}")
    for row in shown["waiting"]:
        click.echo(f"waiting: {row['element']} {row['name']}".rstrip())
    click.echo(f"{outcome.status}: {json.dumps(shown['data'], ensure_ascii=False)}")
    errors = shown["error"].get("findings", [shown["error"]]) if shown["error"] else []
    for row in [*shown["warnings"], *errors]:
        place = f"{row['element']}: " if row["element"] else ""
        click.echo(f"{place}{row['message']} {row['remedy']}".strip(), err=True)
