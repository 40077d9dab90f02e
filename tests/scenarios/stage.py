"""The shipped processes on the real desk: people who complete tasks, a clock that a test moves, letters that go out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import case, communications, letters, people, record
from loopdesk.desk.closure import rounds, verification
from loopdesk.desk.feedback import survey
from loopdesk.engine import bundles, incidents, timers, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.outbox import Handlers, drain
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import MAIL, settle_in
from loopdesk.tests.scenarios.shipped import WORKFLOWS
from loopdesk.web import wiring
from loopdesk.web.settings import Settings

MORE = (
    ("max", "Max Ode", "en", ("agent",), ("customer_success",)),
    ("olga", "Olga Ray", "en", ("supervisor",), ("operations",)),
)
ADMIN = Actor("person", "admin", "Admin", frozenset({"admin"}))


@dataclass
class Stage:
    """One house with its shipped processes; every verb of a test leaves nothing undone behind."""

    desk: wiring.Loopdesk
    clock: VirtualClock
    people: Mapping[str, Actor]
    contacts: Mapping[str, Actor]

    @contextmanager
    def tx(self) -> Iterator[Tx]:
        """A transaction, and what follows from it."""
        with self.desk.engine.begin() as tx:
            yield tx
        self.rest()

    def rest(self) -> None:
        """Do what is due now; letters stay in the outbox."""
        handlers = Handlers(local=self.desk.handlers.local, remote={})
        while True:
            with self.desk.engine.begin() as tx:
                due = timers.claim_due(tx)
            if not drain(self.desk.engine, handlers, worker="test") and not due:
                break
        with self.desk.engine.read() as tx:
            assert incidents.listing(ADMIN, tx) == []

    def report(self, contact: str, **fields: Any) -> str:
        """A customer reports over the portal; the case's number."""
        given = {"channel": "portal", "title": "Orders stand still", "description": "Nobody can order: error 500."}
        with self.tx() as tx:
            return case.open(self.contacts[contact], tx, case.Report(**given | fields)).number

    def waiting(self) -> dict[str, str]:
        """Open tasks: element -> department/role."""
        with self.desk.engine.read() as tx:
            rows = work.listing(ADMIN, tx)
        return {row["element"]: f"{row['department']}/{row['role']}" for row in rows}

    def inbox(self, who: str) -> set[str]:
        """Elements of the tasks that somebody may work on."""
        with self.desk.engine.read() as tx:
            return {row["element"] for row in work.listing(self.people[who], tx)}

    def complete(self, who: str, element: str, **answers: Any) -> None:
        """Somebody hands in the form of the task that waits at ``element``."""
        with self.tx() as tx:
            [task] = [row for row in work.listing(self.people[who], tx) if row["element"] == element]
            work.complete(self.people[who], tx, task["id"], answers)

    def form(self, who: str, element: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The form of the task that waits at ``element``, and what stands in it."""
        with self.desk.engine.read() as tx:
            [task] = [row for row in work.listing(self.people[who], tx) if row["element"] == element]
            return work.form(tx, task, "en")

    def reply(self, number: str, text: str) -> None:
        """The customer answers one of our mails."""
        with self.tx() as tx:
            communications.receive(MAIL, tx, number, communications.Received("Anna Berg", f"Re: {number}", text))

    def comment(self, contact: str, number: str, text: str) -> None:
        """A customer writes on the portal's page of the case."""
        with self.tx() as tx:
            communications.comment(self.contacts[contact], tx, number, text)

    def wait(self, **length: float) -> None:
        """Let time pass."""
        self.clock.set(self.clock.now() + timedelta(**length))
        self.rest()

    def check_fix(self, number: str) -> None:
        """Whoever may do it ticks all that the team has to check before the customer is asked, after any watching."""
        for element, items in (("retest", "retest"), ("check_stable", "stable")):
            with self.tx() as tx:
                found = [row for row in work.listing(ADMIN, tx, key=number) if row["element"] == element]
                for row in found:
                    shown = work.form(tx, row, "en")[1][items]["en"]
                    work.complete(ADMIN, tx, row["id"], {"passed": [one["value"] for one in shown]})
            with self.desk.engine.read() as tx:
                one = rounds.open_of(tx, number)
            if one is not None and one.stage == rounds.WATCHED and one.until is not None:
                self.clock.set(one.until)
                self.rest()

    def verify(self, number: str, confirmed: bool, comment: str = "") -> None:
        """The team has checked the fix; the customer opens the last link that asks about it."""
        self.check_fix(number)
        with self.tx() as tx:
            table = verification.verification
            query = sa.select(table.c.token).where(table.c.case == number).order_by(table.c.id.desc())
            token = tx.conn.scalars(query).first() or ""
            verification.answer(verification.of_token(tx, token)["actor"], tx, token, confirmed, comment)

    def rate(self, number: str, stars: int) -> None:
        """The customer opens the survey's link."""
        with self.tx() as tx:
            token = tx.conn.scalar(sa.select(survey.survey_.c.token).where(survey.survey_.c.case == number)) or ""
            survey.answer(survey.of_token(tx, token)["actor"], tx, token, stars=stars)

    def case(self, number: str) -> record.Case:
        """The case as it stands."""
        with self.desk.engine.read() as tx:
            return record.get(tx, number)

    def letters(self, number: str) -> list[Mapping[str, Any]]:
        """What was written to whom, in order."""
        table = letters.communication
        query = sa.select(table).where(table.c.case == number).order_by(table.c.id)
        with self.desk.engine.read() as tx:
            return [dict(row) for row in tx.conn.execute(query).mappings()]


def build(
    database_url: str, clock: VirtualClock, folder: Path, *, smtp_url: str = "", webhook_hosts: str = ""
) -> Stage:
    """A house on a fresh database; without a mail server letters stay in the outbox."""
    desk = furnish(database_url, clock, folder, smtp_url=smtp_url, webhook_hosts=webhook_hosts)
    with desk.engine.begin() as tx:
        bundles.seed(tx, WORKFLOWS)
        staff, contacts = settle_in(tx)
        for login, name, language, roles, departments in MORE:
            person = {"login": login, "name": name, "email": f"{login}@house.example", "language": language}
            made = people.create(SYSTEM, tx, **person, zone="UTC", roles=roles, departments=departments)
            staff = {**staff, login: people.actor_of(made)}
    return Stage(desk, clock, staff, contacts)


def furnish(
    database_url: str, clock: VirtualClock, folder: Path, *, smtp_url: str = "", webhook_hosts: str = ""
) -> wiring.Loopdesk:
    """The desk alone, as it runs on a database whatever is in it."""
    where = Settings(folder, database_url, url="https://desk.example", secret="s" * 32)
    return wiring.build(replace(where, smtp_url=smtp_url, webhook_hosts=webhook_hosts), clock=clock)
