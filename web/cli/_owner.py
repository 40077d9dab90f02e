"""What the commands share that change which version counts: who does it, and trying it without doing it."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import N_
from loopdesk.engine.tx import Tx
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import brief
from loopdesk.web.cli._desk import desk

process_argument = click.argument("process")
note_option = click.option("--note", default="", help="Why; kept with the event.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
dry_option = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")


def owner() -> Actor:
    """Whoever can run commands on this machine owns its data anyway; the name is kept as the author."""
    name = translation()(N_("%(user)s (command line)")) % {"user": getpass.getuser()}
    return Actor("person", "command-line", name, frozenset({"owner"}))


def say(made: Bundle, state: str, *, dry_run: bool, as_json: bool) -> None:
    """Print how a version stands now, or would after a trial."""
    told = {"process": made.name, "number": made.number, "state": state, "dry_run": dry_run}
    line = f"{made.name} {made.number} {state}"
    if dry_run:
        line = translation()(N_("Nothing is changed; this would be: %(line)s")) % {"line": line}
    click.echo(brief(told) if as_json else line)


class _Undo(Exception):
    """Takes back what a trial has done."""


@contextmanager
def changing(*, dry_run: bool) -> Iterator[Tx]:
    """A transaction that is taken back at its end in a trial."""
    try:
        with desk().engine.begin() as tx:
            yield tx
            if dry_run:
                raise _Undo
    except _Undo:
        return
