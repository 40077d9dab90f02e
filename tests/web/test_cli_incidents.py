"""`loopdesk incidents`: what failed is listed with what to do, and tried again with other data."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from loopdesk.engine import incidents, outbox_rows
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox import Row
from loopdesk.web.cli._desk import group_for
from loopdesk.web.wiring import Loopdesk


def run(desk: Loopdesk, *arguments: str) -> Result:
    return CliRunner().invoke(group_for(desk), arguments)


INPUTS = {"url": "a", "body": 1}
OUTBOX = outbox_rows.outbox


@pytest.fixture
def incident(light_desk: Loopdesk) -> str:
    """The incident of an effect that was refused."""
    payload = {"type": "http.post", "inputs": INPUTS}
    now = light_desk.engine.clock.now()
    with light_desk.engine.begin() as tx:
        outbox_rows.put_many(tx, [outbox_rows.Wanted("effect", payload, "k", key="L-1", element="t")])
        failed = OUTBOX.update().where(OUTBOX.c.idempotency_key == "k").values(state=outbox_rows.FAILED)
        number = tx.conn.execute(failed.returning(OUTBOX.c.id)).scalar_one()
        row = Row(number, "effect", "k", payload, "L-1", "", "t", 1, 1, 0, "", now)
        return incidents.open(tx, row, Refused("It said no.", remedy="Ask it nicely."))


def test_the_list_says_what_to_do(light_desk: Loopdesk, incident: str) -> None:
    assert "It said no. Ask it nicely." in run(light_desk, "incidents", "list").output


def test_nothing_is_tried_again_without_a_name_or_a_filter(light_desk: Loopdesk, incident: str) -> None:
    refused = run(light_desk, "incidents", "retry")
    assert (refused.exit_code, "Name one incident, or a filter." in refused.output) == (1, True)
    assert run(light_desk, "incidents", "retry", incident, "--all").exit_code == 1
    assert run(light_desk, "incidents", "retry", "--all").exit_code == 0


def test_inputs_change_what_they_name_and_what_was_is_shown(light_desk: Loopdesk, incident: str) -> None:
    given = json.dumps({"url": "b", "body": None, "token": "x"})
    done = run(light_desk, "incidents", "retry", incident, "--inputs", given, "--reason", "moved")
    assert done.exit_code == 0, done.output
    told = {"before": {"url": "a", "body": 1}, "after": {"url": "b", "token": "x"}}
    assert json.loads(done.output) == told
    with light_desk.engine.read() as tx:
        query = sa.select(OUTBOX.c.payload).where(OUTBOX.c.idempotency_key == "k")
        assert tx.conn.execute(query).scalar_one()["inputs"] == told["after"]
