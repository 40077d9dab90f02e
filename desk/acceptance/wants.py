"""Gates that somebody asks for before the closure comes to them, such as a customer's roll-out (FIX-5 to FIX-7)."""

from collections.abc import Iterable
from dataclasses import dataclass

from loopdesk.desk import record
from loopdesk.desk.acceptance import gates
from loopdesk.desk.acceptance.gates import KINDS, RUNNING, WANTED, Acceptance
from loopdesk.desk.rights import require, visible_to
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import N_, Conflict, Invalid, Phrase
from loopdesk.engine.tx import Tx


@dataclass(frozen=True, slots=True)
class Asked:
    """The acceptance that has these gates, and whether it is ``new``."""

    acceptance: Acceptance
    new: bool


def ask(actor: Actor, tx: Tx, number: str, names: Iterable[str]) -> Asked:
    """Ask that a case passes gates before it is closed; they begin once its fix is confirmed, when closure gets there.

    Asked again it is the same acceptance; other gates are added to it while it has not begun. Raises `Missing` for a
    case that ``actor`` does not see, `Invalid` for a word that is no gate, `Conflict` for a closed case and beside an
    acceptance that runs without these gates.
    """
    require(actor, "acceptance.ask")
    kinds = _kinds(names)
    case = record.get(tx, number, visible=visible_to(actor), lock=True)
    if case.status == "closed":
        raise Conflict(
            "Case %(number)s is closed.",
            remedy=N_("Gates are passed before a case is closed. Open it again if its fix does not hold."),
            number=number,
        )
    running = gates.in_state(tx, number, RUNNING)
    if running is not None:
        return Asked(_running(running, kinds), new=False)
    found = gates.in_state(tx, number, WANTED)
    made = gates.prepare(tx, number, kinds)
    if found is None or len(made.gates) > len(found.gates):
        data = {"id": made.id, "gates": [gate.kind for gate in made.gates]}
        events.record(actor, tx, "acceptance.wanted", key=number, data=data)
    return Asked(made, new=found is None)


def _kinds(names: Iterable[str]) -> list[str]:
    found = gates.wanted(names)
    if not found or not set(found) <= set(KINDS):
        # Cost and benefit hold nothing up: finance is asked long after the closing.
        raise Invalid(
            "Please check the gates.",
            fields={"gates": [Phrase("Choose among %(known)s.", known=", ".join(KINDS))]},
        )
    return found


def _running(found: Acceptance, kinds: Iterable[str]) -> Acceptance:
    if set(kinds) <= {gate.kind for gate in found.gates}:
        return found
    raise Conflict(
        "An acceptance of case %(number)s runs already.",
        remedy=N_("Its gates stay as they are until it has ended; see which under %(address)s."),
        number=found.case,
        address=f"/api/v1/acceptances/{found.id}",
    )
