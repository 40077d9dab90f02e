"""Names of clocks and of what people report for them, as the policies' file says them (SLA-2)."""

from flask import g

from loopdesk.desk.sla import choice
from loopdesk.desk.sla.live import HOLDING
from loopdesk.desk.sla.rules import Kind
from loopdesk.engine.errors import LoopdeskError
from loopdesk.web import vocabulary
from loopdesk.web.context import read_tx


def clock(name: str) -> str:
    """A clock's name in the reader's language, with the department that it counts for."""
    kind, _, department = name.partition(":")
    known = _kinds().get("department" if kind == HOLDING else kind)
    text = (vocabulary.localised(known.name) if known else "") or kind
    return f"{text} · {vocabulary.department(department)}" if department else text


def reported(event: str) -> str:
    """What somebody reported by hand, as the button was called."""
    names = next((kind.by_hand[event] for kind in _kinds().values() if event in kind.by_hand), {})
    return vocabulary.localised(names) or event


def _kinds() -> dict[str, Kind]:
    """The clocks of the present policies, read once a request; none where they cannot be read."""
    if "clock_kinds" not in g:
        try:
            with read_tx() as tx:
                g.clock_kinds = dict(choice.library(tx).book(choice.current(tx)).rules.clocks)
        except LoopdeskError:
            g.clock_kinds = {}
    return dict(g.clock_kinds)
