"""The shipped process folders, as tests read them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import loopdesk
from loopdesk.engine import bundles

WORKFLOWS = Path(loopdesk.__file__).parent / "workflows"
PROCESSES = ("intake", "resolution", "handoff", "emergency", "closure", "feedback")


@cache
def files_of(name: str) -> Mapping[str, bytes]:
    """The files of a shipped folder."""
    return bundles.read_folder(WORKFLOWS / name)
