"""A closed case whose customer is asked how it was: its links, letters, tasks and what is kept of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import casework, feedback, people
from loopdesk.desk.customers import contact_
from loopdesk.desk.feedback import Feedback, survey
from loopdesk.desk.letters import communication
from loopdesk.engine import messages, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

REPORT = {"title": "Orders stand still", "description": "Error 500.", "email": "hejing@chenxing.example"}


class Story:
    """One closed case, its customer and the people who follow what he says."""

    def __init__(
        self, app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api], *, reached: bool = True
    ) -> None:
        """``reached``: false for a customer whose address is gone by the time the case is closed."""
        self.app, self.desk, self.clock = app, desk, clock
        made: Any = api("ivan.link").post("/cases", json=REPORT | {"category": "fault"})
        self.number = made.json["number"]
        settle(desk)
        if not reached:
            self.forget_address()
        self.close()

    def forget_address(self) -> None:
        """Nobody knows any longer how to write to the customer, or his number."""
        lost = sa.update(contact_).where(contact_.c.email == REPORT["email"])
        with self.desk.engine.begin() as tx:
            tx.conn.execute(lost.values(email=None, phone=""))

    def close(self) -> None:
        """Close it as the last step of the closure does."""
        with self.desk.engine.begin() as tx:
            casework.solve(SYSTEM, tx, self.number, solution="Restarted.")
            casework.close(SYSTEM, tx, self.number, reason="confirmed")
        self.ask()

    def ask(self) -> None:
        """Ask how it was, as the closure does at its end."""
        with self.desk.engine.begin() as tx:
            messages.publish(SYSTEM, tx, "feedback.requested", key=self.number)
        self.rest()

    def rest(self, **length: float) -> None:
        """Let time pass, and do what is due."""
        self.clock.advance(timedelta(**length))
        for _ in range(4):
            with self.desk.engine.begin() as tx:
                timers.claim_due(tx)
            settle(self.desk)

    def letters(self, template: str) -> list[str]:
        """Bodies of the letters of one template, oldest first."""
        with self.desk.engine.read() as tx:
            query = sa.select(communication.c.body).where(communication.c.template == template)
            return list(tx.conn.scalars(query.where(communication.c.case == self.number).order_by(communication.c.at)))

    def link(self, template: str, path: str) -> str:
        """The path of the link in the last letter of a template."""
        [found] = re.findall(rf"/{path}/[\w-]+", self.letters(template)[-1])
        return str(found)

    def post(self, path: str, who: str = "", **form: Any) -> Any:
        """Send a form of a page, as whoever holds a link or as a person."""
        client = as_person(self.app, who) if who else self.app.test_client()
        sent = client.post(path, data=form | {"csrf_token": csrf_of(self.app, client)})
        settle(self.desk)
        return sent

    def actor(self, department: str, role: str) -> Actor:
        """Somebody of a department."""
        with self.desk.engine.read() as tx:
            return people.actor_of(people.in_department(tx, department, role)[0])

    def complete(self, element: str, of: str, by: str = "agent", /, **data: Any) -> None:
        """Hand in the form of the task that waits at ``element``."""
        who = self.actor(of, by)
        with self.desk.engine.begin() as tx:
            [task] = [one for one in work.listing(who, tx, key=self.number) if one["element"] == element]
            work.complete(who, tx, task["id"], data)
        settle(self.desk)

    def waiting(self) -> dict[str, str]:
        """Open tasks beside the triage: element -> department/role."""
        with self.desk.engine.read() as tx:
            rows = work.listing(SYSTEM, tx, key=self.number)
        done = {row["element"]: f"{row['department']}/{row['role']}" for row in rows}
        done.pop("triage", None)
        return done

    def kept(self) -> list[Feedback]:
        """All feedback of the case."""
        with self.desk.engine.read() as tx:
            return feedback.listing(SYSTEM, tx, case=self.number)

    def surveys(self) -> list[dict[str, Any]]:
        """All surveys of the case, oldest first."""
        with self.desk.engine.read() as tx:
            return survey.listing(SYSTEM, tx, self.number)
