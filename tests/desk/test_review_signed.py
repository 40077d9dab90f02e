"""Who hears that a review is signed (EMG-7)."""

import pytest
import sqlalchemy as sa

from loopdesk.desk import emergency as emergencies
from loopdesk.desk.response import reviews
from loopdesk.desk.response.reviews import Analysis
from loopdesk.engine import messages, subscriptions
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx

WRITTEN = Analysis("Nine to ten.", "No orders.", "A new switch.", ["The switch was old."], "A spare one.", stops=True)


@pytest.mark.parametrize(("listens", "told"), [(True, 1), (False, 0)])
def test_the_last_signature_is_told_to_a_process_that_listens(tx: Tx, number: str, listens: bool, told: int) -> None:
    """EMG-7: nothing lies in the inbox for nobody, and the first signature alone says nothing."""
    led = emergencies.declare(SYSTEM, tx, number, commander="emma", grade="I", kind="system_fault")
    emergencies.stand_down(SYSTEM, tx, led.id, summary="Over.", forced=True)
    made = reviews.open_(SYSTEM, tx, led.id, rca_hours=24, report_hours=72)
    reviews.analyse(SYSTEM, tx, made.id, WRITTEN)
    if listens:
        at = {"instance_id": "", "bundle_id": "b", "process": "follow-up", "element": "signed", "ref": "signed"}
        row = {"name": reviews.SIGNATURE, "key": number, "created_at": tx.now, **at}
        tx.conn.execute(sa.insert(subscriptions.subscription).values(**row))
    thrown = sa.select(messages.message.c.payload).where(messages.message.c.name == reviews.SIGNATURE)
    reviews.sign(SYSTEM, tx, made.id, role="commander")
    assert tx.conn.scalars(thrown).all() == []
    reviews.sign(SYSTEM, tx, made.id, role="head")
    kept = tx.conn.scalars(thrown).all()
    assert [(one["emergency"], one["review"]) for one in kept] == [(led.id, made.id)] * told
