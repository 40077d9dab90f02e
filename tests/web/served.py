"""One application that serves test after test: making one takes a third of a second, and is the same each time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flask import Flask

from loopdesk.web.app import create_app
from loopdesk.web.live import Tail
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk

KEPT = frozenset({"loopdesk", "loopdesk_limiter"})
"""What stays in ``extensions``; all else of ours there belongs to the desk that was served before."""


class Served:
    """Our own application, made for the first desk that asks and given to each later one as if it had just begun."""

    def __init__(self, add: Callable[[Flask], object] = lambda _app: None) -> None:
        """``add`` puts more into the application, once, before it serves anybody."""
        self._add = add
        self._app: Flask | None = None
        self._made_for: Settings | None = None

    def at(self, desk: Loopdesk) -> Flask:
        """The application over ``desk``; nothing of the desk before is left in it."""
        if self._app is None or self._made_for != _house(desk):
            self._app, self._made_for = create_app(desk=desk), _house(desk)
            self._add(self._app)
            return self._app
        ours = self._app.extensions
        for name in [name for name in ours if name.startswith("loopdesk") and name not in KEPT]:
            del ours[name]
        ours["loopdesk"] = desk
        ours["loopdesk_tail"] = Tail(desk.engine)
        ours["loopdesk_limiter"].reset()
        return self._app


def _house(desk: Loopdesk) -> Settings:
    """What an application is made of; where the data lies is asked of the desk by each request."""
    return replace(desk.settings, data=Path(), database_url="")
