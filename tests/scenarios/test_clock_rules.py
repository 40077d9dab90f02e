"""Live clocks on the real desk: reports come in, people work, time passes, workers announce (SLA-1 to SLA-5)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from loopdesk.desk import clocks, communications
from loopdesk.desk.sla.rows import clock as clock_
from loopdesk.engine import bundles, messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.desk.house import WORKFLOWS
from loopdesk.tests.scenarios.stage import Stage
from loopdesk.tests.scenarios.test_tour import TRIAGE

HOUR = timedelta(hours=1)
P0 = {"urgency": "critical", "scope": "all"}


def rows(stage: Stage, number: str) -> dict[str, Mapping[str, Any]]:
    """The case's clocks as they stand in the database."""
    with stage.desk.engine.read() as tx:
        query = sa.select(clock_).where(clock_.c.case == number)
        return {row["name"]: dict(row) for row in tx.conn.execute(query).mappings()}


def announced(stage: Stage, name: str, number: str) -> list[tuple[str, str]]:
    """(clock, colour) of what was published about a case, in order."""
    table = messages.message
    query = sa.select(table.c.payload).where(table.c.name == name, table.c.key == number).order_by(table.c.id)
    with stage.desk.engine.read() as tx:
        return [(row["name"], row.get("colour", "")) for row in tx.conn.scalars(query)]


def policies(stage: Stage, **files: Any) -> None:
    """Deploy the shipped policies with changed files: name without ending -> text replaced, or what to do with it."""
    made = dict(bundles.read_folder(WORKFLOWS / "policies"))
    for name, change in files.items():
        file = next(path for path in made if path.split(".")[0] == name)
        if callable(change):
            data = yaml.safe_load(made[file])
            change(data)
            made[file] = yaml.safe_dump(data).encode()
        else:
            made[file] = made[file].decode().replace(*change).encode()
    with stage.tx() as tx:
        bundles.deploy(SYSTEM, tx, "policies", made)


@pytest.mark.row("SLA-1/picked", "SLA-2/resolution", "SLA-2/feedback")
def test_the_table_of_policies_picks_by_customer(stage: Stage) -> None:
    """Customer C-1002 has an agreement by national classes, everybody else the P levels."""
    rule = '<rule id="policy_rule_0"><description>Agreement</description>'
    cells = ['"C-1002"', "-", "-", "-"]
    rule += "".join(f'<inputEntry id="n_{at}"><text>{cell}</text></inputEntry>' for at, cell in enumerate(cells))
    rule += '<outputEntry id="n_a"><text>"national-three-class"</text></outputEntry>'
    rule += '<outputEntry id="n_b"><text>"urgent"</text></outputEntry></rule>'
    policies(stage, choice=('<rule id="policy_rule_1">', rule + '<rule id="policy_rule_1">'))
    own, other = stage.report("hejing"), stage.report("anna", **P0)
    opened = stage.clock.now()
    assert rows(stage, own)["resolution"]["policy"] == "national-three-class"
    assert rows(stage, own)["resolution"]["due_at"] == opened + 4 * HOUR
    assert rows(stage, other)["resolution"]["policy"] == "p-levels"
    assert stage.case(own).due_at == opened + 4 * HOUR


@pytest.mark.row("SLA-1/kept", "SLA-3/re-prioritise")
def test_a_running_case_keeps_its_version(stage: Stage) -> None:
    """Triage finds a P0 after new policies have been deployed; the figures of before count, from the opening."""
    number, opened = stage.report("anna"), stage.clock.now()
    policies(stage, sla=lambda data: data["policies"]["p-levels"]["levels"]["P0"]["targets"].update(resolution="PT1H"))
    stage.wait(hours=1)
    stage.complete("lina", "triage", **TRIAGE | P0)
    assert stage.case(number).priority == "P0"
    assert rows(stage, number)["resolution"]["due_at"] == opened + 24 * HOUR
    assert stage.case(number).due_at == opened + 24 * HOUR
    assert rows(stage, stage.report("bo", **P0))["resolution"]["target_minutes"] == 60


@pytest.mark.row("SLA-3/pause", "SLA-3/resume")
def test_time_that_the_customer_takes_does_not_count(stage: Stage) -> None:
    number, opened = stage.report("anna", urgency="high"), stage.clock.now()
    stage.complete("lina", "triage", **TRIAGE)
    before = rows(stage, number)["resolution"]["due_at"]
    stage.complete("lina", "resolve", outcome="ask_customer", question="Which version?")
    assert rows(stage, number)["resolution"]["state"] == "paused"
    assert stage.case(number).due_at is None
    assert rows(stage, number)["first_response"]["met_at"] == opened
    stage.wait(days=1)
    stage.reply(number, "Version 4.2")
    assert rows(stage, number)["resolution"]["state"] == "running"
    assert rows(stage, number)["resolution"]["due_at"] - before == timedelta(days=1)


@pytest.mark.row("SLA-3/re-open", "SLA-2/plan")
def test_a_reopened_case_counts_on(stage: Stage) -> None:
    number = stage.report("anna", **P0)
    stage.complete("lina", "triage", **TRIAGE | P0)
    stage.wait(hours=2)
    with stage.tx() as tx:
        clocks.happened(SYSTEM, tx, number, "resolved")
    assert rows(stage, number)["first_response"]["state"] == "met", "solved at once: nobody owes a first answer"
    stage.wait(hours=10)
    with stage.tx() as tx:
        clocks.happened(SYSTEM, tx, number, "reopened")
    found = rows(stage, number)["resolution"]
    assert (found["state"], found["elapsed_minutes"]) == ("running", 120)
    assert found["due_at"] == stage.clock.now() + 22 * HOUR


@pytest.mark.row("SLA-3/re-assign", "SLA-5/holder")
def test_a_handoff_starts_the_clock_of_the_department_and_resets_none(stage: Stage) -> None:
    number = stage.report("anna", urgency="high")
    stage.complete("lina", "triage", **TRIAGE)
    before = rows(stage, number)["resolution"]["due_at"]
    stage.wait(minutes=5)
    to_rnd = {"to_department": "rnd", "handover_reason": "It needs a patch."}
    stage.complete("lina", "resolve", outcome="hand_over", **to_rnd)
    stage.complete("lina", "offer", **to_rnd, summary="Error 500 in the shop.", signed=True)
    stage.complete("zhangwei", "confirm", decision="accept", signed=True)
    held = rows(stage, number)["holding:rnd"]
    assert (held["department"], held["due_at"]) == ("rnd", stage.clock.now() + HOUR / 2)
    assert rows(stage, number)["resolution"]["due_at"] == before
    stage.wait(minutes=30, seconds=1)
    assert ("holding:rnd", "") in announced(stage, "sla.breached", number)


@pytest.mark.row("SLA-5/level-1", "SLA-5/level-2", "SLA-1/departments")
@pytest.mark.parametrize(("urgency", "level", "minutes"), [("critical", "level-1", 30), ("low", "level-2", 120)])
def test_the_fault_level_says_how_long_a_department_has(stage: Stage, urgency: str, level: str, minutes: int) -> None:
    number = stage.report("anna", urgency=urgency, scope="all")
    with stage.tx() as tx:
        clocks.happened(SYSTEM, tx, number, "handoff_accepted", to="rnd")
    found = rows(stage, number)["holding:rnd"]
    assert (found["policy"], found["level"], found["target_minutes"]) == ("departments", level, minutes)


@pytest.mark.row("SLA-4/blue", "SLA-4/yellow", "SLA-4/red", "SLA-2/first-response", "SLA-3/due-instant")
def test_warnings_come_in_three_colours_and_once(stage: Stage) -> None:
    """A P0 has to be answered within 15 minutes: blue at half, yellow at four fifths, red when it is over."""
    number = stage.report("anna", **P0)
    stage.wait(minutes=7)
    assert announced(stage, "sla.warning", number) == []
    stage.wait(minutes=1)
    assert announced(stage, "sla.warning", number) == [("first_response", "blue")]
    stage.wait(minutes=7)
    assert announced(stage, "sla.warning", number)[1:] == [("first_response", "yellow")]
    assert announced(stage, "sla.breached", number) == []
    stage.wait(seconds=1)
    stage.wait(seconds=1)
    assert announced(stage, "sla.warning", number)[2:] == [("first_response", "red")]
    assert announced(stage, "sla.breached", number) == [("first_response", "")]
    assert rows(stage, number)["first_response"]["breached_at"] == stage.clock.now() - timedelta(seconds=2)


@pytest.mark.row("SLA-2/next-response")
def test_each_message_of_the_customer_wants_an_answer(stage: Stage) -> None:
    policies(stage, sla=lambda data: data["policies"]["p-levels"].update(always={"next_response": "PT1H"}))
    number = stage.report("anna", urgency="high")
    stage.comment("anna", number, "And now?")
    asked = stage.clock.now()
    stage.wait(minutes=20)
    stage.comment("anna", number, "Hello?")
    assert rows(stage, number)["next_response"]["due_at"] == asked + HOUR
    with stage.tx() as tx:
        communications.comment(stage.people["lina"], tx, number, "We are on it.")
    assert rows(stage, number)["next_response"]["state"] == "met"
    stage.wait(hours=2)
    assert not [one for one in announced(stage, "sla.breached", number) if one[0] == "next_response"]


@pytest.mark.row("SLA-2/holidays", "SLA-2/working-time", "SLA-2/time-zone")
def test_a_notice_that_is_loaded_moves_what_runs(stage: Stage) -> None:
    """Five working days from Monday 17:00 in Shanghai end on Monday 17:00; with Wednesday off, on Tuesday."""
    number = stage.report("anna", urgency="high")
    before = rows(stage, number)["plan"]["due_at"]
    assert before == stage.clock.now() + timedelta(days=7)
    policies(stage, calendars=lambda data: data["holiday_sets"]["CN"].update(holidays=["2026-03-04"]))
    assert rows(stage, number)["plan"]["due_at"] == before + timedelta(days=1) == stage.case(number).due_at


@pytest.mark.row("SLA-2/provisional")
def test_a_deadline_in_an_unannounced_year_is_provisional(stage: Stage) -> None:
    policies(stage, calendars=lambda data: data["holiday_sets"]["CN"].update(years=[2025]))
    number = stage.report("anna", urgency="high")
    assert stage.case(number).provisional
    policies(stage)
    assert not stage.case(number).provisional
    assert not rows(stage, number)["plan"]["provisional"]


@pytest.mark.row("SLA-3/merge")
def test_a_merged_case_has_no_running_clock(stage: Stage) -> None:
    number = stage.report("anna", **P0)
    with stage.tx() as tx:
        clocks.happened(SYSTEM, tx, number, "merged", into="L-2026-000009")
    assert {row["state"] for row in rows(stage, number).values()} == {"cancelled"}
    stage.wait(days=3)
    assert announced(stage, "sla.breached", number) == []
