"""Words for calls to customers and for what came of a message, with colour and shape."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from loopdesk.desk.contacting.channel import PHONE
from loopdesk.desk.contacting.rows import (
    CALL_BACK,
    CONFIRMED,
    MISSED,
    OPEN,
    REACHED,
    RECOVERY,
    REMINDER,
    SUPERVISOR,
    UNREACHABLE,
)
from loopdesk.desk.letters import BY_PHONE, EMAIL, NO_ADDRESS, NOBODY, OUTDATED
from loopdesk.desk.sending import MACHINE, TOO_MANY
from loopdesk.web import vocabulary
from loopdesk.web.vocabulary import Look

KINDS: Mapping[str, Any] = {
    REMINDER: lazy_gettext("Strong reminder"),
    SUPERVISOR: lazy_gettext("Supervisor's call"),
    UNREACHABLE: lazy_gettext("Way to the customer"),
    RECOVERY: lazy_gettext("Service recovery"),
    CALL_BACK: lazy_gettext("Call-back"),
}
CALLS: Mapping[str, Look] = {
    OPEN: Look(lazy_gettext("To be made"), "yellow", "clock"),
    CONFIRMED: Look(lazy_gettext("Confirmed by the customer"), "green", "check"),
    REACHED: Look(lazy_gettext("Spoken to"), "green", "check"),
    MISSED: Look(lazy_gettext("Not reached"), "", "minus"),
}
READS: Mapping[str, Any] = {"en": lazy_gettext("English"), "zh": lazy_gettext("Chinese")}
"""The language in which a customer is written to."""
STATES: Mapping[str, Look] = {
    "sent": Look(lazy_gettext("Sent"), "green", "check"),
    "received": Look(lazy_gettext("Received"), "", "disc"),
    "queued": Look(lazy_gettext("On its way"), "", "clock"),
    "held": Look(lazy_gettext("Held back"), "yellow", "pause"),
    "failed": Look(lazy_gettext("Not delivered"), "red", "octagon"),
}
REASONS: Mapping[str, Any] = {
    "escalated": lazy_gettext("The case was escalated"),
    "overdue": lazy_gettext("The case is overdue"),
    "mood": lazy_gettext("What the customer wrote sounds unhappy"),
    "stars": lazy_gettext("The customer gave few stars"),
    "tries": lazy_gettext("Nobody answered the call-backs"),
}
HELD: Mapping[str, Any] = {
    NOBODY: lazy_gettext("There is nobody to write to."),
    NO_ADDRESS: lazy_gettext("There is no e-mail address."),
    OUTDATED: lazy_gettext("It no longer held true when a way to the customer was found, so it was not sent."),
    BY_PHONE: lazy_gettext("A person tells it by phone."),
    MACHINE: lazy_gettext("A machine wrote, and machines do not answer each other."),
    TOO_MANY: lazy_gettext("This address got too many messages within an hour."),
}
WAYS: Mapping[str, Any] = {
    "post": lazy_gettext("Letter by post"),
    "visit": lazy_gettext("Visit"),
    "colleague": lazy_gettext("A colleague"),
}
PARTS: Mapping[str, Any] = {
    "cushion": lazy_gettext("We understand"),
    "solution": lazy_gettext("What happens next"),
    "compensation": lazy_gettext("What we offer"),
}
MAILERS = frozenset({"email", "console", "recorder"})
"""Connectors that carry e-mail."""


def channel(code: str, names: Mapping[str, str]) -> str:
    """A channel of the log: one that a contact may prefer, one of reports, or the way of a person."""
    return names.get(code) or str(WAYS.get(code) or vocabulary.channel(code))


def carried(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """How a message really went where that is not as its channel says (COM-1); empty where it is."""
    if row["wanted"] == PHONE != row["channel"]:
        return str(gettext("Somebody calls, too."))
    if row["wanted"] and row["wanted"] != row["channel"]:
        return str(gettext("The customer prefers %(channel)s; somebody calls, too.", channel=names.get(row["wanted"])))
    if row["channel"] != EMAIL and row["carried"] in MAILERS:
        return str(
            gettext("Nothing is connected to %(channel)s, so it went by e-mail.", channel=names.get(row["channel"]))
        )
    return ""
