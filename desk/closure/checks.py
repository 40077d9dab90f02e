"""Is ``closure.yaml`` usable? Said before it is deployed, not on the day when a case is closed (FIX-4, FIX-9)."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.closure.rounds import PARTS, POLICY
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

FILE = f"{POLICY}.yaml"
LENGTHS = ("chase_after", "close_after", "reopen_within")


def check(files: Files) -> list[Finding]:
    """What is wrong with the file: a time that is none, a checklist that is none, an item without a name."""
    return policy.check(files, FILE, "closure.unusable", _problems)


def _problems(said: Mapping[str, Any]) -> Iterator[Invalid]:
    checks = {str(kind): _mapping(one) for kind, one in _mapping(said.get("checks")).items()}
    times = [(name, said[name]) for name in LENGTHS if name in said]
    times += [(f"checks.{kind}.stability", one["stability"]) for kind, one in checks.items() if "stability" in one]
    for place, text in times:
        try:
            policy.duration(text)
        except Invalid:
            yield policy.unusable(FILE, N_("%(entry)s is a time such as PT48H or P14D."), entry=place)
    named = {*policy.shipped(POLICY)["items"], *_mapping(said.get("items"))}
    for kind, one in checks.items():
        for part in PARTS:
            yield from _items(f"{kind}.{part}", one.get(part, []), named)


def _items(place: str, codes: object, named: set[str]) -> Iterator[Invalid]:
    if not isinstance(codes, list):
        yield policy.unusable(FILE, N_("%(entry)s is a list of items, such as [retested]."), entry=place)
        return
    unknown = [str(code) for code in codes if code not in named]
    if unknown:
        yield policy.unusable(
            FILE, N_("Give %(items)s of %(entry)s a name under items."), entry=place, items=", ".join(unknown)
        )


def _mapping(given: object) -> Mapping[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise policy.unusable(FILE, N_("items and checks are lists of names with what belongs to each."))
    return given or {}
