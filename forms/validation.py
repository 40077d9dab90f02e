"""What a person submitted, held against the form file: the schema is made from the same file the browser renders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import marshmallow as ma

from loopdesk.engine import feel
from loopdesk.engine.errors import N_, Invalid
from loopdesk.forms import answers, paths
from loopdesk.forms.form import Field, Form

MAX_ROWS = 200
FACTS = "case"
"""Facts of a case are changed by operations alone (architecture §3): no answer is kept there."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_BOUNDS = ("min", "max", "minLength", "maxLength")


def validate(
    form: Form,
    data: Mapping[str, Any],
    *,
    scope: Mapping[str, Any] = _NOTHING,
    files: Mapping[str, list[str]] = _NOTHING,
) -> dict[str, Any]:
    """Clean the answers of one submission.

    ``data`` is what came in, nested as the keys are; null, "" and blank text count as no answer. ``scope`` is what
    conditions, options and read-only fields may read. ``files`` maps a file picker's key to names. Unknown keys and
    fields hidden by their condition are dropped; a read-only field keeps the value of the scope. Numbers come back as
    int or float, moments as the ISO 8601 text. Raises ``Invalid`` with ``fields``: key -> messages; an answer inside a
    list has the key ``list.row.key``, rows counted from 0.
    """
    try:
        return _load(_Level(form.fields, data, scope, files))
    except ma.ValidationError as error:
        raise Invalid(
            N_("Some answers are missing or wrong."),
            fields=dict(_flat(error.messages_dict)),
            remedy=N_("Correct the fields that are marked and send the form again."),
        ) from error


@dataclass
class _Level:
    """The fields of a form, or of one row of a dynamic list, with what was answered there."""

    fields: tuple[Field, ...]
    data: Mapping[str, Any]
    scope: Mapping[str, Any]
    files: Mapping[str, list[str]]
    context: dict[str, Any] = field(default_factory=dict)
    """What an expression sees: the scope, over it the answers of this level."""

    def __post_init__(self) -> None:
        self.context = dict(self.scope)
        for item in self.fields:
            if _is_fact(item):
                continue
            fixed = _switched(item, "readonly", self.scope) or item.spec.get("disabled") is True
            source = self.scope if fixed else self.data
            paths.put(self.context, item.key, _answer(item, paths.get(source, item.key)))


def _load(level: _Level) -> dict[str, Any]:
    visible = _visible(level)
    kept = {item.key: paths.get(level.context, item.key) for item in visible if not _is_fact(item)}
    given = {key: value for key, value in kept.items() if value is not None}
    # marshmallow nests dotted names; below a name of our own no key can meet an attribute of its Schema class.
    made = {f"answers.{item.key}": _field(item, level) for item in visible if not _is_fact(item)}
    for name, maker in made.items():
        maker.data_key = name.removeprefix("answers.")
    loaded: dict[str, Any] = ma.Schema.from_dict(made)().load(given)
    return dict(loaded.get("answers", {}))


def _visible(level: _Level) -> list[Field]:
    """The fields shown; a hidden field answers nothing, which may hide others: repeated until nothing changes."""
    visible = list(level.fields)
    for _ in level.fields:
        hidden = [item for item in visible if any(_true(source, level.context) for source in item.hides)]
        if not hidden:
            break
        visible = [item for item in visible if item not in hidden]
        for item in hidden:
            if not _is_fact(item):
                paths.put(level.context, item.key, None)
    return visible


def _field(item: Field, level: _Level) -> ma.fields.Field[Any]:
    if _switched(item, "readonly", level.scope) or item.spec.get("disabled") is True:
        return ma.fields.Raw()
    return _MAKERS[item.type](item, level)


def _text(item: Field, level: _Level) -> answers.Answer:
    return answers.Text(_rules(item, level), required=_required(item))


def _number(item: Field, level: _Level) -> answers.Answer:
    return answers.Number(item.spec, _rules(item, level), required=_required(item))


def _moment(item: Field, _level: _Level) -> answers.Answer:
    return answers.Moment(str(item.spec.get("subtype") or "date"), required=_required(item))


def _choice(item: Field, level: _Level) -> answers.Answer:
    return answers.Choice(_options(item, level), required=_required(item))


def _choices(item: Field, level: _Level) -> answers.Answer:
    return answers.Choices(_options(item, level), required=_required(item))


def _tick(item: Field, _level: _Level) -> answers.Answer:
    return answers.Tick(required=_required(item))


def _files(item: Field, level: _Level) -> answers.Answer:
    return answers.FileNames(item.spec, level.files, required=_required(item))


def _rows(item: Field, level: _Level) -> answers.Answer:
    return Rows(item, level, required=_required(item))


_MAKERS: Mapping[str, Callable[[Field, _Level], answers.Answer]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "datetime": _moment,
    "select": _choice,
    "radio": _choice,
    "checkbox": _tick,
    "checklist": _choices,
    "taglist": _choices,
    "filepicker": _files,
    "dynamiclist": _rows,
}


class Rows(answers.Answer):
    """A dynamic list: each row is a small form of its own."""

    def __init__(self, item: Field, level: _Level, **kwargs: Any) -> None:
        """Take the list's field and the level it stands on."""
        super().__init__(**kwargs)
        self.item = item
        self.level = level

    def _clean(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise answers.wrong(N_("A list of rows is expected."))
        if len(value) > MAX_ROWS:
            raise answers.wrong(N_("At most %(count)s rows are allowed."), count=MAX_ROWS)
        rows, errors = [], {}
        for index, row in enumerate(value):
            try:
                rows.append(_load(self._row(index, row)))
            except ma.ValidationError as error:
                errors[index] = error.messages
        if errors:
            raise ma.ValidationError(errors)
        return rows

    def _row(self, index: int, row: Mapping[str, Any]) -> _Level:
        outer = paths.get(self.level.scope, self.item.key)
        before = outer[index] if isinstance(outer, list) and index < len(outer) else None
        scope = {**self.level.context, **(before if isinstance(before, Mapping) else {})}
        scope |= {"parent": self.level.context, "i": [index + 1]}
        return _Level(self.item.rows, row, scope, self.level.files)


def _answer(item: Field, value: Any) -> Any:
    """None for what counts as no answer: null, blank text, an empty list, a required box that is not ticked."""
    if isinstance(value, str) and not value.strip():
        return None
    if value == [] or (value is False and item.type == "checkbox" and _required(item)):
        return None
    return value


def _is_fact(item: Field) -> bool:
    return item.key == FACTS or item.key.startswith(f"{FACTS}.")


def _required(item: Field) -> bool:
    return item.rules.get("required") is True


def _rules(item: Field, level: _Level) -> dict[str, Any]:
    rules = dict(item.rules)
    for name in _BOUNDS:
        rules[name] = _value(rules.get(name), level.context)
    return rules


def _options(item: Field, level: _Level) -> list[Any]:
    source = item.spec.get("values")
    if item.spec.get("valuesExpression"):
        source = _value(item.spec["valuesExpression"], level.context)
    elif item.spec.get("valuesKey"):
        source = level.scope.get(item.spec["valuesKey"])
    options = source if isinstance(source, list) else []
    return [option.get("value") if isinstance(option, Mapping) else option for option in options]


def _switched(item: Field, name: str, context: Mapping[str, Any]) -> bool:
    return _value(item.spec.get(name), context) is True


def _true(source: str, context: Mapping[str, Any]) -> bool:
    return _value(source if source.startswith("=") else f"={source}", context) is True


def _value(written: Any, context: Mapping[str, Any]) -> Any:
    """A property of a component: as written, or what its FEEL expression (``=…``) answers."""
    if isinstance(written, str) and written.startswith("="):
        return feel.compile(written[1:])(context)
    return written


def _flat(messages: Mapping[Any, Any], prefix: str = "") -> Any:
    for key, inner in messages.items():
        place = f"{prefix}{key}"
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{place}.")
        else:
            yield place, list(inner)
