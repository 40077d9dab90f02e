"""What is wrong with ``packs.yaml``: a link that leads nowhere would be found out at night, in an emergency (EMG-3)."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from loopdesk.desk import policy
from loopdesk.desk.war_room.packs import FILE, SECTIONS
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

_KNOWN = {"name", "for", *SECTIONS}


def check(files: Files) -> list[Finding]:
    """Findings on the file: unknown names, links without an address, figures that are none."""
    if FILE not in files:
        return []
    try:
        said = policy.parse(files[FILE], FILE)
        policy.duration(said.get("recent", "P14D"), place=f"{FILE}: recent")
    except Invalid as error:
        return [_finding("", error.message, error.remedy, **error.params)]
    return [*_figures(said), *_all(said)]


def _figures(said: Mapping[str, Any]) -> Iterator[Finding]:
    most = said.get("most", 1)
    if not isinstance(most, int) or isinstance(most, bool) or most < 0:
        yield _finding("most", N_("“most” is how many deployments are shown: a whole number."), N_("Write 20."))


def _all(said: Mapping[str, Any]) -> Iterator[Finding]:
    services = said.get("services") or {}
    if not isinstance(services, Mapping):
        yield _finding("services", N_("“services” holds services by name."), N_("Write shop: {name: …}."))
        return
    for code, service in services.items():
        place = f"services.{code}"
        if not isinstance(service, Mapping) or set(service) - _KNOWN:
            message = N_("“%(place)s” may say %(known)s.")
            yield _finding(place, message, N_("Correct the name."), place=place, known=", ".join(sorted(_KNOWN)))
            continue
        if not isinstance(service.get("for", []), list):
            yield _finding(f"{place}.for", N_("“for” is a list of words."), N_("Write [payment, third_party]."))
        for section in SECTIONS:
            yield from _links(f"{place}.{section}", service.get(section) or [])


def _links(place: str, links: object) -> Iterator[Finding]:
    for number, one in enumerate(links if isinstance(links, list) else [links], start=1):
        url = str(one.get("url") or "") if isinstance(one, Mapping) else ""
        try:
            leads = urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
        except ValueError:
            leads = False
        if not leads:
            message = N_("“%(place)s”: link %(number)s has no address.")
            remedy = N_("Write {name: {en: …, zh: …}, url: https://…}.")
            yield _finding(place, message, remedy, place=place, number=number)


def _finding(element: str, message: str, remedy: str, **params: object) -> Finding:
    return Finding(FILE, element, "", "packs.unusable", "error", message, remedy, params)
