"""How long what is kept (SEC-3, COM-4): the policy file ``retention.yaml``, applied a slice at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from loopdesk.desk import archive, holds, policy
from loopdesk.desk.emergency.rows import emergency_
from loopdesk.desk.idempotency import answered
from loopdesk.desk.letters import communication
from loopdesk.desk.record import case_
from loopdesk.desk.rights import require
from loopdesk.desk.store import Store
from loopdesk.desk.tokens import api_token
from loopdesk.engine import events, retention
from loopdesk.engine.actor import Actor
from loopdesk.engine.bpmn import Duration, read_duration
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "retention"
CASES = 20
"""Cases archived, and archives deleted, in one run."""
FILE = f"{POLICY}.yaml"
KINDS = ("cases", "emergencies", "communications", "archives", "raw_mails", "outbox", "messages", "tokens", "requests")
"""What the file may speak of."""
LEAST: Mapping[str, Duration] = {"communications": read_duration("P3Y")}
"""What has to be kept for so long at least, whatever the file says (COM-4)."""
_ONE_DAY = datetime(2001, 1, 1, tzinfo=UTC)
"""Months have lengths: durations are compared from one day."""
Expire = Callable[[Tx, datetime, int], int]
"""Deletes at most so many things from before a moment; returns how many."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """What the desk needs to apply its policies: its ``stores`` (attachments, archive), and who deletes raw mails."""

    stores: Mapping[str, Store]
    raw_mails: Expire


def check(files: Files) -> list[Finding]:
    """What is wrong with the file: a kind that there is not would be kept for ever, a wrong duration ends the job."""
    if FILE not in files:
        return []
    try:
        said = policy.parse(files[FILE], FILE)
    except Invalid as error:
        return [_finding("", error)]
    found = []
    for kind, what in said.items():
        try:
            if kind not in KINDS:
                raise Invalid(
                    "“%(kind)s” is no kind of thing that is kept.",
                    remedy=N_("Known are %(kinds)s."),
                    kind=kind,
                    kinds=", ".join(KINDS),
                )
            if isinstance(what, Mapping) and what.get("keep") is not None:
                _require_long_enough(str(kind), read_duration(str(what["keep"])))
        except Invalid as error:
            found.append(_finding(str(kind), error))
    return found


def _require_long_enough(kind: str, kept: Duration) -> None:
    """Communications are owed to customers and auditors for so long (COM-4); cases hold them."""
    if kind in LEAST and kept.after(_ONE_DAY) < LEAST[kind].after(_ONE_DAY):
        raise Invalid(
            "Communications are kept for at least three years, also those of closed cases (COM-4).",
            remedy=N_("Write P3Y or longer under %(kind)s."),
            kind=kind,
        )


def _finding(kind: str, error: Invalid) -> Finding:
    return Finding(FILE, kind, "", "retention.unusable", "error", error.message, error.remedy, dict(error.params))


def run(actor: Actor, tx: Tx, keeper: Keeper) -> dict[str, int]:
    """Apply every policy to a slice; returns how many went under each, without those under which nothing did.

    Nothing is deleted where the policy says nothing. Raises `Invalid` for a duration that is none.
    """
    require(actor, "retention.run")
    jobs: Mapping[str, Callable[[datetime], int]] = {
        "cases": lambda before: _cases(actor, tx, keeper, before),
        "archives": lambda before: archive.drop(tx, keeper.stores["archive"], archive.older(before), CASES),
        "raw_mails": lambda before: keeper.raw_mails(tx, before, retention.BATCH),
        "outbox": lambda before: retention.outbox_done(tx, before),
        "messages": lambda before: retention.messages_done(tx, before),
        "tokens": lambda before: _tokens(tx, before),
        "requests": lambda before: tx.conn.execute(sa.delete(answered).where(answered.c.at < before)).rowcount,
    }
    moments = {name: _before(tx, name) for name in jobs}
    gone = {name: job(moment) for name, job in jobs.items() if (moment := moments[name]) is not None}
    gone = {name: count for name, count in gone.items() if count}
    if gone:
        events.record(actor, tx, "retention.ran", data=gone)
    return gone


def due(tx: Tx, most: int) -> list[str]:
    """The numbers of at most ``most`` closed cases that are old enough for the archive, the oldest first."""
    closed, said = _before(tx, "cases"), _before(tx, "communications")
    if closed is None:
        return []
    query = sa.select(case_.c.number).where(case_.c.status == "closed", case_.c.closed_at < closed)
    for needed in [holds.held(), *retention.busy()]:
        query = query.where(case_.c.number.not_in(needed))
    if (kept := _before(tx, "emergencies")) is not None:
        # The records of an emergency stay for at least so long after its end, whatever holds for other cases (EMG-7).
        ended = emergency_.c.ended_at
        recent = sa.exists().where(emergency_.c.case == case_.c.number, ended.is_(None) | (ended >= kept))
        query = query.where(~recent)
    if said is not None:
        lately = sa.exists().where(communication.c.case == case_.c.number, communication.c.at >= said)
        query = query.where(~lately)
    return list(tx.conn.scalars(query.order_by(case_.c.closed_at, case_.c.number).limit(most)))


def _cases(actor: Actor, tx: Tx, keeper: Keeper, _before: datetime) -> int:
    return sum(1 for number in due(tx, CASES) if archive.put(actor, tx, keeper.stores, number))


def _tokens(tx: Tx, before: datetime) -> int:
    ended = (api_token.c.expires_at < before) | (api_token.c.revoked_at < before)
    return retention.drop(tx, api_token, ended)


def _before(tx: Tx, name: str) -> datetime | None:
    """The moment before which things of a kind are too old; None where they are kept for ever."""
    text = policy.value(tx, POLICY, name, "keep", default=None)
    if text is None:
        return None
    kept = read_duration(str(text))
    return Duration(-kept.months, -kept.rest).after(tx.now)
