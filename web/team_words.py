"""What departments do together, in the reader's words: actions, the board, task forces, meetings, risks."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

ACTION_SOURCES: Mapping[str, Any] = {
    "meeting": lazy_gettext("meeting"),
    "review": lazy_gettext("review of an emergency"),
    "drill": lazy_gettext("drill"),
    "arbitration": lazy_gettext("ruling"),
    "board": lazy_gettext("morning board"),
    "taskforce": lazy_gettext("task force"),
    "call": lazy_gettext("call to a customer"),
    "customer-review": lazy_gettext("review with a customer"),
    "theme": lazy_gettext("theme of feedback"),
    "feedback": lazy_gettext("feedback"),
}
