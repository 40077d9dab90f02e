"""Names in policy files that people read: each entry has one, in both languages."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

NAMED = {
    "acceptance.yaml": "dimensions",
    "breach-causes.yaml": "causes",
    "catalogues.yaml": "catalogues",
    "channels.yaml": "channels",
    "departments.yaml": "departments",
}
"""Policies whose entries people read by name, and under which word these stand."""
LANGUAGES = ("en", "zh")


def check(files: Files) -> list[Finding]:
    """Names that are missing or that one of the two languages lacks: readers would see the other one, or a code."""
    return [found for file, kind in NAMED.items() if file in files for found in _of_file(file, kind, files[file])]


def _of_file(file: str, kind: str, content: bytes) -> Iterator[Finding]:
    try:
        said = policy.parse(content, file)
    except Invalid as error:
        yield Finding(file, "", "", "policy.syntax", "error", error.message, error.remedy, error.params)
        return
    message, remedy = N_("%(place)s has no text in %(language)s."), N_("Write both: {en: …, zh: …}.")
    for place, texts in {**_names(said.get(kind), kind), **dict(_texts(said, ""))}.items():
        for one in LANGUAGES:
            if not str(texts.get(one) or "").strip():
                params: dict[str, object] = {"place": place, "language": one}
                yield Finding(file, place, "", "policy.language", "error", message, remedy, params)


def _names(entries: object, kind: str) -> dict[str, Mapping[str, Any]]:
    """The name of each entry, empty where there is none."""
    given = entries if isinstance(entries, Mapping) else {}
    names = {code: entry.get("name") if isinstance(entry, Mapping) else None for code, entry in given.items()}
    return {f"{kind}.{code}.name": name if isinstance(name, Mapping) else {} for code, name in names.items()}


def _texts(value: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping):
        return
    if set(value) & set(LANGUAGES):
        yield place, value
        return
    for key, inner in value.items():
        yield from _texts(inner, f"{place}.{key}" if place else str(key))
