"""A request that met another one crosswise in the database is served again, as the engine's own steps are."""

import logging

import sqlalchemy.exc
from flask import Flask, g, request
from flask.typing import ResponseReturnValue

log = logging.getLogger("loopdesk.web")

TIMES = 3
CROSSWISE = frozenset({"40P01", "40001"})
"""SQLSTATE of a deadlock and of a serialisation failure: PostgreSQL undid the transaction so that the other could go
on, and asks to run it again (PostgreSQL 18, §13.5)."""


class Application(Flask):
    """Flask that serves such a request up to ``TIMES`` times, unless a transaction of it has already been saved."""

    def dispatch_request(self) -> ResponseReturnValue:
        """What the view answers."""
        for _ in range(TIMES - 1):
            try:
                return super().dispatch_request()
            except sqlalchemy.exc.OperationalError as error:
                if getattr(error.orig, "sqlstate", "") not in CROSSWISE or g.get("saved"):
                    raise
                log.info("%s met another request crosswise and is served again", request.path)
                _rewind()
        return super().dispatch_request()


def _rewind() -> None:
    """Let what was uploaded be read once more."""
    if request.mimetype == "multipart/form-data":
        for found in request.files.listvalues():
            for file in found:
                file.seek(0)
