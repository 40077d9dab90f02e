"""The Loopdesk that a command works on: the environment's, or that of the host it is plugged into."""

import os

import click

from loopdesk.web import wiring
from loopdesk.web.cli import cli
from loopdesk.web.settings import VARIABLES, Settings
from loopdesk.web.wiring import Loopdesk


def desk() -> Loopdesk:
    """Built from the environment once per command line, unless the host's stands there already."""
    ctx = click.get_current_context()
    known = ctx.find_object(Loopdesk)
    if known is not None:
        return known
    built = wiring.build(Settings.from_env())
    ctx.obj = built
    ctx.call_on_close(built.close)
    return built


def group_for(desk: Loopdesk) -> click.Group:
    """Our commands for a host's command line, working on ``desk``."""

    @click.pass_context
    def callback(ctx: click.Context, lang: str | None) -> None:  # noqa: ARG001 - read from the context
        ctx.obj = desk
        ctx.with_resource(_Environment(desk.settings))

    return type(cli)(
        name="loopdesk", callback=callback, params=list(cli.params), help="Loopdesk: the support desk of this platform."
    )


class _Environment:
    """Lets commands that start from the environment, and processes that they start, find the host's settings there."""

    def __init__(self, settings: Settings) -> None:
        values = {variable: getattr(settings, name) for name, variable in VARIABLES.items()}
        self._values = {name: str(int(value) if isinstance(value, bool) else value) for name, value in values.items()}

    def __enter__(self) -> None:
        self._before = dict(os.environ)
        os.environ.update(self._values)

    def __exit__(self, *_error: object) -> None:
        os.environ.clear()
        os.environ.update(self._before)
