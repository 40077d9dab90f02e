"""Templates for frequent problems (INT-3): chosen by the words of a report, they say what else to ask and pre-fill.

The file ``templates.yaml`` of the intake, which a process owner edits; the questions are fields of ``report.form``.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.crm import history
from loopdesk.engine import bundles
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx
from loopdesk.forms import form

BUNDLE, FILE, FORM = "intake", "templates.yaml", "report.form"
READ = 5_000
"""Characters of a report that are looked at: people name their problem first, logs follow."""
LANGUAGES = ("en", "zh")
_LATIN = re.compile(r"[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Template:
    """A frequent problem: its key, its name by language, the words it is known by, the fields it asks for, and from
    which of `history.FACTS` a field is filled, the first known one counts."""

    key: str
    name: Mapping[str, str]
    words: tuple[str, ...]
    asks: tuple[str, ...]
    fill: Mapping[str, tuple[str, ...]]

    def called(self, language: str) -> str:
        """Its name in a language, else in English."""
        return self.name.get(language) or self.name.get("en") or self.key


@dataclass(frozen=True, slots=True)
class Match:
    """The template that a text calls for, and the words of the text that say so."""

    template: Template
    words: tuple[str, ...]


def known(tx: Tx) -> list[Template]:
    """The templates as they stand now, in the owner's order; none where there is no file."""
    try:
        content = bundles.current(tx, BUNDLE).files.get(FILE)
    except Missing:
        content = None
    return list(_read(content)) if content else []


def get(tx: Tx, key: str) -> Template | None:
    """The template with that key; None for none, and for one that an owner has taken out meanwhile."""
    return next((one for one in known(tx) if one.key == key), None)


def match(tx: Tx, text: str, *, declined: frozenset[str] = frozenset()) -> Match | None:
    """The template of which a text holds the most words, the first of several; None where it holds none of any."""
    best: Match | None = None
    read = _plain(text[:READ])
    for template in known(tx):
        found = tuple(word for word in template.words if _holds(read, word)) if template.key not in declined else ()
        if found and (best is None or len(found) > len(best.words)):
            best = Match(template, found)
    return best


def filled(template: Template, facts: Mapping[str, str]) -> dict[str, str]:
    """What the template can answer by itself: field -> the first known of its sources."""
    chosen = {
        key: next((facts[one] for one in sources if facts.get(one)), "") for key, sources in template.fill.items()
    }
    return {key: value for key, value in chosen.items() if value}


def check(files: Files) -> list[Finding]:
    """What is wrong with the templates of an intake folder; a field that its report form does not have is an error."""
    if FILE not in files:
        return []
    try:
        entries = _entries(files[FILE])
    except Invalid as error:
        return [Finding(FILE, "", "", "template.syntax", "error", error.message, error.remedy, dict(error.params))]
    fields = {one.key for one in form.scan(files.get(FORM, b"{}"), FORM)[0].fields}
    return [found for key, entry in entries.items() for found in _problems(key, entry, fields)]


def _problems(key: str, entry: Mapping[str, Any], fields: set[str]) -> Iterator[Finding]:
    def finding(rule: str, message: str, remedy: str, **params: object) -> Finding:
        return Finding(
            FILE, key, str(_mapping(entry.get("name")).get("en") or ""), rule, "error", message, remedy, params
        )

    for language in LANGUAGES:
        if not _mapping(entry.get("name")).get(language):
            message = N_("Template %(template)s has no name in %(language)s.")
            yield finding("template.name", message, N_("Write it under name."), template=key, language=language)
        if not _listed(_mapping(entry.get("words")).get(language)):
            message = N_("Template %(template)s names no words in %(language)s that choose it.")
            yield finding("template.words", message, N_("List them under words."), template=key, language=language)
    asked = [*_listed(entry.get("asks")), *_mapping(entry.get("fill"))]
    for name in sorted(set(asked) - fields):
        message = N_("Template %(template)s asks for the field %(field)s, which %(form)s does not have.")
        remedy = N_("Add the field to the form, or take it out of the template.")
        yield finding("template.field", message, remedy, template=key, field=name, form=FORM)
    sources = {one for given in _mapping(entry.get("fill")).values() for one in _listed(given)}
    for name in sorted(sources - set(history.FACTS)):
        message = N_("Template %(template)s fills a field from %(source)s, which nobody knows.")
        remedy = N_("Use one of: %(known)s.")
        known_ones = ", ".join(history.FACTS)
        yield finding("template.source", message, remedy, template=key, source=name, known=known_ones)


@lru_cache(maxsize=16)
def _read(content: bytes) -> tuple[Template, ...]:
    return tuple(_template(key, entry) for key, entry in _entries(content).items())


def _template(key: str, entry: Mapping[str, Any]) -> Template:
    words = (_plain(word) for given in _mapping(entry.get("words")).values() for word in _listed(given))
    fill = {name: _listed(given) for name, given in _mapping(entry.get("fill")).items()}
    name = {code: str(text) for code, text in _mapping(entry.get("name")).items()}
    return Template(key, name, tuple(dict.fromkeys(filter(None, words))), _listed(entry.get("asks")), fill)


def _entries(content: bytes) -> Mapping[str, Mapping[str, Any]]:
    given = policy.parse(content, FILE).get("templates")
    return {key: _mapping(entry) for key, entry in _mapping(given).items()}


def _holds(text: str, word: str) -> bool:
    """Whether a text holds a word; a Latin one begins a word there: "print" is in "printer", not in "sprint"."""
    if not _LATIN.match(word):
        return word in text
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}", text) is not None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _mapping(value: object) -> Mapping[str, Any]:
    return {str(key): one for key, one in value.items()} if isinstance(value, Mapping) else {}


def _listed(value: object) -> tuple[str, ...]:
    return (
        tuple(str(one) for one in value) if isinstance(value, list) else (str(value),) if isinstance(value, str) else ()
    )
