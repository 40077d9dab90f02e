"""Where contents live outside the database: attachments, and the cases that were archived."""

from loopdesk.desk.store import FolderStore, Store
from loopdesk.web.settings import Settings


def stores(settings: Settings) -> dict[str, Store]:
    """The stores by name; backups hold all of them."""
    return {"attachments": FolderStore(settings.attachments), "archive": FolderStore(settings.data / "archive")}
