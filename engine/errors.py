"""The four error families every room raises, and nothing else (architecture §6).

A message is an English gettext id with ``%(name)s`` places; whoever shows it translates it first. ``Missing``,
``Refused``, ``Invalid``, ``Away`` and ``Phrase`` are extraction keywords of Babel, so a message stands where it is
raised.
"""

from collections.abc import Callable, Mapping

Translate = Callable[[str], str]


def N_(message: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a text for the catalogue without translating it now (gettext's own name for this)."""
    return message


class Phrase(str):
    """A message filled in English that still knows its gettext id and values: what `Invalid.fields` holds."""

    msgid: str
    params: dict[str, object]

    def __new__(cls, msgid: str, /, **params: object) -> "Phrase":
        """Take a gettext id with ``%(name)s`` places and their values."""
        phrase = super().__new__(cls, msgid % params if params else msgid)
        phrase.msgid = msgid
        phrase.params = params
        return phrase

    def text(self, translate: Translate = str) -> str:
        """The message with its values, in the language of ``translate``."""
        return filled(self.msgid, self.params, translate)


def filled(msgid: str, params: Mapping[str, object], translate: Translate = str) -> str:
    """A message with its values, in the language of ``translate``; a value that is a ``Phrase`` is translated too."""
    if not msgid:
        return ""  # gettext answers the empty text with the head of its catalogue
    if not params:
        return translate(msgid)
    return translate(msgid) % {
        name: value.text(translate) if isinstance(value, Phrase) else value for name, value in params.items()
    }


class LoopdeskError(Exception):
    """What went wrong (`message`), where (`place`) and what to do (`remedy`), in any language."""

    code = "error"

    def __init__(self, message: str, /, *, remedy: str = "", place: str = "", **params: object) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.place = place
        self.params = params

    def text(self, translate: Translate = str) -> str:
        """The message with its values, in the language of ``translate``."""
        return filled(self.message, self.params, translate)

    def remedy_text(self, translate: Translate = str) -> str:
        """What the reader can do about it, in the language of ``translate``; empty when nothing is known."""
        return filled(self.remedy, self.params, translate)

    def __str__(self) -> str:
        return " ".join(part for part in (self.place and f"{self.place}:", self.text(), self.remedy_text()) if part)


class Missing(LoopdeskError):
    """Something named does not exist, or the actor may not know that it does."""

    code = "missing"


class Refused(LoopdeskError):
    """The actor may not do this, or the state of things does not allow it now."""

    code = "refused"


class Conflict(Refused):
    """Refused because of how things stand, not because of who asks: already completed, claimed by another."""

    code = "conflict"


class Invalid(LoopdeskError):
    """What was handed in is wrong; ``fields`` maps a field's key to its messages (``Phrase`` or plain text)."""

    code = "invalid"

    def __init__(
        self,
        message: str,
        /,
        *,
        fields: Mapping[str, list[str]] | None = None,
        remedy: str = "",
        place: str = "",
        **params: object,
    ) -> None:
        super().__init__(message, remedy=remedy, place=place, **params)
        self.fields = dict(fields or {})


class Away(LoopdeskError):
    """An outside system does not answer; the only family that is retried. ``retry_after`` is in seconds.

    ``limited``: it does answer, and asks to be called later (a rate limit); that is no failed attempt.
    """

    code = "away"

    def __init__(
        self,
        message: str,
        /,
        *,
        retry_after: float | None = None,
        limited: bool = False,
        remedy: str = "",
        place: str = "",
        **params: object,
    ) -> None:
        super().__init__(message, remedy=remedy, place=place, **params)
        self.retry_after = retry_after
        self.limited = limited
