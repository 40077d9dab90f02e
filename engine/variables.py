"""Variables that people edit: which names and values an instance may be given by hand."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson

from loopdesk.engine import bpmn, feel
from loopdesk.engine.errors import N_, Invalid, Phrase

LONGEST_NAME, MOST_BYTES = 200, 1024 * 1024
"""Characters of a name; bytes of a value as JSON."""
RESERVED = frozenset({"case"})
"""Names that expressions read otherwise."""
_NAME = re.compile(r"[^\W\d]\w*")
_KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    (N_("yes or no"), (bool,)),
    (N_("number"), (int, float, Decimal)),
    (N_("text"), (str,)),
    (N_("list"), (list, tuple)),
    (N_("context"), (dict,)),
    (N_("date and time"), (datetime, feel.temporal.DateTime)),
    (N_("date"), (date, feel.temporal.Date)),
    (N_("time"), (time, feel.temporal.Time)),
    (N_("duration"), (timedelta, feel.temporal.DayDuration, feel.temporal.MonthDuration)),
)


def name_of(name: str) -> str:
    """The name, if a variable can have it; else ``Invalid``."""
    if name in RESERVED:
        remedy = N_("Facts of the case are changed on the case.")
        raise Invalid("“%(name)s” is no variable of the process.", remedy=remedy, name=name)
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        remedy = N_("A name begins with a letter and has letters, digits and _ only.")
        raise Invalid("“%(name)s” cannot be the name of a variable.", remedy=remedy, name=name[:LONGEST_NAME])
    return name


def from_json(value: Any, name: str) -> Any:
    """A value handed in as JSON; ``Invalid`` for one that is too large."""
    _check_size(value, name)
    return value


def context_from(value: Any, name: str) -> dict[str, Any]:
    """A JSON object; ``Invalid`` for anything else."""
    if not isinstance(value, Mapping):
        raise Invalid("“%(name)s” is no JSON object.", fields={name: [Phrase("Write it as {…}.")]}, name=name)
    _check_size(dict(value), name)
    return dict(value)


def named(values: Any) -> dict[str, Any]:
    """Several variables as a JSON object, each with a name that it can have."""
    return {name_of(name): value for name, value in context_from(values, "variables").items()}


def from_feel(text: str, scope: Mapping[str, Any]) -> Any:
    """What a FEEL expression gives where the instance stands; ``Invalid`` for one that gives nothing."""
    assert isinstance(scope, bpmn.Scope)
    value = bpmn.evaluate(text if bpmn.is_expression(text) else f"={text}", scope)
    if value is None and text.strip().lstrip("=").strip() != "null":
        remedy = N_("Check the expression; a text stands in quotes.")
        raise Invalid("The expression “%(text)s” gives no value.", remedy=remedy, text=text[:200])
    _check_size(feel.to_json(value), "feel")
    return value


def require_kind(name: str, before: Any, after: Any) -> None:
    """Raise ``Invalid`` when a variable would become another kind of value; None goes with all."""
    was, now = kind(before), kind(after)
    if was and now and was != now:
        raise Invalid(
            "“%(name)s” is a %(before)s and would become a %(after)s.",
            remedy=N_("Give it a value of the same kind, or say that its kind shall change."),
            fields={name: [Phrase("Another kind of value.")]},
            name=name,
            before=Phrase(was),
            after=Phrase(now),
        )


def kind(value: Any) -> str:
    """What kind of value it is, in English; empty for none."""
    return next((word for word, types in _KINDS if isinstance(value, types)), "")


def plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Variables as JSON."""
    return {name: feel.to_json(value) for name, value in data.items()}


def _check_size(value: Any, name: str) -> None:
    try:
        size = len(orjson.dumps(value))
    except TypeError as error:
        raise Invalid("“%(name)s” is no JSON: %(reason)s", name=name, reason=str(error)) from error
    if size > MOST_BYTES:
        remedy = N_("Attach long texts as a file.")
        raise Invalid("“%(name)s” is larger than %(limit)s kB.", remedy=remedy, name=name, limit=MOST_BYTES // 1024)
