"""An acceptance and its gates: opened for a case, run in rounds, met, excepted or given up (FIX-5, FIX-6, FIX-7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.acceptance import bars as policies
from loopdesk.desk.acceptance.tables import acceptance_, gate_, word_
from loopdesk.desk.record import case_
from loopdesk.desk.rights import readable, require
from loopdesk.desk.sql import Page, paged, row_as
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing
from loopdesk.engine.tx import Tx

MONITORING, LOAD_TEST, USERS = KINDS = ("monitoring", "load_test", "users")
"""Thirty days of samples; a report of a load test; a survey of key users."""
BENEFIT = "benefit"
"""Asked for beside the gates; it runs as a process of its own, for the case may be closed long before."""
OTHER_WORDS = {"loadtest": LOAD_TEST, "survey": USERS, "survey20": USERS, "roi": BENEFIT}
WANTED, RUNNING, ACCEPTED, REFUSED, REPLACED, WITHDRAWN = STATES = (
    "wanted",
    "running",
    "accepted",
    "refused",
    "replaced",
    "withdrawn",
)
"""A wanted one was asked for beforehand: it begins when the closure comes to the gates."""
WAITING, FAILED, MET, EXCEPTED, GIVEN_UP = "waiting", "failed", "met", "excepted", "given_up"
GATE_STATES = (WAITING, RUNNING, FAILED, MET, EXCEPTED, GIVEN_UP)
REPLACED_BY = "acceptance.replaced"
LOST, LOAD_TESTED, USERS_ANSWERED, SAID = TOLD = (
    "acceptance.lost",
    "acceptance.load_tested",
    "acceptance.users_answered",
    "acceptance.said",
)
"""Messages for one gate, keyed by its id; a new round must not find those of the one before."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate; ``fails`` are codes of what was not reached, ``figures`` what was measured, in its last round."""

    id: str
    acceptance: str
    case: str
    kind: str
    state: str
    round: int
    from_at: datetime | None
    until_at: datetime | None
    lost_at: datetime | None
    bars: Mapping[str, Any]
    figures: Mapping[str, Any]
    fails: Sequence[str]
    decided_at: datetime | None
    reason: str
    approved_id: str
    approved_by: str
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One acceptance of a case with its gates."""

    id: str
    case: str
    state: str
    reason: str
    opened_at: datetime
    ended_at: datetime | None
    gates: list[Gate] = field(default_factory=list)


def wanted(names: Iterable[str]) -> list[str]:
    """The gates that a process asks for, each once; raises `Invalid` for a word that is no gate."""
    codes = [OTHER_WORDS.get(str(one), str(one)) for one in names]
    unknown = sorted(set(codes) - {*KINDS, BENEFIT})
    if unknown:
        raise Invalid(
            "There is no acceptance gate %(gates)s.",
            remedy=N_("Choose among %(known)s."),
            gates=", ".join(unknown),
            known=", ".join((*KINDS, BENEFIT)),
        )
    return list(dict.fromkeys(codes))


def open_(actor: Actor, tx: Tx, number: str, names: Iterable[str]) -> Acceptance:
    """Begin an acceptance with the gates that were asked for beforehand (`wants`); one that runs is replaced: its fix
    was another one."""
    require(actor, "acceptance.run")
    record.get(tx, number, lock=True)
    _stop(actor, tx, number, REPLACED)
    made = prepare(tx, number, [one for one in wanted(names) if one != BENEFIT]).id
    begun = sa.update(acceptance_).where(acceptance_.c.id == made)
    tx.conn.execute(begun.values(state=RUNNING, opened_at=tx.now))
    tx.conn.execute(sa.update(gate_).where(gate_.c.acceptance == made).values(state=RUNNING))
    found = get(tx, made)
    data = {"id": made, "gates": [gate.kind for gate in found.gates]}
    events.record(actor, tx, "acceptance.opened", key=number, data=data)
    return found


def prepare(tx: Tx, number: str, kinds: Iterable[str]) -> Acceptance:
    """The acceptance of the case that has not begun yet, else a new one, with these gates beside those it has."""
    found = in_state(tx, number, WANTED)
    if found is None:
        row = {"id": new_id(), "case": number, "state": WANTED, "reason": "", "opened_at": tx.now}
        tx.conn.execute(sa.insert(acceptance_).values(**row))
    made = found.id if found else str(row["id"])
    for kind in sorted(set(kinds) - {gate.kind for gate in (found.gates if found else ())}):
        empty = {"bars": {}, "figures": {}, "fails": [], "reason": "", "approved_id": "", "approved_by": ""}
        gate = {"id": new_id(), "acceptance": made, "case": number, "kind": kind, "state": WAITING, "round": 0}
        tx.conn.execute(sa.insert(gate_).values(**gate, **empty))
    return get(tx, made)


def in_state(tx: Tx, number: str, state: str) -> Acceptance | None:
    """The newest acceptance of a case in that state."""
    return next(iter(_select(tx, (acceptance_.c.case == number) & (acceptance_.c.state == state))), None)


def withdraw(actor: Actor, tx: Tx, number: str, *, states: Sequence[str] = (RUNNING,)) -> None:
    """The case goes back to work: what still runs accepts a fix that is none, and ends (FIX-5, FIX-9)."""
    for known in _stop(actor, tx, number, WITHDRAWN, states):
        events.record(actor, tx, "acceptance.withdrawn", key=number, data={"id": known.id})


def begin(actor: Actor, tx: Tx, gate_id: str) -> Gate:
    """Begin the next round of a gate. That of monitoring begins with the next whole interval: nothing before counts."""
    require(actor, "acceptance.run")
    gate = one(tx, gate_id, lock=True)
    for name in TOLD:
        messages.forget(tx, name, key=gate.id)
    values: dict[str, Any] = {"round": gate.round + 1, "state": RUNNING, "figures": {}, "fails": [], "lost_at": None}
    # An exception was for the round before: events keep it, this one has none.
    values |= {"decided_at": None, "reason": "", "approved_id": "", "approved_by": "", "approved_at": None}
    close_questions(tx, [gate.id])
    if gate.kind == MONITORING:
        bars = policies.current(tx)
        start = _next_whole(tx.now, bars.interval)
        values |= {"bars": policies.kept(bars), "from_at": start, "until_at": start + bars.window}
    if gate.kind == USERS:
        values |= {"bars": policies.kept_questions(tx)}
    change(tx, gate, values)
    _told(actor, tx, gate, "acceptance.round_begun", {"round": values["round"]})
    return one(tx, gate_id)


def decide(actor: Actor, tx: Tx, gate_id: str, *, fails: Sequence[str], figures: Mapping[str, Any]) -> Gate:
    """Keep what a gate's round came to: met where nothing failed."""
    require(actor, "acceptance.run")
    gate = one(tx, gate_id, lock=True)
    state = FAILED if fails else MET
    change(tx, gate, {"state": state, "fails": list(fails), "figures": dict(figures), "decided_at": tx.now})
    _told(actor, tx, gate, f"acceptance.gate_{state}", {"fails": list(fails), "figures": dict(figures)})
    return one(tx, gate_id)


def give_up(actor: Actor, tx: Tx, gate_id: str, *, reason: str) -> Gate:
    """The owner takes the case back to the repair: this gate cannot be met with what there is."""
    require(actor, "acceptance.run")
    gate = one(tx, gate_id, lock=True)
    change(tx, gate, {"state": GIVEN_UP, "reason": reason.strip(), "decided_at": tx.now})
    _told(actor, tx, gate, "acceptance.gate_given_up", {"reason": reason.strip()})
    return one(tx, gate_id)


def finish(actor: Actor, tx: Tx, acceptance_id: str) -> Acceptance:
    """End the acceptance: accepted where each gate was met or excepted, else refused with the owner's reason."""
    require(actor, "acceptance.run")
    found = get(tx, acceptance_id)
    open_gates = [gate for gate in found.gates if gate.state not in (MET, EXCEPTED)]
    reason = "; ".join(gate.reason for gate in open_gates if gate.reason)
    if found.state == RUNNING:
        _end(tx, found.id, REFUSED if open_gates else ACCEPTED, reason)
        data = {"id": found.id, "accepted": not open_gates, "reason": reason}
        events.record(actor, tx, "acceptance.finished", key=found.case, data=data)
    return get(tx, acceptance_id)


def get(tx: Tx, acceptance_id: str) -> Acceptance:
    """The acceptance with its gates; raises `Missing`."""
    found = _select(tx, acceptance_.c.id == acceptance_id)
    if not found:
        raise Missing("There is no such acceptance.")
    return found[0]


def see(actor: Actor, tx: Tx, acceptance_id: str) -> Acceptance:
    """`get` for whoever may see its case; raises `Missing` for everybody else."""
    visible = acceptance_.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    found = _select(tx, (acceptance_.c.id == acceptance_id) & visible)
    if not found:
        raise Missing("There is no such acceptance.")
    return found[0]


def listing(
    actor: Actor, tx: Tx, *, state: str = "", case: str = "", page: int = 1, per_page: int = 25
) -> Page[Acceptance]:
    """The acceptances of cases that ``actor`` may see, newest first."""
    where: sa.ColumnElement[bool] = acceptance_.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    for column, value in ((acceptance_.c.state, state), (acceptance_.c.case, case)):
        where &= column == value if value else sa.true()
    found = paged(tx, _newest_first(where), dict, page, per_page)
    return Page(_with_gates(tx, found.rows), found.total, found.page, found.per_page)


def of_case(actor: Actor, tx: Tx, number: str) -> list[Acceptance]:
    """All acceptances of a case that ``actor`` may see, newest first."""
    visible = acceptance_.c.case.in_(sa.select(case_.c.number).where(readable(actor)))
    return _select(tx, (acceptance_.c.case == number) & visible)


def one(tx: Tx, gate_id: str, *, lock: bool = False) -> Gate:
    """The gate; with ``lock`` nobody else changes it until the commit. Raises `Missing`."""
    query = sa.select(gate_).where(gate_.c.id == gate_id)
    row = tx.conn.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise Missing("There is no such acceptance gate.")
    return row_as(Gate, row)


def of_kind(tx: Tx, acceptance_id: str, kind: str) -> Gate:
    """The gate of a kind; raises `Conflict` where the acceptance has none."""
    gate = next((gate for gate in get(tx, acceptance_id).gates if gate.kind == kind), None)
    if gate is None:
        raise Conflict(
            "This acceptance does not ask for that.",
            remedy=N_("Look at its gates; another acceptance of the case may be meant."),
        )
    return gate


def change(tx: Tx, gate: Gate, values: Mapping[str, Any]) -> None:
    """Write columns of a gate."""
    tx.conn.execute(sa.update(gate_).where(gate_.c.id == gate.id).values(**values))


def _told(actor: Actor, tx: Tx, gate: Gate, kind: str, data: Mapping[str, Any]) -> None:
    about = {"gate": gate.id, "acceptance": gate.acceptance, "gate_kind": gate.kind}
    events.record(actor, tx, kind, key=gate.case, data={**about, **data})


def close_questions(tx: Tx, gate_ids: Iterable[str]) -> None:
    """What the customer was asked about these gates is over without an answer: the links stop working."""
    mine = word_.c.gate.in_(list(gate_ids)) & word_.c.answered_at.is_(None) & (word_.c.expires_at > tx.now)
    tx.conn.execute(sa.update(word_).where(mine).values(expires_at=tx.now))


def _stop(actor: Actor, tx: Tx, number: str, state: str, states: Sequence[str] = (RUNNING,)) -> list[Acceptance]:
    running = _select(tx, (acceptance_.c.case == number) & acceptance_.c.state.in_(states))
    for known in running:
        _end(tx, known.id, state, "")
        close_questions(tx, [gate.id for gate in known.gates])
        for gate in known.gates:
            if gate.state in (WAITING, RUNNING, FAILED):
                change(tx, gate, {"state": GIVEN_UP, "decided_at": tx.now})
        # The name that the diagrams of former versions wait for as well.
        if known.state == RUNNING:
            messages.publish(actor, tx, REPLACED_BY, key=known.id, message_id=f"{REPLACED_BY}:{known.id}")
    return running


def _end(tx: Tx, acceptance_id: str, state: str, reason: str) -> None:
    values = {"state": state, "reason": reason, "ended_at": tx.now}
    tx.conn.execute(sa.update(acceptance_).where(acceptance_.c.id == acceptance_id).values(**values))


def _next_whole(now: datetime, interval: timedelta) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - (midnight - now) // interval * interval


def _select(tx: Tx, where: sa.ColumnElement[bool]) -> list[Acceptance]:
    return _with_gates(tx, [dict(row) for row in tx.conn.execute(_newest_first(where)).mappings()])


def _newest_first(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(acceptance_).where(where).order_by(acceptance_.c.opened_at.desc(), acceptance_.c.id.desc())


def _with_gates(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> list[Acceptance]:
    mine = gate_.c.acceptance.in_([row["id"] for row in rows])
    gates: dict[str, list[Gate]] = {}
    for row in tx.conn.execute(sa.select(gate_).where(mine).order_by(gate_.c.kind)).mappings():
        gates.setdefault(row["acceptance"], []).append(row_as(Gate, row))
    return [Acceptance(**row, gates=gates.get(row["id"], [])) for row in rows]
