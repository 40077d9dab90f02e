"""Each shipped policy makes the clocks of a real case: an owner picks it in the table, a customer reports (SLA-1)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.sla.rows import clock as clock_
from loopdesk.engine import bundles
from loopdesk.tests.desk.test_sla_shipped import HOURS
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.app import create_app
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk

LATER = {"feedback", "report", "archive", "third_party"}
"""Begin with the solution, or when a third party is needed."""
ROWS = {name: name.replace("_", "-") for name in ("first_response", "diagnosis", "workaround", "plan", "rca")}
LEVELS = [
    pytest.param(policy, level, id=f"{policy} {level}", marks=pytest.mark.row(f"SLA-1/{policy}", *found))
    for policy, levels in HOURS.items()
    for level, clocks in levels.items()
    if policy != "departments"
    for found in [[f"SLA-2/{row}" for name, row in ROWS.items() if name in clocks]]
]
Call = Callable[..., Api]


@pytest.fixture
def call(light_desk: Loopdesk) -> Call:
    app = create_app(desk=light_desk)
    return lambda login: Api(app, light_desk, login)


def picked(call: Call, policy: str, level: str) -> None:
    """The process owner edits the table, so that every case gets this policy and level."""
    files = {path: content.decode() for path, content in bundles.read_folder(WORKFLOWS / "policies").items()}
    for column, value in (("1", policy), ("2", level)):
        before = files["choice.dmn"]
        cell = f'<outputEntry id="policy_rule_1_out_{column}"><text>"'
        head, found, rest = before.partition(cell)
        assert found, "the first rule of choice.dmn"
        files["choice.dmn"] = head + cell + value + rest[rest.index('"') :]
    sent: Any = call("petra.owner").post("/definitions/policies", json={"files": files})
    assert sent.status_code == 201, sent.json


def reported(call: Call, desk: Loopdesk, **fields: str) -> str:
    """A customer's problem; the number of its case."""
    known = {"title": "It stops", "description": "The export stops half-way.", "email": "hejing@chenxing.example"}
    made: Any = call("li.na").post("/cases", json=known | fields)
    assert made.status_code == 201, made.json
    settle(desk)
    return str(made.json["number"])


def kept(desk: Loopdesk, number: str) -> tuple[record.Case, dict[str, sa.RowMapping]]:
    """The case and its clocks that have a target, by name, as they stand in the database."""
    with desk.engine.read() as tx:
        query = sa.select(clock_).where(clock_.c.case == number, clock_.c.target_minutes.is_not(None))
        return record.get(tx, number), {row["name"]: row for row in tx.conn.execute(query).mappings()}


def did(call: Call, desk: Loopdesk, who: str, number: str, element: str, **answers: object) -> None:
    """Somebody completes a task of the case."""
    listed: Any = call(who).get("/tasks")
    [task] = [one for one in listed.json["tasks"] if (one["key"], one["element"]) == (number, element)]
    done: Any = call(who).post(f"/tasks/{task['id']}/complete", json={"data": answers})
    assert done.status_code == 200, done.json
    settle(desk)


def checked(call: Call, desk: Loopdesk, number: str, urgency: str, scope: str) -> None:
    """A person of the first line has looked at the report."""
    found = {"type": "fault", "department": "support", "complexity": "normal"}
    did(call, desk, "li.na", number, "triage", **found, urgency=urgency, scope=scope)


@pytest.mark.row("SLA-1/picked", "SLA-2/wall-time")
@pytest.mark.parametrize(("policy", "level"), LEVELS)
def test_a_level_of_a_policy_makes_its_clocks(policy: str, level: str, call: Call, light_desk: Loopdesk) -> None:
    picked(call, policy, level)
    case, clocks = kept(light_desk, reported(call, light_desk))
    hours = {name: length for name, length in HOURS[policy][level].items() if name not in LATER}
    assert {name: row["target_minutes"] / 60 for name, row in clocks.items()} == pytest.approx(hours)
    for name, row in clocks.items():
        assert (row["policy"], row["level"], row["state"]) == (policy, level, "running")
        if row["calendar"] == "24/7":
            assert row["due_at"] == case.opened_at + timedelta(hours=hours[name]), name


@pytest.mark.row("SLA-1/abc", "SLA-2/feedback", "SLA-2/resolution")
def test_the_clocks_after_a_solution_begin_with_it(call: Call, light_desk: Loopdesk, clock: Any) -> None:
    picked(call, "abc", "A")
    number = reported(call, light_desk)
    checked(call, light_desk, number, "normal", "one")
    clock.advance(timedelta(minutes=10))
    did(call, light_desk, "li.na", number, "resolve", outcome="solved", solution="Restarted.")
    case, clocks = kept(light_desk, number)
    assert case.solved_at is not None
    assert (clocks["resolution"]["state"], clocks["resolution"]["met_at"]) == ("met", case.solved_at)
    due = {name: clocks[name]["due_at"] - case.solved_at for name in ("feedback", "report", "archive")}
    assert due == {name: timedelta(hours=HOURS["abc"]["A"][name]) for name in due}


@pytest.mark.parametrize(
    ("urgency", "scope", "level"),
    [
        pytest.param("critical", "several", "level-1", marks=pytest.mark.row("SLA-5/level-1")),
        pytest.param("normal", "one", "level-2", marks=pytest.mark.row("SLA-5/level-2")),
    ],
)
@pytest.mark.row("SLA-1/departments", "SLA-5/holder")
def test_the_department_that_signed_for_a_case_has_its_own_clock(
    urgency: str, scope: str, level: str, call: Call, light_desk: Loopdesk, clock: Any
) -> None:
    number = reported(call, light_desk)
    checked(call, light_desk, number, urgency, scope)
    to_rnd = {"to_department": "rnd", "handover_reason": "Code."}
    did(call, light_desk, "li.na", number, "resolve", outcome="hand_over", **to_rnd)
    did(call, light_desk, "li.na", number, "offer", **to_rnd, summary="It stops.", signed=True)
    clock.advance(timedelta(minutes=10))
    did(call, light_desk, "zhang.wei", number, "confirm", decision="accept", signed=True)
    case, clocks = kept(light_desk, number)
    held = clocks["holding:rnd"]
    assert (case.department, held["department"], held["policy"], held["level"]) == ("rnd", "rnd", "departments", level)
    assert held["due_at"] == light_desk.engine.clock.now() + timedelta(hours=HOURS["departments"][level]["department"])
