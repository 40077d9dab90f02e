"""Pages for looking at the product while working on it; they exist in the demo and on loopback only."""

from datetime import timedelta

from flask import Blueprint, Flask, abort, render_template, request

from loopdesk.web.context import loopdesk
from loopdesk.web.security import public

bp = Blueprint("dev", __name__, url_prefix="/dev")

LOOPBACK = frozenset({"127.0.0.1", "::1"})


def register(app: Flask) -> None:
    """Mount the pages where the settings say that this is the demo."""
    if app.extensions["loopdesk"].settings.demo:
        app.register_blueprint(bp)


@bp.before_request
def _only_here() -> None:
    if request.remote_addr not in LOOPBACK:
        abort(404)


@bp.get("/components")
@public
def components() -> str:
    """Every component of the design system in its states."""
    now = loopdesk().engine.clock.now()
    moments = {name: now + timedelta(minutes=minutes) for name, minutes in _MOMENTS.items()}
    return render_template("dev/components.html", moments=moments, raci=_RACI)


_MOMENTS = {"past": -95, "just": -4, "late": -12, "near": 21, "far": 260}
_RACI: list[tuple[str, str, list[str]]] = [
    ("R", "Responsible", ["Support · Agent"]),
    ("A", "Accountable", ["Support · Supervisor"]),
    ("C", "Consulted", []),
    ("I", "Informed", ["Customer success"]),
]
