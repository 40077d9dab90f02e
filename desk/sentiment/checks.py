"""What is wrong with the figures of moods and recoveries, said before they are deployed (COM-6)."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.sentiment.tables import SOURCES
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

FILE = "sentiment.yaml"


def check(files: Files) -> list[Finding]:
    """Findings on ``sentiment.yaml`` of a folder that has it."""
    if FILE not in files:
        return []
    try:
        said = policy.parse(files[FILE], FILE)
    except Invalid as error:
        return [Finding(FILE, "", "", "sentiment.file", "error", error.message, error.remedy, dict(error.params))]
    return [*_scores(said), *_margin(said), *_counts(said), *_periods(said), *_sources(said)]


def _scores(said: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("threshold", "negative"):
        value = said.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
            yield _finding(key, N_("“%(key)s” is not a score between -1 and 1."), N_("Write it like -0.6."))


def _margin(said: Mapping[str, Any]) -> Iterator[Finding]:
    value = said.get("margin", 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        yield _finding("margin", N_("“%(key)s” is not a number from 0 to 1."), N_("Write it like 0.05."))


def _counts(said: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("in_a_row", "corrections"):
        value = said.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            yield _finding(key, N_("“%(key)s” is not a whole number above 0."), N_("Write it like 3."))


def _periods(said: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("pause", "fresh"):
        try:
            policy.duration(said.get(key, "P1D"))
        except Invalid:
            yield _finding(key, N_("“%(key)s” is not a duration."), N_("Write it like P7D or PT12H."))


def _sources(said: Mapping[str, Any]) -> Iterator[Finding]:
    value = said.get("starts", [])
    if not isinstance(value, list) or not all(one in SOURCES for one in value):
        yield _finding(
            "starts", N_("“%(key)s” is no list of what customers write."), N_("Write [communication, report].")
        )


def _finding(key: str, message: str, remedy: str) -> Finding:
    return Finding(FILE, key, "", "sentiment.figure", "error", message, remedy, {"key": key})
