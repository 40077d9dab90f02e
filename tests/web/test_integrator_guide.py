"""What docs/integrator.md prints runs as printed: the sample of a host, on a house that nobody works in yet."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import loopdesk
from loopdesk.desk import case, letters, people
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import normalise
from loopdesk.tests.web.conftest import settle

GUIDE = Path(loopdesk.__file__).parent / "docs" / "integrator.md"


@pytest.fixture(params=["sqlite", "postgres"])
def sample(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The names of the sample after it ran in an empty folder, with an empty database."""
    for name in [one for one in os.environ if one.startswith(("LOOPDESK_", "REDIS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LOOPDESK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", _empty(request) if request.param == "postgres" else "")
    [text] = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "host"}
    exec(compile(text, str(GUIDE), "exec"), names)
    yield names
    names["follower"].stop()
    names["follower"].join(5)
    names["desk"].loopdesk.close()


def _empty(request: pytest.FixtureRequest) -> str:
    url = str(request.getfixturevalue("postgres_url"))
    engine = sa.create_engine(normalise(url))
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP SCHEMA loopdesk CASCADE")
    engine.dispose()
    return url


def test_a_report_is_taken_before_anybody_works_there(sample: dict[str, Any]) -> None:
    """INT-1, INT-7: unowned, warned of on its timeline, acknowledged in the name of the department."""
    desk = sample["desk"]
    number = sample["case"].number
    with desk.loopdesk.engine.read() as tx:
        assert people.in_department(tx, "support") == []
        made = case.read(SYSTEM, tx, number)
        assert (made.owner_id, made.department) == ("", "finance"), "classified as billing (INT-4)"
        assert "case.unowned" in [event["kind"] for event in events.timeline(tx, number)]
        table = letters.communication
        bodies = list(tx.conn.scalars(sa.select(table.c.body).where(table.c.case == number)))
    assert ["Finance" in body for body in bodies] == [True]


def test_whoever_signs_in_at_the_host_works_on_it(sample: dict[str, Any]) -> None:
    client = sample["app"].test_client()
    away = client.get("/support/inbox")
    assert away.headers["Location"].startswith("/login?next=")
    back = client.get(away.headers["Location"])
    assert back.headers["Location"] == "/support/inbox"
    assert client.get("/support/inbox").status_code == 200
    settle(sample["desk"].loopdesk)
    with sample["desk"].loopdesk.engine.read() as tx:
        assert [one.name for one in people.in_department(tx, "support", "agent")] == ["王芳"]
