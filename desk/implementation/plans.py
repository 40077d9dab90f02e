"""Plans of milestones, limits of their alarms and the rhythm of reviews: policy ``implementation.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk import calendars, policy
from loopdesk.desk.implementation.tables import KINDS, LEVELS, OPEN, Milestone, grave
from loopdesk.engine.calendar import Calendar, working_length
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "implementation"
FILE = f"{POLICY}.yaml"
LENGTHS = (
    ("look_every",),
    ("answer_within",),
    ("actions_within",),
    *(("reviews", name) for name in ("every", "prepare", "minutes_within")),
    *(("signatures", name) for name in ("remind", "refuse")),
)
"""Where the policy says a duration."""
LONGEST_BREAK = 60
"""Days after which a calendar that never opens is given up."""


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone as a plan has it: due ``after`` the beginning, in working days (``P3D``) or hours of the calendar."""

    kind: str
    names: Mapping[str, str]
    after: str


@dataclass(frozen=True, slots=True)
class Limit:
    """Where an alarm of ``level`` begins: so much of the time is ``used`` while at least ``undone`` is left (both per
    cent), or, with ``late``, so long after its day. All times are working times."""

    level: str
    used: int = 0
    undone: int = 1
    late: str = ""


def plans(tx: Tx) -> Mapping[str, Any]:
    """The plans by code, as the policy has them."""
    found = policy.said(tx, POLICY, "plans")
    return found if isinstance(found, Mapping) else {}


def names(tx: Tx, language: str) -> dict[str, str]:
    """Code -> name of each plan."""
    return {str(code): policy.name_in(entry, language) or str(code) for code, entry in plans(tx).items()}


def steps(tx: Tx, code: str) -> list[Step]:
    """The milestones of a plan. Raises `Missing` for an unknown plan, `Invalid` for one that cannot be read."""
    entry = plans(tx).get(code)
    if entry is None:
        raise Missing("There is no plan %(plan)s.", remedy=N_("Choose one of implementation.yaml."), plan=code or "-")
    return read_plan(code, entry)


def read_plan(code: str, entry: Any) -> list[Step]:
    """A plan of the policy; raises `Invalid` naming what is wrong."""
    listed = entry.get("milestones") if isinstance(entry, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise _unusable(N_("Plan %(plan)s needs milestones."), plan=code)
    return [_step(code, one) for one in listed]


def limits(tx: Tx) -> list[Limit]:
    """Where each level of alarm begins; raises `Invalid`."""
    return read_limits(policy.said(tx, POLICY, "alarms"))


def read_limits(said: Any) -> list[Limit]:
    """The alarms of the policy; raises `Invalid` for a level that there is not, or a limit that is none."""
    found = []
    for level, listed in (said if isinstance(said, Mapping) else {}).items():
        if level not in LEVELS:
            raise _unusable(N_("There is no level %(level)s; known are %(known)s."), level=level, known=_words(LEVELS))
        found += [_limit(str(level), one) for one in listed or ()]
    return found


def level(found: Milestone, rules: list[Limit], calendar: Calendar, now: datetime) -> str:
    """The gravest alarm of an open milestone; empty when it is on its way."""
    if found.state != OPEN:
        return ""
    reached = [one.level for one in rules if (at := _moment(one, found, calendar)) is not None and at <= now]
    return grave(reached)


def looks_at(found: Milestone, rules: list[Limit], calendar: Calendar, now: datetime) -> datetime | None:
    """When the milestone reaches its next limit if nothing happens; None when none is to come."""
    if found.state != OPEN:
        return None
    coming = [at for one in rules if (at := _moment(one, found, calendar)) is not None and at > now]
    return min(coming, default=None)


def _moment(rule: Limit, found: Milestone, calendar: Calendar) -> datetime | None:
    """When the rule is reached, None when too little is left to do for it."""
    if rule.late:
        return calendar.add(found.due_at, working_length(rule.late, calendar))
    if 100 - found.progress < rule.undone:
        return None
    span = calendar.elapsed(found.since, found.due_at)
    return calendar.add(found.since, span * rule.used / 100)


def due(tx: Tx, begun: datetime, after: str) -> datetime:
    """When something is due that takes so much working time."""
    calendar = calendar_of(tx)
    return calendar.add(begun, working_length(after, calendar))


def answer_due(tx: Tx, now: datetime) -> datetime:
    """When a plan against an alarm is due: ``answer_within`` in working time."""
    return calendar_of(tx).add(now, length(tx, "answer_within"))


def review_at(tx: Tx, after: datetime) -> datetime:
    """When the review after that moment begins: ``reviews.every`` later at ``reviews.at``, on a working day."""
    zone, calendar = ZoneInfo(tx.host.zone), calendar_of(tx)
    at = time.fromisoformat(str(policy.said(tx, POLICY, "reviews", "at")))
    day = (after + length(tx, "reviews", "every")).astimezone(zone).date()
    for ahead in range(LONGEST_BREAK):
        begin = datetime.combine(day + timedelta(days=ahead), time(), zone)
        if calendar.intervals(begin, begin + timedelta(days=1)):
            return datetime.combine(begin.date(), at, zone)
    raise _unusable(N_("Its calendar has no working day within %(days)s days."), days=LONGEST_BREAK)


def length(tx: Tx, *keys: str) -> timedelta:
    """A duration of the policy; raises `Invalid`."""
    return policy.duration(policy.said(tx, POLICY, *keys), place=f"{FILE}: {'.'.join(keys)}")


def calendar_of(tx: Tx) -> Calendar:
    """The calendar by which milestones, alarms and reviews are counted."""
    return calendars.get(tx, str(policy.said(tx, POLICY, "calendar")))


def check(files: Files) -> list[Finding]:
    """What is wrong with the file, said before it is deployed."""
    return policy.check(files, FILE, "implementation.unusable", _problems)


def _problems(said: Mapping[str, Any]) -> list[Invalid]:
    """No list of them: the first one is raised by what reads it."""
    for code, entry in (said.get("plans") or {}).items():
        read_plan(str(code), entry)
    read_limits(said.get("alarms"))
    _check_reviews(policy.under(said, ("reviews", "at")))
    for keys in LENGTHS:
        if (given := policy.under(said, keys)) is not None:
            policy.duration(given, place=f"{FILE}: {'.'.join(keys)}")
    return []


def _check_reviews(at: Any) -> None:
    try:
        if at is not None:
            time.fromisoformat(str(at))
    except ValueError as error:
        raise _unusable(N_('reviews.at is a time of day in quotes, such as "10:00".')) from error


def _step(plan: str, one: Any) -> Step:
    kind, after = (one.get("kind"), one.get("after")) if isinstance(one, Mapping) else (None, None)
    if kind not in KINDS:
        raise _unusable(
            N_("Plan %(plan)s has a milestone of a kind other than %(known)s."), plan=plan, known=_words(KINDS)
        )
    said = one.get("name")
    texts = {str(tongue): str(text) for tongue, text in said.items()} if isinstance(said, Mapping) else {}
    if not texts:
        raise _unusable(N_("Each milestone of plan %(plan)s needs a name in each language."), plan=plan)
    policy.duration(after, place=f"{FILE}: {plan}")
    return Step(str(kind), texts, str(after))


def _limit(wanted: str, one: Any) -> Limit:
    said = one if isinstance(one, Mapping) else {}
    if "late" in said:
        policy.duration(said["late"], place=f"{FILE}: alarms.{wanted}")
        return Limit(wanted, late=str(said["late"]))
    try:
        found = Limit(wanted, used=int(said["used"]), undone=int(said.get("undone", 1)))
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(N_("Each limit of level %(level)s says used or late."), level=wanted) from error
    if not (0 < found.used <= 100 and 0 < found.undone <= 100):
        raise _unusable(N_("used and undone of level %(level)s lie between 1 and 100."), level=wanted)
    return found


def _words(known: tuple[str, ...]) -> str:
    return ", ".join(known)


def _unusable(remedy: str, **params: Any) -> Invalid:
    return policy.unusable(FILE, remedy, **params)
