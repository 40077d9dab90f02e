"""Calls to customers are archived with their case and erased with the customer (COM-4, SEC-3)."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from loopdesk.desk import customers, record
from loopdesk.desk.contacting import calls
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Missing
from loopdesk.tests.operators.conftest import ADDRESS, NAME, House
from loopdesk.tests.operators.test_erasure import erase
from loopdesk.tests.operators.test_retention import later, run
from loopdesk.web.cli._desk import group_for

WORDS, NUMBER = "His mother is in hospital, so not before Friday.", "+49 170 5550101"


def called(house: House) -> str:
    """The id of a call in which the customer told something of himself."""
    with house.stage.tx() as tx:
        mine = customers.contact_.c.id == record.get(tx, house.number).contact_id
        tx.conn.execute(sa.update(customers.contact_).where(mine).values(phone=NUMBER))
        made = calls.plan(SYSTEM, tx, house.number, calls.Wish("supervisor", "escalated", timedelta(hours=4)))
        assert made
        calls.note(SYSTEM, tx, made.id, calls.Heard("reached", said="We are sorry.", feedback=WORDS))
    return made.id


@pytest.mark.row("COM-4/kept")
def test_a_call_is_archived_with_its_case_and_still_read(house: House) -> None:
    made = called(house)
    later(house, 3.1)
    assert run(house)["cases"] == 1
    with house.stage.desk.engine.read() as tx, pytest.raises(Missing):
        calls.get(tx, made)
    shown = json.loads(CliRunner().invoke(group_for(house.stage.desk), ["archive", "show", house.number]).output)
    [kept] = shown["tables"]["customer_call"]
    assert (kept["id"], kept["state"]) == (made, "reached")
    assert WORDS in kept["said"]


def test_what_was_said_in_a_call_goes_with_the_customer(house: House) -> None:
    """That he was called, why and when stays; whom, his number and the words do not."""
    made = called(house)
    before = house.everything()
    assert [word for word in (WORDS, NUMBER, NAME) if word not in before] == []
    erase(house, ADDRESS)
    after = house.everything()
    assert [word for word in (WORDS, NUMBER, NAME) if word in after] == []
    with house.stage.desk.engine.read() as tx:
        left = calls.get(tx, made)
    assert (left.kind, left.reason, left.state) == ("supervisor", "escalated", "reached")
