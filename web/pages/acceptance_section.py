"""What the page of a case shows of its acceptance and of its cost and benefit (FIX-5 to FIX-8)."""

from typing import Any

from loopdesk.desk import acceptance
from loopdesk.desk.acceptance import benefits
from loopdesk.desk.record import Case
from loopdesk.desk.response import money
from loopdesk.engine.tx import Tx
from loopdesk.web import acceptance_words
from loopdesk.web.context import actor


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_acceptance.html``, the newest acceptance first."""
    made = acceptance.of_case(actor(), tx, found.number)
    counted = benefits.of_case(tx, found.number)
    return {
        "acceptances": [
            {
                "it": one,
                "look": acceptance_words.STATES[one.state],
                "gates": [
                    {
                        "kind": acceptance_words.KINDS[gate.kind],
                        "look": acceptance_words.look(gate),
                        "fails": acceptance_words.fails(gate.fails),
                    }
                    for gate in one.gates
                ],
            }
            for one in made
        ],
        "benefit": counted,
        "benefit_look": acceptance_words.BENEFITS[counted.state] if counted else None,
        "benefit_amounts": {name: money.amount(getattr(counted, name), counted.currency) for name in benefits.AMOUNTS}
        if counted
        else {},
    }
