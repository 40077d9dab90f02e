"""Words and shapes of moods and recoveries, for every page that shows them (COM-6)."""

from flask_babel import lazy_gettext

from loopdesk.desk.sentiment.tables import NEGATIVE, NEUTRAL, POSITIVE
from loopdesk.web.vocabulary import Look

MOODS = {
    NEGATIVE: Look(lazy_gettext("Negative mood"), "red", "triangle"),
    NEUTRAL: Look(lazy_gettext("Neutral mood"), "", "minus"),
    POSITIVE: Look(lazy_gettext("Positive mood"), "green", "check"),
}
LABELS = {
    NEGATIVE: lazy_gettext("Negative"),
    NEUTRAL: lazy_gettext("Neutral"),
    POSITIVE: lazy_gettext("Positive"),
}
RESULTS = {
    "": lazy_gettext("running"),
    "recovered": lazy_gettext("won back"),
    "unhappy": lazy_gettext("still unhappy"),
    "not_reached": lazy_gettext("not reached"),
    "not_needed": lazy_gettext("not needed"),
    "stopped": lazy_gettext("stopped with its process"),
}
WHYS = {
    "score": lazy_gettext("one message with a low mood"),
    "row": lazy_gettext("several negative messages in a row"),
}
