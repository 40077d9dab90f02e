"""Parent problems (INT-8): one case for what many customers report; each report waits for it and hears of its end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import case as cases
from loopdesk.desk import impact, record, sending
from loopdesk.desk.casework import OPEN
from loopdesk.desk.duplicates import rules
from loopdesk.desk.record import Case, case_, case_of_row
from loopdesk.desk.rights import readable, require, visible_to
from loopdesk.engine import events, messages, outbox, subscriptions
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.outbox import Row
from loopdesk.engine.tx import Tx

CHANNEL = record.PROBLEM
JOINED, LEFT, SOLVED = "problem.joined", "problem.left", "problem.solved"
"""Messages to a report's own process: it has a parent problem, has none any more, or its problem is solved."""
TELL = "problem.tell"
"""The outbox kind that tells the reports of a solved problem, a batch at a time."""
BATCH = 50
_CLOSE = 20
"""Reports that may come at once: so many after a step of ``grows_at`` still make its impact be weighed."""


def begin(tx: Tx, first: Case, others: Sequence[Case]) -> str:
    """Open the parent problem of some reports, which have yet to join it; its number. The house is its reporter."""
    report = cases.Report(
        channel=CHANNEL,
        title=first.title,
        description=first.description,
        urgency=first.urgency,
        scope=rules.read(tx).scope,
        category=first.category,
        language=first.language,
    )
    parent = cases.open(SYSTEM, tx, report).number
    numbers = sorted({first.number, *(one.number for one in others)})
    events.record(SYSTEM, tx, "problem.begun", key=parent, data={"reports": numbers})
    return parent


def join(actor: Actor, tx: Tx, number: str, parent: str) -> None:
    """Make a case a report of a parent problem, whoever says so; a second time changes nothing.

    Raises `Invalid` for a case and itself or a case that is no parent problem, `Conflict` for a problem below
    another, and when either is closed.
    """
    require(actor, "case.link")
    record.get(tx, number, visible=visible_to(actor))
    case = record.get(tx, number, lock=True)
    above = record.get(tx, parent, visible=visible_to(actor))
    _require_joinable(case, above)
    if case.problem == parent:
        return
    _join(actor, tx, number, parent)
    grown(actor, tx, parent)


def take_in(actor: Actor, tx: Tx, parent: str, found: Sequence[Case]) -> None:
    """Let recognised reports that have no parent problem yet join this one."""
    # Locked in one order, and looked at anew: two reports of a burst take in the same ones, and one may just be solved.
    new = [record.get(tx, number, lock=True) for number in sorted({one.number for one in found if not one.problem})]
    new = [one for one in new if not one.problem and one.status in OPEN]
    for one in new:
        _join(actor, tx, one.number, parent)
    if new:
        grown(actor, tx, parent)


def leave(actor: Actor, tx: Tx, number: str) -> None:
    """Take a report out of its parent problem: it is worked on by itself again. Raises `Conflict` without one."""
    require(actor, "case.link")
    record.get(tx, number, visible=visible_to(actor))
    case = record.get(tx, number, lock=True)
    if not case.problem:
        raise Conflict("Case %(number)s has no parent problem.", number=number)
    record.change(tx, number, problem="")
    data = {"problem": case.problem}
    events.record(actor, tx, LEFT, key=number, audience="customer", data=data)
    _tell_process(actor, tx, LEFT, number, data)


def reports(actor: Actor, tx: Tx, parent: str, most: int = 20) -> tuple[list[Case], int]:
    """The newest reports of a problem that the actor may see, and how many there are of them."""
    mine = (case_.c.problem == parent) & readable(actor)
    query = sa.select(case_).where(mine).order_by(case_.c.opened_at.desc(), case_.c.number.desc()).limit(most)
    found = [case_of_row(row) for row in tx.conn.execute(query).mappings()]
    return found, tx.conn.scalar(sa.select(sa.func.count()).select_from(case_).where(mine)) or 0


def grown(actor: Actor, tx: Tx, parent: str) -> None:
    """Let the impact be weighed again when a problem has come to one of the sizes that the policy names, once each.

    What it costs does not grow with the number of reports.
    """
    steps = rules.read(tx).grows_at
    if not steps:
        return
    some = sa.select(case_.c.number).where(case_.c.problem == parent).limit(steps[-1] + _CLOSE).subquery()
    count = tx.conn.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    reached = max((step for step in steps if step <= count), default=0)
    if reached and count - reached < _CLOSE:
        impact.changed(actor, tx, parent, why=f"reports:{reached}")


def solved(actor: Actor, tx: Tx, number: str, solution: str) -> None:
    """Let the reports of a solved problem hear of it, in batches through the outbox; nothing without reports."""
    if tx.conn.scalar(sa.select(case_.c.number).where(case_.c.problem == number).limit(1)) is None:
        return
    payload = {"problem": number, "solution": solution, "after": "", "actor": messages.actor_out(actor)}
    outbox.put(tx, TELL, payload, idempotency_key=f"{TELL}:{number}:{tx.now.isoformat()}:", key=number)


def local_handlers(base_url: str) -> dict[str, Callable[[Tx, Row], None]]:
    """The outbox kind that tells reports; links in letters begin with ``base_url``."""
    return {TELL: lambda tx, row: _tell(tx, row.payload, base_url, row.id)}


def _tell(tx: Tx, payload: Mapping[str, Any], base_url: str, row: int) -> None:
    parent, actor = payload["problem"], messages.actor_in(payload["actor"])
    mine = (case_.c.problem == parent) & (case_.c.number > payload["after"]) & case_.c.status.in_(OPEN)
    numbers = tx.conn.scalars(sa.select(case_.c.number).where(mine).order_by(case_.c.number).limit(BATCH)).all()
    for number in numbers:
        data = {"problem": parent, "solution": payload["solution"]}
        events.record(actor, tx, "problem.solution_known", key=number, data=data)
        if not _tell_process(actor, tx, SOLVED, number, data):
            # Somebody works on it already: the customer hears of it all the same, and he decides how to go on.
            sending.send(SYSTEM, tx, number, template="problem-solved", to="customer", params=data, base_url=base_url)
    if len(numbers) == BATCH:
        again = {**payload, "after": numbers[-1]}
        outbox.put(tx, TELL, again, idempotency_key=f"{TELL}:{row}:{numbers[-1]}", key=parent)


def _require_joinable(case: Case, above: Case) -> None:
    if case.number == above.number:
        text = Phrase("A case cannot be a report of itself.")
        raise Invalid("Name another case.", fields={"other": [text]})
    if above.channel != CHANNEL:
        text = Phrase("Case %(number)s is no parent problem.", number=above.number)
        raise Invalid("Name a parent problem.", fields={"other": [text]})
    if case.channel == CHANNEL:
        raise Conflict(
            "Case %(number)s is a parent problem itself, so it cannot stand below another.",
            remedy=N_("Link the two problems instead."),
            number=case.number,
        )
    for one in (case, above):
        if one.status not in OPEN:
            raise Conflict(
                "Case %(number)s is solved or closed.", remedy=N_("Link the two cases instead."), number=one.number
            )


def _join(actor: Actor, tx: Tx, number: str, parent: str) -> None:
    record.change(tx, number, problem=parent)
    data = {"problem": parent}
    events.record(actor, tx, JOINED, key=number, audience="customer", data=data)
    _tell_process(actor, tx, JOINED, number, data)


def _tell_process(actor: Actor, tx: Tx, name: str, number: str, data: Mapping[str, Any]) -> bool:
    """Publish a message to the process of a report if one waits for it: an unread one would lie in the inbox."""
    if not subscriptions.waiting(tx, name, number):
        return False
    messages.publish(actor, tx, name, key=number, payload=data)
    return True
