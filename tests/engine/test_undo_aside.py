"""What a loop may undo later stands beside the state, so that a step writes as little at any age (issue 4, 0006)."""

from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from loopdesk.engine import instances, values, work
from loopdesk.engine.bpmn.codec import unpack
from loopdesk.engine.bpmn.large import Large
from loopdesk.engine.bpmn.records import Aside, opened
from loopdesk.engine.tx import Engine
from loopdesk.engine.work_rows import OPEN, task
from loopdesk.tests.engine.bpmn.test_compensation import THROW, undone
from loopdesk.tests.engine.drawing import flows, script
from loopdesk.tests.engine.migrating import carry, release
from loopdesk.tests.engine.steps import ANN, data_of, start, status

ROUND = (
    '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m"/>'
    + script("book", "=n + 1", "n")
    + script("write", '=string(n) + string join(for i in 1..400 return "line", ",")', "log")
    + undone("write", script("u-write", '=undone + "," + substring(log, 1, string length(string(n)))', "undone"))
    + '<bpmn:userTask id="w"/><bpmn:exclusiveGateway id="g" default="f-g-t"/>'
    + THROW.format("t", "")
    + '<bpmn:endEvent id="e"/>'
    + flows("s > m > book > write > w > g > t > e", "g >[=n < rounds] m")
)
ROUNDS = 60


def one_more(engine: Engine, instance: str) -> None:
    """Somebody completes the task of this round."""
    with engine.begin() as tx:
        query = sa.select(task.c.id).where(task.c.instance_id == instance, task.c.state == OPEN)
        work.complete(ANN, tx, str(tx.ask(query).scalar_one()), {})


def stored(engine: Engine, instance: str) -> bytes:
    with engine.read() as tx:
        return bytes(instances.whole(tx, instance)["state"])


def kept(engine: Engine, instance: str) -> list[bool]:
    with engine.read() as tx:
        return list(tx.ask(sa.select(values.value.c.kept).where(values.value.c.instance_id == instance)).scalars())


@pytest.fixture
def looping(engine: Engine) -> str:
    """A process in the middle of its rounds, each of which wrote a large value of its own."""
    release(engine, ROUND)
    instance = start(engine, n=0, undone="", rounds=ROUNDS)
    for _ in range(ROUNDS - 1):
        one_more(engine, instance)
    return instance


def test_each_round_is_undone_with_its_own_large_value_that_stood_aside(engine: Engine, looping: str) -> None:
    assert len(stored(engine, looping)) <= 2048
    assert unpack(stored(engine, looping))["v"] == 3
    one_more(engine, looping)
    assert status(engine, looping) == instances.COMPLETED
    told = [int(part) for part in data_of(engine, looping)["undone"].split(",")[1:]]
    assert told == list(range(ROUNDS, 0, -1))


def test_what_stands_aside_survives_the_value_that_its_variable_had(engine: Engine, looping: str) -> None:
    """Only the values of the youngest records, which still stand in the state, may go with their variable."""
    assert sum(kept(engine, looping)) > ROUNDS // 2
    assert len(kept(engine, looping)) >= ROUNDS


def test_it_moves_to_another_version_with_all_its_records(engine: Engine, looping: str) -> None:
    renamed = ROUND.replace('"write"', '"note"').replace("write", "note")
    mapping = {"write": "note", "b-write": "b-note", "u-write": "u-note"}
    carry(engine, 1, release(engine, renamed), mapping)
    one_more(engine, looping)
    assert status(engine, looping) == instances.COMPLETED
    assert len(data_of(engine, looping)["undone"].split(",")) == ROUNDS + 1


class _Rows(dict[str, bytes]):
    def fetch(self, digests: Any) -> dict[str, bytes]:
        return {digest: self[digest] for digest in digests}


def test_what_stays_in_the_state_grows_with_the_logarithm_of_the_rounds() -> None:
    rows = _Rows()
    records: list[Any] = []
    for number in range(20_000):
        large = Large(rows.fetch)
        records = large.put_aside([*records, ["p/book", {"n": number}, []]])
        rows |= large.aside
        assert len(orjson.dumps(large._records_out(records))) < 4 * 1024
    assert {one.level for one in records if isinstance(one, Aside)} == {1, 2, 3}
    assert [record[1]["n"] for record in opened(records)] == list(range(20_000))
    assert max(map(len, rows.values())) < 1024
