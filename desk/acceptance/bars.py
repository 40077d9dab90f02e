"""The figures of ``acceptance.yaml``: what is asked for, checked before it counts (FIX-5, FIX-7, FIX-8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.bpmn import Duration, read_duration
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "acceptance"
FILE = "acceptance.yaml"
DAY = timedelta(days=1)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Bars:
    """What monitoring has to show: one sample each ``interval`` for a ``window``, ``attainment`` per cent passing.

    A sample passes when the system answered within ``response``; an outage ends within ``recovery``. Samples may come
    until ``grace`` after the window, and lie at most ``skew`` ahead of our clock.
    """

    interval: timedelta
    window: timedelta
    grace: timedelta
    skew: timedelta
    attainment: Decimal
    response: timedelta
    recovery: timedelta

    @property
    def slots(self) -> int:
        """How many samples are due in the whole window."""
        return self.window // self.interval

    @property
    def daily(self) -> int:
        """How many samples are due in 24 hours."""
        return DAY // self.interval

    def reached(self, passing: int, due: int) -> bool:
        """Whether so many of the samples that are due are enough; without rounding."""
        return passing * HUNDRED >= self.attainment * due


LENGTHS = ("interval", "window", "grace", "skew", "response", "recovery")


def read(said: Mapping[str, Any]) -> Bars:
    """The bars under ``monitoring``; raises `Invalid` naming what cannot be used."""
    given = said.get("monitoring")
    given = given if isinstance(given, Mapping) else {}
    lengths = {name: policy.duration(given.get(name), place=f"{FILE}: monitoring.{name}") for name in LENGTHS}
    try:
        share = Decimal(str(given.get("attainment")))
    except InvalidOperation:
        share = Decimal("NaN")
    if not (share.is_finite() and 0 < share <= HUNDRED):
        raise _unusable(N_("The attainment is a share in per cent, such as 99.5."))
    if DAY % lengths["interval"] or lengths["window"] % DAY:
        raise _unusable(N_("The window is whole days, and a whole number of intervals makes a day."))
    return Bars(attainment=share, **lengths)


@dataclass(frozen=True, slots=True)
class Questions:
    """What key users are asked: ``named`` by code, each for 0 to ``most_points``; ``count`` answers decide."""

    count: int
    most_points: int
    named: Mapping[str, Any]

    def dimensions(self, language: str) -> dict[str, str]:
        """Code → name."""
        return {code: policy.name_in(entry, language) for code, entry in self.named.items()}


def current(tx: Tx) -> Bars:
    """The bars as the policy says now."""
    return read(policy.held(tx, POLICY))


def kept(bars: Bars) -> dict[str, str]:
    """The bars as a gate keeps them with its round: seconds, and the share."""
    lengths = {name: str(int(getattr(bars, name).total_seconds())) for name in LENGTHS}
    return lengths | {"attainment": str(bars.attainment)}


def of_kept(held: Mapping[str, str]) -> Bars:
    """The bars of a round that has begun, whatever the policy says by now."""
    lengths = {name: timedelta(seconds=int(held[name])) for name in LENGTHS}
    return Bars(attainment=Decimal(held["attainment"]), **lengths)


def figure(tx: Tx, *keys: str) -> int:
    """A whole number of the policy, such as how many key users there are."""
    return int(policy.said(tx, POLICY, *keys))


def kept_questions(tx: Tx) -> dict[str, Any]:
    """What the policy asks key users now, as a gate keeps it with its round."""
    said = policy.said(tx, POLICY, "dimensions") or {}
    numbers = {name: figure(tx, "users", name) for name in ("count", "most_points")}
    return {**numbers, "dimensions": {str(code): entry for code, entry in said.items()}}


def questions(tx: Tx, held: Mapping[str, Any]) -> Questions:
    """The questions of a round that has begun, whatever the policy says by now; before it, those of the policy."""
    said = held or kept_questions(tx)
    return Questions(said["count"], said["most_points"], said["dimensions"])


def benefit_after(tx: Tx) -> Duration:
    """How long after the request finance is asked (FIX-8)."""
    return read_duration(str(policy.said(tx, POLICY, "benefit", "after")))


def check(files: Files) -> list[Finding]:
    """Findings on ``acceptance.yaml`` of a folder that has it, before it is deployed."""
    if FILE not in files:
        return []
    found = []
    for look in (_monitoring, _users, _benefit):
        try:
            look(policy.parse(files[FILE], FILE))
        except Invalid as error:
            found.append(
                Finding(FILE, "", "", "acceptance.unusable", "error", error.message, error.remedy, error.params)
            )
    return found


def _monitoring(said: Mapping[str, Any]) -> None:
    if "monitoring" in said:
        read(said)


def _users(said: Mapping[str, Any]) -> None:
    users = said.get("users")
    users = users if isinstance(users, Mapping) else {}
    numbers = {name: users[name] for name in ("count", "most_points", "reminders") if name in users}
    if any(type(one) is not int or one < 1 for one in numbers.values()):
        raise _unusable(N_("How many users, points and reminders there are is a whole number from 1."))
    if "remind_after" in users:
        policy.duration(users["remind_after"], place=f"{FILE}: users.remind_after")


def _benefit(said: Mapping[str, Any]) -> None:
    after = policy.under(said, ("benefit", "after"))
    if after is not None:
        read_duration(str(after))


def _unusable(remedy: str) -> Invalid:
    return policy.unusable(FILE, remedy)
