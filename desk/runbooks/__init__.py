"""Runbooks: what is done in an emergency, by whom and until when; ticked as it is done, looked at after it (EMG-9)."""

from loopdesk.desk.runbooks.course import Progress, StepState, Tick, choose, of, progress, tick, untick
from loopdesk.desk.runbooks.plans import Plan, Step, current, get, of_kind, read, words

__all__ = [
    "Plan",
    "Progress",
    "Step",
    "StepState",
    "Tick",
    "choose",
    "current",
    "get",
    "of",
    "of_kind",
    "progress",
    "read",
    "tick",
    "untick",
    "words",
]
