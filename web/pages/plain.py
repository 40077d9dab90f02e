"""Values of forms and decisions as a reader understands them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask_babel import gettext

from loopdesk.engine.bundle import Bundle
from loopdesk.forms.translation import translate
from loopdesk.web import vocabulary

_ROW = r"(?!UTF|ISO|SHA)[A-Z]{2,4}-\d+"
_ROWS_IN_BRACKETS = re.compile(rf"\s*[(（]\s*{_ROW}(?:[,、;；\s]+{_ROW})*\s*[)）]")
_ROWS = re.compile(rf"\b(?:{_ROW}[,、;；\s]*)+[:：.。]?\s*")
"""Diagrams cite the rows of the requirements; whoever does the work needs the words."""


def documentation(text: str) -> str:
    """An element's documentation for those who do the work: without row ids, each sentence with a capital letter."""
    bare = _ROWS.sub("", _ROWS_IN_BRACKETS.sub("", text)).strip()
    return re.sub(r"(^|[.!?]\s+)([a-z])", lambda found: found[1] + found[2].upper(), bare)


def labels(made: Bundle, element: str, language: str) -> dict[str, str]:
    """Key -> label of the fields in the form that belongs to a user task."""
    processes = made.program.diagrams.processes.values()
    form_id = next((one.elements[element].extras.form for one in processes if element in one.elements), "")
    if not form_id:
        return {}
    form = translate(orjson.loads(made.form(form_id)), made.texts.get(language, {}))
    fields = [one for one in vocabulary.components(form) if one.get("key")]
    return {str(one["key"]): str(one.get("label") or one.get("dateLabel") or one["key"]) for one in fields}


def flat(data: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Nested answers with dotted keys."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def words(value: object, own: Mapping[tuple[str, str], str] = {}) -> str:
    """A decision's result; its parts in the words of forms: ``own`` of the process that decides, then the intake's."""
    if isinstance(value, Mapping):
        parts = ((str(name), one) for name, one in value.items() if one not in (None, "", []))
        return ", ".join(_part(name, one, own) for name, one in parts)
    if isinstance(value, list | tuple):
        return "; ".join(words(one, own) for one in value)
    return said(value)


def named(value: Any, explanation: Mapping[str, Any]) -> Any:
    """A result under the name of its output: a table with one output gives the bare value."""
    names = {name for rule in explanation.get("rules", []) for name in rule["outputs"]}
    return {next(iter(names)): value} if len(names) == 1 and isinstance(value, str | list) else value


def _part(name: str, value: object, own: Mapping[tuple[str, str], str]) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_part(name, one, own) for one in value)
    known = own.get((name, vocabulary.value_key(value)))
    if known or isinstance(value, bool):
        return known or said(value)
    word = vocabulary.case_word(name, value)
    return _group(word) if word == value else word


def _group(code: str) -> str:
    """A department, or its role, as people say it; any other code as it is."""
    department, _, role = code.partition("/")
    known = department in vocabulary.department_names() and role in ("", *vocabulary.ROLES)
    return vocabulary.group(code) if known else code


def said(value: object) -> str:
    """Any value in words."""
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(said(one) for one in value)
    return "–" if value is None else str(value)


def pretty(value: Any) -> str:
    """A value as JSON that people read."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
