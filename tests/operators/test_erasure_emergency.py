"""Who was warned of an emergency is forgotten like everybody else, also without a case of their own (EMG-11, SEC-2)."""

from loopdesk.connectors import inbound
from loopdesk.desk import emergency, erasure
from loopdesk.desk.emergency import letters
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.operators.conftest import ADDRESS, NAME, House
from loopdesk.tests.scenarios.stage import ADMIN
from loopdesk.web.stores import stores


def test_a_customer_who_was_warned_is_forgotten(house: House) -> None:
    number = house.stage.report("hejing", title="Payments fail", urgency="low")
    with house.stage.desk.engine.begin() as tx:
        given = {"commander": "olga", "grade": "I", "kind": "system_fault"}
        led = emergency.declare(SYSTEM, tx, number, **given, response=emergency.Response("global", "P0", "payment"))
        assert letters.warn(SYSTEM, tx, led, base_url="https://desk.example") >= 2
        assert NAME in {one.contact for one in emergency.told(tx, led.id)}
    desk = house.stage.desk
    with desk.engine.begin() as tx:
        done = erasure.erase(ADMIN, tx, stores(desk.settings), ADDRESS, inbound.empty)
    assert done.rows["emergency_told"] == 1
    after = house.everything().lower()
    assert NAME.lower() not in after
    assert ADDRESS.lower() not in after
    with desk.engine.read() as tx:
        assert len(emergency.told(tx, led.id)) >= 2
