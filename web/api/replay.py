"""A request that is sent again under its `Idempotency-Key` gets the first answer (issue: API)."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

from loopdesk.desk import idempotency
from loopdesk.engine.tx import Tx
from loopdesk.web.context import actor

_Made = TypeVar("_Made")
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": idempotency.LONGEST},
    "description": "The same key with the same body gets the first answer again, for a week.",
}


def once(tx: Tx, asked: dict[str, Any], perform: Callable[[], dict[str, Any]]) -> idempotency.Answer:
    """What ``perform`` answers to what is ``asked``, or answered before; raises what `desk.idempotency.once` raises."""
    return idempotency.once(actor(), tx, request.headers.get("Idempotency-Key", ""), asked, perform)


def made(
    tx: Tx, asked: dict[str, Any], perform: Callable[[], str], read: Callable[[str], _Made]
) -> tuple[_Made, int, dict[str, str]]:
    """The response of a call that makes something: ``perform`` gives its id, ``read`` what stands behind an id now."""
    answer = once(tx, {"path": request.path} | asked, lambda: {"id": perform()})
    return read(str(answer.body["id"])), 201, headers(answer)


def headers(answer: idempotency.Answer) -> dict[str, str]:
    """The header that tells an answer of before."""
    return {"Idempotency-Replayed": "true"} if answer.repeated else {}
