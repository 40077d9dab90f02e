"""Runbooks as an owner writes them: a file for each kind of event in the folder ``runbooks`` (EMG-9).

A file holds ``name``, the ``kinds`` of emergencies it is for, the ``causes`` by which it is chosen (without them it is
the general one of its kinds), its ``owner`` (department/role), ``steps`` (``id``, ``do``, ``role``, ``limit`` in
minutes after the declaration, ``weight``), ``resources``, ``contacts`` and ``communication``. Every text is written in
both languages.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine import bundles
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.tx import Tx

BUNDLE = "runbooks"
LANGUAGES = ("en", "zh")
FILE = re.compile(r"([a-z][a-z0-9_]*)\.yaml")

Text = Mapping[str, str]
"""Language -> words."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who does it (``role`` in the war room), within ``limit`` minutes of the declaration."""

    id: str
    text: Text
    role: str
    limit: int
    weight: float


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to reach ``purpose``: people of the house (``who``: department/role), or somebody outside by name."""

    who: str
    name: Text
    reach: str
    purpose: Text


@dataclass(frozen=True, slots=True)
class Word:
    """What is said to whom; again ``every`` so many minutes, once for 0."""

    audience: str
    text: Text
    every: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One runbook; ``number`` is the version of the folder, ``digest`` the hash of its own file, in hex."""

    key: str
    name: Text
    kinds: tuple[str, ...]
    causes: tuple[str, ...]
    owner: str
    steps: tuple[Step, ...]
    resources: tuple[Text, ...]
    contacts: tuple[Contact, ...]
    communication: tuple[Word, ...]
    digest: str
    bundle_id: str = ""
    number: int = 0

    def step(self, step_id: str) -> Step | None:
        """The step of that id."""
        return next((step for step in self.steps if step.id == step_id), None)


def all_of(made: Bundle) -> dict[str, Plan]:
    """The runbooks of a version of the folder by key."""
    found = [match for path in sorted(made.files) if (match := FILE.fullmatch(path))]
    plans = [read(match[1], made.files[match[0]]) for match in found]
    return {plan.key: replace(plan, bundle_id=made.id, number=made.number) for plan in plans}


def current(tx: Tx) -> dict[str, Plan]:
    """The runbooks as they stand now, by key; none where nobody has deployed any."""
    try:
        return all_of(bundles.current(tx, BUNDLE))
    except Missing:
        return {}


def get(tx: Tx, key: str, bundle_id: str = "") -> Plan:
    """A runbook, of a version of the folder or as it stands now; raises `Missing`."""
    found = (all_of(bundles.get(tx, bundle_id)) if bundle_id else current(tx)).get(key)
    if found is None:
        raise Missing("There is no runbook “%(runbook)s”.", runbook=key or "-")
    return found


def of_kind(tx: Tx, kind: str, cause: str = "") -> Plan:
    """The runbook for an emergency: that of its ``cause``, else the general one of its ``kind``; raises `Missing`."""
    plans, wanted = [plan for plan in current(tx).values() if kind in plan.kinds], plain(cause)
    found = [plan for plan in plans if wanted and wanted in plan.causes] or [plan for plan in plans if not plan.causes]
    if not found:
        raise Missing(
            "There is no runbook for emergencies of the kind %(kind)s.",
            remedy=N_("Write one for it in the folder runbooks and deploy it."),
            kind=kind,
        )
    return found[0]


@lru_cache(maxsize=128)
def read(key: str, content: bytes) -> Plan:
    """The runbook that a file holds; raises `Invalid` for another shape (what it says is for `checks`)."""
    file = f"{key}.yaml"
    data = policy.parse(content, file)
    return Plan(
        key=key,
        name=text_of(data.get("name")),
        kinds=words_of(data.get("kinds")),
        causes=tuple(plain(one) for one in words_of(data.get("causes"))),
        owner=str(data.get("owner") or ""),
        steps=tuple(_step(row) for row in rows_of(file, "steps", data)),
        resources=tuple(text_of(one) for one in listed(data.get("resources"))),
        contacts=tuple(_contact(row) for row in rows_of(file, "contacts", data)),
        communication=tuple(_word(row) for row in rows_of(file, "communication", data)),
        digest=hashlib.sha256(content).hexdigest(),
    )


def words(text: Text, language: str) -> str:
    """The words of ``text`` in ``language``, else in English, else in any."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def plain(cause: str) -> str:
    """A cause however it is written in capitals and spaces."""
    return " ".join(cause.split()).casefold()


def text_of(value: Any) -> Text:
    """Words by language; one plain text is taken as English, so that a check can ask for the other."""
    if isinstance(value, Mapping):
        return {str(language): str(said).strip() for language, said in value.items() if said}
    return {"en": str(value).strip()} if value else {}


def number_of(value: Any, *, default: float = 0) -> float:
    """A figure above zero, ``default`` where none is given; anything else is 0, for a check to find."""
    if value is None:
        return default
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0


def words_of(value: Any) -> tuple[str, ...]:
    """A list of codes."""
    return tuple(str(one) for one in listed(value))


def listed(value: Any) -> list[Any]:
    """A list, or one thing as a list of it."""
    return value if isinstance(value, list) else [value] if value else []


def rows_of(file: str, name: str, data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of a list of things with names; raises `Invalid` when it is another thing."""
    value = data.get(name) or []
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise Invalid(
            N_("%(file)s: “%(name)s” has to be a list of entries with names and values."),
            remedy=N_("Write it like the files that come with the product."),
            file=file,
            name=name,
        )
    return value


def _step(row: Mapping[str, Any]) -> Step:
    limit = int(number_of(row.get("limit")))
    weight = number_of(row.get("weight"), default=1)
    return Step(str(row.get("id") or ""), text_of(row.get("do")), str(row.get("role") or ""), limit, weight)


def _contact(row: Mapping[str, Any]) -> Contact:
    who, reach = str(row.get("who") or ""), str(row.get("reach") or "")
    return Contact(who, text_of(row.get("name")), reach, text_of(row.get("for")))


def _word(row: Mapping[str, Any]) -> Word:
    return Word(str(row.get("to") or ""), text_of(row.get("say")), int(number_of(row.get("every"))))
