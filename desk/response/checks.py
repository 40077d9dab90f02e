"""What is wrong with the figures of measures and compensation, said before they are deployed (EMG-5, EMG-6, EMG-8)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from loopdesk.desk import policy
from loopdesk.desk.response import compensation
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

MEASURES = "measures.yaml"


def check(files: Files) -> list[Finding]:
    """Findings on ``compensation.yaml`` and ``measures.yaml`` of a folder that has them."""
    checks: Mapping[str, Callable[[Mapping[str, Any]], Iterator[tuple[str, Invalid]]]] = {
        compensation.FILE: _list,
        MEASURES: _measures,
    }
    found = []
    for file, look in checks.items():
        if file in files:
            try:
                wrong = list(look(policy.parse(files[file], file)))
            except Invalid as error:
                wrong = [("", error)]
            found += [_finding(file, place, error) for place, error in wrong]
    return found


def _list(said: Mapping[str, Any]) -> Iterator[tuple[str, Invalid]]:
    try:
        compensation.read(said)
    except Invalid as error:
        yield "", error


def _measures(said: Mapping[str, Any]) -> Iterator[tuple[str, Invalid]]:
    measures = said.get("measures")
    for code, entry in measures.items() if isinstance(measures, Mapping) else ():
        for hook in ("hook", "undo_hook"):
            url = str((entry.get(hook) or "") if isinstance(entry, Mapping) else "")
            if url and not _callable(url):
                remedy = N_("Write it like https://ops.example.com/hooks, or leave it empty for a task by hand.")
                wrong = Invalid("“%(url)s” is not an address that can be called.", remedy=remedy, url=url)
                yield f"measures.{code}.{hook}", wrong
    try:
        policy.duration(said.get("hook_limit", "PT5M"))
    except Invalid as error:
        yield "hook_limit", error
    hands = said.get("all_hands")
    most = hands.get("most", 1) if isinstance(hands, Mapping) else 1
    if type(most) not in (int, float) or most < 1:
        wrong = Invalid("“%(most)s” is not how many times the normal pool there may be: 1 or more.", most=most)
        yield "all_hands.most", wrong


def _callable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _finding(file: str, place: str, error: Invalid) -> Finding:
    return Finding(file, place, "", "response.unusable", "error", error.message, error.remedy, dict(error.params))
