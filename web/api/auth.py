"""Bearer tokens: whose they are, and the scope that each operation needs (SEC-1)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized, UnsupportedMediaType

from loopdesk.desk import tokens
from loopdesk.desk.refusals import lacks_scope
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Missing, Refused
from loopdesk.web.api import replay
from loopdesk.web.context import actor, read_tx

View = TypeVar("View", bound=Callable[..., Any])

JSON = "application/json"


def bearer() -> Actor | None:
    """The person behind the request's token; nobody without one. Raises 401 for a token that is not valid."""
    given = request.authorization
    if given is None:
        return None
    if given.type != "bearer" or not given.token:
        raise _unauthorized()
    try:
        with read_tx() as tx:
            return tokens.by_token(tx, given.token)
    except (Refused, Missing) as error:
        raise _unauthorized() from error


def scoped(scope: str, *, takes: tuple[str, ...] = (JSON,)) -> Callable[[View], View]:
    """Let only a token with ``scope`` in, and only bodies of the media types that the operation ``takes``.

    A request under an `Idempotency-Key` is served once (`replay.once`).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not g.signed_in:
                raise _unauthorized()
            if scope not in actor().scopes:
                raise lacks_scope(scope)
            if request.content_length and request.mimetype not in takes:
                raise UnsupportedMediaType
            return replay.once(lambda: view(*args, **kwargs))

        # flask-smorest reads the operation's description from the docstring's first lines.
        guarded.__doc__ = f"{view.__doc__ or ''}\n\nNeeds the scope `{scope}`."
        return guarded  # type: ignore[return-value]

    return decorate


def _unauthorized() -> Unauthorized:
    return Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "Loopdesk"}))
