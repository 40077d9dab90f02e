"""Views to look through at whatever stands around every view: sign-in, headers, error pages, languages."""

from typing import Any

from flask import Blueprint, g

from loopdesk.engine.errors import N_, Away, Conflict, Invalid, Missing, Phrase, Refused
from loopdesk.web.context import actor
from loopdesk.web.security import public

FAMILIES: dict[str, Exception] = {
    "missing": Missing("There is no case %(number)s.", number="L-1"),
    "refused": Refused("You may not do this (%(verb)s).", verb="x"),
    "conflict": Conflict("Somebody was quicker."),
    "invalid": Invalid("Please check.", fields={"title": [Phrase("At most %(most)s characters.", most=3)]}),
    "away": Away("The server does not answer.", retry_after=7.2, remedy=N_("Try again.")),
}


def probe() -> Blueprint:
    """The views: who one is (``/who``; ``/open`` to everybody), each family of errors (``/fail/<family>``), a bug."""
    views = Blueprint("probe", __name__, url_prefix="/probe")

    @views.route("/who", methods=["GET", "POST"])
    def who() -> dict[str, Any]:
        return {"name": actor().name, "kind": actor().kind}

    @views.get("/open")
    @public
    def anybody() -> dict[str, Any]:
        return {"signed_in": g.signed_in, "kind": actor().kind, "id": actor().id}

    @views.get("/fail/<family>")
    @public
    def fail(family: str) -> str:
        raise FAMILIES[family]

    @views.get("/crash")
    @public
    def crash() -> str:
        raise RuntimeError("a bug with a secret in it")

    return views
