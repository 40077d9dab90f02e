"""The shipped process folders, as tests read them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import loopdesk
from loopdesk.engine import bundles

WORKFLOWS = Path(loopdesk.__file__).parent / "workflows"
PROCESSES = (
    "intake",
    "resolution",
    "handoff",
    "arbitration",
    "emergency",
    "war-room",
    "closure",
    "acceptance",
    "cost-benefit",
    "reopening",
    "feedback",
    "call-back",
    "feedback-path",
    "quarterly-survey",
    "reassess",
    "negotiation",
    "sla-warning",
    "sla-breach",
    "emergency-measures",
    "t1-board",
    "team-meetings",
    "all-hands",
    "compensation",
    "emergency-review",
    "consultation",
    "implementation",
    "change-approval",
    "feedback-mining",
    "service-recovery",
    "customer-notice",
    "strong-reminder",
    "supervisor-call",
    "unreachable",
)

BESIDE = {"reassess": "intake"}
"""Processes that stand in the folder of another one, with which they share tables and words."""


@cache
def files_of(name: str) -> Mapping[str, bytes]:
    """The files of the shipped folder of a process."""
    return bundles.read_folder(WORKFLOWS / BESIDE.get(name, name))
