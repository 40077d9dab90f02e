"""The survey of key users: a signed link for each, one answer each, five dimensions, one score (FIX-7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import links, policy
from loopdesk.desk.acceptance import bars, gates
from loopdesk.desk.acceptance.gates import RUNNING, USERS_ANSWERED, Gate
from loopdesk.desk.acceptance.tables import gate_, key_user_
from loopdesk.desk.rights import require
from loopdesk.engine import events, messages
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

LONGEST = 10_000
_LINE = re.compile(r"(?P<name>[^<>]*?)\s*<?(?P<address>[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+)>?")
TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Score:
    """How the survey stands; scores from 0 to 100, None for no answer at all. ``lowest`` is a code of a dimension."""

    asked: int
    answers: int
    needed: int
    overall: Decimal | None
    of: Mapping[str, Decimal]

    @property
    def missing(self) -> int:
        """How many answers there have to be until it is decided."""
        return max(self.needed - self.answers, 0)

    @property
    def lowest(self) -> str:
        """The dimension with the lowest score; empty for no answer."""
        return min(self.of, key=lambda code: self.of[code]) if self.of else ""


def people(text: str) -> list[tuple[str, str]]:
    """Names and addresses, one ``Name <address>`` a line; raises `Invalid` naming the line that is none."""
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or len(match["address"]) > 254:
            raise Invalid(
                "Line %(line)s is no name with an address.",
                remedy=N_("Write one person a line: Wang Fang <wang.fang@example.com>."),
                fields={"users": [Phrase("Line %(line)s: Name <address>.", line=number)]},
                line=number,
            )
        address = match["address"].lower()
        found.setdefault(address, (match["name"].strip(' "')[:200] or address, address))
    return list(found.values())


def invite(actor: Actor, tx: Tx, gate_id: str, named: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """A link for each person who has none yet in this round; returns the new rows with their tokens."""
    require(actor, "acceptance.run")
    gate = gates.one(tx, gate_id, lock=True)
    known = {row["address"] for row in rows(tx, gate)}
    new = [
        {
            "id": new_id(),
            "gate": gate.id,
            "case": gate.case,
            "round": gate.round,
            "name": name,
            "address": address,
            "token": links.new_token(),
            "asked_at": tx.now,
            "points": {},
            "comment": "",
            "expires_at": tx.now + links.term(tx, "key_user"),
        }
        for name, address in named
        if address not in known
    ]
    if new:
        tx.conn.execute(sa.insert(key_user_), new)
        events.record(actor, tx, "acceptance.users_asked", key=gate.case, data={"gate": gate.id, "count": len(new)})
    return new


def remind(actor: Actor, tx: Tx, gate_id: str) -> list[dict[str, Any]]:
    """Those who have not answered, whose links work on for as long again."""
    require(actor, "acceptance.run")
    gate = gates.one(tx, gate_id, lock=True)
    silent = [row for row in rows(tx, gate) if row["answered_at"] is None]
    until = tx.now + links.term(tx, "key_user")
    mine = key_user_.c.id.in_([row["id"] for row in silent])
    tx.conn.execute(sa.update(key_user_).where(mine).values(reminded_at=tx.now, expires_at=until))
    return [row | {"expires_at": until} for row in silent]


def answer(actor: Actor, tx: Tx, token: str, points: Mapping[str, int | None], comment: str = "") -> None:
    """Take the one answer of a key user; with the last that is needed the process hears of it.

    Raises `Missing` for an unknown token, `Conflict` for a used or expired one and for a survey that is over,
    `Invalid` with the fields for points that are none.
    """
    require(actor, "acceptance.answer")
    row = links.by_token(tx, key_user_, token)
    links.check_open(row, tx.now)
    gate = gates.one(tx, row["gate"], lock=True)
    if gate.round != row["round"] or gate.state != RUNNING:
        raise Conflict("This survey is over; thank you.", remedy=N_("If there is a new one, its link comes by mail."))
    given = _checked(questions(tx, gate), points)
    once = sa.update(key_user_).where(key_user_.c.id == row["id"], key_user_.c.answered_at.is_(None))
    values = {"answered_at": tx.now, "points": given, "comment": comment.strip()[:LONGEST]}
    if not tx.conn.execute(once.values(**values)).rowcount:
        links.check_open({**row, "answered_at": tx.now}, tx.now)
    events.record(actor, tx, "acceptance.user_answered", key=gate.case, audience="customer", data={"points": given})
    standing = score(tx, gate)
    if standing.missing == 0 and standing.answers == standing.needed:
        messages.publish(actor, tx, USERS_ANSWERED, key=gate.id, message_id=f"{USERS_ANSWERED}:{gate.id}:{gate.round}")


def score(tx: Tx, gate: Gate) -> Score:
    """The means of the gate's present round. A dimension's score is its mean in per cent of the most points, the
    overall one the mean of the dimensions; cut off after one digit, never rounded up.
    """
    asked, people = questions(tx, gate), rows(tx, gate)
    answered = [row["points"] for row in people if row["answered_at"] is not None]
    most = asked.most_points * len(answered)
    exact = {code: Decimal(100 * sum(one[code] for one in answered)) / most for code in asked.named if answered}
    overall = _cut(sum(exact.values(), Decimal(0)) / len(exact)) if exact else None
    of = {code: _cut(one) for code, one in exact.items()}
    return Score(len(people), len(answered), asked.count, overall, of)


def answers(tx: Tx, found: Sequence[Gate]) -> dict[str, str]:
    """How many have answered of how many are needed, such as 7/20, by the id of each survey."""
    answered = key_user_.c.answered_at.is_not(None)
    joined = sa.join(key_user_, gate_, (gate_.c.id == key_user_.c.gate) & (gate_.c.round == key_user_.c.round))
    query = sa.select(gate_.c.id, sa.func.count()).select_from(joined).group_by(gate_.c.id)
    rows = tx.conn.execute(query.where(gate_.c.id.in_([one.id for one in found]), answered))
    counted = {row[0]: row[1] for row in rows}
    return {one.id: f"{counted.get(one.id, 0)}/{questions(tx, one).count}" for one in found}


def questions(tx: Tx, gate: Gate) -> bars.Questions:
    """What the key users of the gate's present round are asked."""
    return bars.questions(tx, gate.bars)


def rows(tx: Tx, gate: Gate) -> list[dict[str, Any]]:
    """The key users of the gate's present round, in the order in which they were named."""
    mine = (key_user_.c.gate == gate.id) & (key_user_.c.round == gate.round)
    query = sa.select(key_user_).where(mine).order_by(key_user_.c.asked_at, key_user_.c.name)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def of_token(tx: Tx, token: str) -> dict[str, Any]:
    """What the page behind a key user's link shows; ``asked`` are its `bars.Questions`.

    ``actor`` answers under the name that the link was made for.
    """
    row = links.by_token(tx, key_user_, token)
    found = links.public(tx, row)
    gate = gates.one(tx, row["gate"])
    over = gate.round != row["round"] or gate.state != RUNNING
    state = "expired" if over and found["state"] == "open" else found["state"]
    who = replace(found["actor"], id=_acts_as(row["id"]), name=row["name"])
    return {**found, "asked": questions(tx, gate), "state": state, "actor": who, "name": row["name"]}


def known(tx: Tx, who: str) -> tuple[str, tuple[str, ...]]:
    """As whom a key user with that address acted last, and all names and the address; raises `Missing` for nobody."""
    query = sa.select(key_user_.c.id, key_user_.c.name).where(key_user_.c.address == who.lower())
    found = tx.conn.execute(query.order_by(key_user_.c.asked_at.desc(), key_user_.c.id)).all() if "@" in who else []
    if not found:
        raise Missing("There is nobody called %(who)s.", who=who)
    return _acts_as(found[0].id), (*(one.name for one in found), who.lower())


def said(tx: Tx, address: str) -> set[str]:
    """What somebody with that address has written as a key user; an erasure looks for it."""
    query = sa.select(key_user_.c.comment).where(key_user_.c.address == address.lower())
    return set(tx.conn.scalars(query)) - {""}


def _acts_as(row_id: str) -> str:
    return f"key-user:{row_id[:20]}"


def remind_at(tx: Tx) -> datetime:
    """When those who have not answered are reminded next."""
    return tx.now + policy.duration(policy.said(tx, "acceptance", "users", "remind_after"))


def _checked(asked: bars.Questions, points: Mapping[str, int | None]) -> dict[str, int]:
    most = asked.most_points
    given = {code: points.get(code) for code in asked.named}
    wrong = [code for code, value in given.items() if type(value) is not int or not 0 <= value <= most]
    if wrong:
        text = Phrase("Choose between %(least)s and %(most)s.", least=0, most=most)
        raise Invalid("Please answer all of the questions.", fields={code: [text] for code in wrong})
    return {code: value for code, value in given.items() if value is not None}


def _cut(value: Decimal) -> Decimal:
    return value.quantize(TENTH, ROUND_FLOOR)
