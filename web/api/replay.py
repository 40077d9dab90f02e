"""A request that is sent again under its `Idempotency-Key` gets the first answer (issue: API).

There is nothing to do for it in a view: `scoped`, which every operation carries, serves it through `once`, and the
description of the API gets the header from `Described`.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from apispec import BasePlugin
from flask import Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from loopdesk.desk import idempotency
from loopdesk.web.context import actor, open_tx

METHODS = ("POST", "PATCH")
"""Those that do something else when they are sent again (RFC 9110 §9.2.2): the key counts for all of them."""
NAME = "Idempotency-Key"
KEY = {
    "name": NAME,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": idempotency.LONGEST},
    "description": "For a week the same key with the same body does nothing more and gets the first answer again, with "
    "the header `Idempotency-Replayed: true`; with another body or path it is refused. A refused request leaves its "
    "key free. Keys of different people do not meet.",
}


class Described(BasePlugin):
    """Adds the header to each operation that honours it."""

    def operation_helper(self, operations: dict[str, Any] | None = None, **_: Any) -> None:  # type: ignore[override]
        """What apispec asks for each path."""
        for method, operation in (operations or {}).items():
            if method.upper() in METHODS:
                operation.setdefault("parameters", []).append(NAME)


def once(serve: Callable[[], ResponseReturnValue]) -> Response:
    """What ``serve`` answers to this request, or answered before; raises what `desk.idempotency.once` raises.

    All that a view writes through `open_tx` stands in one transaction with its key: both are there or neither.
    """
    key = request.headers.get(NAME, "")
    if not key or request.method not in METHODS:
        return make_response(serve())
    asked = _asked()
    with open_tx() as tx:
        answer = idempotency.once(actor(), tx, key, asked, lambda: _kept(make_response(serve())))
    response = jsonify(answer.body["body"])
    response.status_code = answer.body["status"]
    response.headers.update(answer.body["headers"])
    if answer.repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _kept(response: Response) -> dict[str, Any]:
    headers = {name: response.headers[name] for name in ("Location",) if name in response.headers}
    return {"status": response.status_code, "headers": headers, "body": response.get_json(silent=True)}


def _asked() -> dict[str, Any]:
    """What is asked for, however it is written down: the order of fields and the borders of parts do not count."""
    asked = {"method": request.method, "path": request.path, "query": request.args.to_dict(flat=False)}
    if request.mimetype == "multipart/form-data":
        files = [(name, file.filename, _digest(file)) for name, file in request.files.items(multi=True)]
        return asked | {"form": request.form.to_dict(flat=False), "files": files}
    return asked | {"body": _plain(request.get_data())}


def _digest(file: Any) -> str:
    found = hashlib.file_digest(file.stream, "sha256").hexdigest()
    file.seek(0)
    return found


def _plain(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), sort_keys=True)
    except (ValueError, RecursionError):  # no JSON: a zip, or what the view will refuse
        return hashlib.sha256(body).hexdigest()
