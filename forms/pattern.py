"""Regular expressions of form files, on RE2: linear in the text, so that no form can hang the server."""

import re
from functools import lru_cache

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20
_UNICODE_ESCAPE = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?")

EMAIL = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
"""The address of HTML's ``input type=email``, which the form editor's own check uses too."""
PHONE = r"^(?:\+|00)[0-9]{7,20}$"
"""An international number (ITU-T E.164) without blanks."""


class BadPattern(ValueError):
    """The text is not a regular expression that can be matched in linear time."""


def found(pattern: str, text: str) -> bool:
    """Whether ``pattern`` (in the browser's writing) occurs in ``text``; raises ``BadPattern``."""
    return bool(_compiled(pattern).search(text))


def check(pattern: str) -> None:
    """Raise ``BadPattern`` where ``pattern`` cannot be used (look-around and back references cannot)."""
    _compiled(pattern)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re2._Regexp":
    try:
        return re2.compile(_UNICODE_ESCAPE.sub(r"\\x{\1}", pattern), _OPTIONS)
    except re2.error as error:
        raise BadPattern(str(error)) from error
