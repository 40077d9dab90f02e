"""Moves a clock from event to event: events in, one clock out (SLA-2, SLA-3).

The same code counts replayed files and live cases. It is pure: time comes with the events.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from loopdesk.desk.sla.clock import NONE, Clock, Escalation, Run, State
from loopdesk.desk.sla.events import ClockEvent, in_order
from loopdesk.desk.sla.policy import Policy
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.errors import N_, Invalid, LoopdeskError, Phrase


def replay(
    policy: Policy,
    calendar: Calendar,
    events: Iterable[ClockEvent],
    as_of: datetime | None = None,
    *,
    calendars: Callable[[str], Calendar] | None = None,
) -> Clock:
    """The clock after all ``events`` of one case, as it stands at ``as_of`` (else at the last event).

    ``calendars`` finds those that a change of priority names. An event before the creation, after ``as_of`` or of
    something unknown is not counted and stands in ``problems``.
    """
    clock = Clock(policy, calendar)
    machine = _Machine(clock, calendars or _none)
    for event in in_order(list(events)):
        if as_of is not None and event.at > as_of:
            clock.problems.append(_problem(N_("The event “%(kind)s” at %(at)s is from the future."), event))
        else:
            machine.apply(event)
    if clock.as_of is None:
        clock.problems.append(
            Invalid(N_("The case was never created."), remedy=N_("Add its event “created”."), place="events")
        )
    elif as_of is not None:
        machine.advance(as_of)
    return clock


def _none(name: str) -> Calendar:
    raise Invalid(
        N_("There is no calendar “%(calendar)s”."),
        remedy=N_("Correct its name."),
        place="events",
        calendar=name,
    )


def _problem(message: str, event: ClockEvent) -> Invalid:
    return Invalid(
        message,
        remedy=N_("Correct its time; until then it is not counted."),
        place="events",
        kind=event.kind,
        at=event.at.isoformat(),
    )


class _Machine:
    """Moves one clock from event to event."""

    def __init__(self, clock: Clock, calendars: Callable[[str], Calendar]) -> None:
        self.clock = clock
        self.calendars = calendars
        self.changed: dict[str, Calendar] = {}
        self.removed = False
        self.actions: dict[str, Callable[[ClockEvent], None]] = {
            "created": self._created,
            "priority": self._priority,
            "policy_moved": self._moved,
            "calendar_changed": self._recalendar,
            "handoff_accepted": self._handoff,
            "holiday_added": self._holiday,
            "merged": self._merged,
            "policy_removed": self._policy_removed,
        }

    def apply(self, event: ClockEvent) -> None:
        """Let time pass until the event, and then let it act."""
        clock = self.clock
        if (clock.as_of is None) != (event.kind == "created"):
            early = N_("The event “%(kind)s” at %(at)s is before the case was created.")
            message = early if clock.as_of is None else N_("The case is created once more at %(at)s.")
            clock.problems.append(_problem(message, event))
            return
        self.advance(event.at)
        try:
            self._act(event)
        except LoopdeskError as error:
            clock.problems.append(error)

    def _act(self, event: ClockEvent) -> None:
        known = self.clock.policy.conditions
        if event.kind in self.actions:
            self.actions[event.kind](event)
        elif event.kind in known.pauses:
            self._pause(event)
        elif event.kind in known.continues:
            self._resume(event)
        if not self.removed:
            self._move(event)

    def advance(self, to: datetime) -> None:
        """Count until ``to``; what was due strictly before has happened."""
        clock = self.clock
        clock.as_of = to
        if clock.state not in ("running", "paused"):
            return
        run = clock.runs[-1]
        if clock.state == "running":
            if clock.due is not None and clock.due < to and clock.breached_at is None:
                clock.breached_at = clock.due
            for item in clock.escalations.values():
                if item.fired is None and item.at is not None and item.at < to:
                    item.fired = item.at
            counted = run.calendar.elapsed(run.end, to)
            run.counted += counted
            clock.elapsed += counted
            if run.team:
                clock.team_elapsed[run.team] = clock.team_elapsed.get(run.team, NONE) + counted
        run.end = to

    # --- what starts and ends the clock --------------------------------------------------------------------------

    def _move(self, event: ClockEvent) -> None:
        clock, known = self.clock, self.clock.policy.conditions
        active = clock.state in ("running", "paused")
        if active and event.kind in known.stops:
            self._stop("met")
            clock.met_at = event.at
        elif active and event.kind in known.cancels:
            clock.due = None
            self._stop("cancelled")
        elif clock.state == "met" and event.kind in known.resumes:
            self._reopen(event)
        elif not active and event.kind in known.starts and (not clock.state or known.again):
            self._start(event)

    def _start(self, event: ClockEvent) -> None:
        clock = self.clock
        if clock.state:
            clock.history.append(clock.breached_at)
            clock.round = len(clock.runs)
            clock.elapsed, clock.breached_at, clock.met_at, clock.escalations = NONE, None, None, {}
        clock.state = "running"
        self._run(event.at)
        self._schedule(event.at)

    def _stop(self, state: State) -> None:
        self.clock.state = state
        self._silence()

    def _reopen(self, event: ClockEvent) -> None:
        clock = self.clock
        assert clock.met_at is not None
        why = Phrase(N_("resolved; the time until the case was opened again does not count"))
        clock.runs.append(Run(clock.met_at, event.at, "closed", clock.calendar, clock.team, why))
        clock.state, clock.met_at = "running", None
        self._run(event.at)
        self._schedule(event.at)

    def _silence(self) -> None:
        for item in self.clock.escalations.values():
            item.at = item.fired

    def _run(self, at: datetime) -> None:
        clock = self.clock
        clock.runs.append(Run(at, at, "running", clock.calendar, clock.team))

    # --- what changes it -----------------------------------------------------------------------------------------

    def _created(self, event: ClockEvent) -> None:
        clock = self.clock
        clock.priority, clock.team = event.priority, event.team
        self._retarget()

    def _pause(self, event: ClockEvent) -> None:
        clock = self.clock
        if clock.state == "running" and clock.policy.pausable:
            clock.state, clock.due, clock.elapsed_at_pause = "paused", None, clock.elapsed
            self._silence()
            message = N_("paused: %(reason)s") if event.reason else N_("paused")
            why = Phrase(message, reason=event.reason) if event.reason else Phrase(message)
            clock.runs.append(Run(event.at, event.at, "paused", clock.calendar, clock.team, why))

    def _resume(self, event: ClockEvent) -> None:
        if self.clock.state == "paused":
            self.clock.state = "running"
            self._run(event.at)
            self._schedule(event.at)

    def _priority(self, event: ClockEvent) -> None:
        clock = self.clock
        clock.priority = event.to or clock.priority
        if clock.policy.on_priority_change == "rebase":
            self._retarget()
        if event.calendar:
            clock.calendar = self.changed.get(event.calendar) or self.calendars(event.calendar)
        self._change(event.at)

    def _moved(self, event: ClockEvent) -> None:
        """Another policy counts from now on: what was counted stays, whatever a changed priority would do."""
        self.clock.priority = event.to
        self._retarget()
        if event.calendar:
            self.clock.calendar = self.calendars(event.calendar)
        self._change(event.at)

    def _recalendar(self, event: ClockEvent) -> None:
        """The calendar has other hours or holidays from now on; what was counted by the old ones stays."""
        self.clock.due_before = self.clock.due
        self.clock.calendar = self.calendars(event.calendar)
        self._change(event.at)

    def _retarget(self) -> None:
        """The target of the priority; where the policy has none for it, the one before stays."""
        clock = self.clock
        target = clock.policy.target_of(clock.priority)
        if not clock.policy.knows(clock.priority):
            clock.problems.append(
                Invalid(
                    N_("The policy has no target for priority “%(priority)s”."),
                    remedy=N_("Add it to targets_minutes."),
                    place="policy.targets_minutes",
                    priority=clock.priority,
                )
            )
        else:
            clock.target = target

    def _handoff(self, event: ClockEvent) -> None:
        self.clock.team = event.to
        if self.clock.state == "running":
            self._run(event.at)

    def _holiday(self, event: ClockEvent) -> None:
        clock = self.clock
        assert event.day is not None
        clock.due_before = clock.due
        clock.calendar = self.changed[clock.calendar.name] = clock.calendar.with_holiday(event.day)
        self._change(event.at)

    def _merged(self, _event: ClockEvent) -> None:
        if self.clock.state in ("", "running", "paused"):
            self.clock.due = None
            self._stop("cancelled")
        self.removed = True

    def _policy_removed(self, event: ClockEvent) -> None:
        clock = self.clock
        if clock.state in ("running", "paused"):
            clock.history.append(clock.breached_at)
        self._merged(event)

    # --- deadlines -----------------------------------------------------------------------------------------------

    def _change(self, at: datetime) -> None:
        """Target or calendar are others from now on; a deadline that is over then is breached by the change."""
        clock = self.clock
        if clock.state != "running":
            return
        self._run(at)
        self._schedule(at)
        if clock.due is not None and clock.due < at and clock.breached_at is None:
            clock.breached_at = at

    def _schedule(self, at: datetime) -> None:
        clock = self.clock
        if clock.target is None:
            clock.due = None
            self._silence()
            return
        left = clock.target - clock.elapsed
        clock.due = clock.reached(clock.target) or clock.calendar.add(at, max(left, NONE))
        if left < NONE and clock.breached_at is None:
            clock.breached_at = at
        wanted = dict(clock.policy.warnings(clock.target, clock.priority))
        for key, item in clock.escalations.items():
            item.at = item.fired if key not in wanted else item.at
        for key, counted in wanted.items():
            item = clock.escalations.setdefault(key, Escalation())
            if item.fired is None:
                item.at = clock.calendar.add(at, max(counted - clock.elapsed, NONE))
