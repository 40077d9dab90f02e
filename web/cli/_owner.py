"""What the commands share that change which version counts: who does it, and trying it without doing it."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_
from loopdesk.engine.tx import Tx
from loopdesk.web.cli import translation
from loopdesk.web.cli._desk import desk

process_argument = click.argument("process")
note_option = click.option("--note", default="", help="Why; kept with the event.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
dry_option = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")


def owner() -> Actor:
    """Whoever can run commands on this machine owns its data anyway; the name is kept as the author."""
    name = translation()(N_("%(user)s (command line)")) % {"user": getpass.getuser()}
    return Actor("person", "command-line", name, frozenset({"owner"}))


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
