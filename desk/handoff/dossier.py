"""What both sides of a handoff sign for, and whether it still is what a signer has read (HND-2)."""

import hashlib
from collections.abc import Mapping
from functools import reduce
from typing import Any

import orjson

from loopdesk.desk import record
from loopdesk.desk.handoff.tables import signature
from loopdesk.desk.record import Case
from loopdesk.engine.errors import N_, Conflict, Phrase
from loopdesk.engine.tx import Tx

FIELDS: Mapping[str, str] = {
    "number": N_("Number"),
    "title": N_("Title"),
    "description": N_("Description"),
    "type": N_("Kind"),
    "urgency": N_("Urgency"),
    "scope": N_("Scope"),
    "complexity": N_("Complexity"),
    "priority": N_("Priority"),
    "occurred_at": N_("Happened"),
    "steps": N_("Steps"),
    "expected": N_("Expected"),
    "system_version": N_("Version"),
}
"""The problem itself, without its comments, clocks and people -> what a reader calls the field."""
_MARK = 10
"""Hex digits that stand for one field in what a page hands back."""


def dossier(case: Case) -> dict[str, Any]:
    """The fields that a signature is for, as JSON keeps them."""
    values = {name: getattr(case, name) for name in FIELDS}
    return values | {"occurred_at": case.occurred_at.isoformat() if case.occurred_at else None}


def digest(case: Case) -> str:
    """The sha256 of the dossier: equal digests mean that both sides signed for the same."""
    values = {name: getattr(case, name) for name in FIELDS}
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


def seen(case: Case) -> str:
    """What a page hands back with a signature, to tell what of the dossier its reader saw: a mark for each field."""
    return "-".join(hashlib.sha256(orjson.dumps(value)).hexdigest()[:_MARK] for value in dossier(case).values())


def remember(tx: Tx, number: str, mark: str) -> None:
    """Let signatures of this transaction on case ``number`` count only for what ``mark`` (of `seen`) stands for."""
    if mark:
        tx.kept(signature)[number] = mark


def require_seen(tx: Tx, case: Case) -> None:
    """Raise `Conflict` that names the fields which have changed since the signer read them; nothing is lost by it."""
    mark = tx.kept(signature).get(case.number)
    names = changed(case, mark) if mark else []
    if names:
        raise Conflict(
            "The case has changed since you read it: %(fields)s.",
            remedy=N_("Look again at what you sign for; your entries are kept as a draft."),
            fields=reduce(_and, [Phrase(FIELDS[name]) for name in names]),
        )


def changed(case: Case, mark: str) -> list[str]:
    """The fields whose values are no longer those that ``mark`` stands for; all of them for a mark that is none."""
    before, now = mark.split("-"), seen(case).split("-")
    if len(before) != len(now):
        return list(FIELDS)
    return [name for name, old, new in zip(FIELDS, before, now, strict=True) if old != new]


def differs(tx: Tx, number: str, signed: Mapping[str, Any] | None) -> list[str]:
    """The fields of a signed dossier that have another value on the case now."""
    now = dossier(record.get(tx, number))
    return [name for name in FIELDS if signed is not None and signed.get(name) != now[name]]


def _and(first: Phrase, other: Phrase) -> Phrase:
    return Phrase("%(first)s, %(other)s", first=first, other=other)
