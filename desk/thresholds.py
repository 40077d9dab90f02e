"""Targets proposed from history: what most cases took, beside what is promised today (SLA-8).

A process owner accepts, which makes a draft version of the policies, or declines; live figures stay as they are.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
import yaml

from loopdesk.desk import policy
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.sla.book import FILE
from loopdesk.desk.sla.rows import clock
from loopdesk.engine import bundles, events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.tx import Tx

POLICY = "thresholds"

decision = sa.Table(
    "threshold_decision",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("policy", sa.String(60), nullable=False),
    sa.Column("level", sa.String(60), nullable=False),
    sa.Column("clock", sa.String(60), nullable=False),
    sa.Column("target", sa.String(40), nullable=False),
    sa.Column("proposed_minutes", sa.Integer, nullable=False),
    sa.Column("cases", sa.Integer, nullable=False),
    sa.Column("accepted", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
)
"""``version``: the number of the draft that an acceptance made."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """``proposed`` minutes of the clock's time for a level that promises ``target`` (ISO 8601), from so many ``cases``;
    ``decided`` is the last decision on it, if any."""

    policy: str
    level: str
    clock: str
    target: str
    proposed: int
    cases: int
    decided: Mapping[str, Any] | None = None


def proposals(actor: Actor, tx: Tx) -> list[Proposal]:
    """One for each target of the present policies that enough closed clocks speak about."""
    require(actor, "sla.try")
    content = bundles.current(tx, policy.BUNDLE).files.get(FILE, b"{}").decode()
    last = {(row["policy"], row["level"], row["clock"]): row for row in _decisions(tx)}
    found = []
    for where, minutes in _history(tx):
        node = _node(content, *where)
        if node is not None and len(minutes) >= int(policy.said(tx, POLICY, "at_least")):
            proposed = percentile(minutes, float(policy.said(tx, POLICY, "percentile")))
            found.append(Proposal(*where, str(node.value), proposed, len(minutes), last.get(where)))
    return found


def decide(actor: Actor, tx: Tx, *, level_of: str, level: str, clock_kind: str, accepted: bool) -> int | None:
    """Accept a proposal of policy ``level_of``, which makes a draft version of the policies, or decline it.

    Either is recorded. Returns the draft's number. Raises `Missing` when it is not proposed (any more), and what a
    deployment raises.
    """
    require(actor, "thresholds.decide")
    where = (level_of, level, clock_kind)
    one = next((one for one in proposals(actor, tx) if (one.policy, one.level, one.clock) == where), None)
    if one is None:
        raise Missing("This is not proposed any more.", remedy=N_("Look at the list again."))
    version = _draft(actor, tx, one) if accepted else None
    row = {
        "policy": one.policy,
        "level": one.level,
        "clock": one.clock,
        "target": one.target,
        "cases": one.cases,
        "proposed_minutes": one.proposed,
        "accepted": accepted,
        "version": version,
    }
    who = {"by_id": actor.id, "by_name": actor.name[:200]}
    tx.conn.execute(sa.insert(decision).values(id=new_id(), at=tx.now, **row, **who))
    events.record(actor, tx, "threshold.accepted" if accepted else "threshold.declined", data=row)
    return version


def percentile(minutes: list[float], percent: float) -> int:
    """The smallest whole minute that ``percent`` of the values do not exceed (nearest rank), at least one."""
    rank = max(math.ceil(percent / 100 * len(minutes)), 1)
    return max(math.ceil(sorted(minutes)[rank - 1]), 1)


def with_target(content: str, level_of: str, level: str, clock_kind: str, minutes: int) -> str:
    """The policies' file with one target replaced and all else, comments too, as it was."""
    node = _node(content, level_of, level, clock_kind)
    if node is None:
        raise Missing("This is not proposed any more.", remedy=N_("Look at the list again."))
    return f"{content[: node.start_mark.index]}PT{minutes}M{content[node.end_mark.index :]}"


def _draft(actor: Actor, tx: Tx, one: Proposal) -> int:
    files = dict(bundles.current(tx, policy.BUNDLE).files)
    changed = with_target(files[FILE].decode(), one.policy, one.level, one.clock, one.proposed)
    note = f"{one.policy} {one.level} {one.clock}: {one.target} -> PT{one.proposed}M"
    return bundles.deploy(actor, tx, policy.BUNDLE, {**files, FILE: changed.encode()}, note=note, promote=False).number


def _history(tx: Tx) -> Iterator[tuple[tuple[str, str, str], list[float]]]:
    period = policy.duration(policy.said(tx, POLICY, "period"), place="thresholds.yaml: period")
    since = tx.now - max(period, timedelta())
    names = (clock.c.policy, clock.c.level, clock.c.kind)
    met = sa.select(*names, clock.c.elapsed_minutes).where(clock.c.met_at >= since, clock.c.department == "")
    rows = tx.conn.execute(met.where(clock.c.target_minutes.is_not(None)).order_by(*names))
    for where, group in groupby(rows, key=lambda row: (row[0], row[1], row[2])):
        yield where, [float(row[3]) for row in group]


def _decisions(tx: Tx) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.conn.execute(sa.select(decision).order_by(decision.c.at)).mappings()]


def _node(content: str, level_of: str, level: str, clock_kind: str) -> yaml.ScalarNode | None:
    """Where the file says the target of a clock of a level; None where it says none there."""
    found: yaml.Node | None = yaml.compose(content, yaml.SafeLoader)
    for name in ("policies", level_of, "levels", level, "targets", clock_kind):
        found = _under(found, name)
    return found if isinstance(found, yaml.ScalarNode) else _scalar(_under(found, "target"))


def _under(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _scalar(node: yaml.Node | None) -> yaml.ScalarNode | None:
    return node if isinstance(node, yaml.ScalarNode) else None
