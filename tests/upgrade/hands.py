"""What people do with the work of an upgraded house, whoever of them has it by now."""

from typing import Any

from loopdesk.engine import work
from loopdesk.engine.actor import Actor
from loopdesk.engine.outbox import drain
from loopdesk.engine.tx import Tx
from loopdesk.tests.scenarios.stage import ADMIN, Stage

TRIAGE = {"type": "fault", "department": "support", "urgency": "low", "scope": "several", "complexity": "normal"}
SOLVED = {"outcome": "solved", "solution": "Patched in 4.2.1."}
OFFER = {"to_department": "rnd", "handover_reason": "It needs a patch.", "summary": "Error 500.", "signed": True}


def complete(stage: Stage, who: str, number: str, element: str, **answers: Any) -> None:
    """Somebody hands in the form of a case's task at ``element``: ``who``, or whom an escalation gave it to."""
    found = task(stage, who, number, element)
    with stage.tx() as tx:
        work.complete(holder(stage, who, found), tx, found["id"], answers)


def each(stage: Stage, element: str, *, number: str | None = None, who: str = "admin", **answers: Any) -> int:
    """Hand in the same form at each task that waits at ``element``; how many there were."""
    done = 0
    while found := [row for row in _listing(stage, who, number) if row["element"] == element]:
        with stage.tx() as tx:
            work.complete(holder(stage, who, found[0]), tx, found[0]["id"], answers)
        done += 1
    return done


def _listing(stage: Stage, who: str, number: str | None) -> list[dict[str, Any]]:
    with stage.desk.engine.read() as tx:
        return list(work.listing(stage.people[who], tx, key=number))


def waiting(tx: Tx, element: str) -> list[dict[str, Any]]:
    """The open tasks at ``element``, of all cases."""
    return [row for row in work.listing(ADMIN, tx) if row["element"] == element]


def holder(stage: Stage, who: str, found: dict[str, Any]) -> Actor:
    """Who has taken a task or is meant to; ``who`` as long as nobody is."""
    taken = [one for one in stage.people.values() if one.id == (found["assignee"] or found["person"])]
    return taken[0] if taken else stage.people[who]


def task(stage: Stage, who: str, number: str, element: str) -> dict[str, Any]:
    """A case's task at ``element``, which is in the inbox of ``who``, or of whom an escalation gave it to."""
    own, all_ = ([row for row in _listing(stage, one, number) if row["element"] == element] for one in (who, "admin"))
    [found] = own or all_
    return found


def post(stage: Stage) -> None:
    """Do all that waits in the outbox, letters too."""
    while drain(stage.desk.engine, stage.desk.handlers, worker="test"):
        pass


def triaged(stage: Stage, contact: str = "anna", **words: str) -> str:
    """A report that has been looked at; it waits to be solved. ``words``: its own title and description."""
    number = stage.report(contact, urgency="low", **words)
    complete(stage, "lina", number, "triage", **TRIAGE)
    return number
