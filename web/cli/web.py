"""`loopdesk web`: the pages and the API."""

import gc
from typing import TYPE_CHECKING

import click

from loopdesk.web import loading
from loopdesk.web.processes import die_with_parent, log_as
from loopdesk.web.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

THREADS = 256
"""Requests served at once; every open page holds one of them for its event stream."""


@click.command("web")
def command() -> None:
    """Serve pages and API on HOST and PORT (granian)."""
    import granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    settings = Settings.from_env()
    server = granian.Granian(
        "loopdesk",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=2,
    )
    # By name granian would look for the package from the working folder up, and find the repository's own name.
    server.serve(target_loader=application, wrap_loader=False)


def application() -> "Flask":
    """What granian's worker process serves; it must not outlive the granian that started it."""
    die_with_parent()
    log_as("web")
    with loading.undisturbed():
        from loopdesk.web.serve import app
    gc.freeze()  # the application stays: no later collection need look through it

    return app
