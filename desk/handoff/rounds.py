"""How often a case was offered, and whether it goes round in circles (HND-2, HND-4)."""

from dataclasses import dataclass

import sqlalchemy as sa

from loopdesk.desk.handoff.tables import ACCEPTED, REJECTED, RULED, Handoff, of_case
from loopdesk.desk.record import Case
from loopdesk.engine.errors import N_, Refused
from loopdesk.engine.events import event
from loopdesk.engine.tx import Tx

REOPENED = "case.reopened"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the table of the handoff process allows; None: no limit.

    ``rejections``: so often one department may reject the case in a round and still be asked again; ``returns``: so
    often the case may come back, within a pass, to departments that have passed it on.
    """

    rejections: int | None = None
    returns: int | None = None


NO_LIMITS = Limits()


def of_pass(tx: Tx, number: str) -> list[Handoff]:
    """The handoffs of a case since it was opened, or opened again: what went before has led to a solution."""
    began = tx.conn.scalar(sa.select(sa.func.max(event.c.at)).where(event.c.key == number, event.c.kind == REOPENED))
    return [one for one in of_case(tx, number) if began is None or one.offered_at >= began]


def goes_round(made: list[Handoff], to: str, round_: str, limits: Limits) -> bool:
    """Whether one more offer to ``to`` would go in a circle, after the handoffs ``made`` in this pass."""
    rejected = [one for one in made if one.state == REJECTED and one.to_department == to]
    again = any(one.round != round_ for one in rejected)
    if limits.rejections is not None and (again or len(rejected) >= limits.rejections):
        return True
    return limits.returns is not None and _returns(made, to) > limits.returns


def require_no_ruling(made: list[Handoff], case: Case, to: str) -> None:
    """A ruling binds: whom it named does not hand the case back to the other side (HND-4)."""
    last = next((one for one in reversed(made) if one.state in (ACCEPTED, RULED)), None)
    if last is not None and last.state == RULED and to in last.sides:
        raise Refused(
            "By arbitration department %(department)s holds this case.",
            remedy=N_("Solve it there, or hand it to a department that the ruling does not concern."),
            department=case.department,
        )


def _returns(made: list[Handoff], to: str) -> int:
    """How often the case has come back to who had it before, if ``to`` got it now."""
    taken = [one for one in made if one.state == ACCEPTED]
    if not taken:
        return 0
    had, count = {taken[0].from_department}, 0
    for name in [*(one.to_department for one in taken), to]:
        count += name in had
        had.add(name)
    return count
