"""Monitoring reports that something fails: a case, and for a core interface an emergency by itself (EMG-11)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import case as cases
from loopdesk.desk import casework, policy, record
from loopdesk.desk.emergency import causes, course, figures, reads, timeline
from loopdesk.desk.emergency.lead import SCOPES, SEVERITIES
from loopdesk.desk.emergency.rows import Emergency, alert_
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.sql import hold
from loopdesk.engine.tx import Tx

FIRING, RESOLVED = STATES = ("firing", "resolved")
CHANNEL = "monitoring"
"""The channel of cases that no customer reported."""
REQUESTED = "emergency.requested"


@dataclass(frozen=True, slots=True)
class Alert:
    """What a monitor reports; ``id`` is its own, the same one again is the same alert of that ``source``.

    ``interface`` names what fails; ``cause`` joins alerts of one failure, without one it is the interface. Kind, scope
    and severity are the policy's for a core interface where the alert says nothing.
    """

    source: str
    id: str
    interface: str
    state: str = FIRING
    text: str = ""
    cause: str = ""
    kind: str = ""
    scope: str = ""
    severity: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an alert: its ``case``, and the ``emergency`` (None until it is declared, or where none starts).

    ``starts``: an emergency begins by itself. ``joined``: it belongs to a failure that was known. ``times``: how often
    the alert came.
    """

    case: str
    emergency: str | None
    starts: bool
    joined: bool
    times: int
    state: str


def report(actor: Actor, tx: Tx, alert: Alert) -> Outcome:
    """Take an alert: open a case for a new failure, join a known one, note that it is over.

    Raises `Invalid` with each wrong field, `Missing` for the end of an alert that never began, `Refused`.
    """
    require(actor, "emergency.alert")
    _check(tx, alert)
    asked = replace(alert, cause=" ".join((alert.cause or alert.interface).split()))
    for name in sorted({f"alert cause\n{asked.cause.casefold()}", f"alert\n{asked.source}\n{asked.id}"}):
        hold(tx, name)
    known = _known(tx, asked)
    if asked.state == RESOLVED:
        if known is None:
            raise Missing("There is no alert %(alert)s of %(source)s.", alert=alert.id, source=alert.source)
        return _resolve(actor, tx, asked, known)
    if known is not None and _unsolved(tx, known["case"]):
        return _again(actor, tx, asked, known)
    return _new(actor, tx, asked, known)


def _check(tx: Tx, alert: Alert) -> None:
    problems: dict[str, list[str]] = {}
    for name, most in (("source", 100), ("id", 200), ("interface", 100)):
        text = str(getattr(alert, name))
        if not text.strip():
            problems[name] = [Phrase("This is needed.")]
        elif len(text) > most:
            problems[name] = [Phrase("At most %(most)s characters.", most=most)]
    known: Mapping[str, Any] = {
        "state": STATES,
        "kind": ("", *figures.kinds(tx)),
        "scope": ("", *SCOPES),
        "severity": ("", *SEVERITIES),
    }
    for name, values in known.items():
        if getattr(alert, name) not in values:
            problems[name] = [Phrase("Take one of %(known)s.", known=", ".join(filter(None, values)))]
    if problems:
        raise Invalid("This alert cannot be taken as it is.", fields=problems)


def _new(actor: Actor, tx: Tx, alert: Alert, before: Mapping[str, Any] | None) -> Outcome:
    """A failure nobody knew of, or one of a cause that is known: that case gets the alert, too."""
    number = _of_cause(tx, alert.cause)
    joined, cores = number is not None, figures.said(tx, "core_interfaces") or {}
    core = cores.get(alert.interface)
    if number is None:
        number = _open(actor, tx, alert, core or {})
    # What began beside the core may reach it; an emergency that was asked for before is not asked for again.
    begun = core is not None and not (joined and _asked_for(tx, number, cores))
    if core is not None and begun:
        _request(actor, tx, number, alert, core)
    row: dict[str, Any] = {"case": number, "interface": alert.interface, "cause": alert.cause, "scope": alert.scope}
    row |= {"severity": alert.severity, "text": alert.text, "last_at": tx.now, "resolved_at": None}
    if before is None:
        named = {"id": new_id(), "source": alert.source, "alert": alert.id, "first_at": tx.now, "times": 1}
        tx.conn.execute(sa.insert(alert_).values(**named, **row))
    else:
        tx.conn.execute(sa.update(alert_).where(alert_.c.id == before["id"]).values(**row, times=before["times"] + 1))
    emergency = _emergency(tx, number)
    _say(actor, tx, number, emergency, alert, joined=joined)
    if emergency is not None and emergency.stable_at is not None:
        course.fails_again(actor, tx, emergency, alert.text or alert.interface)
    times = 1 if before is None else before["times"] + 1
    return Outcome(number, emergency.id if emergency else None, begun, joined, times, FIRING)


def _again(actor: Actor, tx: Tx, alert: Alert, known: Mapping[str, Any]) -> Outcome:
    """The same alert once more: counted; after its end it is told of, and a service that was back has failed again."""
    number, times = known["case"], known["times"] + 1
    came = {"times": times, "last_at": tx.now, "resolved_at": None, "text": alert.text or known["text"]}
    tx.conn.execute(sa.update(alert_).where(alert_.c.id == known["id"]).values(**came))
    emergency = _emergency(tx, number)
    if known["resolved_at"] is not None:
        _say(actor, tx, number, emergency, alert, joined=True)
    if emergency is not None and emergency.stable_at is not None:
        course.fails_again(actor, tx, emergency, alert.text or alert.interface)
    return Outcome(number, emergency.id if emergency else None, False, True, times, FIRING)


def _resolve(actor: Actor, tx: Tx, alert: Alert, known: Mapping[str, Any]) -> Outcome:
    emergency = _emergency(tx, known["case"])
    if known["resolved_at"] is None:
        tx.conn.execute(sa.update(alert_).where(alert_.c.id == known["id"]).values(resolved_at=tx.now))
        _say(actor, tx, known["case"], emergency, alert, joined=True)
    return Outcome(known["case"], emergency.id if emergency else None, False, True, known["times"], RESOLVED)


def _open(actor: Actor, tx: Tx, alert: Alert, core: Mapping[str, Any]) -> str:
    name = policy.name_in(core, alert.language or "en") or alert.interface
    text = alert.text.strip() or name
    severity = _said(alert, core)["severity"] if core else ""  # Only then there is an emergency (priority.dmn, EMG-11).
    opened = cases.open(
        actor,
        tx,
        cases.Report(
            channel=CHANNEL,
            title=f"{name}: {text.splitlines()[0]}",
            description=text,
            occurred_at=tx.now,
            language=alert.language,
            external_id=f"{alert.source}:{alert.id}:{tx.now.isoformat()}",
            automatic=True,
            details={"severity": severity} if severity else {},
        ),
    )
    return opened.number


def _said(alert: Alert, core: Mapping[str, Any]) -> dict[str, str]:
    """Kind, scope and severity as the alert says, else as the policy says of the interface."""
    return {name: getattr(alert, name) or str(core.get(name) or "") for name in ("kind", "scope", "severity")}


def _request(actor: Actor, tx: Tx, number: str, alert: Alert, core: Mapping[str, Any]) -> None:
    """Let the emergency begin by itself: the process grades it by the matrix (EMG-12)."""
    payload = {**_said(alert, core), "cause": alert.cause, "alert": alert.id}
    messages.throw(actor, tx, REQUESTED, key=number, payload=payload)


def _say(actor: Actor, tx: Tx, number: str, emergency: Emergency | None, alert: Alert, *, joined: bool) -> None:
    data: dict[str, Any] = {"source": alert.source, "alert": alert.id, "interface": alert.interface}
    data |= {"state": alert.state, "joined": joined}
    if emergency is not None:
        timeline.write(actor, tx, emergency, "alert", alert.text.strip(), **data)
    events.record(actor, tx, "emergency.alerted", key=number, data={**data, "text": alert.text.strip()})


def _known(tx: Tx, alert: Alert) -> Mapping[str, Any] | None:
    same = (alert_.c.source == alert.source) & (alert_.c.alert == alert.id)
    row = tx.conn.execute(sa.select(alert_).where(same)).mappings().first()
    return dict(row) if row else None


def _of_cause(tx: Tx, cause: str) -> str | None:
    """The case of a failure that is under way: of an emergency of that cause, or of an alert whose case is unsolved."""
    if (running := causes.of_cause(tx, cause)) is not None:
        return running.case
    query = sa.select(alert_.c.case).join(case_, case_.c.number == alert_.c.case)
    mine = (sa.func.lower(alert_.c.cause) == cause.lower()) & case_.c.status.in_(casework.OPEN)
    return tx.conn.scalar(query.where(mine).order_by(alert_.c.first_at).limit(1))


def _asked_for(tx: Tx, number: str, cores: Mapping[str, Any]) -> bool:
    """Whether the case has an emergency, or an alert of a core interface, which asked for one."""
    mine = (alert_.c.case == number) & alert_.c.interface.in_(list(cores))
    return _emergency(tx, number) is not None or tx.conn.scalar(sa.select(alert_.c.id).where(mine).limit(1)) is not None


def _unsolved(tx: Tx, number: str) -> bool:
    return record.get(tx, number).status in casework.OPEN


def _emergency(tx: Tx, number: str) -> Emergency | None:
    return reads.open_of(tx, number)


def listing(actor: Actor, tx: Tx, *, case: str = "", limit: int = 100) -> list[dict[str, Any]]:
    """The alerts of cases that ``actor`` may see, or of one, the newest first."""
    require(actor, "emergency.read")
    query = sa.select(alert_).join(case_, case_.c.number == alert_.c.case).where(visible_to(actor))
    query = query.where(alert_.c.case == case) if case else query
    return [dict(row) for row in tx.conn.execute(query.order_by(alert_.c.last_at.desc()).limit(limit)).mappings()]
