"""Drills as an owner writes them: a file for each in the folder ``drills`` (EMG-10).

A file holds ``name``, ``about``, what it ``covers`` (system, service, security), ``minutes`` (how long it goes on),
the ``alert`` that begins it, the ``runbook`` whose steps are expected, ``tasks`` of the process that are expected
(``id`` of the element, ``limit`` in minutes after the alert, ``weight``, ``with``: what its form is answered with
where nobody says otherwise), ``steps`` with other limits or weights than the runbook's, and ``surprises`` that the
facilitator brings in (``at`` a minute, ``say``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.runbooks.plans import FILE, Text, number_of, rows_of, text_of, words_of
from loopdesk.engine import bundles
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

BUNDLE = "drills"
KINDS = ("system", "service", "security")
"""What a drill may cover; a year's set covers all of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the process that is expected within ``limit`` minutes of the alert."""

    id: str
    name: Text
    limit: int
    weight: float
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Another limit or weight for a step of the runbook; 0 leaves what the runbook says, None could not be read."""

    limit: int | None
    weight: float | None


@dataclass(frozen=True, slots=True)
class Surprise:
    """What the facilitator brings in at a minute."""

    at: int
    text: Text


@dataclass(frozen=True, slots=True)
class Drill:
    """One plan; ``keys`` are the names that the file uses, for a check."""

    key: str
    name: Text
    about: Text
    covers: tuple[str, ...]
    minutes: int
    alert: Mapping[str, Any]
    runbook: str
    tasks: tuple[Task, ...]
    steps: Mapping[str, Change]
    surprises: tuple[Surprise, ...]
    keys: tuple[str, ...]
    bundle_id: str = ""
    number: int = 0


def all_of(made: Bundle) -> dict[str, Drill]:
    """The library of a version of the folder, by key."""
    return {drill.key: replace(drill, bundle_id=made.id, number=made.number) for drill in of_files(made.files).values()}


def of_files(files: Files) -> dict[str, Drill]:
    """The library that files hold, by key."""
    found = [match for path in sorted(files) if (match := FILE.fullmatch(path))]
    return {match[1]: read(match[1], files[match[0]]) for match in found}


def current(tx: Tx) -> dict[str, Drill]:
    """The library as it stands now; none where nobody has deployed any."""
    try:
        return all_of(bundles.current(tx, BUNDLE))
    except Missing:
        return {}


def get(tx: Tx, key: str, bundle_id: str = "") -> Drill:
    """A plan, of a version of the folder or as it stands now; raises `Missing`."""
    found = (all_of(bundles.get(tx, bundle_id)) if bundle_id else current(tx)).get(key)
    if found is None:
        raise Missing("There is no drill “%(drill)s”.", remedy=N_("Look at the list of drills."), drill=key or "-")
    return found


@lru_cache(maxsize=128)
def read(key: str, content: bytes) -> Drill:
    """The plan that a file holds; raises `Invalid` for another shape (what it says is for `checks`)."""
    file = f"{key}.yaml"
    data = policy.parse(content, file)
    alert, steps = data.get("alert") or {}, data.get("steps") or {}
    if not isinstance(alert, Mapping) or not isinstance(steps, Mapping):
        raise Invalid(
            N_("%(file)s: “alert” and “steps” have to hold names with values."),
            remedy=N_("Write it like the files that come with the product."),
            file=file,
        )
    return Drill(
        key=key,
        name=text_of(data.get("name")),
        about=text_of(data.get("about")),
        covers=words_of(data.get("covers")),
        minutes=int(number_of(data.get("minutes"))),
        alert={str(name): value for name, value in alert.items()},
        runbook=str(data.get("runbook") or ""),
        tasks=tuple(_task(row) for row in rows_of(file, "tasks", data)),
        steps={str(name): _change(row) for name, row in steps.items()},
        surprises=tuple(_surprise(row) for row in rows_of(file, "surprises", data)),
        keys=tuple(str(name) for name in data),
    )


def said(files: Files, key: str, language: str, **params: object) -> str:
    """A text of the folder in a language, with its places filled: what findings and actions are written with."""
    for one in (language, "en"):
        name = f"texts.{one}.yaml"
        content = files.get(name) or policy.shipped_file(BUNDLE, name)
        text = policy.name_in(policy.parse(content, name).get(key), one)
        if text:
            return text.format(**params)
    return key


def _task(row: Mapping[str, Any]) -> Task:
    given = row.get("with")
    return Task(
        str(row.get("id") or ""),
        text_of(row.get("name")),
        int(number_of(row.get("limit"))),
        number_of(row.get("weight"), default=1),
        given if isinstance(given, Mapping) else {},
    )


def _change(row: Any) -> Change:
    found = row if isinstance(row, Mapping) else {"limit": row}
    limit, weight = (number_of(found.get(name)) if name in found else 0 for name in ("limit", "weight"))
    return Change(
        None if "limit" in found and limit < 1 else int(limit), None if "weight" in found and not weight else weight
    )


def _surprise(row: Mapping[str, Any]) -> Surprise:
    at = row.get("at")
    return Surprise(at if isinstance(at, int) and not isinstance(at, bool) else -1, text_of(row.get("say")))
