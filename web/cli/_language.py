"""Texts of commands in the reader's language, without Flask: ours, and those of click."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from click import core, exceptions, parser, types

from loopdesk.engine.errors import N_, Translate
from loopdesk.web.words import LANGUAGES, translator

__all__ = ["LANGUAGES", "of_terminal", "spoken", "translator"]

CLICKS = (
    N_("Choose from:\n\t{choices}"),
    N_("{value!r} is not {choice}."),
    N_("{value!r} is not one of {choices}."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is not readable."),
    N_("{name} {filename!r} is not writable."),
    N_("Error: {message}"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing parameter"),
    N_("Missing command."),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Did you mean {possibility}?"),
    N_("(Did you mean one of: {possibilities}?)"),
    N_("Try '{command} {option}' for help."),
    N_("Got unexpected extra argument ({args})"),
    N_("Got unexpected extra arguments ({args})"),
    N_("Option {name!r} does not take a value."),
    N_("Option {name!r} requires an argument."),
    N_("Option {name!r} requires {nargs} arguments."),
    N_("Could not open file {filename!r}: {message}"),
    N_("Aborted!"),
)
"""The texts of click (8.5) that our commands can raise; marked here for the catalogue."""


def of_terminal() -> str:
    """The language of messages that the environment asks for, as POSIX orders it (XBD 8.2): the first that is set."""
    return next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")


@contextmanager
def spoken(translate: Translate) -> Iterator[None]:
    """Click speaks through ``translate`` meanwhile.

    Its own gettext would look at LANGUAGE first, which is a setting of the desk, and never at ``--lang``.
    """

    def number(one: str, several: str, count: int) -> str:
        return translate(one if count == 1 else several)

    modules = (core, exceptions, parser, types)
    before = [(module, name, getattr(module, name)) for module in modules for name in ("_", "ngettext")]
    for module, name, _ in before:
        setattr(module, name, translate if name == "_" else number)
    try:
        yield
    finally:
        for module, name, own in before:
            setattr(module, name, own)
