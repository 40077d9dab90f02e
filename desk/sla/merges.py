"""Several tickets in one case: whose clock an event moves, and which merges are none (SLA-3, INT-8)."""

from collections.abc import Sequence

from loopdesk.desk.sla.events import ClockEvent
from loopdesk.engine.errors import N_, Invalid, LoopdeskError


def tickets_of(events: Sequence[ClockEvent]) -> tuple[list[str], list[LoopdeskError]]:
    """The tickets that were created, in order, and what is wrong with merges of them."""
    tickets = list(dict.fromkeys(event.ticket for event in events if event.kind == "created"))
    into: dict[str, str] = {}
    problems: list[LoopdeskError] = []
    for event in events:
        if event.kind == "merged":
            problem = _problem(event, tickets, into)
            if problem is None:
                into[_source(event, tickets)] = event.into
            else:
                problems.append(problem)
        elif tickets and event.ticket not in ("", *tickets) and tickets != [""]:
            message = N_("The event “%(kind)s” names the ticket “%(ticket)s”, which was never created.")
            remedy = N_("Correct the ticket of the event.")
            problems.append(Invalid(message, remedy=remedy, place="events", kind=event.kind, ticket=event.ticket))
    return tickets, problems


def of_ticket(events: Sequence[ClockEvent], ticket: str) -> list[ClockEvent]:
    """The events that move the clock of ``ticket``: its own and those of no ticket; of merges, those of itself."""
    into: dict[str, str] = {}
    found = []
    tickets = list(dict.fromkeys(event.ticket for event in events if event.kind == "created"))
    for event in events:
        if event.kind == "merged":
            if _problem(event, tickets, into) is None:
                into[_source(event, tickets)] = event.into
                if _source(event, tickets) == ticket:
                    found.append(event)
        elif not ticket or event.ticket == ticket or (not event.ticket and event.kind != "created"):
            found.append(event)
    return found


def _source(event: ClockEvent, tickets: Sequence[str]) -> str:
    # A case with one ticket need not name it.
    return tickets[0] if len(tickets) == 1 and (not event.ticket or not tickets[0]) else event.ticket


def _problem(event: ClockEvent, tickets: Sequence[str], into: dict[str, str]) -> Invalid | None:
    source = _source(event, tickets)
    if source not in tickets:
        message = N_("There is no ticket “%(ticket)s” to merge.")
    elif source == event.into:
        message = N_("Ticket “%(ticket)s” cannot be merged into itself.")
    elif _leads(event.into, source, into):
        message = N_("Ticket “%(ticket)s” cannot be merged in a circle into “%(into)s”.")
    else:
        return None
    return Invalid(message, remedy=N_("Correct the merge."), place="events", ticket=source or "-", into=event.into)


def _leads(start: str, end: str, into: dict[str, str]) -> bool:
    """Whether merges lead from ``start`` to ``end``; circles are never recorded, so this ends."""
    while start in into and start != end:
        start = into[start]
    return start == end
