"""What counts as a theme, by the policy ``themes.yaml`` (FBK-5), and what is wrong with such a file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "themes"
FILE = f"{POLICY}.yaml"
COUNTS = ("least", "drivers_least", "repeated", "repeated_suggestions", "most")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Aspect:
    """A theme with the owner's words: a text has it when it holds one of them."""

    code: str
    name: Mapping[str, str]
    english: re.Pattern[str]
    chinese: tuple[str, ...]

    def within(self, text: str) -> bool:
        """Whether ``text`` (in small letters) speaks of it."""
        return bool(self.english.search(text)) or any(word in text for word in self.chinese)


@dataclass(frozen=True, slots=True)
class Rules:
    """The owner's figures: see the comments in the file. ``stop`` are words that make no theme by themselves."""

    least: int
    drivers_least: int
    repeated: int
    repeated_suggestions: int
    most: int
    action_within: timedelta
    aspects: tuple[Aspect, ...]
    stop: frozenset[str]


def read(tx: Tx) -> Rules:
    """The rules as they stand."""

    def said(key: str) -> Any:
        return policy.said(tx, POLICY, key)

    counts = {key: int(said(key)) for key in COUNTS}
    aspects = tuple(_aspect(code, entry) for code, entry in said("aspects").items())
    stop = frozenset(str(word).lower() for words in said("stop").values() for word in words)
    return Rules(**counts, action_within=policy.duration(said("action_within")), aspects=aspects, stop=stop)


def check(files: Files) -> list[Finding]:
    """Findings on ``themes.yaml`` of a folder that has it."""
    if FILE not in files:
        return []
    try:
        said = policy.parse(files[FILE], FILE)
    except Invalid as error:
        return [Finding(FILE, "", "", "themes.file", "error", error.message, error.remedy, dict(error.params))]
    return list(_wrong(said))


def _wrong(said: Mapping[str, Any]) -> Iterator[Finding]:
    for key in COUNTS:
        value = said.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            yield _finding(key, N_("“%(key)s” is not a whole number above 0."), N_("Write it like 3."))
    try:
        policy.duration(said.get("action_within", "P30D"))
    except Invalid:
        yield _finding("action_within", N_("“%(key)s” is not a duration."), N_("Write it like P7D or PT12H."))
    aspects = said.get("aspects") or {}
    for code, entry in aspects.items() if isinstance(aspects, Mapping) else ():
        words = entry.get("words") if isinstance(entry, Mapping) else None
        if not isinstance(words, Mapping) or not any(isinstance(words.get(one), list) for one in LANGUAGES):
            remedy = N_("Write words: {en: [late, slow], zh: [太慢]}.")
            yield _finding(f"aspects.{code}", N_("“%(key)s” has no words to be found by."), remedy)


def _aspect(code: str, entry: Mapping[str, Any]) -> Aspect:
    words = entry.get("words") or {}
    english = "|".join(re.escape(str(word).lower()) for word in words.get("en") or ())
    name = {language: policy.name_in(entry, language) or code for language in LANGUAGES}
    pattern = re.compile(rf"\b(?:{english})\b" if english else r"(?!)")
    return Aspect(code, name, pattern, tuple(str(word) for word in words.get("zh") or ()))


def _finding(key: str, message: str, remedy: str) -> Finding:
    return Finding(FILE, key, "", "themes.figure", "error", message, remedy, {"key": key})
