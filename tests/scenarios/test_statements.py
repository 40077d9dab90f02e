"""What completing a shipped task costs the database: one commit, and statements that do not creep up (issue 4)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from loopdesk.engine import work
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database
from loopdesk.tests.scenarios.stage import Stage, build
from loopdesk.tests.scenarios.test_tour import TRIAGE


@pytest.fixture
def stage(database: Database, clock: VirtualClock, tmp_path: Path) -> Iterator[Stage]:
    stage = build(database.url, clock, tmp_path)
    yield stage
    stage.desk.close()


def test_a_report_is_checked_in_one_commit_and_few_statements(stage: Stage) -> None:
    """Form, step, two tables, five operations of the desk and a message that the triage no longer waits for.

    Read are: the task with its instance, the case, whether a handoff was signed, the customer's contracts, the guess of
    the type, the customer, what happened to the clocks, which policies count, and the clocks. All is written at once
    (on PostgreSQL by one statement, on SQLite by one for each kind of row); one more ends the wait for the message.
    """
    stage.report("anna")
    lina, seen = stage.people["lina"], [""]
    with stage.desk.engine.read() as tx:
        (task,) = (row for row in work.listing(lina, tx) if row["element"] == "triage")
    base = stage.desk.engine.database.engine
    sa.event.listen(base, "before_cursor_execute", lambda *given: seen.append(given[2].split()[0]))
    sa.event.listen(base, "commit", lambda _connection: seen.append("COMMIT"))
    with stage.desk.engine.begin() as tx:
        work.complete(lina, tx, task["id"], TRIAGE)
    assert seen.count("COMMIT") == 1
    spoken = [word for word in seen if word not in ("", "COMMIT", "BEGIN")]
    assert len(spoken) <= (20 if stage.desk.engine.database.is_sqlite else 11), spoken
