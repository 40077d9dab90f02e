"""A mailbox in the database: what the demo's own mail server took, to be looked at instead of delivered."""

from email import message_from_bytes
from email.policy import default
from typing import Any

import sqlalchemy as sa

from loopdesk.connectors import mail_parse
from loopdesk.engine.db import JSON, Moment, metadata, new_id
from loopdesk.engine.errors import Missing
from loopdesk.engine.sql import insert_new
from loopdesk.engine.tx import Tx

_SHOWN = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "Content-Language",
)

dev_mail = sa.Table(
    "dev_mail",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("sender", sa.String(320), nullable=False),
    sa.Column("recipients", JSON, nullable=False),
    sa.Column("subject", sa.String(998), nullable=False),
    sa.Column("message_id", sa.String(500), nullable=False, unique=True),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)


def keep(tx: Tx, raw: bytes, *, sender: str, recipients: list[str]) -> None:
    """Put a mail into the mailbox; one with a Message-ID that is there already is the same mail sent again."""
    mail = mail_parse.parse(raw)
    row = {
        "id": new_id(),
        "at": tx.now,
        "sender": (mail.sender or sender)[:320],
        "recipients": recipients,
        "subject": mail.subject[:998],
        "message_id": mail.message_id,
        "raw": raw,
    }
    insert_new(tx, dev_mail, [row], unique="message_id")


def listing(tx: Tx, limit: int = 100) -> list[dict[str, Any]]:
    """The newest mails first, each with id, at, sender, recipients and subject."""
    columns = (dev_mail.c.id, dev_mail.c.at, dev_mail.c.sender, dev_mail.c.recipients, dev_mail.c.subject)
    query = sa.select(*columns).order_by(dev_mail.c.at.desc(), dev_mail.c.id.desc()).limit(limit)
    return [dict(row) for row in tx.conn.execute(query).mappings()]


def read(tx: Tx, mail_id: str) -> dict[str, Any]:
    """One mail: a row of ``listing`` with its text, its headers, the names and sizes (bytes) of its attachments and
    the links in its text. Raises ``Missing``.
    """
    row = tx.conn.execute(sa.select(dev_mail).where(dev_mail.c.id == mail_id)).mappings().first()
    if row is None:
        raise Missing("There is no mail %(id)s.", id=mail_id)
    mail = mail_parse.parse(row["raw"])
    head = message_from_bytes(row["raw"], policy=default)
    words = mail.text.replace("<", " ").replace(">", " ").split()
    return {
        **{name: row[name] for name in ("id", "at", "sender", "recipients", "subject")},
        "text": mail.text,
        "headers": [(name, str(head[name])) for name in _SHOWN if head[name]],
        "attachments": [{"name": file.name, "type": file.type, "size": len(file.content)} for file in mail.files],
        "links": [word.rstrip(".,;)") for word in words if word.startswith(("http://", "https://"))],
    }
