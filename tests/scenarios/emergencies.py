"""An emergency of the shipped house, declared and ended without its own diagram: what follows from it is looked at."""

from typing import Any

from loopdesk.desk import emergency as emergencies
from loopdesk.engine import messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.outbox import Handlers, drain
from loopdesk.tests.scenarios.stage import Stage


def declared(stage: Stage, number: str, *, grade: str = "I", severity: str = "P0", commander: str = "wangfang") -> str:
    """Declare an emergency on the case and tell so; its id."""
    with stage.tx() as tx:
        made = emergencies.declare(SYSTEM, tx, number, commander=commander, grade=grade, kind="system_fault")
        publish(tx, number, "emergency.declared", made.id, grade, severity)
    return made.id


def graded(stage: Stage, number: str, emergency: str, *, grade: str, severity: str) -> None:
    """The grade has changed."""
    with stage.tx() as tx:
        publish(tx, number, "emergency.graded", emergency, grade, severity)


def ended(stage: Stage, number: str, emergency: str) -> None:
    """Stand the emergency down and tell so."""
    with stage.tx() as tx:
        emergencies.stand_down(SYSTEM, tx, emergency, summary="The database is back.")
        publish(tx, number, "emergency.ended", emergency, "I", "P0")


def publish(tx: Any, number: str, name: str, emergency: str, grade: str, severity: str) -> None:
    """One of the messages by which the processes of an emergency talk."""
    told = {"emergency": emergency, "case": number, "kind": "system_fault", "grade": grade, "scope": "global"}
    payload = told | {"severity": severity, "cause": "", "drill": False}
    messages.publish(SYSTEM, tx, name, key=number, payload=payload)


def outside(stage: Stage) -> None:
    """Let the calls of other systems leave the house, letters not, and do what follows."""
    known = stage.desk.handlers
    handlers = Handlers(local=known.local, remote={"effect": known.remote["effect"]}, wanted=known.wanted)
    while drain(stage.desk.engine, handlers, worker="outside"):
        pass
    stage.rest()
