"""The only Flask code: the extension for a host, and our own application."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loopdesk.desk.people import Person
    from loopdesk.web.app import create_app
    from loopdesk.web.identity import FlaskLoginIdentity, HostIdentity, Identity, LocalIdentity
    from loopdesk.web.plugin import SupportDesk

_HOMES = {
    "SupportDesk": "loopdesk.web.plugin",
    "create_app": "loopdesk.web.app",
    "FlaskLoginIdentity": "loopdesk.web.identity",
    "HostIdentity": "loopdesk.web.identity",
    "Identity": "loopdesk.web.identity",
    "LocalIdentity": "loopdesk.web.identity",
    "Person": "loopdesk.desk.people",
}

__all__ = ["FlaskLoginIdentity", "HostIdentity", "Identity", "LocalIdentity", "Person", "SupportDesk", "create_app"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for (PEP 562): the supervisor and most commands need the settings, not Flask and every room.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
