"""Words of policy files that nothing reads: a figure under a mistyped name would leave the shipped one in force."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

OWN: Mapping[str, frozenset[str]] = {
    "acceptance": frozenset({"dimensions"}),
    "closure": frozenset({"items", "checks"}),
    "feedback": frozenset(),
    "implementation": frozenset({"plans", "alarms"}),
    "links": frozenset(),
}
"""Policy -> the words below which the owner chooses the names; what belongs to each name is known there, too."""
NAME = "name"
"""Holds a text for each language."""


def check(files: Files) -> list[Finding]:
    """Words that the shipped file does not have at that place, with those that are known there."""
    return [found for name in OWN if f"{name}.yaml" in files for found in _of_file(name, files[f"{name}.yaml"])]


def _of_file(name: str, content: bytes) -> Iterator[Finding]:
    file = f"{name}.yaml"
    try:
        said = policy.parse(content, file)
    except Invalid:
        return  # the policy's own check says so
    message, remedy = N_("%(place)s is a word that nothing reads."), N_("Known there: %(known)s.")
    for place, known in _strangers(said, policy.shipped(name), "", OWN[name]):
        params: dict[str, object] = {"place": place, "known": ", ".join(sorted(known))}
        yield Finding(file, place, "", "policy.word", "error", message, remedy, params)


def _strangers(said: Any, known: Any, place: str, own: frozenset[str]) -> Iterator[tuple[str, set[str]]]:
    """Places of unknown words below ``place`` and the words that are known there; lists are looked through."""
    if isinstance(said, list):
        for one in said:
            yield from _strangers(one, _together(known) if isinstance(known, list) else known, place, own)
    if not isinstance(said, Mapping) or not isinstance(known, Mapping):
        return
    for word, inner in said.items():
        at = f"{place}.{word}" if place else str(word)
        if place in own:
            yield from _strangers(inner, _together(known.values()), at, own)
        elif word not in known:
            yield at, {str(one) for one in known}
        elif word != NAME:
            yield from _strangers(inner, known[word], at, own)


def _together(parts: Any) -> Any:
    """What any of ``parts`` holds: their words in one mapping, their entries in one list; None for plain values."""
    each = list(parts)
    if each and all(isinstance(one, list) for one in each):
        return [entry for one in each for entry in one]
    words = [one for one in each if isinstance(one, Mapping)]
    return {word: _together_of(words, word) for one in words for word in one} if words else None


def _together_of(words: list[Mapping[str, Any]], word: str) -> Any:
    held = [one[word] for one in words if word in one]
    return _together(held) if isinstance(held[0], Mapping | list) else held[0]
