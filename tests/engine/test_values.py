"""Large values are stored once, whatever refers to them; what a step writes stays small (docs/decisions/0006)."""

import pytest
import sqlalchemy as sa

from loopdesk.engine import bundles, events, redaction, values, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid
from loopdesk.engine.instances import instance as instances_
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, extended, flows, script
from loopdesk.tests.engine.steps import ANN, END, START, data_of, start, status

LONG = "".join(f"line {number}; " for number in range(9000))
"""About 100 kB, as a customer's log may have."""


def ask(identity: str) -> str:
    """A user task with the form."""
    form = extended('<zeebe:formDefinition formId="f"/>')
    return f'<bpmn:userTask id="{identity}">{form}</bpmn:userTask>'


def deploy(engine: Engine, body: str) -> None:
    with engine.begin() as tx:
        files = {"p.bpmn": diagram(body), "f.form": b'{"type": "default", "components": []}'}
        bundles.deploy(SYSTEM, tx, "p", files)


def answer(engine: Engine, element: str, **data: object) -> str:
    with engine.begin() as tx:
        (task,) = [row for row in work.listing(ANN, tx) if row["element"] == element]
        work.complete(ANN, tx, task["id"], data)
    return str(task["id"])


def contents(engine: Engine) -> list[tuple[int, bool]]:
    """Size and lasting of each stored value."""
    with engine.read() as tx:
        return [(len(row.content), row.kept) for row in tx.conn.execute(sa.select(values.value))]


def everywhere(engine: Engine, text: str) -> list[str]:
    """The columns of all tables that hold the text as it is."""
    found = []
    with engine.read() as tx:
        for table in instances_.metadata.sorted_tables:
            for column in table.c:
                if isinstance(column.type, sa.JSON | sa.String):
                    query = sa.select(sa.func.count()).where(sa.cast(column, sa.Text).contains(text))
                    found += [f"{table.name}.{column.name}"] * int(tx.conn.scalar(query) or 0)
    return found


def test_a_long_answer_is_stored_once_though_five_scripts_follow(engine: Engine) -> None:
    scripts = "".join(script(f"t{n}", f"={n}", f"n{n}") for n in range(5))
    path = "s > ask > t0 > t1 > t2 > t3 > t4 > look > e"
    deploy(engine, START + ask("ask") + scripts + ask("look") + END + flows(path))
    instance = start(engine)
    task = answer(engine, "ask", log=LONG, short="x")
    assert len(contents(engine)) == 1
    assert everywhere(engine, LONG[5000:5100]) == [], "only compressed, among the values"
    with engine.read() as tx:
        assert work.get(ANN, tx, task)["data"] == {"log": LONG, "short": "x"}
        (state,) = tx.conn.execute(sa.select(sa.func.length(instances_.c.state))).one()
        told = next(row for row in events.timeline(tx, "L-1") if row["kind"] == "task.completed")
    assert state < 2000
    assert told["data"]["data"]["log"].startswith("line 0; line 1; ")
    assert data_of(engine, instance)["log"] == LONG
    answer(engine, "look")
    assert status(engine, instance) == "completed"
    assert data_of(engine, instance)["log"] == LONG, "the last variables of a case can be read for ever"


def test_a_value_that_no_variable_has_any_more_is_removed(engine: Engine) -> None:
    loops = (
        START
        + '<bpmn:exclusiveGateway id="m"/>'
        + script("t", '=string join(for i in 1..400 return string(n) + "-" + string(i))', "x")
    )
    deploy(engine, loops + ask("u") + flows("s > m > t > u > m"))
    instance = start(engine, n=0)
    seen = set()
    for number in range(1, 4):
        answer(engine, "u", n=number)
        ((_, kept),) = contents(engine)
        assert not kept
        seen.add(data_of(engine, instance)["x"][:3])
    assert len(seen) == 3


def test_a_value_of_an_answer_stays_when_the_variable_is_overwritten(engine: Engine) -> None:
    body = START + ask("u") + script("t", '="gone"', "log") + ask("v") + END
    deploy(engine, body + flows("s > u > t > v > e"))
    start(engine)
    task = answer(engine, "u", log=LONG)
    answer(engine, "v")
    with engine.read() as tx:
        assert work.get(ANN, tx, task)["data"]["log"] == LONG


def test_two_branches_share_one_value(engine: Engine) -> None:
    fork = '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>' + ask("a") + ask("b")
    deploy(engine, START + fork + ask("c") + END + flows("s > f > a > j > c > e", "f > b > j"))
    instance = start(engine, log={"text": LONG})
    answer(engine, "a")
    answer(engine, "b")
    assert len(contents(engine)) == 1
    assert data_of(engine, instance) == {"log": {"text": LONG}}


def test_a_variable_of_ten_megabytes_is_refused_with_limit_and_remedy(engine: Engine) -> None:
    deploy(engine, START + ask("u") + END + flows("s > u > e"))
    with pytest.raises(Invalid) as caught:
        start(engine, text="x" * 10_000_000)
    assert caught.value.params == {"name": "text", "limit": 8}
    assert "attachment" in caught.value.remedy
    instance = start(engine, text="x" * 7_000_000)
    assert len(data_of(engine, instance)["text"]) == 7_000_000


def test_erasure_reaches_large_values(engine: Engine) -> None:
    deploy(engine, START + ask("u") + END + flows("s > u > e"))
    instance = start(engine, log=LONG + "Ann Miller")
    with engine.begin() as tx:
        assert redaction.states(tx, ["L-1"], redaction.Words(["Ann Miller"]).clean) == 1
    assert data_of(engine, instance) == {"log": LONG + redaction.ERASED}


def test_values_go_with_their_instance(engine: Engine) -> None:
    deploy(engine, START + script("t", "=1", "x") + END + flows("s > t > e"))
    instance = start(engine, log=LONG)
    assert len(contents(engine)) == 1
    with engine.begin() as tx:
        tx.conn.execute(sa.delete(instances_).where(instances_.c.id == instance))
    assert contents(engine) == []
