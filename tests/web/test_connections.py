"""One request, one connection at a time: many readers at once never wait for each other's second one (OPS-1)."""

import pytest
from flask import Flask

from loopdesk.desk import case
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Engine
from loopdesk.tests.web.connections import one_at_a_time
from loopdesk.web import vocabulary
from loopdesk.web.context import open_tx, read_tx


def test_what_is_read_inside_of_a_transaction_goes_through_it(app: Flask) -> None:
    with app.test_request_context():
        with read_tx() as outer, read_tx() as inner:
            assert inner is outer
            assert vocabulary.department("support") != "support"
        with open_tx() as writing, read_tx() as reading:
            assert reading is writing
        with read_tx() as later:
            assert later is not outer
            assert not later.writes


def test_a_read_inside_of_a_writing_transaction_sees_what_was_written(app: Flask) -> None:
    told = case.Report(channel="portal", title="Broken", description="It does not print.", email="anna@aurora.example")
    with app.test_request_context(), open_tx() as tx:
        number = case.open(SYSTEM, tx, told).number
        with read_tx() as reading:
            assert case.read(SYSTEM, reading, number).title == "Broken"


def test_a_failed_transaction_is_not_gone_on_with(app: Flask) -> None:
    with app.test_request_context():
        with pytest.raises(ZeroDivisionError), open_tx() as failed:
            _ = 1 / 0
        with read_tx() as tx:
            assert tx is not failed


def test_the_guard_tells_of_a_second_connection(engine: Engine) -> None:
    watched = one_at_a_time(engine.database)
    with pytest.raises(AssertionError, match="a second connection"), Flask(__name__).test_request_context(), watched:
        with engine.read():
            pass
        with engine.read(), engine.read():
            pass
