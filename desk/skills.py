"""Who is how far trained: a person's tier of support and skills, which escalations look for (DIA-1)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import people, policy
from loopdesk.desk.record import PERSON_ID, TIERS
from loopdesk.desk.rights import require
from loopdesk.desk.sql import dialect_insert
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, metadata
from loopdesk.engine.errors import N_, Invalid, Phrase
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "support"
"""The policy file with tiers, skills and the duty that is needed."""

training = sa.Table(
    "training",
    metadata,
    sa.Column("person_id", PERSON_ID, primary_key=True),
    sa.Column("tier", sa.String(20), nullable=False),
    sa.Column("skills", JSON, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Skills:
    """``tier`` is L1, L2 or L3, empty for somebody outside the tiers; ``skills`` are codes of ``support.yaml``."""

    tier: str = ""
    skills: tuple[str, ...] = ()


def of(tx: Tx, person_id: str) -> Skills:
    """What is known of a person; nothing yet is an empty `Skills`."""
    return of_all(tx, [person_id]).get(person_id, Skills())


def of_all(tx: Tx, person_ids: Iterable[str]) -> dict[str, Skills]:
    """Those of the people of whom something is known, by id."""
    rows = tx.conn.execute(sa.select(training).where(training.c.person_id.in_(sorted(set(person_ids))))).mappings()
    return {row["person_id"]: Skills(row["tier"], tuple(row["skills"])) for row in rows}


def set_(actor: Actor, tx: Tx, person_id: str, *, tier: str, skills: Iterable[str]) -> Skills:
    """Set a person's tier (L1, L2, L3 or empty) and skills. Raises `Missing` for nobody, `Invalid` with the field."""
    require(actor, "people.change")
    person = people.by_id(tx, person_id)
    new = Skills(tier, tuple(sorted(set(skills))))
    unknown = set(new.skills) - set(names(tx, "skills", "en"))
    if tier and tier not in TIERS:
        _wrong("tier", Phrase("There is no tier %(tier)s; take L1, L2 or L3.", tier=tier))
    if unknown:
        _wrong("skills", Phrase("There is no skill %(skill)s.", skill=", ".join(sorted(unknown))))
    if new != of(tx, person_id):
        values = {"tier": new.tier, "skills": list(new.skills)}
        statement = dialect_insert(tx, training).values(person_id=person_id, **values)
        tx.conn.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=values))
        events.record(actor, tx, "person.trained", data={"person": person_id, "name": person.name, **values})
    return new


def check(files: Files) -> list[Finding]:
    """Lengths of time in ``support.yaml`` that are none: an escalation would find out while somebody waits for it."""
    file = f"{POLICY}.yaml"
    if file not in files:
        return []
    try:
        given = policy.parse(files[file], file)
    except Invalid as error:
        return [Finding(file, "", "", "policy.syntax", "error", error.message, error.remedy, error.params)]
    apart = given.get("lifts_apart") or {}
    if not isinstance(apart, Mapping):
        message, remedy = N_("%(place)s holds no lengths by priority."), N_("Write it like {P0: PT10M, else: PT30M}.")
        return [Finding(file, "lifts_apart", "", "support.lifts", "error", message, remedy, {"place": "lifts_apart"})]
    lengths = {f"lifts_apart.{level}": text for level, text in apart.items()} | {"gaps_ahead": given.get("gaps_ahead")}
    return [finding for place, text in lengths.items() if text for finding in _of_length(file, place, text)]


def _of_length(file: str, place: str, text: object) -> Iterator[Finding]:
    try:
        policy.duration(text, place=place)
    except Invalid as error:
        yield Finding(file, place, "", "support.duration", "error", error.message, error.remedy, error.params)


def said(tx: Tx, key: str, *, default: Any) -> Any:
    """What the policy ``support.yaml`` says under ``key``: the owner's own file, else the one we ship."""
    found = policy.said(tx, POLICY, key)
    return default if found is None else found


def names(tx: Tx, kind: str, language: str) -> dict[str, str]:
    """Code -> name of all ``tiers`` or ``skills`` in ``language``, else in English, else the code."""
    known = dict(said(tx, kind, default={}))
    return {str(code): policy.name_in(entry, language) or str(code) for code, entry in known.items()}


def _wrong(field: str, message: Phrase) -> None:
    raise Invalid("Please check tier and skills.", fields={field: [message]})
