"""What lists may be asked for where the house sets it: what there is now, and what there was once and is still told."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa

from loopdesk.desk import causes, departments, people, priorities
from loopdesk.desk.actions import action_
from loopdesk.desk.arbitration.tables import arbitration_
from loopdesk.desk.breach import trace_
from loopdesk.desk.feedback.tables import feedback_
from loopdesk.desk.figures import names as figures
from loopdesk.desk.handoff.tables import handoff_
from loopdesk.desk.record import case_
from loopdesk.engine import bundles, selection
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.instances import instance
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import task


@dataclass(frozen=True, slots=True)
class Choice:
    """``names``: the codes that there are now, in the owner's order; ``kept``: columns that may hold older ones."""

    names: Callable[[Tx], Collection[str]]
    kept: tuple[sa.Column[str], ...]

    def has(self, tx: Tx, value: str) -> bool:
        """Whether there is or was such a ``value``; an empty one is none."""
        return value != "" and (value in self.names(tx) or _stands(tx, value, self.kept))


def person(tx: Tx, who: str) -> str:
    """The id of whom an id, a sign-in name or an e-mail address names, be he active or not; empty for nobody."""
    if not who:
        return ""
    if found := people.find(tx, who) or people.by_login(tx, who):
        return found.id
    return who if _stands(tx, who, (people.person.c.id, case_.c.owner_id, action_.c.owner_id)) else ""


def _stands(tx: Tx, value: str, columns: Collection[sa.Column[str]]) -> bool:
    return any(tx.ask(sa.select(one).where(one == value).limit(1)).first() for one in columns)


DEPARTMENT = Choice(
    departments.codes,
    (
        *(case_.c.department, task.c.department, action_.c.department, feedback_.c.department),
        *(handoff_.c.from_department, handoff_.c.to_department),
        *(arbitration_.c.from_department, arbitration_.c.to_department),
    ),
)
PRIORITY = Choice(priorities.codes, (case_.c.priority,))
TYPE = Choice(lambda tx: figures.types(tx, "en"), (case_.c.type, arbitration_.c.type))
CAUSE = Choice(lambda tx: causes.names(tx, "en"), (trace_.c.cause,))
PROCESS = Choice(lambda tx: selection.processes(SYSTEM, tx), (instance.c.process, bundles.bundle.c.name))
