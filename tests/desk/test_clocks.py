"""The running clocks of a case: started by its policy, moved by what happens to it (SLA-1 to SLA-5)."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk import clocks, communications, record
from loopdesk.desk.sla import kept, recount
from loopdesk.desk.sla.rows import clock_event
from loopdesk.engine import bundles, outbox_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.clock_house import HOUR, deploy, look, rows, sent
from loopdesk.tests.desk.house import MAIL, House, told

Run = Callable[..., dict[str, object]]


@pytest.fixture
def started(tx: Tx, number: str, run: Run) -> str:
    """A P1 case on the shipped p-levels: response 30 min, diagnosis 8 h, patch 3 working days, resolution 72 h."""
    run(SYSTEM, "case.set_priority", number, priority="P1", reason="r")
    run(SYSTEM, "clock.start", number)
    return number


def test_each_target_of_the_level_is_a_clock_of_its_own(tx: Tx, started: str) -> None:
    """SLA-2: all count from the opening, each on its calendar."""
    opened, found = tx.now, rows(tx, started)
    assert {name: row["target_minutes"] for name, row in found.items()} == {
        "first_response": 30, "diagnosis": 480, "patch": 1440, "resolution": 4320,
    }  # fmt: skip
    assert found["resolution"]["due_at"] == opened + 72 * HOUR == record.get(tx, started).due_at
    assert (found["patch"]["calendar"], found["resolution"]["calendar"]) == ("support", "24/7")
    assert {row["state"] for row in found.values()} == {"running"}


def test_waiting_for_the_customer_pauses_all_but_the_first_response(tx: Tx, started: str, run: Run) -> None:
    """SLA-3: the time until the answer does not count."""
    opened = tx.now
    tx.now += HOUR
    run(SYSTEM, "case.wait", started, reason="Which version?")
    assert {name for name, row in rows(tx, started).items() if row["state"] == "paused"} == {
        "diagnosis", "patch", "resolution",
    }  # fmt: skip
    assert record.get(tx, started).due_at is None
    tx.now += 5 * HOUR
    run(SYSTEM, "case.resume", started)
    assert rows(tx, started)["resolution"]["due_at"] == opened + 77 * HOUR == record.get(tx, started).due_at


def test_solving_meets_and_reopening_goes_on(tx: Tx, started: str, run: Run) -> None:
    """SLA-3: the time between does not count; what was counted stays."""
    opened = tx.now
    tx.now += 2 * HOUR
    run(SYSTEM, "case.solve", started, solution="Restarted.")
    found = rows(tx, started)
    assert (found["resolution"]["state"], found["resolution"]["met_at"]) == ("met", tx.now)
    assert found["resolution"]["elapsed_minutes"] == 120
    tx.now += 10 * HOUR
    run(SYSTEM, "case.reopen", started, reason="Again.")
    found = rows(tx, started)
    assert (found["resolution"]["state"], found["resolution"]["due_at"]) == ("running", opened + 82 * HOUR)


def test_a_changed_priority_keeps_what_was_counted(tx: Tx, started: str, run: Run) -> None:
    """SLA-3: the new target counts from the opening; what the new level does not promise only measures."""
    opened = tx.now
    tx.now += HOUR
    run(SYSTEM, "case.set_priority", started, priority="P0", reason="Everybody")
    found = rows(tx, started)
    assert found["resolution"]["due_at"] == opened + 24 * HOUR == record.get(tx, started).due_at
    assert found["workaround"]["due_at"] == opened + 4 * HOUR
    assert (found["patch"]["target_minutes"], found["patch"]["due_at"]) == (None, None)
    assert {row["level"] for row in found.values()} == {"P0"}
    assert [one.kind for one in clocks.listing(SYSTEM, tx, started) if one.kind == "patch"] == []


def test_only_a_persons_word_is_a_response(house: House, tx: Tx, started: str, run: Run) -> None:
    """SLA-2: neither the acknowledgement nor a note stops it; a question in an agent's words does."""
    lina = house.people["lina"]
    run(SYSTEM, "message.send", started, template="acknowledgement", to="customer")
    communications.comment(lina, tx, started, "Looks like the queue.", internal=True)
    assert rows(tx, started)["first_response"]["state"] == "running"
    tx.now += HOUR / 4
    run(lina, "message.send", started, template="question", to="customer", question="Which version?")
    found = rows(tx, started)["first_response"]
    assert (found["state"], found["met_at"], found["breached_at"]) == ("met", tx.now, None)


def test_an_agents_comment_answers_and_a_customers_asks(house: House, tx: Tx, number: str, run: Run) -> None:
    """SLA-2: next response runs from the oldest unanswered message."""
    deploy(tx, sla=_next_response)
    run(SYSTEM, "case.set_priority", number, priority="P3", reason="r")
    run(SYSTEM, "clock.start", number)
    assert "next_response" not in rows(tx, number)
    asked = tx.now = tx.now + HOUR
    communications.receive(MAIL, tx, number, communications.Received("Anna", "Re", "And now?"))
    tx.now += HOUR / 4
    communications.receive(MAIL, tx, number, communications.Received("Anna", "Re", "Hello?"))
    assert rows(tx, number)["next_response"]["due_at"] == asked + HOUR
    communications.comment(house.people["lina"], tx, number, "We are on it.")
    assert rows(tx, number)["next_response"]["state"] == "met"


def _next_response(data: dict[str, Any]) -> None:
    data["policies"]["p-levels"]["levels"]["P3"]["targets"]["next_response"] = "PT1H"


def test_a_signed_handoff_starts_the_clock_of_the_department(house: House, tx: Tx, started: str, run: Run) -> None:
    """SLA-5: level-1 fault 30 min for the department that holds the case; the customer's clocks run on."""
    opened = tx.now
    tx.now += HOUR
    offered = run(house.people["lina"], "handoff.offer", started, to_department="rnd", reason="code", summary="s")
    run(house.people["zhangwei"], "handoff.accept", started, handoff=offered["handoff"])
    found = rows(tx, started)
    assert found["holding:rnd"]["due_at"] == tx.now + HOUR / 2
    assert (found["holding:rnd"]["policy"], found["holding:rnd"]["level"]) == ("departments", "level-1")
    assert found["resolution"]["due_at"] == opened + 72 * HOUR
    tx.now += HOUR
    back = run(house.people["zhangwei"], "handoff.offer", started, to_department="support", reason="done", summary="s")
    run(house.people["lina"], "handoff.accept", started, handoff=back["handoff"])
    found = rows(tx, started)
    assert (found["holding:rnd"]["state"], found["holding:rnd"]["elapsed_minutes"]) == ("met", 60)
    assert found["holding:rnd"]["breached_at"] == found["holding:rnd"]["due_at"]
    assert found["holding:support"]["state"] == "running"
    assert [one.name for one in clocks.listing(house.contacts["anna"], tx, started) if one.department] == []


def test_a_running_case_keeps_its_version_until_it_is_moved(house: House, tx: Tx, started: str, run: Run) -> None:
    """SLA-1, SLA-3: a new deployment counts for new cases; moving keeps what was counted and is recorded."""
    opened = tx.now
    deploy(tx, sla=_hurry)
    run(SYSTEM, "case.set_priority", started, priority="P0", reason="Everybody")
    assert rows(tx, started)["resolution"]["due_at"] == opened + 24 * HOUR
    with pytest.raises(Refused):
        clocks.move(house.people["lina"], tx, started, reason="New agreement")
    with pytest.raises(Invalid):
        clocks.move(house.people["wangfang"], tx, started, reason=" ")
    tx.now += HOUR
    clocks.move(house.people["wangfang"], tx, started, reason="New agreement")
    assert rows(tx, started)["resolution"]["due_at"] == opened + 12 * HOUR
    assert told(tx, started, "clock.moved")["reason"] == "New agreement"
    with pytest.raises(Conflict):
        clocks.move(house.people["wangfang"], tx, started, reason="Again")
    with pytest.raises(Missing):
        clocks.move(house.people["wangfang"], tx, started, policy="gold", reason="Contract")


def _hurry(data: dict[str, Any]) -> None:
    data["policies"]["p-levels"]["levels"]["P0"]["targets"]["resolution"] = "PT12H"


def test_people_report_what_no_step_tells(house: House, tx: Tx, number: str, run: Run) -> None:
    """SLA-2: what no clock waits for is refused."""
    run(SYSTEM, "case.set_priority", number, priority="P0", reason="r")
    run(SYSTEM, "clock.start", number)
    tx.now += HOUR
    clocks.report(house.people["lina"], tx, number, "workaround_given")
    assert rows(tx, number)["workaround"]["met_at"] == tx.now
    for kind in ("workaround_given", "patch_delivered", "resolved"):
        with pytest.raises(Conflict):
            clocks.report(house.people["lina"], tx, number, kind)


def test_a_diagram_begins_a_clock_and_tells_what_none_waits_for(tx: Tx, number: str, run: Run) -> None:
    """SLA-2: abc's two hours to contact a third party; a second time, or by another policy, is no incident."""
    run(SYSTEM, "clock.start", number, policy="abc", level="A")
    assert "third_party" not in rows(tx, number)
    tx.now += HOUR
    run(SYSTEM, "clock.happened", number, event="third_party_needed")
    assert rows(tx, number)["third_party"]["due_at"] == tx.now + 2 * HOUR
    for kind in ("third_party_contacted", "third_party_contacted", "diagnosed"):
        run(SYSTEM, "clock.happened", number, event=kind)
    assert rows(tx, number)["third_party"]["state"] == "met"
    for kind in ("juggled", "created", "handoff_accepted"):
        with pytest.raises(Invalid):
            run(SYSTEM, "clock.happened", number, event=kind)


def test_a_loaded_holiday_notice_moves_running_clocks(tx: Tx, started: str) -> None:
    """SLA-2, SLA-3: what was counted stays; the rest counts by the new calendar, and the promise follows."""
    before = rows(tx, started)["patch"]["due_at"]
    made = bundles.current(tx, "policies").id
    deploy(tx, calendars=_closed_on_the_third)
    assert recount.calendars_changed(SYSTEM, tx, made) == ""
    assert rows(tx, started)["patch"]["due_at"] == before
    recount.calendars_changed(SYSTEM, tx, bundles.current(tx, "policies").id)
    found = rows(tx, started)
    assert found["patch"]["due_at"] == before + 24 * HOUR
    assert found["resolution"]["due_at"] == tx.now + 72 * HOUR
    events = sa.select(sa.func.count()).select_from(clock_event).where(clock_event.c.kind == "calendars")
    recount.calendars_changed(SYSTEM, tx, bundles.current(tx, "policies").id)
    assert tx.conn.scalar(events) == 1


def test_a_slower_pass_of_an_older_notice_takes_nothing_back(tx: Tx, started: str) -> None:
    """SLA-2: two deployments soon after each other, and the first one's slices are still under way."""
    deploy(tx, calendars=_closed_on_the_third)
    older = bundles.current(tx, "policies").id
    recount.calendars_changed(SYSTEM, tx, older)
    late = rows(tx, started)["patch"]["due_at"]
    deploy(tx)
    recount.calendars_changed(SYSTEM, tx, bundles.current(tx, "policies").id)
    found = rows(tx, started)["patch"]["due_at"]
    assert found == late - 24 * HOUR
    payload = {"calendars": older, "after": ""}
    given: dict[str, Any] = dict.fromkeys(outbox_rows._FIELDS) | {"kind": recount.KIND, "payload": payload}
    recount.local_handlers()[recount.KIND](tx, outbox_rows.Row(**given))
    assert rows(tx, started)["patch"]["due_at"] == found


def _closed_on_the_third(data: dict[str, Any]) -> None:
    data["holiday_sets"]["CN"]["holidays"] = ["2026-03-03"]


def test_an_unannounced_year_makes_a_deadline_provisional(tx: Tx, number: str, run: Run) -> None:
    """SLA-2: until the notice is loaded."""
    deploy(tx, calendars=_until_2025)
    run(SYSTEM, "case.set_priority", number, priority="P2", reason="r")
    run(SYSTEM, "clock.start", number)
    assert rows(tx, number)["plan"]["provisional"]
    assert record.get(tx, number).provisional
    deploy(tx)
    recount.calendars_changed(SYSTEM, tx, bundles.current(tx, "policies").id)
    assert not record.get(tx, number).provisional


def _until_2025(data: dict[str, Any]) -> None:
    data["holiday_sets"]["CN"]["years"] = [2024, 2025]


def test_an_event_from_the_future_is_refused_and_a_late_one_counts(house: House, tx: Tx, started: str) -> None:
    """SLA-3: ordered by when it happened."""
    with pytest.raises(Invalid, match="future"):
        clocks.happened(SYSTEM, tx, started, "agent_reply", at=tx.now + HOUR)
    opened = tx.now
    tx.now += HOUR
    look(tx)
    assert rows(tx, started)["first_response"]["breached_at"]
    clocks.happened(house.people["lina"], tx, started, "agent_reply", at=opened + HOUR / 4)
    found = rows(tx, started)["first_response"]
    assert (found["met_at"], found["breached_at"]) == (opened + HOUR / 4, None)


def test_a_merged_case_has_no_running_clocks(tx: Tx, started: str) -> None:
    """SLA-3, INT-8: its clocks are cancelled, without a breach."""
    clocks.happened(SYSTEM, tx, started, "merged", into="L-2026-000009")
    assert {row["state"] for row in rows(tx, started).values()} == {"cancelled"}
    tx.now += 100 * HOUR
    look(tx)
    assert sent(tx, "sla.breached") == []


def test_what_happens_before_the_clocks_start_counts_too(house: House, tx: Tx, number: str, run: Run) -> None:
    """SLA-2: a retired intake starts them late."""
    tx.now += HOUR / 4
    communications.comment(house.people["lina"], tx, number, "We look into it.")
    answered = tx.now
    tx.now += HOUR
    run(SYSTEM, "case.set_priority", number, priority="P1", reason="r")
    run(SYSTEM, "clock.start", number)
    assert rows(tx, number)["first_response"]["met_at"] == answered


def test_a_case_reads_its_clocks_once(tx: Tx, started: str) -> None:
    """What a transaction has written it need not read again."""
    clocks.happened(SYSTEM, tx, started, "diagnosed")
    tx.flush()
    again = kept.standing(tx, started)
    assert {name: row["state"] for name, row in again.items()} == {
        name: row["state"] for name, row in rows(tx, started).items()
    }
