"""Shapes that several resources share."""

from datetime import UTC, datetime
from typing import Any

import marshmallow as ma

from loopdesk.desk import sql


class Strict(ma.Schema):
    """A request body: a field nobody knows is a mistake to be told about, not to be dropped."""

    class Meta:
        """marshmallow's settings."""

        unknown = ma.RAISE


def some_words(text: str) -> None:
    """Raises `ValidationError` for a text of blanks only; beside `Length`, which tells of an empty one."""
    if text and not text.strip():
        raise ma.ValidationError("Only blanks.")


class Entries(ma.validate.Length):
    """How many entries a list or an object may have; `Length` would tell of characters."""

    message_min = "Fewer than {min} entries."
    message_max = "More than {max} entries."
    message_all = "Not between {min} and {max} entries."


class Moment(ma.fields.AwareDateTime):
    """An instant with its zone, as RFC 3339 writes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        found = super()._deserialize(value, attr, data, **kwargs)
        try:
            found.astimezone(UTC)
        except OverflowError as error:  # in UTC it lies before the first year or after the last
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error
        return found


class Query(ma.Schema):
    """What stands behind the ``?``: a name that nobody knows is a mistake to be told about, or a filter that is
    misspelt would answer for everything. ``lang`` chooses the language of each answer."""

    @ma.pre_load
    def _refuse_unknown(self, data: Any, **_: Any) -> Any:
        known = {field.data_key or name for name, field in self.fields.items()} | {"lang"}
        if unknown := [name for name in data if name not in known]:
            raise ma.ValidationError({name: [self.error_messages["unknown"]] for name in unknown})
        return data


class PageQuery(Query):
    """Which page, counted from 1."""

    page = ma.fields.Integer(load_default=1, validate=ma.validate.Range(1, 100_000))
    per_page = ma.fields.Integer(load_default=25, validate=ma.validate.Range(1, 100))


class Page(ma.Schema):
    """Where in a listing this is."""

    total = ma.fields.Integer(metadata={"description": "All that match and that you may see."})
    page = ma.fields.Integer()
    per_page = ma.fields.Integer()


def placed(found: sql.Page[Any]) -> dict[str, int]:
    """What `Page` says of a page; its rows stand beside it under a name of their own."""
    return {"total": found.total, "page": found.page, "per_page": found.per_page}
