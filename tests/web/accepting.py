"""What tests of acceptances do: begin one, hand samples in, complete its tasks, read its letters (FIX-5 to FIX-8)."""

import re
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import acceptance, people, record
from loopdesk.desk.letters import communication
from loopdesk.engine import messages, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk

REPORT = {
    "title": "Orders cannot be sent",
    "description": "Since nine nobody can order.",
    "email": "hejing@chenxing.example",
    "customer_number": "C-1002",
    "category": "fault",
}
DAILY, WHOLE = 288, 8640


def begin(desk: Loopdesk, number: str, *gates: str) -> acceptance.Acceptance:
    with desk.engine.begin() as tx:
        messages.publish(SYSTEM, tx, "acceptance.requested", key=number, payload={"gates": list(gates)})
    settle(desk)
    return now(desk, number)


def due(desk: Loopdesk) -> None:
    """Let happen what is due by now."""
    while True:
        with desk.engine.begin() as tx:
            timers.claim_due(tx)
        settle(desk)
        with desk.engine.read() as tx:
            following = timers.next_due(tx)
            if following is None or following > tx.now:
                return


def now(desk: Loopdesk, number: str) -> acceptance.Acceptance:
    with desk.engine.read() as tx:
        return acceptance.of_case(SYSTEM, tx, number)[0]


def supervisor(desk: Loopdesk, department: str) -> Actor:
    with desk.engine.begin() as tx:
        found = people.in_department(tx, department, "supervisor")
        if not found:
            who = {"login": f"boss.{department}", "name": f"Boss {department}", "email": "", "language": "en"}
            made = people.create(SYSTEM, tx, **who, zone="UTC", roles=("supervisor",), departments=(department,))
            found = [made]
        return people.actor_of(found[0])


def complete(desk: Loopdesk, number: str, element: str, who: Actor = SYSTEM, **data: Any) -> None:
    """As ``who``, or as whoever the task was given to: the owner gets what has to be mended."""
    with desk.engine.begin() as tx:
        [task] = [one for one in work.listing(who, tx, key=number) if one["element"] == element]
        taken = people.find(tx, task["assignee"]) if who is SYSTEM and task["assignee"] else None
        work.complete(people.actor_of(taken) if taken else who, tx, task["id"], data)
    settle(desk)


def letters(desk: Loopdesk, number: str, template: str) -> list[str]:
    """The bodies of what was written, the oldest first."""
    query = sa.select(communication.c.body).where(communication.c.case == number, communication.c.template == template)
    with desk.engine.read() as tx:
        return list(tx.conn.scalars(query.order_by(communication.c.at, communication.c.id)))


def path_in(body: str) -> str:
    found = re.search(r"http://localhost(/[ka]/\S+)", body)
    assert found
    return found[1]


def hand_in(client: Any, found: acceptance.Acceptance, start: datetime, failing: set[int], first: int = 0) -> Any:
    """The whole window in batches, at most a day ahead of each other; slow in the slots that fail."""
    answer: Any = None
    for begin_at in range(first, WHOLE, 960):
        given = [
            {"at": (start + timedelta(minutes=5 * slot)).isoformat(), "seconds": 2.5 if slot in failing else 0.4}
            for slot in range(begin_at, min(begin_at + 960, WHOLE))
        ]
        answer = client.post(f"/acceptances/{found.id}/samples", json={"samples": given})
        assert answer.status_code == 200, answer.json
        assert answer.json["refused"] == 0
    return answer


def department(desk: Loopdesk, number: str) -> str:
    with desk.engine.read() as tx:
        return record.get(tx, number).department
