"""Mails to read: their shortest head, and whole ones made to measure."""

from email.message import EmailMessage
from email.policy import SMTP

HEAD = b"From: Ann <ann@acme.example>\r\nTo: support@loopdesk.example\r\nMessage-ID: <m1@acme.example>\r\n"


def mail(text: str = "It does not start.", subject: str = "Fault", **headers: str) -> EmailMessage:
    """A mail from Ann to support; a header's name is written with underscores (``In_Reply_To=...``)."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = "Ann <ann@acme.example>", "support@loopdesk.example", subject
    made["Message-ID"] = "<m1@acme.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made
