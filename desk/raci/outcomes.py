"""What came of an activity, in words and in each language: what a person answered, else what was expected of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from loopdesk.engine.bundle import Bundle
from loopdesk.forms.translation import translate

LONGEST = 500
"""Characters of one answer in a message; the whole stands on the case."""
_TICKS = {"en": ("no", "yes"), "zh": ("否", "是")}


def said(made: Bundle, element: str, answers: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """Language -> lines of label and words; the label is empty for an expected result."""
    return {language: _lines(made, element, answers, language) for language in made.languages}


def _lines(made: Bundle, element: str, answers: Mapping[str, Any], language: str) -> list[list[str]]:
    form_id = next((one.elements[element].extras.form for one in _processes(made) if element in one.elements), "")
    if not (answers and form_id):
        expected = made.text(element, "expectedResult", language)
        return [["", expected]] if expected else []
    form = translate(orjson.loads(made.form(form_id)), made.texts.get(language, {}))
    return [
        [str(one.get("label") or one.get("dateLabel") or one["key"]), _words(one, answers[one["key"]], language)]
        for one in _fields(form)
        if one["key"] in answers and answers[one["key"]] not in (None, "", [], {})
    ]


def _processes(made: Bundle) -> Iterator[Any]:
    yield from made.program.diagrams.processes.values()


def _fields(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in form.get("components", []):
        if one.get("key") and not one.get("readonly"):
            yield one
        yield from _fields(one)


def _words(field: Mapping[str, Any], value: Any, language: str) -> str:
    if isinstance(value, bool):
        return _TICKS.get(language, _TICKS["en"])[value]
    if isinstance(value, list):
        return ", ".join(_words(field, one, language) for one in value)
    options = {
        str(one.get("value")): str(one.get("label")) for one in field.get("values") or [] if isinstance(one, dict)
    }
    text = options.get(str(value), str(value))
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"
