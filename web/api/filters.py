"""Filters whose values the house sets: a misspelt one would answer with nothing, as a quiet house does."""

from typing import Any

import marshmallow as ma

from loopdesk.desk import choices
from loopdesk.desk.choices import Choice
from loopdesk.web.context import read_tx


class Chosen(ma.fields.String):
    """One of a `Choice`; any other value is refused with those there are."""

    def __init__(self, choice: Choice, **more: Any) -> None:
        super().__init__(**more)
        self.choice = choice

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        with read_tx() as tx:
            if text and not self.choice.has(tx, text):
                raise ma.ValidationError(f"Must be one of: {', '.join(self.choice.names(tx))}.")
        return text


class Somebody(ma.fields.String):
    """Somebody of the staff, whom his id, sign-in name or e-mail address names: his id."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not text:
            return ""
        with read_tx() as tx:
            if not (found := choices.person(tx, text)):
                raise ma.ValidationError("There is nobody of this name.")
        return found
