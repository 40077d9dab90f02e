"""What diagrams may do for the departments' work together, by the name their service tasks carry; see `operations`."""

from loopdesk.desk import notices, people
from loopdesk.desk.steps import Result, Step, operation
from loopdesk.desk.team import board, meetings, risk, taskforce


@operation("board.make")
def _make_board(step: Step) -> Result:
    """Put the board of today together: the handoffs that were open when the day began.

    Gives: day, open (how many handoffs), missed (commitments after their day), departments (codes of both sides).
    """
    return dict(board.make(step.actor, step.tx))


@operation("board.tell")
def _tell_board(step: Step, *, departments: list[str], open: int, missed: int) -> Result:  # noqa: A002 - diagrams say so
    """Tell the supervisors of departments that the board is ready (message t1-board). Gives: told (how many)."""
    to = [one for code in departments or () for one in people.in_department(step.tx, code, "supervisor")]
    scope = {"open": int(open), "missed": int(missed), "day": board.today(step.tx).isoformat()}
    once = f"t1-board:{scope['day']}"
    return {"told": len(notices.tell(step.tx, "t1-board", to, scope, base_url=step.base_url, once=once))}


@operation("board.hold")
def _hold_board(step: Step, *, note: str) -> Result:
    """Keep what the meeting about the board said, with who said it."""
    board.hold(step.actor, step.tx, note=note or "")
    return None


@operation("taskforce.remind")
def _remind_taskforces(step: Step) -> Result:
    """Remind the lead of each task force whose last working day has no entry. Gives: reminded (how many)."""
    return {"reminded": taskforce.remind(step.actor, step.tx, base_url=step.base_url)}


@operation("risk.weigh")
def _weigh(step: Step) -> Result:
    """Decide the risk between each two departments (risk.dmn of the policies) and warn their supervisors of a rise.

    Gives: warned (of how many pairs).
    """
    return {"warned": len(risk.weigh(step.actor, step.tx, base_url=step.base_url))}


@operation("meetings.plan")
def _plan_meetings(step: Step) -> Result:
    """Set the next meeting of each series of meetings.yaml with its agenda, and invite. Gives: planned (how many)."""
    return {"planned": len(meetings.plan(step.actor, step.tx, base_url=step.base_url))}


@operation("meetings.remind")
def _remind_chairs(step: Step) -> Result:
    """Tell the chair of a meeting that has no published minutes. Gives: reminded (how many)."""
    return {"reminded": meetings.remind(step.actor, step.tx, base_url=step.base_url)}
