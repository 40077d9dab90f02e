"""What one clock of a case counts: its target, what starts, stops and cancels it, and its warnings (SLA-2, SLA-3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from loopdesk.engine.errors import N_, Invalid

Target = timedelta | None


@dataclass(frozen=True)
class Conditions:
    """Kinds of events that move a clock; a stopped clock is *met*, a cancelled one is not."""

    starts: frozenset[str]
    stops: frozenset[str]
    cancels: frozenset[str] = frozenset()
    resumes: frozenset[str] = frozenset()
    """what lets a met clock run on with what it has counted"""
    again: bool = False
    """whether it starts anew after it was met or cancelled, as often as its start event comes"""
    pauses: frozenset[str] = frozenset({"pause"})
    continues: frozenset[str] = frozenset({"resume"})
    """what lets a paused clock run on"""


def _conditions(stops: str, *, cancels: str = "", resumes: str = "") -> Conditions:
    return Conditions(
        frozenset({"created"}), frozenset({stops}), frozenset(cancels.split()), frozenset(resumes.split())
    )


def _after_solution(stops: str) -> Conditions:
    return Conditions(frozenset({"resolved"}), frozenset({stops}), frozenset({"reopened"}), again=True)


CLOCKS: Mapping[str, Conditions] = {
    "first_response": _conditions("agent_reply"),
    "next_response": Conditions(
        frozenset({"customer_message"}), frozenset({"agent_reply"}), frozenset({"resolved"}), again=True
    ),
    "diagnosis": _conditions("diagnosed"),
    "workaround": _conditions("workaround_given", cancels="resolved"),
    "plan": _conditions("plan_given", cancels="resolved"),
    "patch": _conditions("patch_delivered"),
    "answer": _conditions("answer_given", cancels="resolved"),
    "initial": _conditions("initial_fix_given", cancels="resolved"),
    "resolution": _conditions("resolved", resumes="reopened"),
    "rca": _conditions("rca_delivered"),
    "feedback": _after_solution("feedback_received"),
    "report": _after_solution("report_delivered"),
    "archive": _after_solution("archived"),
    "third_party": Conditions(
        frozenset({"third_party_needed"}), frozenset({"third_party_contacted"}), frozenset({"resolved"}), again=True
    ),
    "department": Conditions(
        frozenset({"handoff_accepted"}), frozenset({"department_done"}), frozenset({"resolved"}), again=True
    ),
    "time_to_own": _conditions("handoff_accepted", cancels="resolved"),
    "elapsed": _conditions("resolved", resumes="reopened"),
}
"""The clocks by name. First response never restarts; resolution runs on after a re-open."""
MODES = ("rebase", "keep")
UNPAUSED = frozenset({"first_response"})


@dataclass(frozen=True)
class Policy:
    """One clock as a policy wants it; a clock without any target only measures."""

    clock: str
    target: Target = None
    targets: Mapping[str, Target] = field(default_factory=dict)
    """by priority; where it names none, ``target`` holds; None lets the clock only measure at that priority"""
    on_priority_change: str = "rebase"
    pausable: bool = True
    escalate_percent: Sequence[float] = ()
    escalate_before: Sequence[timedelta] = ()
    marks: Mapping[str, Mapping[str, timedelta]] = field(default_factory=dict)
    """by priority: the name of each warning and the counted time at which it is due"""
    rules: Conditions | None = None
    """what moves the clock, where the policy says so itself"""

    @property
    def conditions(self) -> Conditions:
        """What moves the clock."""
        return self.rules or CLOCKS[self.clock]

    @property
    def measures_only(self) -> bool:
        """Whether it has no target at all."""
        return self.target is None and not self.targets

    def target_of(self, priority: str) -> Target:
        """The target of a priority; None when it has none."""
        return self.targets.get(priority, self.target)

    def knows(self, priority: str) -> bool:
        """Whether the priority has a target, or is one at which the clock only measures."""
        return priority in self.targets or self.target is not None or self.measures_only

    def warnings(self, target: timedelta, priority: str = "") -> Iterator[tuple[str, timedelta]]:
        """The key of each escalation (``"90"``, ``"-60"``) and the counted time at which it is due."""
        yield from self.marks.get(priority, {}).items()
        for percent in self.escalate_percent:
            yield f"{percent:g}", target * percent / 100
        for before in self.escalate_before:
            yield f"-{before.total_seconds() / 60:g}", max(target - before, timedelta())


def mode_of(data: Mapping[str, Any], place: str) -> str:
    """What a changed priority does to a running clock, as a policy or a kind of clock says it; `Invalid` otherwise."""
    mode = str(data.get("on_priority_change", "rebase"))
    if mode not in MODES:
        raise Invalid(
            N_("“%(mode)s” is no way to treat a changed priority."),
            remedy=N_("Choose one of: %(known)s"),
            place=f"{place}.on_priority_change",
            mode=mode,
            known=", ".join(MODES),
        )
    return mode


def read_policy(data: Mapping[str, Any], place: str = "") -> Policy:
    """The policy of a replay file or of a level in `sla.yaml`; `Invalid` with place and remedy."""
    clock = str(data.get("clock", ""))
    if clock not in CLOCKS:
        raise Invalid(
            N_("There is no clock “%(clock)s”."),
            remedy=N_("Choose one of: %(known)s"),
            place=place,
            clock=clock,
            known=", ".join(CLOCKS),
        )
    mode = mode_of(data, place)
    given = data.get("targets_minutes") or {}
    if not isinstance(given, Mapping):
        raise _no_minutes(given, f"{place}.targets_minutes")
    targets = {str(name): _minutes(value, f"{place}.targets_minutes.{name}") for name, value in given.items()}
    target = data.get("target_minutes")
    return Policy(
        clock=clock,
        target=None if target is None else _minutes(target, f"{place}.target_minutes"),
        targets=targets,
        on_priority_change=mode,
        pausable=bool(data.get("pausable", clock not in UNPAUSED)),
        escalate_percent=[_number(value, f"{place}.escalate_percent") for value in data.get("escalate_percent") or ()],
        escalate_before=[
            _minutes(value, f"{place}.escalate_before_minutes") for value in data.get("escalate_before_minutes") or ()
        ],
    )


def _minutes(value: object, place: str) -> timedelta:
    try:
        return timedelta(minutes=_number(value, place))
    except OverflowError as error:
        raise _no_minutes(value, place) from error


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise _no_minutes(value, place)
    return value


def _no_minutes(value: object, place: str) -> Invalid:
    return Invalid(
        N_("“%(value)s” is not a positive number."),
        remedy=N_("Write a number such as 240."),
        place=place,
        value=str(value),
    )
