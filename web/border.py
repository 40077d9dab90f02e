"""What no database can hold is refused at the border, before a page or a resource of the API sees it."""

import json
import re
from typing import Any

from flask import Flask, abort, request

from loopdesk.engine.storable import ODD_TEXT, UNSTORABLE, is_too_large, refuse, require_storable

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\0|\d{19}")
"""Bytes without which JSON holds nothing that could not be stored; with them it has to be looked at."""


def register(app: Flask) -> None:
    """Look at each request of ``app``."""
    app.before_request(_look)


def _look() -> None:
    if UNSTORABLE.search(request.path) or any(is_too_large(one) for one in (request.view_args or {}).values()):
        abort(404)
    fields = [*request.args.items(multi=True), *request.form.items(multi=True)]
    fields += [(name, file.filename or "") for name, file in request.files.items(multi=True)]
    for name, text in fields:
        if UNSTORABLE.search(name + "\n" + text):
            refuse(UNSTORABLE.sub("", name), ODD_TEXT)
    if request.is_json and _SUSPECT.search(request.get_data()):
        require_storable(_parsed(request.get_data()))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None  # whoever reads the body says what is wrong with it
