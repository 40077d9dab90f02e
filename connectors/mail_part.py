"""A part of a mail whose parameters are read whatever their sender made of RFC 2231 (CON-7)."""

import re
from email.errors import InvalidHeaderDefect
from email.message import Message
from email.utils import decode_rfc2231, unquote
from typing import Any
from urllib.parse import unquote as decoded

_PARAM = re.compile(r';\s*([^\s=;*]+)(\*?)(\d*)(\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')


class MailPart(Message):
    """Python's own part, except that a parameter given in several ways at once does not make it raise.

    Mailers send a file's name as ``filename*`` and as ``filename*0`` beside it, or number the pieces beyond all
    measure; Python cannot order these and raises, and the part with its content would be lost for a name.
    """

    def get_param(self, param: str, failobj: Any = None, header: str = "content-type", unquote: bool = True) -> Any:
        """The parameter as Python reads it; where it cannot, the whole value, else the plain one, else the pieces."""
        try:
            found = super().get_param(param, failobj, header, unquote)
        except (TypeError, ValueError):
            if not any(isinstance(one, InvalidHeaderDefect) for one in self.defects):
                self.defects.append(InvalidHeaderDefect(f"parameters of {header}"))
            found = _read(str(self.get(header, "")), param.lower())
            found = failobj if found is None else found
        # Of a character set's name only the name is of use; Python's own decoder takes nothing else.
        return found[2] if isinstance(found, tuple) and param.lower() == "charset" else found


def _read(value: str, param: str) -> str | tuple[str | None, str | None, str] | None:
    plain: list[str] = []
    pieces: list[str] = []
    whole: list[str] = []
    for name, star, number, _, text in _PARAM.findall(value):
        if name.lower() == param:
            (pieces if number else whole if star else plain).append(unquote(text.strip()))
    if plain and not whole:
        return plain[0]
    if not (whole or pieces):
        return None
    charset, language, text = decode_rfc2231(whole[0] if whole else "".join(pieces))
    return (charset, language, decoded(text, "latin-1")) if charset else text
