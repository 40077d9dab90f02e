"""The only Flask code: the extension for a host, and our own application."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loopdesk.web.app import create_app
    from loopdesk.web.identity import FlaskLoginIdentity, HostIdentity, Identity, LocalIdentity, Person
    from loopdesk.web.plugin import SupportDesk

_HOMES = {
    "SupportDesk": "plugin",
    "create_app": "app",
    "FlaskLoginIdentity": "identity",
    "HostIdentity": "identity",
    "Identity": "identity",
    "LocalIdentity": "identity",
    "Person": "identity",
}

__all__ = ["FlaskLoginIdentity", "HostIdentity", "Identity", "LocalIdentity", "Person", "SupportDesk", "create_app"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for (PEP 562): the supervisor and most commands need the settings, not Flask and every room.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
