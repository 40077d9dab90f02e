"""Changed policies replayed over closed cases, side by side with those that counted, before they go live (SLA-1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import calendars, policy
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sla import checks, choice, kept, live
from loopdesk.desk.sla.book import FILE, Book
from loopdesk.desk.sla.live import Counted, Happened, Library
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.calendar import Calendars
from loopdesk.engine.errors import LoopdeskError
from loopdesk.engine.findings import Finding, errors_of
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

CHANGED = "changed"
"""Stands where a deployment's id stands in what counted."""
MOST = 2000
"""So many closed cases, the latest, are replayed."""


@dataclass
class Line:
    """One clock of a level: of the cases where it ended or was late, how many kept it before and after."""

    policy: str
    level: str
    clock: str
    before: int = 0
    before_kept: int = 0
    after: int = 0
    after_kept: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A clock of a case that stands otherwise: whether it was kept (None: not promised), and when it was due."""

    number: str
    clock: str
    before: bool | None
    after: bool | None
    before_due: datetime | None
    after_due: datetime | None


@dataclass
class WhatIf:
    """What would have been: how many cases were replayed, and why some could not be."""

    cases: int = 0
    lines: list[Line] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    failed: dict[str, LoopdeskError] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def what_if(actor: Actor, tx: Tx, files: Files) -> WhatIf:
    """Replay the latest closed cases by the changed ``sla.yaml`` of ``files``, with its ``calendars.yaml`` if given.

    Policy and level of each case stay those that counted. Raises `NotDeployable` with the findings on policies that
    could not be deployed either.
    """
    require(actor, "sla.try")
    present = choice.deployed(tx, choice.current(tx)).files
    tried = {calendars.FILE: present.get(calendars.FILE, b"{}"), **files}
    findings = [*calendars.check(tried), *checks.check(tried)]
    if errors_of(findings):
        raise NotDeployable(policy.BUNDLE, findings)
    library = choice.library(tx)
    known = calendars.read(tried[calendars.FILE])
    book = Book(policy.parse(tried[FILE], FILE), known)
    found = WhatIf(findings=findings)
    lines: dict[Any, Line] = {}
    for number, rows in _closed(actor, tx):
        found.cases += 1
        try:
            before = live.count(rows, library, tx.now)
            after = live.count([_changed(row) for row in rows], _with(library, book, known), tx.now)
        except LoopdeskError as error:
            found.failed[number] = error
            continue
        _compare(number, before, after, lines, found)
    found.lines = sorted(lines.values(), key=lambda line: (line.policy, line.level, line.clock))
    return found


def _closed(actor: Actor, tx: Tx) -> Iterator[tuple[str, list[Happened]]]:
    closed = sa.select(case_.c.number).where(case_.c.status == "closed", visible_to(actor))
    numbers = list(tx.ask(closed.order_by(case_.c.closed_at.desc(), case_.c.number.desc()).limit(MOST)).scalars())
    kept.remember(tx, numbers)
    yield from ((number, rows) for number in numbers if (rows := kept.happenings(tx, number)))


def _changed(row: Happened) -> Happened:
    """What happened, as if the changed policies had counted from the beginning."""
    data = dict(row.data)
    if data.get("levels"):
        data["levels"] = {slot: {**said, "bundle": CHANGED} for slot, said in data["levels"].items()}
    if data.get("calendars"):
        data["calendars"] = CHANGED
    return replace(row, data=data)


def _with(library: Library, book: Book, known: Calendars) -> Library:
    return Library(
        lambda made: book if made == CHANGED else library.book(made),
        lambda made: known if made == CHANGED else library.calendars(made),
    )


def _compare(number: str, before: list[Counted], after: list[Counted], lines: dict[Any, Line], found: WhatIf) -> None:
    old, new = _by_name(before), _by_name(after)
    for name in dict.fromkeys((*old, *new)):
        one = new.get(name) or old[name]
        key = one.level.policy, one.level.value, one.kind
        line = lines.setdefault(key, Line(*key))
        was, would = _kept(old.get(name)), _kept(new.get(name))
        line.before, line.before_kept = line.before + (was is not None), line.before_kept + bool(was)
        line.after, line.after_kept = line.after + (would is not None), line.after_kept + bool(would)
        if was is not would:
            due = [one.clock.due if one else None for one in (old.get(name), new.get(name))]
            found.changes.append(Change(number, name, was, would, *due))


def _by_name(counted: list[Counted]) -> Mapping[str, Counted]:
    return {one.name: one for one in counted if one.promised}


def _kept(one: Counted | None) -> bool | None:
    """Whether a clock was kept; None for one that is not promised, or neither ended nor late."""
    if one is None or (one.clock.state != "met" and not one.clock.breached):
        return None
    return not one.clock.breached
