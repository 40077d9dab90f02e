"""`loopdesk sla`: clock cases replayed without a database, and changed policies tried on closed cases."""

import json
from pathlib import Path
from typing import Any

import click

from loopdesk.desk import calendars
from loopdesk.desk.sla import replay as sla_replay
from loopdesk.desk.sla import whatif
from loopdesk.desk.sla.book import FILE as POLICIES
from loopdesk.engine.errors import N_, Invalid
from loopdesk.web import sla_words
from loopdesk.web.cli import translation
from loopdesk.web.cli._by import actor_of, by_option
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("sla")
def command() -> None:
    """The clocks of cases: replay what happened, and see what changed policies would have made of it."""


@command.command("replay")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON.")
def replay(file: Path, as_json: bool) -> None:
    """Replay the clock cases of FILE: due, breached, counted and escalated, with every segment that was counted."""
    answers = sla_replay.replay_file(_read(file))
    if as_json:
        click.echo(show(answers))
        return
    for answer in answers:
        click.echo(f"{answer['id']}")
        for key, value in answer["actual"].items():
            if value not in (None, {}, [], False, 0):
                click.echo(f"  {key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
        for segment in answer["segments"]:
            counted = segment["minutes"] + segment.get("ahead", 0)
            line = f"{segment['from']}  {segment['to']}  {segment['state']:<8} {counted:>7g}  {segment['why']}"
            click.echo(f"    {line}")


@command.command("what-if")
@click.argument("file", type=FILE)
@by_option
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def what_if(file: Path, login: str, as_json: bool) -> None:
    """Replay the closed cases by the changed sla.yaml FILE, beside what counted; nothing is deployed.

    A calendars.yaml beside FILE counts with it.
    """
    files = {POLICIES: file.read_bytes()}
    beside = file.parent / calendars.FILE
    if beside.is_file():
        files[calendars.FILE] = beside.read_bytes()
    with desk().engine.read() as tx:
        found = whatif.what_if(actor_of(tx, login), tx, files)
    if as_json:
        click.echo(show(sla_words.plain(found)))
        return
    for line in sla_words.lines(found, translation()):
        click.echo(line)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Invalid(
            N_("The file is not JSON: %(error)s"), remedy=N_("Correct it."), place=file.name, error=str(error)
        ) from error
