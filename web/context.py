"""What a view reaches for: the joined rooms of this app, a transaction, the actor of the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g

from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Tx

if TYPE_CHECKING:
    from loopdesk.web.wiring import Loopdesk

ANONYMOUS = Actor(kind="customer", id="", name="")
"""Whoever opens a public view without having signed in; may read nothing that belongs to somebody."""


def loopdesk() -> "Loopdesk":
    """The joined rooms of the app that serves this request."""
    return cast("Loopdesk", current_app.extensions["loopdesk"])


def loopdesk_of(app: Flask) -> "Loopdesk":
    """The joined rooms of ``app``, outside a request."""
    return cast("Loopdesk", app.extensions["loopdesk"])


@contextmanager
def open_tx() -> Iterator[Tx]:
    """A writing transaction: commits at the end of the block, rolls back on any error; inside of an open one a part of
    that very one, which is committed with it or, on any error, undone alone.

    What has been committed is noted in ``g.saved``: such a request is not served a second time (`again`).
    """
    if (outer := g.get("tx")) is not None and outer.writes:
        with outer.attempt():
            yield outer
        return
    with loopdesk().engine.begin() as tx, _shared(tx):
        yield tx
    g.saved = True


@contextmanager
def read_tx() -> Iterator[Tx]:
    """A reading transaction; inside of an open one that very one.

    A request that waits for a second connection while it holds a first can wait for requests that do the same.
    """
    if (tx := g.get("tx")) is not None:
        yield tx
        return
    with loopdesk().engine.read() as tx, _shared(tx):
        yield tx


@contextmanager
def snapshot_tx() -> Iterator[Tx]:
    """A reading transaction all of whose statements see one state: for numbers that have to agree with each other."""
    with loopdesk().engine.snapshot() as tx, _shared(tx):
        yield tx


@contextmanager
def _shared(tx: Tx) -> Iterator[None]:
    """Let what is read meanwhile for the same request go through ``tx``."""
    outer, g.tx = g.get("tx"), tx
    try:
        yield
    finally:
        g.tx = outer


def actor() -> Actor:
    """Who made this request; ``ANONYMOUS`` on a public view without sign-in."""
    return cast(Actor, g.actor)
