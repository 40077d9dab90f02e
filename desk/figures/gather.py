"""What is known of cases becomes their rows of figures: read for many at once, written anew each time (ANA-1, ANA-2).

Doing it again makes the same rows. A case that has left the tables for the archive keeps the row that it had, and so
does one that cannot be counted: it is counted on its own by the outbox, whose incident names it, and the others go on.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from loopdesk.desk.departments import FIRST_LINE
from loopdesk.desk.duplicates.links import MERGED
from loopdesk.desk.emergency.rows import emergency_
from loopdesk.desk.escalation import escalation_
from loopdesk.desk.feedback.tables import CLOSURE, COMPLAINT, feedback_, survey_
from loopdesk.desk.figures import rules
from loopdesk.desk.figures.course import HELD, PHASES, Course, Turn, course
from loopdesk.desk.figures.rows import case_figure, downtime, held_time
from loopdesk.desk.figures.spread import bucket
from loopdesk.desk.record import case_
from loopdesk.desk.sla import choice
from loopdesk.desk.sla.live import HANDOFF
from loopdesk.desk.sla.rows import clock, clock_event
from loopdesk.engine import outbox
from loopdesk.engine.events import event
from loopdesk.engine.outbox_rows import CLAIMED, FAILED, READY
from loopdesk.engine.tx import Tx

FIRST = "first_response"
TYPED = "case.typed"
"""Routing has said which department holds the case: no clock hears of it."""
SECOND = timedelta(seconds=1)
ALONE = "figures.count"
"""The outbox row that counts one case which could not be counted among the others."""
UNFINISHED = (READY, CLAIMED, FAILED)
log = logging.getLogger(__name__)
Row = Mapping[Any, Any]
Days = set[tuple[str, date]]


def gather(tx: Tx, numbers: Collection[str], *, strict: bool = False) -> Days:
    """Write the rows of these cases anew; returns (basis, day) of each day whose sums change by it.

    What fails with a case is raised if ``strict``; else the case is left to a row of the outbox.
    """
    wanted = sorted(set(numbers))
    cases = tx.ask(sa.select(case_).where(case_.c.number.in_(wanted))).mappings().all()
    there = [str(case["number"]) for case in cases]
    if not there:
        return set()
    known = _Known(tx, there)
    out = rules.left_out(tx)
    counted = [case for case in cases if case["channel"] not in out and case["close_reason"] != MERGED]
    made, failed = _made(known, counted, strict)
    _count_alone(tx, failed)
    there = [number for number in there if number not in failed]
    before = tx.ask(sa.select(case_figure).where(case_figure.c.number.in_(there))).mappings().all()
    rows = [row for row, _ in made]
    held = [
        {"number": row["number"], "team": team, "seconds": seconds}
        for row, run in made
        for team, seconds in sorted(run.teams.items())
        if seconds
    ]
    _replace(tx, case_figure, there, rows)
    _replace(tx, held_time, there, held)
    _replace(tx, downtime, there, known.downtimes(there))
    return {*_days(before), *_days(rows)}


def _made(known: "_Known", cases: Iterable[Row], strict: bool) -> tuple[list[tuple[dict[str, Any], Course]], set[str]]:
    made: list[tuple[dict[str, Any], Course]] = []
    failed: set[str] = set()
    for case in cases:
        try:
            run = known.course(case)
            made.append((known.row(case, run), run))
        except sa.exc.DBAPIError:
            raise
        except Exception:
            if strict:
                raise
            log.exception("The figures of case %s cannot be counted; the others go on", case["number"])
            failed.add(str(case["number"]))
    return made, failed


def _count_alone(tx: Tx, numbers: Collection[str]) -> None:
    """Unless it is wished for already, or has failed and is not repaired."""
    row = outbox.outbox.c
    there = (row.kind == ALONE) & row.state.in_(UNFINISHED) & row.key.in_(sorted(numbers))
    known = set(tx.ask(sa.select(row.key).where(there)).scalars()) if numbers else set()
    wanted = [
        outbox.Wanted(ALONE, {"case": number}, f"{ALONE}:{number}:{tx.now.isoformat()}", number)
        for number in sorted(set(numbers) - known)
    ]
    if wanted:
        outbox.put_many(tx, wanted)


def _replace(tx: Tx, table: sa.Table, numbers: Sequence[str], rows: Sequence[Row]) -> None:
    tx.conn.execute(sa.delete(table).where(table.c.number.in_(numbers)))
    if rows:
        tx.conn.execute(sa.insert(table), [dict(row) for row in rows])


def _days(rows: Iterable[Row]) -> Days:
    named = {(basis, row[f"{basis}_day"]) for row in rows for basis in ("opened", "closed")}
    return {(basis, day) for basis, day in named if day is not None}


class _Known:
    """What stands in the tables about some cases, by case."""

    def __init__(self, tx: Tx, numbers: Sequence[str]) -> None:
        self.tx = tx
        self.zone = ZoneInfo(tx.host.zone)
        self.clocks = _by_case(tx, sa.select(clock).where(clock.c.case.in_(numbers), clock.c.department == ""))
        moved = (*PHASES, HANDOFF)
        self.moved = _by_case(
            tx, sa.select(clock_event).where(clock_event.c.case.in_(numbers), clock_event.c.kind.in_(moved))
        )
        typed = sa.select(event.c.id, event.c.key.label("case"), event.c.at, event.c.data)
        self.typed = _by_case(tx, typed.where(event.c.key.in_(numbers), event.c.kind == TYPED))
        lifted = sa.select(escalation_.c.case).where(escalation_.c.case.in_(numbers)).distinct()
        self.lifted = set(tx.ask(lifted).scalars())
        asked = sa.select(survey_).where(survey_.c.case.in_(numbers), survey_.c.kind == CLOSURE)
        self.surveys = _by_case(tx, asked.order_by(survey_.c.sent_at, survey_.c.id))
        bad = sa.select(feedback_.c.case).where(feedback_.c.case.in_(numbers), feedback_.c.kind == COMPLAINT)
        self.complained = set(tx.ask(bad.distinct()).scalars())
        self.emergencies = tx.ask(sa.select(emergency_).where(emergency_.c.case.in_(numbers))).mappings().all()

    def course(self, case: Row) -> Course:
        """Where the time of a case went."""
        number = str(case["number"])
        turns = [_turn(row) for row in self.moved[number]]
        turns += [Turn(row["at"], row["id"], HELD, str(row["data"]["department"])) for row in self.typed[number]]
        # Of an open case only up to its last turn: what is written does not depend on when the job came by.
        last = max((one.at for one in turns), default=case["opened_at"])
        return course(case["opened_at"], FIRST_LINE, turns, case["closed_at"] or last)

    def row(self, case: Row, run: Course) -> dict[str, Any]:
        """The row of figures of one case."""
        clocks = {row["kind"]: row for row in self.clocks[case["number"]]}
        first = clocks.get(FIRST)
        seconds = _between(case["opened_at"], first["met_at"] if first else None)
        repair = run.repair
        return {
            "number": case["number"],
            "opened_at": case["opened_at"],
            "opened_day": self.day(case["opened_at"]),
            "closed_at": case["closed_at"],
            "closed_day": self.day(case["closed_at"]),
            "channel": case["channel"],
            "level": case["priority"],
            "class": case["type"],
            "team": case["department"],
            "customer": case["organisation_id"] or "",
            "restricted": case["restricted"],
            "first_seconds": seconds,
            "first_bucket": bucket(seconds),
            "first_kept": _kept(first),
            "responded": None if first is None else first["met_at"] is not None,
            "repair_seconds": repair,
            "repair_bucket": bucket(repair),
            "waiting_seconds": run.waiting,
            "on_time": self._on_time(case, clocks),
            "escalated": case["number"] in self.lifted,
            **self._answer(case["number"]),
            "complained": case["number"] in self.complained,
        }

    def day(self, at: datetime | None) -> date | None:
        """The day of a moment in the zone of the house."""
        return None if at is None else at.astimezone(self.zone).date()

    def _on_time(self, case: Row, clocks: Mapping[str, Row]) -> bool | None:
        """Whether the end that was promised was never late; None while the case is open or nothing was promised."""
        if case["closed_at"] is None or not clocks:
            return None
        bundle = next(iter(clocks.values()))["bundle_id"]
        order = choice.library(self.tx).book(bundle).rules.told
        named = (clocks[kind] for kind in order if kind in clocks and kind != FIRST)
        end = next((one for one in named if _promised(one)), None)
        return None if end is None else end["breached_at"] is None

    def _answer(self, number: str) -> dict[str, Any]:
        """The first answer to a survey of the case (FBK-1: one counts)."""
        asked = self.surveys[number]
        answered = min((one for one in asked if one["answered_at"]), key=lambda one: one["answered_at"], default=None)
        given = {name: answered[name] if answered else None for name in ("stars", "nps")}
        return {"asked": bool(asked), **given}

    def downtimes(self, numbers: Collection[str]) -> list[dict[str, Any]]:
        """From when until when emergencies of these cases kept the service away."""
        return [
            {
                "emergency": one["id"],
                "number": one["case"],
                "kind": one["kind"],
                "severity": one["severity"],
                "since": one["declared_at"],
                "until": one["stable_at"] or one["ended_at"],
            }
            for one in self.emergencies
            if one["case"] in numbers
        ]


def _by_case(tx: Tx, query: sa.Select[Any]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in tx.ask(query).mappings():
        found[str(row["case"])].append(row)
    return found


def _turn(row: Row) -> Turn:
    held = row["kind"] == HANDOFF
    team = str(row["data"].get("to") or "") if held else ""
    return Turn(row["at"], row["id"], HELD if held else row["kind"], team)


def _promised(one: Row) -> bool:
    return one["target_minutes"] is not None or one["breached_at"] is not None


def _kept(first: Row | None) -> bool | None:
    if first is None or not _promised(first):
        return None
    if first["breached_at"] is not None:
        return False
    return True if first["met_at"] is not None else None


def _between(since: datetime, until: datetime | None) -> int | None:
    return None if until is None else max(0, int((until - since) / SECOND))
