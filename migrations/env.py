"""What Alembic runs for each command; everything stays in the one transaction of the connection handed in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from loopdesk.engine.db import Moment, metadata


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Moment):
        autogen.imports.add("from loopdesk.engine.db import Moment")
        return "Moment()"
    return False


def _included(name: str | None, _kind: str, _parents: object) -> bool:
    """Full-text indexes are made by hand-written statements, so the tables of the code do not know them."""
    return not (name or "").startswith(("searched_fts", "searched_words"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
    render_item=_render,
    include_name=_included,
)
context.run_migrations()
