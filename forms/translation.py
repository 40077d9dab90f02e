"""A form in the language of its reader: the file's own words replaced by those of ``texts.<lang>.yaml``."""

from collections.abc import Mapping
from typing import Any

WORDS = ("label", "description", "text", "dateLabel", "timeLabel", "content", "title", "alt")
"""What a component says to its reader, besides its options."""
OPTIONS = "valuesExpression"
"""What gives a component its options, whose names may stand in a fact for each language."""


def translate(form_json: Mapping[str, Any], texts: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a form with the words of ``texts``.

    ``texts`` maps a field's key (or ``<form id>.<key>`` where two forms of a bundle word one key differently; or a
    component's id where it has no key) to ``label``, ``description``, ``text``, ``message`` (of the pattern),
    ``options`` (value -> word) and ``valuesExpression``. What is not there stays as the file has it.
    """
    form_id = str(form_json.get("id") or "")
    return {**form_json, "components": [_component(item, form_id, texts) for item in form_json.get("components", [])]}


def _component(spec: Mapping[str, Any], form_id: str, texts: Mapping[str, Any]) -> dict[str, Any]:
    words = _words(spec, form_id, texts)
    result = {**spec, **{name: words[name] for name in (*WORDS, OPTIONS) if words.get(name)}}
    if words.get("message") and isinstance(spec.get("validate"), dict):
        result["validate"] = {**spec["validate"], "patternErrorMessage": words["message"]}
    options = words.get("options")
    if isinstance(options, dict) and isinstance(spec.get("values"), list):
        result["values"] = [_option(option, options) for option in spec["values"]]
    if isinstance(spec.get("components"), list):
        result["components"] = [_component(item, form_id, texts) for item in spec["components"]]
    return result


def _words(spec: Mapping[str, Any], form_id: str, texts: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in (spec.get("key"), spec.get("path"), spec.get("id")):
        for place in (f"{form_id}.{name}", name):
            words = texts.get(str(place))
            if name and isinstance(words, dict):
                return words
    return {}


def _option(option: Any, words: Mapping[Any, Any]) -> Any:
    value = option.get("value") if isinstance(option, dict) else option
    word = words.get(value, words.get(str(value)))
    return {**(option if isinstance(option, dict) else {"value": option}), "label": str(word)} if word else option
