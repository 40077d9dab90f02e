"""Message templates of the bundle ``messages``, rendered in the receiver's language (COM-3).

Templates are data that a process owner edits: they run in Jinja's sandbox, and a place that cannot be filled is an
error, not an empty gap in a customer's letter.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any

import jinja2
from babel.dates import format_datetime
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from loopdesk.desk import policy, priorities, zones
from loopdesk.engine import bundles, yamlfiles
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.tx import Tx

BUNDLE = "messages"
DEFAULT = "en"
SHIPPED_IN = ("en", "zh")
"""Languages in which the shipped templates are written."""
MOMENTS = {"en": "d MMM y HH:mm zzz", "zh": "y年M月d日 HH:mm（zzzz）"}
"""How a point in time reads in a letter, with its zone; a language that is not here: CLDR's "long"."""


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered template."""

    subject: str
    body: str


@jinja2.pass_context
def _moment(context: Context, value: datetime | str | None) -> str:
    """A point in time as the receiver writes it, in his zone."""
    if not value:
        return ""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    language, zone = context["_language"], context["_zone"]
    return format_datetime(moment, MOMENTS.get(language, "long"), zone, language)


@jinja2.pass_context
def _duration(context: Context, value: timedelta | str) -> str:
    """A length of time, also one that a diagram gives as ISO 8601, in whole minutes or hours."""
    length = value if isinstance(value, timedelta) else policy.duration(value)
    minutes = int(length.total_seconds() // 60)
    amount, unit = (minutes // 60, "hour") if minutes % 60 == 0 and minutes else (minutes, "minute")
    names = {"hour": ("h", "小时"), "minute": ("min", "分钟")}[unit]
    return f"{amount} {names[context['_language'] == 'zh']}"


@jinja2.pass_context
def _priority(context: Context, value: str | None) -> str:
    """What a priority is called in the receiver's language; empty for one without a name."""
    found: Mapping[str, str] = context["_priorities"]()
    return found.get(value or "", "")


def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # plain text, never HTML
        finalize=lambda value: "" if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": _moment, "duration": _duration, "priority": _priority}
    return environment


_ENVIRONMENT = _environment()


def environment() -> SandboxedEnvironment:
    """What reads templates, for a checker."""
    return _ENVIRONMENT


def render(tx: Tx, template: str, *, language: str, zone: str, scope: Mapping[str, Any]) -> Message:
    """``template`` filled from ``scope`` in ``language`` (else English), times in the IANA ``zone`` (else the house's).

    Raises `Missing` for an unknown template and `Invalid`, naming template and variable, for what cannot be filled.
    """
    source = _source(tx, template, language)
    spoken = base_language(language)
    reader = {"_language": spoken, "_zone": zones.of(zone, tx.host.zone)}
    known = dict(scope) | reader | {"_priorities": lambda: priorities.names(tx, spoken)}
    subject, body = (_fill(template, source[part], known) for part in ("subject", "body"))
    # A subject is one line: anything else would be a second mail header.
    return Message(subject=" ".join(subject.split()), body=body.strip() + "\n")


def names(tx: Tx, language: str = DEFAULT) -> list[str]:
    """The ids of the templates there are."""
    return list(_messages(tx, language))


def base_language(language: str) -> str:
    """``zh`` for ``zh_Hans_CN`` and the like."""
    return re.split("[-_]", language or DEFAULT)[0].lower()


def _source(tx: Tx, template: str, language: str) -> Mapping[str, str]:
    for entry in _entries(tx, template, (base_language(language), DEFAULT)):
        if not isinstance(entry, Mapping) or not {"subject", "body"} <= entry.keys():
            raise Invalid("Template %(template)s needs a subject and a body.", template=template)
        return {part: str(entry[part]) for part in ("subject", "body")}
    raise Missing(
        "There is no message template %(template)s.",
        remedy=N_("Add it to the bundle messages and deploy that."),
        template=template,
    )


def _entries(tx: Tx, template: str, languages: Collection[str]) -> Iterator[Any]:
    """The template by language: the owner's own, else as it is shipped, for a folder from before it was written."""
    for read in (partial(_messages, tx), _shipped):
        for language in languages:
            entry = read(language).get(template)
            if entry is not None:
                yield entry


def _shipped(language: str) -> Mapping[str, Any]:
    known = language in SHIPPED_IN
    return _parse(policy.shipped_file(BUNDLE, f"messages.{language}.yaml"), language) if known else {}


def _messages(tx: Tx, language: str) -> Mapping[str, Any]:
    content = bundles.current(tx, BUNDLE).files.get(f"messages.{language}.yaml")
    return _parse(content, language) if content else {}


@lru_cache(maxsize=32)
def _parse(content: bytes, language: str) -> Mapping[str, Any]:
    data = yamlfiles.read(content, f"messages.{language}.yaml")
    return data if isinstance(data, Mapping) else {}


@lru_cache(maxsize=512)
def _compiled(text: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(text)


def _fill(template: str, text: str, scope: Mapping[str, Any]) -> str:
    try:
        return _compiled(text).render(scope)
    except jinja2.UndefinedError as error:
        names_ = re.findall(r"'([^']+)'", str(error))
        raise Invalid(
            "Message template %(template)s asks for %(variable)s, which is not known here.",
            remedy=N_("Correct the template, or give the value as an input of the task that sends it."),
            template=template,
            variable=names_[-1] if names_ else str(error),
        ) from error
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, OverflowError) as error:
        raise Invalid(
            "Message template %(template)s cannot be filled: %(error)s", template=template, error=str(error)
        ) from error
