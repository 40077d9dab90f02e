"""A case is merged into another one: what ran for it beside its processes ends with it (INT-8, FIX-1, FIX-3 to FIX-5).

A merge ends the case's processes where they stand, so nobody else would end what they kept in tables: a verification
on the list, samples that are still taken, milestones on the board, a link that asks for a signature.
"""

from loopdesk.desk.acceptance import gates
from loopdesk.desk.closure import rounds, verification
from loopdesk.desk.duplicates import links
from loopdesk.desk.implementation import board, change_rows, changes, course, tables
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.tx import Tx


def merge(actor: Actor, tx: Tx, number: str, into: str, *, note: str = "") -> None:
    """Like `links.merge`, which names what it raises; what was under way for the case is over."""
    links.merge(actor, tx, number, into, note=note)
    verification.withdraw(tx, number)
    rounds.end(tx, number, links.MERGED)
    gates.withdraw(SYSTEM, tx, number, states=(gates.WANTED, gates.RUNNING))
    for one in board.of_case(SYSTEM, tx, number):
        if one.state == tables.RUNNING:
            course.look(SYSTEM, tx, one.id)
    for change in change_rows.of_case(SYSTEM, tx, number):
        if change.state not in change_rows.OVER:
            changes.withdraw(SYSTEM, tx, change.id, reason=changes.MERGED)
