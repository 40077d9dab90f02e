"""Figures that a process owner edits: YAML files of the bundle ``policies`` (SLA-1), never constants in code."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from loopdesk.engine import bundles, yamlfiles
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

BUNDLE = "policies"
SHIPPED = Path(__file__).parents[1] / "workflows"
"""The folders that a new house begins with."""
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def shipped(name: str) -> Mapping[str, Any]:
    """The policy file ``<name>.yaml`` as Loopdesk ships it, for a house whose own folder is older than it."""
    file = f"{name}.yaml"
    return parse(shipped_file(BUNDLE, file), file)


def shipped_file(folder: str, file: str) -> bytes:
    """A file as Loopdesk ships it."""
    return (SHIPPED / folder / file).read_bytes()


def read(tx: Tx, name: str) -> Mapping[str, Any]:
    """The policy file ``<name>.yaml`` as it stands now; raises `Missing` where there is none."""
    file = f"{name}.yaml"
    try:
        content = bundles.current(tx, BUNDLE).files.get(file)
    except Missing:
        content = None
    if content is None:
        raise Missing("There is no policy %(policy)s.", remedy=N_("Deploy it with the bundle policies."), policy=name)
    return parse(content, file)


def held(tx: Tx, name: str) -> Mapping[str, Any]:
    """The policy file ``<name>.yaml`` as it stands; as Loopdesk ships it in a house whose folder is older than it."""
    try:
        return read(tx, name)
    except Missing:
        return shipped(name)


def said(tx: Tx, name: str, *keys: str) -> Any:
    """What the house's ``<name>.yaml`` says under ``keys``, else what the shipped one says; None for neither.

    For figures that there always is one of, so that none stands in Python; what an owner may take out is ``value``.
    """
    own = under(held(tx, name), keys)
    return under(shipped(name), keys) if own is None else own


def value(tx: Tx, name: str, *keys: str, default: Any) -> Any:
    """What ``<name>.yaml`` says under ``keys``, or ``default`` where the owner says nothing."""
    try:
        found = under(read(tx, name), keys)
    except Missing:
        return default
    return default if found is None else found


def under(data: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """What stands in ``data`` under the keys, one in the other; None where nothing does."""
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


@lru_cache(maxsize=64)
def parse(content: bytes, file: str) -> Mapping[str, Any]:
    """A policy file's content; raises `Invalid` when it is not a YAML mapping."""
    data = yamlfiles.read(content, file)
    if not isinstance(data, Mapping):
        raise Invalid("%(file)s has to hold names with values.", file=file)
    return data


def name_in(entry: object, language: str) -> str:
    """The ``name`` of a policy's entry in ``language``, else in English, else what it says; empty without one."""
    texts = entry.get("name") if isinstance(entry, Mapping) else entry
    return str(texts.get(language) or texts.get("en") or "") if isinstance(texts, Mapping) else str(texts or "")


def duration(text: object, *, place: str = "") -> timedelta:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds, such as ``PT48H``; raises `Invalid`."""
    match = _DURATION.fullmatch(str(text))
    parts = {unit: int(amount) for unit, amount in match.groupdict(default="0").items()} if match else {}
    if not any(parts.values()):
        raise Invalid(
            "%(text)s is not a duration.", remedy=N_("Write it like PT30M, PT48H or P30D."), place=place, text=str(text)
        )
    return timedelta(**parts)


def unusable(file: str, remedy: str, **params: Any) -> Invalid:
    """That a file cannot be used, with what to do about it."""
    return Invalid("%(file)s cannot be used as it stands.", remedy=remedy, file=file, **params)


def check(
    files: Files, file: str, rule: str, problems: Callable[[Mapping[str, Any]], Iterable[Invalid]]
) -> list[Finding]:
    """What ``problems`` yields, or raises, about a file of a folder, as findings; none where it is not there."""
    if file not in files:
        return []
    try:
        found = [*problems(parse(files[file], file))]
    except Invalid as error:
        found = [error]
    return [Finding(file, "", "", rule, "error", one.message, one.remedy, dict(one.params)) for one in found]
