"""Diagnosis trees as an owner writes them: a file for each class of problem in the folder ``diagnosis`` (DIA-2).

A file holds ``name``, the ``types`` of problems it is for, the ``start`` step, ``steps`` and ``results``. A step asks
something (``ask``, with ``how`` to find out) and has ``outcomes``; each leads to the ``next`` step or to a ``result``.
``skip`` names the step to go on with when somebody leaves a step out for a reason; without it, it cannot be left out.
Every text is written in both languages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import N_, Invalid

BUNDLE = "diagnosis"
LANGUAGES = ("en", "zh")
FILE = re.compile(r"([a-z][a-z0-9_]*)\.yaml")
_TEXTS = re.compile(r"texts\.[a-z]{2}\.ya?ml")

Text = Mapping[str, str]
"""Language -> words."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer to a step; exactly one of ``next`` (a step) and ``result`` is given."""

    name: Text
    next: str
    result: str


@dataclass(frozen=True, slots=True)
class TreeStep:
    """One question; ``skip`` is the step that follows when it is left out, empty when it cannot be."""

    ask: Text
    how: Text
    outcomes: Mapping[str, Outcome]
    skip: str

    def ways(self) -> list[str]:
        """The steps that may follow."""
        return [one for one in (*(outcome.next for outcome in self.outcomes.values()), self.skip) if one]


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree; ``results`` are findings by their key."""

    key: str
    name: Text
    types: tuple[str, ...]
    start: str
    steps: Mapping[str, TreeStep]
    results: Mapping[str, Text]


def all_of(made: Bundle) -> dict[str, Tree]:
    """The trees of a version of the folder by key."""
    found = [FILE.fullmatch(path) for path in sorted(made.files)]
    return {match[1]: read(match[1], made.files[match[0]]) for match in found if match}


@lru_cache(maxsize=128)
def read(key: str, content: bytes) -> Tree:
    """The tree that a file holds; raises `Invalid` when it has another shape (what it says is for `checks`)."""
    file = f"{key}.yaml"
    data = policy.parse(content, file)
    return Tree(
        key=key,
        name=_text(data.get("name")),
        types=tuple(str(one) for one in _list(data.get("types"))),
        start=str(data.get("start") or ""),
        steps={str(name): _step(file, str(name), row) for name, row in _map(file, "steps", data).items()},
        results={str(name): _text(row) for name, row in _map(file, "results", data).items()},
    )


def words(text: Text, language: str) -> str:
    """The words of ``text`` in ``language``, else in English, else in any."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def _step(file: str, name: str, row: Any) -> TreeStep:
    if not isinstance(row, Mapping):
        raise _shape(file, name)
    outcomes = {str(code): _outcome(file, name, one) for code, one in _map(file, "outcomes", row).items()}
    return TreeStep(_text(row.get("ask")), _text(row.get("how")), outcomes, str(row.get("skip") or ""))


def _outcome(file: str, step: str, row: Any) -> Outcome:
    if not isinstance(row, Mapping):
        raise _shape(file, step)
    return Outcome(_text(row.get("name")), str(row.get("next") or ""), str(row.get("result") or ""))


def _text(value: Any) -> Text:
    """Words by language; one plain text is taken as English, so that a check can ask for the other."""
    if isinstance(value, Mapping):
        return {str(language): str(said).strip() for language, said in value.items() if said}
    return {"en": str(value).strip()} if value else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _map(file: str, name: str, data: Mapping[str, Any]) -> Mapping[Any, Any]:
    value = data.get(name) or {}
    if not isinstance(value, Mapping):
        raise _shape(file, name)
    return value


def _shape(file: str, place: str) -> Invalid:
    return Invalid(
        N_("%(file)s: “%(name)s” has to hold names with values."),
        remedy=N_("Write it like the trees that come with the product."),
        file=file,
        name=place,
    )
