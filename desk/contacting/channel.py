"""Over which channel a customer hears something: the one he prefers, else by the table ``channel.dmn`` (COM-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.letters import EMAIL
from loopdesk.desk.receivers import CUSTOMER, Receiver
from loopdesk.desk.record import Case
from loopdesk.engine import bundles
from loopdesk.engine.tx import Tx

FILE, TABLE, DECISION = "notices", "channel.dmn", "channel"
AUTO, PHONE = "auto", "phone"
"""No wish of his own, so that the table decides; told by a person, who calls."""


@dataclass(frozen=True, slots=True)
class Way:
    """The ``channel`` of a message, the one ``wanted`` where it is another, and whether somebody ``calls``."""

    channel: str
    wanted: str = ""
    calls: bool = False


def names(tx: Tx, language: str) -> dict[str, str]:
    """The channels that a contact may prefer: code -> name."""
    entries = policy.said(tx, FILE, "channels")
    return {str(code): policy.name_in(entry, language) or str(code) for code, entry in entries.items()}


def choose(tx: Tx, case: Case, template: str, to: Receiver, asked: str = EMAIL) -> Way:
    """How ``template`` reaches somebody.

    A channel that the diagram asks for counts, and for staff e-mail; a customer's wish counts for him. A key step,
    which the diagram wants told by phone, is a call whatever he prefers. Whom somebody calls has it in writing as well
    where an address is known; whom nothing but a number reaches is called.
    """
    if to.kind != CUSTOMER or asked not in (EMAIL, PHONE):
        return Way(asked)
    chosen = PHONE if asked == PHONE else _preferred(tx, case, template, to)
    if chosen == PHONE or not to.address:
        return Way(EMAIL, "" if chosen == EMAIL else chosen, calls=bool(to.phone))
    return Way(chosen)


def _preferred(tx: Tx, case: Case, template: str, to: Receiver) -> str:
    chosen = to.prefers or AUTO
    if chosen == EMAIL:
        return EMAIL
    known = {"preferred": chosen, "priority": case.priority, "complexity": case.complexity, "template": template}
    return _decide(tx, known)


def _decide(tx: Tx, known: Mapping[str, Any]) -> str:
    made = bundles.current(tx, policy.BUNDLE)
    if TABLE not in made.files:
        made = replace(made, files={**made.files, TABLE: policy.shipped_file(policy.BUNDLE, TABLE)})
    return str(made.model(DECISION).decide(DECISION, known, now=tx.now).value or EMAIL)
