"""What a deployment (and ``loopdesk check``) has to say about a form file."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from decimal import Decimal

from loopdesk.engine import factnames, feel
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding, Severity
from loopdesk.forms import pattern
from loopdesk.forms.form import Field, scan
from loopdesk.forms.validation import FACTS

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_PLACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_CHOICES = frozenset({"select", "radio", "checklist", "taglist"})
_BOUNDS = (("min", "max"), ("minLength", "maxLength"))


def check(data: bytes, *, file: str = "", facts: Collection[str] = ()) -> list[Finding]:
    """Every remark on a form file; one of severity ``error`` forbids its deployment.

    ``facts`` are the names that ``case`` has; without them, none is wrong.
    """
    form, findings = scan(data, file)
    if not findings:
        findings = [*_keys(form.fields, file), *(found for item in form.fields for found in _field(item, file))]
        findings += _facts(data, file, facts) if facts else []
    return findings


def _keys(fields: tuple[Field, ...], file: str) -> Iterator[Finding]:
    count = Counter(item.key for item in fields)
    for item in fields:
        if not _KEY.fullmatch(item.key):
            message = N_("The key %(key)s of a field is empty or no name.")
            yield _finding(
                item, file, "form.key", message, N_("Use letters, digits and _, nested by dots."), key=item.key
            )
        elif any(other.startswith(f"{item.key}.") for other in count):
            message = N_("The key %(key)s is a field and a group of fields at once.")
            yield _finding(item, file, "form.key", message, N_("Give one of them another key."), key=item.key)
    for item in {item.key: item for item in fields}.values():
        if count[item.key] > 1:
            message = N_("The key %(key)s stands at several fields.")
            yield _finding(item, file, "form.key", message, N_("Give each field a key of its own."), key=item.key)


def _field(item: Field, file: str) -> Iterator[Finding]:
    yield from _expressions(item, file)
    yield from _pattern(item, file)
    yield from _bounds(item, file)
    yield from _options(item, file)
    yield from _promises(item, file)
    if item.rows:
        yield from _keys(item.rows, file)
        for column in item.rows:
            yield from _field(column, file)


def _expressions(item: Field, file: str) -> Iterator[Finding]:
    written = [item.rules.get(name) for pair in _BOUNDS for name in pair]
    written += [item.spec.get("readonly"), item.spec.get("valuesExpression")]
    sources = [value[1:] for value in written if isinstance(value, str) and value.startswith("=")]
    for source in [*sources, *(hide.removeprefix("=") for hide in item.hides)]:
        try:
            feel.compile(source)
        except Invalid as error:
            message = N_("The expression %(expression)s is no FEEL: %(reason)s")
            remedy = N_("Correct the expression in the form editor.")
            yield _finding(item, file, "form.feel", message, remedy, expression=source, reason=error.text())


def _facts(data: bytes, file: str, known: Collection[str]) -> Iterator[Finding]:
    """Facts that the form asks for or shows and that no case has, one finding for each component."""
    waiting = [json.loads(data)]
    while waiting:
        spec = waiting.pop(0)
        inner = spec.get("components")
        waiting += [part for part in inner if isinstance(part, dict)] if isinstance(inner, list) else []
        key = str(spec.get("key") or spec.get("path") or spec.get("id") or "")
        asked = {fact for text in _sources(spec) for fact in factnames.asked_of(text)}
        asked |= {key.split(".")[1]} if key.startswith(f"{FACTS}.") else set()
        for fact in sorted(asked - {*known}):
            yield factnames.unknown(file, key, str(spec.get("label") or ""), fact, known)


def _sources(value: object, name: str = "") -> Iterator[str]:
    """FEEL in a component: a text that begins with “=”, a condition, and what stands in double braces in a text."""
    if isinstance(value, str):
        if value.lstrip().startswith("=") or name == "hide":
            yield value.lstrip().removeprefix("=")
        else:
            yield from _PLACES.findall(value)
    elif isinstance(value, list):
        for part in value:
            yield from _sources(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key != "components":
                yield from _sources(part, key)


def _pattern(item: Field, file: str) -> Iterator[Finding]:
    wanted = item.rules.get("pattern")
    try:
        if isinstance(wanted, str):
            pattern.check(wanted)
    except pattern.BadPattern as error:
        message = N_("The pattern %(pattern)s cannot be used: %(reason)s")
        remedy = N_("Write it without look-around and back references.")
        yield _finding(item, file, "form.pattern", message, remedy, pattern=wanted, reason=error)


def _bounds(item: Field, file: str) -> Iterator[Finding]:
    for low, high in _BOUNDS:
        least, most = item.rules.get(low), item.rules.get(high)
        if isinstance(least, int | float) and isinstance(most, int | float) and Decimal(least) > Decimal(most):
            message = N_("%(low)s is greater than %(high)s, so no answer is right.")
            yield _finding(item, file, "form.bounds", message, N_("Correct the bounds."), low=low, high=high)


def _options(item: Field, file: str) -> Iterator[Finding]:
    sources = ("values", "valuesKey", "valuesExpression")
    if item.type in _CHOICES and not any(item.spec.get(source) for source in sources):
        message = N_("%(label)s has no options to choose from.")
        yield _finding(item, file, "form.options", message, N_("Add its options."), label=item.label)


def _promises(item: Field, file: str) -> Iterator[Finding]:
    """What the browser seems to promise and the server does not keep."""
    if item.spec.get("disallowPassedDates"):
        message = N_("Past dates are only refused by the browser, not by the server.")
        remedy = N_("Check the date with a gateway or table behind the task as well.")
        yield _finding(item, file, "form.past", message, remedy, severity="warning")
    if item.key.split(".")[0] == FACTS and item.spec.get("readonly") is not True:
        message = N_("Facts of the case cannot be changed by a form; the answer to %(key)s is dropped.")
        remedy = N_("Use another key and an operation that changes the case, or make the field read-only.")
        yield _finding(item, file, "form.facts", message, remedy, key=item.key)


def _finding(
    item: Field, file: str, rule: str, message: str, remedy: str, severity: Severity = "error", **params: object
) -> Finding:
    return Finding(file, item.key, item.label, rule, severity, message, remedy, params)
