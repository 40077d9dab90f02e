"""Where it may go wrong between two departments: features of the history, a table, the reason shown (HND-8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from string import Template
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import notices, people, policy
from loopdesk.desk.rights import require
from loopdesk.desk.sql import dialect_insert, row_as
from loopdesk.desk.team import board, history
from loopdesk.desk.team.history import Features, Pair
from loopdesk.engine import bundles, events
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.tx import Tx

FILE, TABLE, DECISION = "risk.yaml", "risk.dmn", "risk"

risk_ = sa.Table(
    "pair_risk",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("from_department", sa.String(60), nullable=False),
    sa.Column("to_department", sa.String(60), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("level", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(60), nullable=False),
    sa.Column("raised", sa.Boolean, nullable=False),
    sa.Column("features", JSON, nullable=False),
    sa.UniqueConstraint("day", "from_department", "to_department"),
)


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk of a pair on a day: ``raised`` from the level on at which supervisors are warned."""

    from_department: str
    to_department: str
    at: datetime
    level: str
    reason: str
    raised: bool
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rules:
    """What ``risk.yaml`` and ``risk.dmn`` say; ``levels`` from calm to grave."""

    window: timedelta
    levels: tuple[str, ...]
    warns_from: int
    horizon: timedelta
    outcomes: tuple[str, ...]
    said: Mapping[str, Any]
    made: Bundle | None = None

    def judge(self, features: Features, now: datetime) -> tuple[str, str]:
        """Level and reason by the table; raises `Invalid` for a level that the policy does not know."""
        assert self.made is not None
        found = self.made.model(DECISION).decide(DECISION, features.numbers(), now=now).value
        level = str(found.get("level") or "") if isinstance(found, Mapping) else ""
        if level not in self.levels:
            raise Invalid(
                "The table risk.dmn gives level “%(level)s”, which risk.yaml does not know.",
                remedy=N_("Correct the table, or add the level to risk.yaml."),
                level=level or "-",
            )
        return level, str(found.get("reason") or "")

    def raised(self, level: str) -> bool:
        """Whether supervisors are warned of it, and a breach is expected."""
        return self.levels.index(level) >= self.warns_from

    def level_name(self, level: str, language: str) -> str:
        """How people call a level."""
        return policy.name_in(self.said.get("levels", {}).get(level), language) or level

    def reason_text(self, reason: str, features: Mapping[str, float], language: str) -> str:
        """The reason as a sentence with the numbers in it."""
        text = policy.name_in({"name": self.said.get("reasons", {}).get(reason)}, language) or reason
        return Template(text).safe_substitute({name: f"{value:g}" for name, value in shown(features).items()})


def rules(tx: Tx) -> Rules:
    """The rules as they stand; as we ship them where the house's policies are older. Raises `Invalid`."""
    made = bundles.current(tx, policy.BUNDLE)
    if FILE not in made.files or TABLE not in made.files:
        shipped = {name: policy.shipped_file(policy.BUNDLE, name) for name in (FILE, TABLE)}
        made = replace(made, files={**made.files, **shipped})
    return replace(read(policy.parse(made.files[FILE], FILE)), made=made)


def read(said: Mapping[str, Any]) -> Rules:
    """What ``risk.yaml`` says, without its table; raises `Invalid`."""
    levels = tuple(str(level) for level in said.get("levels", {}))
    warns, outcome = str(said.get("warns_from", "")), said.get("outcome", {})
    if warns not in levels or not isinstance(outcome, Mapping):
        raise Invalid("risk.yaml needs levels, one of them under warns_from, and an outcome.")
    return Rules(
        window=policy.duration(said.get("window"), place=f"{FILE}: window"),
        levels=levels,
        warns_from=levels.index(warns),
        horizon=policy.duration(outcome.get("within"), place=f"{FILE}: outcome"),
        outcomes=tuple(str(kind) for kind in outcome.get("events", ())),
        said=said,
    )


def weigh(actor: Actor, tx: Tx, *, base_url: str) -> list[Risk]:
    """Decide the risk of each pair that has a history, and warn both departments' supervisors of each rise, once.

    Returns those of whom was warned. Raises what `rules` raises.
    """
    require(actor, "risk.weigh")
    by, told = rules(tx), []
    before = {(one.from_department, one.to_department): one for one in latest(tx)}
    past = history.read(tx, by.outcomes)
    for pair in past.pairs(tx.now):
        features = past.features(pair, tx.now, by.window)
        level, reason = by.judge(features, tx.now)
        now = Risk(*pair, tx.now, level, reason, by.raised(level), features.numbers())
        _keep(tx, now)
        if now.raised and _rank(by, before.get(pair)) < by.levels.index(level):
            _warn(actor, tx, by, now, base_url)
            told.append(now)
    return told


def latest(tx: Tx) -> list[Risk]:
    """The newest risk of each pair, in the order of the pairs; empty before anything was weighed."""
    newest = sa.select(sa.func.max(risk_.c.day)).scalar_subquery()
    query = sa.select(risk_).where(risk_.c.day == newest).order_by(risk_.c.from_department, risk_.c.to_department)
    return [_risk(row) for row in tx.ask(query).mappings()]


def listing(actor: Actor, tx: Tx) -> list[Risk]:
    """`latest` for people, the gravest first; staff only."""
    require(actor, "risk.read")
    by = rules(tx)
    return sorted(latest(tx), key=lambda one: -_rank(by, one))


def _rank(by: Rules, one: Risk | None) -> int:
    return by.levels.index(one.level) if one and one.level in by.levels else 0


def _keep(tx: Tx, one: Risk) -> None:
    day = board.today(tx)
    values = {"at": one.at, "level": one.level, "reason": one.reason, "raised": one.raised}
    values |= {"features": dict(one.features)}
    where = {"day": day, "from_department": one.from_department, "to_department": one.to_department}
    statement = dialect_insert(tx, risk_).values(id=new_id(), **where, **values)
    tx.conn.execute(statement.on_conflict_do_update(index_elements=list(where), set_=values))


def _warn(actor: Actor, tx: Tx, by: Rules, one: Risk, base_url: str) -> None:
    pair: Pair = (one.from_department, one.to_department)
    languages: Sequence[str] = people.LANGUAGES
    scope = {
        "risk": one,
        "level": {language: by.level_name(one.level, language) for language in languages},
        "reason": {language: by.reason_text(one.reason, one.features, language) for language in languages},
        "numbers": shown(one.features),
    }
    to = [person for code in pair for person in people.in_department(tx, code, "supervisor")]
    once = f"risk:{pair[0]}:{pair[1]}:{tx.now.isoformat()}"
    notices.tell(tx, "risk-warning", to, scope, base_url=base_url, once=once)
    data = {"from": pair[0], "to": pair[1], "level": one.level, "reason": one.reason, "features": dict(one.features)}
    events.record(actor, tx, "risk.warned", data=data)


def shown(features: Mapping[str, float]) -> dict[str, float]:
    """The numbers as people read them: a share as per cent."""
    return {**features, "overdue_share": round(100 * features.get("overdue_share", 0))}


def _risk(row: sa.RowMapping) -> Risk:
    return row_as(Risk, row)
