"""Two people at the same moment: minutes are published once, a task force ends once (HND-6, HND-9)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.team import agenda, meetings, taskforce
from loopdesk.desk.team.meetings import meeting_
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import LoopdeskError
from loopdesk.engine.events import event
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import BASE, House

Verb = Callable[[Actor, Tx], object]
MEETING = {
    "id": "m1",
    "series": "support-rnd",
    "minutes_long": 45,
    "chair": "support",
    "agenda": [],
    "published_by": "",
}


def at_once(house: House, verb: Verb, *logins: str) -> list[str]:
    """What becomes of each who does it."""

    def one(login: str) -> str:
        try:
            with house.engine.begin() as tx:
                verb(house.people[login], tx)
        except LoopdeskError as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(len(logins)) as pool:
        return sorted(pool.map(one, logins))


def count(house: House, kind: str) -> int:
    with house.engine.read() as tx:
        return tx.conn.scalar(sa.select(sa.func.count()).select_from(event).where(event.c.kind == kind)) or 0


def test_minutes_are_published_once(house: House) -> None:
    with house.engine.begin() as tx:
        told = MEETING | {"departments": ["support"], "minutes": "We talked."}
        tx.conn.execute(sa.insert(meeting_).values(**told, starts_at=tx.now - timedelta(hours=2)))
        meetings.write(house.people["lina"], tx, "m1", minutes="We talked.", attendees=["lina"])

    def publish(actor: Actor, tx: Tx) -> None:
        meetings.publish(actor, tx, "m1", base_url=BASE)

    assert at_once(house, publish, "lina", "wangfang", "lina") == ["Conflict", "Conflict", "done"]
    assert count(house, "meeting.published") == 1


def test_a_task_force_ends_once(house: House) -> None:
    with house.engine.begin() as tx:
        number = house.report(tx).number
        lead = house.people["wangfang"]
        made = taskforce.start(lead, tx, number, goal="It runs.", lead="lina", members=["zhangwei"])

    def close(actor: Actor, tx: Tx) -> None:
        taskforce.close(actor, tx, made.id, result="It runs.")

    assert at_once(house, close, "lina", "lina", "lina") == ["Conflict", "Conflict", "done"]
    assert count(house, "taskforce.ended") == 1


def test_an_agenda_hides_a_case_that_was_restricted_since(house: House, tx: Tx, number: str) -> None:
    points = [{"kind": "action", "case": number, "text": "Close the hole."}, {"kind": "risk", "from": "a", "to": "b"}]
    assert agenda.shown(house.people["zhangwei"], tx, points) == points
    record.change(tx, number, restricted=True, department="security")
    assert agenda.shown(house.people["zhangwei"], tx, points) == points[1:]
    assert agenda.shown(house.people["sara"], tx, points) == points
    assert agenda.shown(SYSTEM, tx, points) == points
