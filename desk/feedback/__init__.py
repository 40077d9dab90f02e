"""What customers say about us, and what becomes of it (FBK-1, FBK-2, FBK-3)."""

from loopdesk.desk.feedback.paths import Words, add, correct, tell, told_within
from loopdesk.desk.feedback.reading import answers, get, listing, page, within
from loopdesk.desk.feedback.tables import KINDS, SOURCES, STATES, Answer, Feedback, feedback_

__all__ = [
    "KINDS",
    "SOURCES",
    "STATES",
    "Answer",
    "Feedback",
    "Words",
    "add",
    "answers",
    "correct",
    "feedback_",
    "get",
    "listing",
    "page",
    "tell",
    "told_within",
    "within",
]
