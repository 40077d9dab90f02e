"""What marshmallow and webargs say about a field, as messages of our own catalogue."""

import re

from loopdesk.engine.errors import N_, Phrase

_KNOWN: tuple[tuple[str, str], ...] = (
    (r"Missing data for required field\.", N_("This is needed.")),
    (r"Field may not be null\.", N_("This may not be null.")),
    (r"Unknown field\.", N_("There is no such field.")),
    (r"Invalid JSON body\.", N_("This is not JSON.")),
    (r"Invalid input type\.", N_("This has to be a JSON object.")),
    (r"Not a valid string\.", N_("This has to be a text.")),
    (r"Not a valid (?:integer|number)\.", N_("This has to be a number.")),
    (r"Not a valid boolean\.", N_("This has to be true or false.")),
    (r"Not a valid list\.", N_("This has to be a list.")),
    (r"Not a valid mapping type\.", N_("This has to be an object.")),
    (r"Not a valid (?:aware )?datetime\.", N_("Write a time with its zone, such as 2026-11-22T09:00:00+08:00.")),
    (r"Not a valid date\.", N_("A date such as 2026-05-04 is expected.")),
    (r"Not a valid email address\.", N_("This is not an e-mail address.")),
    (r"There is nobody of this name\.", N_("There is nobody of this name.")),
    (r"Only blanks\.", N_("Write something.")),
    (r"Must be one of: (?:, )?(?P<known>.+)\.", N_("Choose among %(known)s.")),
    (r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.", N_("Between %(least)s and %(most)s characters.")),
    (r"Shorter than minimum length (?P<limit>\d+)\.", N_("At least %(limit)s characters.")),
    (r"Longer than maximum length (?P<limit>\d+)\.", N_("At most %(limit)s characters.")),
    (r"Not between (?P<least>\d+) and (?P<most>\d+) entries\.", N_("Between %(least)s and %(most)s entries.")),
    (r"Fewer than (?P<limit>\d+) entries\.", N_("At least %(limit)s entries.")),
    (r"More than (?P<limit>\d+) entries\.", N_("At most %(limit)s entries.")),
    (
        r"Must be greater than or equal to (?P<least>[\d.]+) and less than or equal to (?P<most>[\d.]+)\.",
        N_("Between %(least)s and %(most)s."),
    ),
    (r"Must be greater than or equal to (?P<limit>[\d.]+)\.", N_("At least %(limit)s.")),
    (r"Must be less than or equal to (?P<limit>[\d.]+)\.", N_("At most %(limit)s.")),
)
"""Their words, which they fill before we see them -> the id of ours."""


def phrase(said: object) -> str:
    """Our message for one of theirs; a message that is none of theirs stays as it is."""
    text = str(said)
    for pattern, message in _KNOWN:
        match = re.fullmatch(pattern, text)
        if match:
            return Phrase(message, **match.groupdict())
    return text
