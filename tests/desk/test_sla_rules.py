"""The rules of clocks, one test a line: pause, resume, re-open, priority, handoff, merge, removal (SLA-2, SLA-3)."""

from typing import Any

import pytest

from loopdesk.tests.desk.sla_cases import RESOLUTION, actual, at, event, expect

CREATED = event("created", "10 09:00")


def test_work_done_at_the_due_instant_is_met_and_a_second_later_is_a_breach() -> None:
    met = actual(RESOLUTION, CREATED, event("resolved", "10 17:00"))
    expect(met, due="10 17:00", met_at="10 17:00", breached=False, breached_at=None, overdue_minutes=0, state="met")
    late = actual(RESOLUTION, CREATED, event("resolved", "10 17:00:01"))
    expect(late, breached=True, breached_at="10 17:00", met_at="10 17:00:01", state="met")
    assert late["overdue_minutes"] == pytest.approx(1 / 60)


def test_work_after_close_is_late_without_an_overdue_minute() -> None:
    late = actual({"clock": "resolution", "target_minutes": 540}, CREATED, event("resolved", "10 20:00"))
    expect(late, due="10 18:00", breached=True, breached_at="10 18:00", overdue_minutes=0, elapsed_minutes=540)


def test_a_running_clock_is_not_breached_before_its_due_time() -> None:
    expect(actual(RESOLUTION, CREATED, event("internal_note", "10 17:00")), breached=False, state="running")
    expect(actual(RESOLUTION, CREATED, event("internal_note", "10 17:01")), breached=True, breached_at="10 17:00")


def test_a_paused_clock_has_no_due_time_and_neither_breaches_nor_escalates() -> None:
    policy = RESOLUTION | {"escalate_percent": [25, 50, 100]}
    paused = actual(policy, CREATED, event("pause", "10 12:00"), event("internal_note", "20 12:00"))
    expect(paused, due=None, breached=False, state="paused", elapsed_minutes=180, elapsed_minutes_at_pause=180)
    assert paused["escalations"] == {"25": at("10 11:00"), "50": None, "100": None}
    assert paused["further_escalations"] == 0


def test_pausing_twice_is_pausing_once_and_one_resume_ends_it() -> None:
    events = [event("pause", "10 10:00"), event("pause", "10 11:00"), event("resume", "10 12:00")]
    expect(actual(RESOLUTION, CREATED, *events), due="11 10:00", state="running", elapsed_minutes=60)
    expect(actual(RESOLUTION, CREATED, *events, event("resume", "10 13:00")), due="11 10:00", elapsed_minutes=120)


def test_an_instant_of_pause_at_the_due_time_is_no_breach_and_due_again_when_it_ends() -> None:
    events = [event("pause", "10 17:00"), event("resume", "11 10:00")]
    expect(actual(RESOLUTION, CREATED, *events), due="11 10:00", breached=False)
    late = actual(RESOLUTION, CREATED, *events, event("resolved", "11 10:30"))
    expect(late, due="11 10:00", breached=True, breached_at="11 10:00", overdue_minutes=30)


def test_a_breach_before_a_pause_stays_where_it_was() -> None:
    events = [event("pause", "10 17:30"), event("resume", "11 10:00"), event("internal_note", "11 11:00")]
    expect(actual(RESOLUTION, CREATED, *events), due="10 17:00", breached_at="10 17:00", overdue_minutes=90)


def test_first_response_does_not_pause_and_only_a_public_human_message_meets_it() -> None:
    policy = {"clock": "first_response", "target_minutes": 60}
    events = [event("pause", "10 09:10"), event("auto_reply", "10 09:20"), event("resolved", "10 09:30")]
    expect(actual(policy, CREATED, *events), due="10 10:00", state="running", elapsed_minutes=30)
    met = actual(policy, CREATED, *events, event("agent_reply", "10 09:50"), event("reopened", "10 11:00"))
    expect(met, met_at="10 09:50", elapsed_minutes=50, state="met", breached=False)


def test_a_policy_may_forbid_pauses() -> None:
    expect(
        actual(RESOLUTION | {"pausable": False}, CREATED, event("pause", "10 10:00")), due="10 17:00", state="running"
    )


NEXT = {"clock": "next_response", "target_minutes": 60}


def test_next_response_waits_for_a_customer_and_counts_from_the_oldest_unanswered_message() -> None:
    expect(actual(NEXT, CREATED), state=None, due=None, elapsed_minutes=0)
    asked = [event("customer_message", "10 10:00"), event("customer_message", "10 10:30")]
    expect(actual(NEXT, CREATED, *asked, event("auto_reply", "10 10:40")), due="10 11:00", state="running")


def test_each_answered_question_is_a_round_of_its_own_and_keeps_its_breach_in_the_history() -> None:
    rounds = [
        event("customer_message", "10 10:00"),
        event("agent_reply", "10 11:30"),
        event("customer_message", "10 14:00"),
        event("agent_reply", "10 14:20"),
    ]
    found = actual(NEXT, CREATED, *rounds)
    expect(found, due="10 15:00", met_at="10 14:20", elapsed_minutes=20, breached=False)
    assert found["history"] == [{"breached_at": at("10 11:00")}]


def test_resolving_cancels_next_response_without_a_breach() -> None:
    found = actual(NEXT, CREATED, event("customer_message", "10 10:00"), event("resolved", "10 10:30"))
    expect(found, state="cancelled", due=None, breached=False, met_at=None)


RAISED = {"clock": "resolution", "targets_minutes": {"P2": 960, "P1": 360}, "on_priority_change": "rebase"}
P2 = event("created", "10 09:00", priority="P2")


def test_a_raised_priority_whose_target_is_over_is_breached_by_the_change() -> None:
    found = actual(RAISED, P2, event("priority", "10 16:00", to="P1"))
    expect(found, due="10 15:00", breached=True, breached_at="10 16:00", overdue_minutes=60)


def test_a_raised_priority_at_the_very_instant_of_its_target_is_no_breach() -> None:
    expect(actual(RAISED, P2, event("priority", "10 15:00", to="P1")), due="10 15:00", breached=False)


def test_a_lowered_priority_moves_the_due_time_and_erases_no_breach() -> None:
    p1 = event("created", "10 09:00", priority="P1")
    expect(actual(RAISED, p1, event("priority", "10 13:00", to="P2")), due="11 16:00", breached=False)
    late = actual(RAISED, p1, event("priority", "10 16:00", to="P2"))
    expect(late, due="11 16:00", breached=True, breached_at="10 15:00", overdue_minutes=0)


def test_a_priority_changed_in_a_pause_counts_from_the_resume() -> None:
    paused = [P2, event("pause", "10 16:00"), event("priority", "10 17:00", to="P1")]
    expect(actual(RAISED, *paused), due=None, breached=False)
    expect(actual(RAISED, *paused, event("resume", "11 10:00")), due="10 15:00", breached_at="11 10:00")


def test_a_priority_may_bring_another_calendar_from_then_on() -> None:
    found = actual(RAISED, P2, event("priority", "10 17:00", to="P1", calendar="always"))
    expect(found, due="10 15:00", breached_at="10 17:00")
    found = actual(RESOLUTION, CREATED, event("priority", "10 16:00", to="P0", calendar="always"))
    expect(found, due="10 17:00", elapsed_minutes=420)
    found = actual(RESOLUTION, event("created", "10 17:00"), event("priority", "10 20:00", to="P0", calendar="always"))
    expect(found, due="11 03:00", elapsed_minutes=60)


def test_a_policy_may_keep_the_target_it_began_with() -> None:
    keeping = RAISED | {"on_priority_change": "keep"}
    expect(actual(keeping, P2, event("priority", "10 16:00", to="P1")), due="11 16:00", breached=False)


def test_a_priority_without_target_is_said_and_the_target_before_stays() -> None:
    found = actual(RAISED, P2, event("priority", "10 10:00", to="P9"))
    expect(found, due="11 16:00")
    assert "no target for priority “P9”" in found["error"]


def test_a_reopened_case_counts_on_and_keeps_its_breach() -> None:
    late = [CREATED, event("resolved", "10 17:30"), event("reopened", "11 10:00"), event("internal_note", "11 11:00")]
    expect(actual(RESOLUTION, *late), due="10 17:00", breached_at="10 17:00", elapsed_minutes=570, state="running")
    met = [CREATED, event("resolved", "10 17:00"), event("reopened", "11 10:00")]
    expect(actual(RESOLUTION, *met), due="11 10:00", breached=False, met_at=None)
    twice = [*met, event("resolved", "11 10:00"), event("reopened", "12 10:00"), event("resolved", "12 10:05")]
    expect(actual(RESOLUTION, *twice), breached_at="12 10:00", overdue_minutes=5)


def test_handoffs_never_reset_the_customers_clock_and_count_for_the_holder() -> None:
    events = [
        event("created", "10 09:00", team="L1"),
        event("handoff_accepted", "10 11:00", to="L2"),
        event("pause", "10 12:00"),
        event("handoff_accepted", "10 13:00", to="L1"),
        event("resume", "10 14:00"),
        event("resolved", "10 15:00"),
    ]
    found = actual(RESOLUTION, *events)
    expect(found, team_elapsed_minutes={"L1": 180, "L2": 60}, elapsed_minutes=240, breached=False)


def test_time_to_own_ends_with_the_first_team_that_accepts() -> None:
    policy = {"clock": "time_to_own", "target_minutes": 30}
    owned = [event("handoff_accepted", "10 09:20", to="L2"), event("handoff_accepted", "10 12:00", to="L3")]
    expect(actual(policy, CREATED, *owned), met_at="10 09:20", elapsed_minutes=20, breached=False)


def test_a_clock_without_target_only_measures() -> None:
    found = actual({"clock": "elapsed"}, CREATED, event("pause", "10 10:00"), event("resolved", "10 12:00"))
    expect(found, due=None, breached=False, elapsed_minutes=60, overdue_minutes=None, met_at="10 12:00")


def test_escalations_are_shares_of_the_target_or_minutes_before_due_and_come_once() -> None:
    policy = RAISED | {"escalate_percent": [50, 100], "escalate_before_minutes": [60]}
    found = actual(policy, P2)
    assert found["escalations"] == {"50": at("10 17:00"), "100": at("11 16:00"), "-60": at("11 15:00")}
    assert found["further_escalations"] == 3
    raised = actual(policy, P2, event("priority", "10 13:00", to="P1"))
    assert raised["escalations"] == {"50": at("10 13:00"), "100": at("10 15:00"), "-60": at("10 14:00")}
    later = actual(policy, P2, event("internal_note", "10 17:30"), event("priority", "11 09:00", to="P2"))
    assert later["escalations"]["50"] == at("10 17:00")
    assert later["further_escalations"] == 2


def test_a_warning_longer_before_than_the_target_comes_at_once() -> None:
    policy = {"clock": "resolution", "target_minutes": 30, "escalate_before_minutes": [60]}
    assert actual(policy, CREATED)["escalations"] == {"-60": at("10 09:00")}


def test_a_met_clock_escalates_no_more() -> None:
    found = actual(RESOLUTION | {"escalate_percent": [50, 100]}, CREATED, event("resolved", "10 14:00"))
    assert found["escalations"] == {"50": at("10 13:00"), "100": None}
    assert found["further_escalations"] == 0


def test_a_holiday_added_while_the_clock_runs_moves_its_due_time() -> None:
    created = event("created", "10 14:00")
    found = actual(RESOLUTION, created, event("holiday_added", "10 15:00", date="2026-03-11"))
    expect(found, due_before="11 13:00", due="12 13:00", elapsed_minutes=60)
    paused = [created, event("pause", "10 15:00"), event("holiday_added", "10 16:00", date="2026-03-11")]
    expect(actual(RESOLUTION, *paused, event("resume", "10 17:00")), due_before=None, due="12 15:00")


def test_what_was_counted_before_a_holiday_was_added_stays_counted() -> None:
    found = actual(RESOLUTION, CREATED, event("holiday_added", "10 11:00", date="2026-03-10"))
    expect(found, elapsed_minutes=120, due_before="10 17:00", due="11 15:00")


def test_a_holiday_stays_when_the_case_comes_back_to_its_calendar() -> None:
    events = [
        event("holiday_added", "10 10:00", date="2026-03-11"),
        event("priority", "10 11:00", calendar="always"),
        event("priority", "10 12:00", calendar="office"),
    ]
    expect(actual(RESOLUTION | {"target_minutes": 600}, CREATED, *events), due="12 10:00")


def test_a_removed_policy_ends_its_clock_for_good() -> None:
    removed = [event("policy_removed", "10 10:00"), event("resolved", "10 11:00"), event("reopened", "10 12:00")]
    found = actual(RESOLUTION, CREATED, *removed)
    expect(found, due=None, state="cancelled", breached=False, further_escalations=0, elapsed_minutes=60)
    assert found["history"] == [{"breached_at": None}]


def test_events_count_when_they_happened_not_when_they_arrived() -> None:
    events = [event("resume", "10 12:00", arrives=3), event("pause", "10 10:00", arrives=2), CREATED | {"arrives": 1}]
    expect(actual(RESOLUTION, *events), due="11 10:00", elapsed_minutes=60, error=None)


def test_a_clock_can_be_asked_how_it_stood() -> None:
    moments = [at("9 12:00"), at("10 12:00"), at("10 14:00")]
    events = [CREATED, event("pause", "10 13:00"), event("resume", "11 09:00")]
    found = actual(RESOLUTION, *events, as_of=moments)
    assert list(found["state_at"].values()) == [None, "running", "paused"]
    assert list(found["elapsed_minutes_at"].values()) == [0, 180, 240]


def two(*events: dict[str, Any]) -> dict[str, Any]:
    return actual(
        RESOLUTION, event("created", "10 09:00", ticket="A"), event("created", "10 10:00", ticket="B"), *events
    )


def test_a_merge_cancels_the_sources_clock_and_leaves_the_targets() -> None:
    found = two(event("merged", "10 12:00", ticket="A", into="B"), event("resolved", "10 15:00"))
    assert found["state"] == {"A": "cancelled", "B": "met"}
    assert found["due"] == {"A": None, "B": at("10 18:00")}
    expect(found["A"], elapsed_minutes=180, met_at=None)
    expect(found["B"], elapsed_minutes=300, met_at="10 15:00", error=None)


def test_events_of_one_ticket_leave_the_other_alone() -> None:
    assert two(event("resolved", "10 12:00", ticket="A"))["state"] == {"A": "met", "B": "running"}


def test_a_merge_into_itself_in_a_circle_or_of_nobody_is_no_merge() -> None:
    itself = two(event("merged", "10 12:00", ticket="A", into="A"))
    assert itself["state"] == {"A": "running", "B": "running"}
    assert "into itself" in itself["A"]["error"]
    circle = two(event("merged", "10 12:00", ticket="A", into="B"), event("merged", "10 13:00", ticket="B", into="A"))
    assert circle["state"] == {"A": "cancelled", "B": "running"}
    assert "in a circle" in circle["B"]["error"]
    assert "no ticket “C”" in two(event("merged", "10 12:00", ticket="C", into="A"))["A"]["error"]
    assert "never created" in two(event("pause", "10 12:00", ticket="C"))["A"]["error"]
