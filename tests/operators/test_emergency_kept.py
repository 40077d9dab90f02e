"""The records of an emergency stay for at least six months, whatever holds for other cases (EMG-7)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import yaml

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import retention
from loopdesk.desk.response import allhands, awards, expectations, measures, reviews
from loopdesk.desk.response.awards import Wish
from loopdesk.engine import bundles, messages, outbox_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.operators.conftest import ADDRESS, House
from loopdesk.tests.operators.test_erasure import erase
from loopdesk.tests.operators.test_retention import run

TABLES = (measures.measure_, allhands.hand_, reviews.review_, expectations.expectation, awards.compensation_)
COMMENT = "Nobody called us for two hours, says Anna Berg."


def _emergency(tx: Tx, number: str) -> str:
    """An emergency of a case that has everything, and is over."""
    made = emergencies.declare(SYSTEM, tx, number, commander="wangfang", grade="I", kind="system_fault")
    measures.plan(SYSTEM, tx, made.id, [{"measure": "reserve_capacity", "cores": 32}])
    allhands.call(SYSTEM, tx, made.id, departments=["customer_success"], times=3)
    emergencies.stand_down(SYSTEM, tx, made.id, summary="It is over.")
    reviews.open_(SYSTEM, tx, made.id, rca_hours=24, report_hours=72)
    asked = expectations.ask(SYSTEM, tx, made.id)
    answerer = expectations.of_token(tx, asked["token"])["actor"]
    expectations.answer(answerer, tx, asked["token"], met=False, comment=COMMENT)
    awards.request(SYSTEM, tx, made.id, Wish([(tx.now - timedelta(hours=5), tx.now)]))
    return made.id


def _rows(house: House) -> list[int]:
    with house.stage.desk.engine.read() as tx:
        return [tx.conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in TABLES]


@pytest.mark.row("EMG-7/kept")
def test_an_emergency_is_kept_as_long_as_the_house_says(house: House) -> None:
    """EMG-7: six months at least, as shipped; the words said about a case stay three years anyway (COM-4)."""
    desk = house.stage.desk
    with desk.engine.begin() as tx:
        _emergency(tx, house.number)
        files = dict(bundles.current(tx, "policies").files)
        said = yaml.safe_load(files["retention.yaml"])
        assert said["emergencies"]["keep"] == "P6M"
        said["cases"]["keep"], said["emergencies"]["keep"] = "P1M", "P4Y"
        files["retention.yaml"] = yaml.safe_dump(said, allow_unicode=True).encode()
        bundles.deploy(SYSTEM, tx, "policies", files)
    house.stage.clock.advance(timedelta(days=4 * 365 - 5))
    with desk.engine.read() as tx:
        assert retention.due(tx, 10) == []
    assert _rows(house) == [1, 1, 1, 1, 1]
    house.stage.clock.advance(timedelta(days=10))
    with desk.engine.begin() as tx:
        _finish(tx, house.number)
    assert run(house)["cases"] == 1
    assert _rows(house) == [0, 0, 0, 0, 0]


def _finish(tx: Tx, number: str) -> None:
    """What the messages of this emergency would have begun is done with."""
    for name in ("compensation.requested", "expectation.answered"):
        messages.forget(tx, name, key=number)
    tx.flush()
    tx.conn.execute(sa.update(outbox_rows.outbox).values(state="done", done_at=tx.now))


def test_a_customers_word_on_the_handling_is_erased_with_them(house: House) -> None:
    """EMG-7, SEC-3: their own words go, the yes or no stays."""
    with house.stage.desk.engine.begin() as tx:
        _emergency(tx, house.number)
        _finish(tx, house.number)
    erase(house, ADDRESS)
    with house.stage.desk.engine.read() as tx:
        [row] = tx.conn.execute(sa.select(expectations.expectation)).mappings()
    assert row["met"] is False
    assert "Anna" not in row["comment"]
    assert COMMENT not in house.everything()
