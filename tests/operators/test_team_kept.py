"""What departments did together goes into the archive with its case, and forgets an erased colleague (SEC-2, SEC-3)."""

import json
from datetime import timedelta

import sqlalchemy as sa
from click.testing import CliRunner

from loopdesk.desk import actions
from loopdesk.desk.actions import action_
from loopdesk.desk.team.board import item_
from loopdesk.desk.team.meetings import attendee_, meeting_
from loopdesk.desk.team.taskforce import entry_, member_, taskforce_
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.operators.conftest import House
from loopdesk.tests.operators.test_erasure import erase
from loopdesk.tests.operators.test_retention import later, run
from loopdesk.web.cli._desk import group_for

OF_A_CASE = (action_, item_, taskforce_, member_, entry_)


def together(house: House, tx: Tx) -> str:
    """A line of the board, a task force, a meeting and an action in which Zhang Wei took part; returns his id."""
    zhang = house.stage.people["zhangwei"]
    due = tx.now + timedelta(days=1)
    text = f"{zhang.name} reads the log."
    given = {"source": "board", "source_id": "h1", "text": text, "owner": zhang.id, "case": house.number}
    actions.add(SYSTEM, tx, **given, due_at=due)
    who = {"person_id": zhang.id, "name": zhang.name}
    force = {"id": "t1", "case": house.number, "goal": f"With {zhang.name}", "lead_id": zhang.id, "lead": zhang.name}
    tx.conn.execute(sa.insert(taskforce_).values(**force, started_at=tx.now, ended_by="", result=""))
    tx.conn.execute(sa.insert(member_).values(taskforce="t1", **who, department="rnd", since=tx.now))
    entry = {"taskforce": "t1", "day": tx.now.date(), "text": f"{zhang.name}: found it.", "at": tx.now}
    tx.conn.execute(sa.insert(entry_).values(**entry, **who))
    line = {"id": "i1", "day": tx.now.date(), "case": house.number, "handoff": "h1", "from_department": "support"}
    line |= {"to_department": "rnd", "state": "accepted", "blocker": "No log.", "blocker_by": zhang.name}
    tx.conn.execute(sa.insert(item_).values(**line, since=tx.now))
    point = {"kind": "action", "case": "", "text": text, "owner": zhang.name, "due": due.isoformat()}
    meeting = {"id": "m1", "series": "support-rnd", "minutes_long": 45, "chair": "support", "departments": ["support"]}
    meeting |= {"agenda": [point], "minutes": f"{zhang.name} was late.", "published_by": zhang.name}
    tx.conn.execute(sa.insert(meeting_).values(**meeting, starts_at=tx.now, published_at=tx.now))
    tx.conn.execute(sa.insert(attendee_).values(meeting="m1", **who))
    return zhang.name


def test_it_goes_into_the_archive_with_its_case(house: House) -> None:
    desk = house.stage.desk
    with desk.engine.begin() as tx:
        together(house, tx)
    house.stage.clock.advance(timedelta(days=2))
    house.stage.rest()  # The reminder of the action goes out.
    later(house, 3.1)
    assert run(house)["cases"] == 1
    with desk.engine.read() as tx:
        left = {table.name: tx.conn.scalar(sa.select(sa.func.count()).select_from(table)) for table in OF_A_CASE}
        assert left == dict.fromkeys(left, 0)
        kept = tx.conn.scalar(sa.select(meeting_.c.minutes).where(meeting_.c.id == "m1"))
        assert kept, "a meeting is of no one case"
    shown = json.loads(CliRunner().invoke(group_for(desk), ["archive", "show", house.number]).output)
    assert {table.name for table in OF_A_CASE} <= set(shown["tables"])


def test_it_forgets_an_erased_colleague(house: House) -> None:
    with house.stage.desk.engine.begin() as tx:
        name = together(house, tx)
    tables = [table.name for table in (*OF_A_CASE, meeting_, attendee_)]

    def named() -> set[str]:
        return {line.split(":")[0] for line in house.everything().splitlines() if name in line} & set(tables)

    assert named() == set(tables)
    erase(house, "zhangwei")
    assert named() == set()
