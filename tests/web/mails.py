"""Mails as customers write them, and the real intake that they are handed to."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import sqlalchemy as sa

from loopdesk.connectors.inbound import inbound
from loopdesk.desk import attachments, case, communications
from loopdesk.desk.record import Case
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.conftest import settle
from loopdesk.web.mail_intake import MailServer, intake
from loopdesk.web.wiring import Loopdesk

ANNA = "Anna Berg <anna@aurora.example>"
SUPPORT = "support@loopdesk.example"


def write(
    text: str = "The shop is down.", subject: str = "Shop down", sender: str = ANNA, **headers: str
) -> EmailMessage:
    """A mail to support with a Message-ID of its own text, unless ``headers`` say otherwise (``In_Reply_To=...``)."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = sender, SUPPORT, subject
    given = {"Message_ID": f"<{abs(hash((text, subject, sender)))}@customer.example>"} | headers
    for name, value in given.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


class Postman:
    """Hands mails to a running intake by SMTP and lets the worker deal with them."""

    def __init__(self, desk: Loopdesk, port: int) -> None:
        self.desk, self.port = desk, port

    def bring(self, mail: EmailMessage | bytes, *, envelope: str = "anna@aurora.example") -> str:
        """Post ``mail``, work, and return the number of the case that it became or joined ('' for none)."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as smtp:
            smtp.sendmail(envelope, [SUPPORT], raw)
        settle(self.desk)
        return str(self.rows()[-1]["case"])

    def rows(self) -> list[dict[str, Any]]:
        """What was received, oldest first."""
        with self.desk.engine.read() as tx:
            return [dict(row) for row in tx.conn.execute(sa.select(inbound).order_by(inbound.c.id)).mappings()]

    def case(self, number: str) -> Case:
        with self.desk.engine.read() as tx:
            return case.read(SYSTEM, tx, number)

    def cases(self) -> list[str]:
        with self.desk.engine.read() as tx:
            return sorted(one.number for one in case.listing(SYSTEM, tx).cases)

    def said(self, number: str, direction: str) -> list[dict[str, Any]]:
        with self.desk.engine.read() as tx:
            return [row for row in communications.listing(SYSTEM, tx, number) if row["direction"] == direction]

    def notes(self, number: str) -> str:
        return "\n".join(row["body"] for row in self.said(number, "internal") if row["channel"] == "note")

    def files(self, number: str) -> dict[str, str]:
        """Name -> visibility of the case's files."""
        with self.desk.engine.read() as tx:
            return {one.name: one.visibility for one in attachments.listing(SYSTEM, tx, number)}


@contextmanager
def postman(desk: Loopdesk) -> Iterator[Postman]:
    """A real intake in front of ``desk``."""
    server: MailServer = intake(desk.engine, "127.0.0.1", 0)
    server.open()
    try:
        yield Postman(desk, server.port)
    finally:
        server.stop()
