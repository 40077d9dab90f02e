"""Words for the product's own codes (status, priority, role, department, channel), with colour and shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from babel.dates import format_skeleton, get_datetime_format
from flask import g
from flask_babel import get_locale, get_timezone, gettext, lazy_gettext, to_user_timezone

from loopdesk.desk import channels, departments, priorities
from loopdesk.engine import bundles
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import N_, Missing
from loopdesk.forms.translation import translate
from loopdesk.web.context import read_tx


@dataclass(frozen=True, slots=True)
class Look:
    """State is colour and shape and word; ``tone`` is red, yellow, blue, green, accent or neutral (empty)."""

    text: Any
    tone: str = ""
    shape: str = "circle"


STATUSES: Mapping[str, Look] = {
    "new": Look(lazy_gettext("New"), "blue", "disc"),
    "open": Look(lazy_gettext("In progress"), "accent", "play"),
    "waiting": Look(lazy_gettext("Waiting for the customer"), "yellow", "pause"),
    "solved": Look(lazy_gettext("Solved, to be confirmed"), "green", "check"),
    "closed": Look(lazy_gettext("Closed"), "", "minus"),
}

PRIORITIES: Mapping[str, tuple[str, str]] = {
    "P0": ("red", "octagon"),
    "P1": ("red", "triangle"),
    "P2": ("yellow", "up"),
    "P3": ("", "bars"),
    "P4": ("", "minus"),
}
"""Colour and shape of a priority; its name is the owner's."""

ROLES: Mapping[str, Any] = {
    "agent": lazy_gettext("Agent"),
    "supervisor": lazy_gettext("Supervisor"),
    "owner": lazy_gettext("Process owner"),
    "integrator": lazy_gettext("Integrator"),
    "admin": lazy_gettext("Administrator"),
}

TIERS: Mapping[str, Any] = {
    "vip": lazy_gettext("VIP customer"),
    "normal": lazy_gettext("Customer"),
    "potential": lazy_gettext("Potential customer"),
}

SUPPORT_TIERS: Mapping[str, Any] = {"L1": "L1", "L2": "L2", "L3": "L3", "supervisor": lazy_gettext("supervisor")}
ESCALATED_BY: Mapping[str, Any] = {
    "time": lazy_gettext("by time"),
    "skill": lazy_gettext("by skill"),
    "hand": lazy_gettext("by hand"),
}

OUT_OF_SCOPE: Mapping[str, Any] = {
    "type": lazy_gettext("No contract of this customer covers this kind of problem. Decide whether we do it."),
    "channel": lazy_gettext("The contract does not cover this channel. Decide whether we do it."),
    "ended": lazy_gettext("No contract of this customer is in force. Decide whether we do it."),
}
"""Why a case lies outside the contract, and that a person has to decide (SLA-9)."""

RACI = (
    ("R", lazy_gettext("Responsible: does the work")),
    ("A", lazy_gettext("Accountable: answers for it")),
    ("C", lazy_gettext("Consulted before")),
    ("I", lazy_gettext("Informed after")),
)

SCRIPT_WORDS = (
    N_("Add new"),
    N_("All values selected"),
    N_("Browse"),
    N_("Click to remove sorting"),
    N_("Date and time must both be entered."),
    N_("Decrement"),
    N_("Field is required."),
    N_("Field must be a valid email."),
    N_("Increment"),
    N_("Next page"),
    N_("No files selected"),
    N_("No results"),
    N_("Nothing to show."),
    N_("Previous page"),
    N_("Remove tag"),
    N_("Search"),
    N_("Skip to search"),
    N_("Value is not a number."),
    N_("This does not have the form that is asked for."),
    N_("At least %(limit)s."),
    N_("At most %(limit)s."),
    N_("At least %(limit)s characters."),
    N_("At most %(limit)s characters."),
    N_("Write the number with its country code, as in +86 10 1234 5678."),
    N_("This number has too many decimal places."),
    N_("The process stands here"),
    N_("An incident stops the process here"),
    N_("Smaller"),
    N_("Larger"),
    N_("Fit"),
    N_("The diagram cannot be shown. Load the page again."),
    N_("Draft saved %(time)s"),
    N_("Draft not saved"),
    N_("Remove %(name)s"),
    N_("%(name)s has %(size)s; at most %(limit)s MB can be attached."),
    N_("This form cannot be shown"),
    N_("Load the page again. If it stays, tell the process owner."),
    N_("The server does not answer"),
    N_("Check your connection. What you entered stays here."),
)
"""Texts that only scripts show; they arrive at the page in its language."""


def status_look(status: str) -> Look:
    """How a case's status is shown."""
    return STATUSES.get(status, Look(status))


def priority_names() -> dict[str, str]:
    """Code -> name of each priority in the reader's language, read once a request."""
    if "priority_names" not in g:
        with read_tx() as tx:
            g.priority_names = priorities.names(tx, language())
    return dict(g.priority_names)


def priority_look(priority: str) -> Look:
    """How a priority is shown; one that the owner gave no name shows its code."""
    tone, shape = PRIORITIES.get(priority, ("", "bars"))
    return Look(priority_names().get(priority, ""), tone, shape)


def script_words() -> dict[str, str]:
    """English text -> text in the reader's language, only where they differ."""
    pairs = ((text, gettext(text, **_places_kept(text))) for text in SCRIPT_WORDS)
    return {text: translated for text, translated in pairs if text != translated}


def _places_kept(text: str) -> dict[str, str]:
    # gettext fills places in; the script does that itself, so each place is filled with its own writing.
    return {name: f"%({name})s" for name in ("limit", "name", "size", "time") if f"%({name})s" in text}


def language() -> str:
    """The reader's language code, ``en`` or ``zh``."""
    locale = get_locale()
    return str(locale.language) if locale else "en"


def localised(texts: Mapping[str, str] | None) -> str:
    """The reader's own among the languages of a text, else English."""
    return (texts or {}).get(language()) or (texts or {}).get("en") or ""


def department_names() -> dict[str, str]:
    """Code -> name of each department in the reader's language, read once a request."""
    if "department_names" not in g:
        with read_tx() as tx:
            g.department_names = departments.names(tx, language())
    return dict(g.department_names)


def department(code: str) -> str:
    """A department's name, its code when unknown."""
    return department_names().get(code, code)


def channel_names() -> dict[str, str]:
    """Code -> name of each channel in the reader's language, read once a request."""
    if "channel_names" not in g:
        with read_tx() as tx:
            g.channel_names = channels.names(tx, language())
    return dict(g.channel_names)


def channel(code: str) -> str:
    """A channel's name, its code when unknown."""
    return channel_names().get(code, code)


def out_of_scope(reason: str) -> str:
    """Why a case lies outside the contract, in words."""
    return str(OUT_OF_SCOPE.get(reason, reason))


def group(text: str) -> str:
    """`support/agent` of the RACI matrix as people say it."""
    code, _, role = text.partition("/")
    return f"{department(code)} · {ROLES[role]}" if role in ROLES else department(code)


def raci_rows(raci: Mapping[str, Any]) -> list[tuple[str, Any, list[str]]]:
    """The four letters with their meaning and the groups or people named."""
    return [(letter, text, [group(one) for one in _several(raci.get(letter))]) for letter, text in RACI]


def _several(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


@lru_cache(maxsize=64)
def form_words(made: Bundle, code: str) -> Mapping[tuple[str, str], str]:
    """(key, value) -> the word for it, from the options of every form of a folder in a language."""
    forms = [orjson.loads(made.files[path]) for path in made.files if path.endswith(".form")]
    texts = made.texts.get(code, {})
    fields = [one for form in forms for one in components(translate(form, texts)) if one.get("key")]
    # Decision tables word their results in the texts alone: `priority_reason` is the output `reason` of `priority`,
    # `kind_told_in` the output `told_in` of `kind`; both parts may be of several words.
    results = {
        (output, value_key(value)): str(word)
        for key, words in texts.items()
        for value, word in (words.get("options") or {}).items()
        for output in _endings(key)
    }
    return results | {
        (str(one["key"]), value_key(option["value"])): str(option["label"])
        for one in fields
        for option in one.get("values") or []
        if isinstance(option, dict) and "value" in option and "label" in option
    }


def _endings(key: str) -> list[str]:
    parts = key.split("_")
    return ["_".join(parts[start:]) for start in range(1, len(parts))]


def value_key(value: object) -> str:
    """An option's value as a key of ``form_words``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=64)
def label_words(made: Bundle, code: str) -> Mapping[str, str]:
    """A label of the folder in English -> the same in a language."""
    english, other = made.texts.get("en", {}), made.texts.get(code, {})
    known = {str(words["label"]): key for key, words in english.items() if words.get("label")}
    return {label: str(other[key]["label"]) for label, key in known.items() if other.get(key, {}).get("label")}


def components(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every component of a form, those inside groups too."""
    for one in form.get("components", []):
        yield one
        yield from components(one)


def case_words() -> Mapping[tuple[str, str], str]:
    """The words of the intake's forms: how an owner calls types, scopes, urgencies; read once a request."""
    if "case_words" not in g:
        with read_tx() as tx:
            try:
                g.case_words = form_words(bundles.current(tx, "intake"), language())
            except Missing:
                g.case_words = {}
    return dict(g.case_words)


def case_word(key: str, value: object) -> str:
    """A fact of a case as its owner calls it; departments by name, the value itself where no form knows it."""
    if key == "department":
        return department(str(value))
    return case_words().get((key, str(value)), str(value))


def in_words(at: datetime, day: str = "MMMd", time: str = "Hm") -> str:
    """A moment in the reader's zone, as the reader's language writes it; ``day`` and ``time`` are CLDR skeletons."""
    locale, local = get_locale(), to_user_timezone(at)
    parts = [format_skeleton(skeleton, local, tzinfo=get_timezone(), locale=locale) for skeleton in (time, day)]
    return str(get_datetime_format("medium", locale)).format(*parts)


def moment(value: datetime | str) -> str:
    """A moment of an event's data, day and minute in the reader's zone."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return in_words(at)


def actor_line(who: Actor) -> str:
    """What a person is here, in one line: roles and departments."""
    if who.kind == "customer":
        return str(gettext("Customer"))
    parts = [str(text) for code, text in ROLES.items() if code in who.roles]
    return " · ".join([*parts, *(department(code) for code in sorted(who.departments))])
