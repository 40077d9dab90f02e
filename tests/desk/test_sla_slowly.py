"""Any history of a case comes out as counting its minutes says (SLA-2, SLA-3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loopdesk.desk.sla.replay import replay_file
from loopdesk.tests.desk.sla_slowly import Slowly, instant

DAY = [["09:00", "12:00"], ["13:30", "18:00"]]
CALENDARS: dict[str, Any] = {
    "office": {
        "timezone": "Asia/Shanghai",
        "weekly": {str(day): DAY for day in range(5)},
        "holidays": ["2026-03-06"],
        "extra_workdays": ["2026-03-07"],
    },
    "night": {"timezone": "America/New_York", "weekly": {str(day): [["22:00", "06:00"]] for day in range(6)}},
    "always": {"timezone": "UTC", "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)}},
    "sun": {"union": ["office", "night"]},
}
TARGETS = {"P1": 60, "P2": 240, "P3": 600}
START = datetime(2026, 3, 5, 23, tzinfo=UTC)
"""Friday morning in Shanghai, before a day made up, and before the clocks of New York change."""
TIMES = st.integers(0, 4 * 48).map(lambda half: START + timedelta(minutes=30 * half))
PLAIN = st.sampled_from(["pause", "resume", "resolved", "reopened", "agent_reply", "customer_message"])
MOVES = st.one_of(
    PLAIN.map(lambda kind: {"type": kind}),
    PLAIN.map(lambda kind: {"type": kind}),
    st.sampled_from(sorted(TARGETS)).map(lambda to: {"type": "priority", "to": to}),
    st.tuples(st.sampled_from(sorted(TARGETS)), st.sampled_from(sorted(CALENDARS))).map(
        lambda pair: {"type": "priority", "to": pair[0], "calendar": pair[1]}
    ),
    st.sampled_from(["L1", "L2"]).map(lambda to: {"type": "handoff_accepted", "to": to}),
    st.sampled_from(["2026-03-07", "2026-03-08", "2026-03-09"]).map(
        lambda date: {"type": "holiday_added", "date": date}
    ),
    st.just({"type": "policy_removed"}),
)
HISTORIES = st.lists(st.tuples(MOVES, TIMES), max_size=9)
CLOCKS = st.sampled_from(["resolution", "resolution", "next_response", "first_response"])


@given(CLOCKS, st.sampled_from(sorted(CALENDARS)), st.sampled_from(sorted(TARGETS)), HISTORIES)
@settings(max_examples=60, deadline=None)
def test_a_clock_agrees_with_its_minutes(
    clock: str, calendar: str, priority: str, history: list[tuple[dict[str, Any], datetime]]
) -> None:
    created = {"type": "created", "at": START, "priority": priority, "team": "L1"}
    events = [created, *({**move, "at": at} for move, at in history)]
    policy = {"clock": clock, "targets_minutes": TARGETS, "on_priority_change": "rebase"}
    written = [{**event, "at": event["at"].isoformat()} for event in events]
    case = {"id": 1, "timezone": "UTC", "calendar": calendar, "policy": policy, "events": written}
    (answer,) = replay_file({"calendars": CALENDARS, "cases": [case]})
    actual = answer["actual"]
    found: dict[str, Any] = {key: instant(actual[key]) for key in ("due", "breached_at", "met_at")}
    found |= {key: actual[key] for key in ("state", "elapsed_minutes", "team_elapsed_minutes")}
    found["history"] = [instant(row["breached_at"]) for row in actual["history"]]
    expected = Slowly(CALENDARS, calendar, clock, TARGETS).play(events)
    found["team_elapsed_minutes"] = {team: length for team, length in found["team_elapsed_minutes"].items() if length}
    assert found == expected
