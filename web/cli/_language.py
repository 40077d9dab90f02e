"""Texts of commands in the reader's language, without Flask."""

from loopdesk.web.words import LANGUAGES, translator

__all__ = ["LANGUAGES", "translator"]
