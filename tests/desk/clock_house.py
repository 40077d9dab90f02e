"""What the tests of live clocks share: how the clocks stand, what was announced, and policies with changes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import yaml

from loopdesk.desk.sla import recount
from loopdesk.desk.sla.rows import clock
from loopdesk.engine import bundles, events, outbox_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import WORKFLOWS

HOUR = timedelta(hours=1)


def rows(tx: Tx, number: str) -> dict[str, dict[str, Any]]:
    """The clocks as they stand in the database."""
    query = sa.select(clock).where(clock.c.case == number)
    return {row["name"]: dict(row) for row in tx.conn.execute(query).mappings()}


def look(tx: Tx) -> None:
    """Perform the looks at clocks whose moment has come, as a worker does."""
    table = outbox_rows.outbox
    due = sa.select(table).where(table.c.kind.in_(recount.local_handlers()), table.c.not_before <= tx.now)
    for row in tx.conn.execute(due.order_by(table.c.not_before)).mappings().all():
        values = {name: row[name] for name in outbox_rows._FIELDS}
        recount.local_handlers()[row["kind"]](tx, outbox_rows.Row(**values))
        tx.conn.execute(sa.delete(table).where(table.c.id == row["id"]))


def sent(tx: Tx, name: str) -> list[dict[str, Any]]:
    """What was announced under the name of a message, in order; no process waits for it here."""
    kind = {"sla.warning": "clock.warned", "sla.breached": "clock.breached"}[name]
    query = sa.select(events.event.c.data).where(events.event.c.kind == kind).order_by(events.event.c.id)
    return [dict(data) for data in tx.conn.scalars(query)]


def deploy(tx: Tx, **files: Callable[[dict[str, Any]], None]) -> None:
    """Deploy the shipped policies with changes: file without ending -> what it does to the data."""
    made = dict(bundles.read_folder(WORKFLOWS / "policies"))
    for name, change in files.items():
        data = yaml.safe_load(made[f"{name}.yaml"])
        change(data)
        made[f"{name}.yaml"] = yaml.safe_dump(data).encode()
    bundles.deploy(SYSTEM, tx, "policies", made)
