"""A house where one customer's case was reported by mail, with a file, and went all the way to its survey."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from loopdesk.connectors import inbound
from loopdesk.desk import communications
from loopdesk.desk.record import case_
from loopdesk.engine import audit, audit_rows, messages
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import metadata
from loopdesk.engine.events import event
from loopdesk.tests.filled import Filled
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.stage import Stage, build, furnish
from loopdesk.tests.support import eventually
from loopdesk.tests.upgrade.hands import SOLVED, TRIAGE, complete, post

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the house was furnished: where the ``clock`` of every test begins."""
ADDRESS, NAME = "anna@aurora.example", "Anna Berg"
SAID = "My shop at Lindenweg 7 shows error 500 since breakfast."


@dataclass
class House:
    """The stage, and the number of the case that is closed."""

    stage: Stage
    number: str

    def everything(self) -> str:
        """Every row of every table as text, process variables unpacked."""
        from loopdesk.engine.bpmn import codec

        lines = []
        with self.stage.desk.engine.read() as tx:
            for table in metadata.sorted_tables:
                if table.name == "bundle":
                    continue
                for row in tx.conn.execute(sa.select(table)).mappings():
                    state = codec.unpack(row["state"]) if table.name == "instance" else ""
                    lines.append(f"{table.name}: {dict(row)} {state}")
        return "\n".join(lines)

    def chain(self) -> None:
        """Bring every event into the audit log."""
        engine = self.stage.desk.engine
        # A transaction of another test on the same server holds the chain back until it ends.
        eventually(lambda: audit.chain(engine) == 0 and self._pending() == 0, within=60)

    def _pending(self) -> int:
        # What a transaction of another test on the same server may still precede has to wait.
        missing = sa.select(sa.func.count()).select_from(event)
        chained = sa.exists().where(audit_rows.audit.c.event_id == event.c.id)
        with self.stage.desk.engine.read() as tx:
            return tx.conn.scalar(missing.where(~chained)) or 0


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, filled: Filled, clock: VirtualClock, tmp_path: Path) -> Iterator[House]:
    """The house of its own for a test, on the day after all was done."""
    url, known = filled(request.param, "closed", _lived_in)
    clock.set(known.stage.clock.now())
    with SmtpPeer() as server:
        desk = furnish(url, clock, tmp_path / "data", smtp_url=f"smtp://127.0.0.1:{server.port}")
        yield House(replace(known.stage, desk=desk, clock=clock), known.number)
        desk.close()


def _lived_in(url: str, folder: Path) -> House:
    with SmtpPeer() as server:
        stage = build(url, VirtualClock(START), folder, smtp_url=f"smtp://127.0.0.1:{server.port}")
        house = House(stage, _closed_case(stage))
        house.chain()
        stage.desk.close()
    return house


def _closed_case(stage: Stage) -> str:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{NAME} <{ADDRESS}>", "support@loopdesk.example"
    mail["Subject"], mail["Message-ID"] = "The shop of Lindenweg", f"<1.{ADDRESS}>"
    mail.set_content(SAID)
    mail.add_attachment(b"09:00 lindenweg 500\n", maintype="text", subtype="plain", filename="anna-berg.log")
    with stage.tx() as tx:
        inbound.keep(tx, "email", mail.as_bytes(), message_id=f"<1.{ADDRESS}>", content=SAID.encode())
    post(stage)
    with stage.desk.engine.read() as tx:
        [number] = tx.conn.scalars(sa.select(case_.c.number)).all()
    who = next(login for login in ("lina", "wangfang") if "triage" in stage.inbox(login))
    complete(stage, who, number, "triage", **TRIAGE)
    with stage.tx() as tx:
        communications.comment(stage.people["lina"], tx, number, "We are looking into it.")
    complete(stage, "lina", number, "resolve", **SOLVED | {"solution": f"Patched for {NAME}."})
    post(stage)
    stage.verify(number, confirmed=True, comment="Thanks from the Lindenweg!")
    post(stage)
    stage.rate(number, stars=5)
    stage.wait(days=20)
    post(stage)
    assert stage.case(number).status == "closed"
    with stage.desk.engine.read() as tx:
        assert not tx.conn.scalar(sa.select(messages.message.c.id).where(messages.message.c.state == "new"))
    return str(number)
