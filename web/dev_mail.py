"""What ``/dev/mail`` shows in the demo: the mails that the demo's own mail server took (`mail_intake.sink`)."""

from loopdesk.connectors.mailbox import listing, read

__all__ = ["listing", "read"]
