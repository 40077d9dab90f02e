"""Whose box a task stands in, compared with the rule itself, and that no box walks through what others have taken."""

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.engine import work
from loopdesk.engine.actor import Actor
from loopdesk.engine.tx import Engine
from loopdesk.tests.bench.bench_inbox import bundle_of

AGENT = Actor("person", "ann", "Ann", frozenset({"agent"}), frozenset({"support", "rnd"}))
SUPERVISOR = Actor("person", "sue", "Sue", frozenset({"supervisor"}), frozenset({"support"}))
ADMIN = Actor("person", "adam", "Adam", frozenset({"admin"}))
BOXES: tuple[work.Box, ...] = ("mine", "due", "group", "all")


def fill(engine: Engine) -> list[dict[str, Any]]:
    """Every mixture of place, role, person and who has it, at random moments; what has been taken runs out first."""
    chance, found = random.Random(4), []
    made = {"instance_id": "i", "ref": "1", "bundle_id": bundle_of(engine), "process": "p", "element": "t"}
    mixture = itertools.product(
        ("", "support", "rnd", "sales"), ("", "agent", "expert"), ("", "ann", "sue", "bob"), ("", "ann", "bob")
    )
    with engine.begin() as tx:
        for number, (department, role, person, assignee) in enumerate(mixture):
            due = tx.now + timedelta(minutes=chance.randint(1, 900) + 900 * (assignee == ""))
            whose = {"department": department, "role": role, "person": person, "assignee": assignee}
            texts = {"form": "", "name": {}, "raci": {}, "expected": {}, "input": {}, "limit": "", "priority": "P2"}
            when = {"due_at": None if number % 7 == 0 else due, "created_at": tx.now, "state": "open"}
            found.append({"id": f"task-{number:03}", "key": "L-1", **made, **whose, **texts, **when})
        tx.conn.execute(sa.insert(work.task), found)
    return found


def stands_in(actor: Actor, box: work.Box, row: dict[str, Any], soon: datetime) -> bool:
    """The rule of the boxes, in words of Python."""
    nobodys = row["assignee"] == "" and row["person"] == ""
    place = row["department"] in actor.departments | {""}
    mine = actor.id in (row["assignee"], row["person"])
    if actor.has_role("admin"):
        sees = True
    elif actor.has_role("supervisor"):
        sees = place or mine
    else:
        sees = (place and row["role"] in actor.roles | {""} and row["person"] in ("", actor.id)) or mine
    if box == "mine":
        return bool(actor.id == (row["assignee"] or row["person"]))
    if box == "group":
        return sees and nobodys
    return sees and (box == "all" or bool(row["due_at"] and row["due_at"] <= soon))


@pytest.mark.parametrize("actor", [AGENT, SUPERVISOR, ADMIN], ids=lambda actor: actor.id)
def test_each_box_holds_exactly_the_tasks_of_its_rule_in_the_order_in_which_they_run_out(
    engine: Engine, actor: Actor
) -> None:
    rows = fill(engine)
    with engine.read() as tx:
        for box in BOXES:
            wanted = [row for row in rows if stands_in(actor, box, row, tx.now + work.SOON)]
            wanted.sort(key=lambda row: (row["due_at"] is None, row["due_at"] or tx.now, row["id"]))
            assert [row["id"] for row in work.listing(actor, tx, box=box, limit=500)] == [row["id"] for row in wanted]
            assert wanted or (actor, box) == (ADMIN, "mine")


@pytest.mark.parametrize("actor", [AGENT, SUPERVISOR, ADMIN], ids=lambda actor: actor.id)
def test_the_box_of_a_group_looks_at_no_task_that_somebody_has(engine: Engine, actor: Actor) -> None:
    fill(engine)
    lines = list(plan(engine, actor))
    found = [line for line in lines if "ix_task_nobodys" in line]
    places = {"ann": 6, "sue": 2, "adam": 1}[actor.id]
    assert len(found) == places, lines
    assert not [line for line in lines if "Rows Removed by Filter" in line], lines


def plan(engine: Engine, actor: Actor) -> Iterator[str]:
    """How the database finds the box ``group`` of an actor, when it counts on many tasks."""
    database, said = engine.database, []
    sa.event.listen(
        database.engine, "before_cursor_execute", lambda _conn, _cursor, text, values, *_: said.append((text, values))
    )
    with engine.read() as tx:
        work.listing(actor, tx, box="group")
    text, values = next(one for one in said if "ix_task" not in one[0] and "FROM task" in one[0])
    with database.engine.connect() as conn:
        if not database.is_sqlite:
            for way in ("seqscan", "bitmapscan", "sort", "hashjoin"):
                conn.exec_driver_sql(f"SET enable_{way} = off")
        how = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN ANALYZE"
        for row in conn.exec_driver_sql(f"{how} {text}", values):
            yield str(row[-1])
