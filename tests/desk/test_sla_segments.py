"""Each clock is explained by segments that a person can check, and that add up (SLA-2, SLA-3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.tests.desk.sla_cases import RESOLUTION, at, event, replayed

MOVES = ["pause", "resume", "resolved", "reopened", "agent_reply", "customer_message", "priority", "handoff_accepted"]
KINDS = st.sampled_from([*MOVES, "holiday_added"])
MOMENTS = st.builds(lambda day, hour: f"{day} {hour:02}:30", st.integers(10, 20), st.integers(0, 23))
EVENTS = st.lists(st.tuples(KINDS, MOMENTS), max_size=12)
CLOCKS = st.sampled_from(["resolution", "first_response", "next_response", "elapsed", "time_to_own"])


def test_segments_tell_what_ran_what_was_closed_and_why() -> None:
    answer = replayed(
        RESOLUTION,
        event("created", "10 16:00", team="L1"),
        event("pause", "11 10:00", reason="waiting_customer"),
        event("resume", "11 11:00"),
        event("resolved", "11 12:00"),
        event("reopened", "11 13:00"),
    )
    told = [(row["from"][8:16], row["to"][8:16], row["state"], row["minutes"]) for row in answer["segments"]]
    assert told == [
        ("10T16:00", "10T18:00", "running", 120),
        ("10T18:00", "11T09:00", "closed", 0),
        ("11T09:00", "11T10:00", "running", 60),
        ("11T10:00", "11T11:00", "paused", 0),
        ("11T11:00", "11T12:00", "running", 60),
        ("11T12:00", "11T13:00", "closed", 0),
        ("11T13:00", "11T17:00", "running", 0),
    ]
    assert answer["segments"][-1]["ahead"] == 240
    assert [row["why"] for row in answer["segments"][1:5:2]] == [
        "outside the hours of office",
        "paused: waiting_customer",
    ]


def test_a_holiday_is_named_as_the_reason() -> None:
    answer = replayed(RESOLUTION, event("created", "10 14:00"), event("holiday_added", "10 15:00", date="2026-03-11"))
    closed = [row for row in answer["segments"] if row["state"] == "closed"]
    assert [(row["from"], row["to"], row["why"]) for row in closed] == [
        (at("10 18:00"), at("12 09:00"), "outside the hours of office, on a holiday")
    ]


@given(CLOCKS, EVENTS)
@settings(max_examples=80, deadline=None)
def test_segments_follow_each_other_and_add_up_to_what_was_counted_and_is_due(
    clock: str, happened: list[tuple[str, str]]
) -> None:
    more = {"priority": {"to": "P1"}, "handoff_accepted": {"to": "L2"}, "holiday_added": {"date": "2026-03-12"}}
    events = [event(kind, when, **more.get(kind, {})) for kind, when in happened]
    answer = replayed({"clock": clock, "target_minutes": 480}, event("created", "10 00:00"), *events)
    actual, segments = answer["actual"], answer["segments"]
    bounds = [bound for row in segments for bound in (row["from"], row["to"])]
    assert bounds == sorted(bounds)
    assert all(row["from"] < row["to"] for row in segments)
    counted, ahead = (sum(row.get(key, 0) for row in segments) for key in ("minutes", "ahead"))
    if clock != "next_response":  # whose segments hold former rounds too
        assert counted == pytest.approx(actual["elapsed_minutes"])
        assert sum(actual["team_elapsed_minutes"].values()) <= counted
        if actual["state"] == "running" and not actual["breached"]:
            assert actual["due"] is None or counted + ahead == pytest.approx(480)
    assert actual["breached"] == (actual["breached_at"] is not None)
    assert actual["error"] is None
