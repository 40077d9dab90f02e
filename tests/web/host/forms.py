"""The host's own forms; the name must not hide ours, nor ours this one."""

from flask_wtf import FlaskForm
from wtforms import StringField


class OrderForm(FlaskForm):  # type: ignore[misc]
    """An order."""

    text = StringField()

    def shout(self, text: str) -> str:
        """The host's way to write an order."""
        return text.upper()
