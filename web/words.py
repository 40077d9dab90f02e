"""Texts in a reader's language outside a request: commands, and notes that workers write."""

import gettext
from pathlib import Path

from loopdesk.engine.errors import Translate

LANGUAGES = ("en", "zh")
_CATALOGUES = Path(__file__).parent / "translations"


def translator(language: str) -> Translate:
    """What translates a message into ``language`` (``zh``, ``zh_CN.UTF-8``, …): Chinese, else English."""
    wanted = ["zh"] if language.startswith("zh") else []
    return gettext.translation("messages", _CATALOGUES, wanted, fallback=True).gettext
