"""An error as a form shows it: above the form what is wrong and what to do, at each field its own reason."""

from dataclasses import dataclass, field

from flask_babel import gettext

from loopdesk.engine.errors import Invalid, LoopdeskError, Phrase
from loopdesk.web.errors import told


@dataclass(frozen=True, slots=True)
class Shown:
    """Texts in the reader's language; ``fields`` maps a field's name to one sentence."""

    message: str = ""
    remedy: str = ""
    fields: dict[str, str] = field(default_factory=dict)


NOTHING = Shown()


def shown(error: LoopdeskError) -> Shown:
    """What the page says about ``error``."""
    given = error.fields if isinstance(error, Invalid) else {}
    fields = {name: " ".join(_text(one) for one in messages) for name, messages in given.items()}
    return Shown(told(error), error.remedy_text(gettext), fields)


def at_fields(error: Invalid, fields: dict[str, list[str]]) -> Invalid:
    """The same error, shown at other fields than where it arose."""
    moved = Invalid(error.message, fields=fields, remedy=error.remedy)
    moved.params = error.params
    return moved


def _text(message: str) -> str:
    return message.text(gettext) if isinstance(message, Phrase) else gettext(message)
