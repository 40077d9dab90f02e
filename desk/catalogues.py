"""Service catalogues (SLA-9): what a contract promises, as data of the policy file ``catalogues.yaml``.

A service names the problem types and channels that it answers for, and in words its scope, delivery and quality.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "catalogues"
FILE = f"{POLICY}.yaml"
WORDS = ("name", "scope", "delivery", "quality")
"""What people read of a service, in each language."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its key, the types and channels it answers for (none named: any), and its words by language."""

    key: str
    types: tuple[str, ...]
    channels: tuple[str, ...]
    words: Mapping[str, Mapping[str, str]]

    def text(self, word: str, language: str) -> str:
        """One of `WORDS` in a language, else in English."""
        texts = self.words.get(word, {})
        return texts.get(language) or texts.get("en") or ""


def names(tx: Tx, language: str) -> dict[str, str]:
    """Key -> name of each catalogue in a language; empty in a house that has none."""
    return {key: _in(entry.get("name"), language) or key for key, entry in _all(tx).items()}


def services(tx: Tx, catalogue: str) -> list[Service]:
    """The services of a catalogue in the owner's order; none of one that is unknown."""
    entry = _all(tx).get(catalogue, {})
    return [_service(key, given) for key, given in _mapping(entry.get("services")).items()]


def answering(offered: list[Service], *, kind: str, channel: str) -> tuple[str, str]:
    """(the service that answers for a problem, ``""``), or (``""``, why none does: ``channel`` or ``type``).

    While the type is unknown, only the channel counts.
    """
    of_type = [one for one in offered if not kind or not one.types or kind in one.types]
    found = next((one for one in of_type if not one.channels or channel in one.channels), None)
    if found is not None:
        return found.key, ""
    return "", "channel" if of_type else "type"


def check(files: Files) -> list[Finding]:
    """What is wrong with the catalogues of a policies folder."""
    if FILE not in files:
        return []
    try:
        entries = _mapping(policy.parse(files[FILE], FILE).get(POLICY))
    except Invalid as error:
        return [Finding(FILE, "", "", "catalogue.syntax", "error", error.message, error.remedy, dict(error.params))]
    return [found for key, entry in entries.items() for found in _problems(key, _mapping(entry))]


def _problems(catalogue: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    offered = _mapping(entry.get("services"))
    if not offered:
        message, remedy = N_("Catalogue %(catalogue)s promises no service."), N_("List at least one under services.")
        yield Finding(FILE, catalogue, "", "catalogue.services", "error", message, remedy, {"catalogue": catalogue})
    for key, given in offered.items():
        lacking = [word for word in WORDS if not _in(_mapping(given).get(word), "en")]
        if lacking:
            message = N_("Service %(service)s says nothing about: %(words)s.")
            params: dict[str, object] = {"service": key, "words": ", ".join(lacking)}
            place = f"{catalogue}.{key}"
            yield Finding(
                FILE, place, "", "catalogue.words", "error", message, N_("Write it in each language."), params
            )


def _all(tx: Tx) -> Mapping[str, Mapping[str, Any]]:
    try:
        found = policy.read(tx, POLICY).get(POLICY)
    except Missing:
        return {}
    return {key: _mapping(entry) for key, entry in _mapping(found).items()}


def _service(key: str, given: object) -> Service:
    entry = _mapping(given)
    words = {word: _mapping(entry.get(word)) for word in WORDS}
    return Service(key, _listed(entry.get("types")), _listed(entry.get("channels")), words)


def _mapping(value: object) -> Mapping[str, Any]:
    return {str(key): one for key, one in value.items()} if isinstance(value, Mapping) else {}


def _listed(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _in(texts: object, language: str) -> str:
    words = _mapping(texts)
    return str(words.get(language) or words.get("en") or "")
