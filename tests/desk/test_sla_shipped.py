"""The twelve shipped SLA policies, figure by figure against the table of the requirements (SLA-1, SLA-2)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import loopdesk
from loopdesk.desk import calendars
from loopdesk.desk.sla import checks as sla_checks
from loopdesk.desk.sla.book import FILE, Book
from loopdesk.desk.sla.events import ClockEvent
from loopdesk.desk.sla.machine import replay
from loopdesk.engine.bundles import read_folder

FILES = read_folder(Path(loopdesk.__file__).parent / "workflows" / "policies")
DATA: dict[str, Any] = yaml.safe_load(FILES[FILE])
BOOK = Book(DATA, calendars.read(FILES[calendars.FILE]))
WORKDAY = 8.0
"""Ordinary working hours of one day of the calendar ``support``: what one working day counts."""

HOURS: dict[str, dict[str, dict[str, float]]] = {
    "p-levels": {
        "P0": {"first_response": 0.25, "workaround": 4, "rca": 24, "resolution": 24},
        "P1": {"first_response": 0.5, "diagnosis": 8, "patch": 3 * WORKDAY, "resolution": 72},
        "P2": {"first_response": WORKDAY, "plan": 5 * WORKDAY},
        "P3": {"first_response": 2, "answer": 48},
    },
    "published": {"P0": {"first_response": 0.5}},
    "five-levels": {"P0": {"first_response": 5 / 60, "resolution": 4}, "P1": {}, "P2": {}, "P3": {}, "P4": {}},
    "national-three-class": {
        "urgent": {"first_response": 2, "resolution": 4},
        "general": {"first_response": 24, "resolution": 48},
        "complex": {"first_response": 72, "resolution": 120},
    },
    "abc": {
        level: {**own, "feedback": 24, "report": 24, "archive": 72, "third_party": 2}
        for level, own in {
            "A": {"first_response": 1, "plan": 2, "initial": 24, "resolution": 48},
            "B": {"first_response": 1, "plan": 4, "initial": 24, "resolution": 72},
            "C": {"first_response": 1, "plan": 2, "initial": 12, "resolution": 24},
        }.items()
    },
    "problem-types": {
        "system_fault": {"first_response": 24, "resolution": 48},
        "configuration": {"resolution": 4},
        "data_security": {},
        "user_operation": {"resolution": 72},
        "third_party": {"resolution": 168},
    },
    "emergency-classes": {
        "I": {"first_response": 2, "resolution": 4},
        "II": {"first_response": 4, "resolution": 8},
        "III": {"first_response": 8, "resolution": 12},
        "IV": {"first_response": 12, "resolution": 24},
    },
    "system-faults": {
        "critical": {"first_response": 4},
        "severe": {"first_response": 24},
        "minor": {"first_response": 48},
    },
    "maintenance": {"fault": {"first_response": 4}, "major": {"first_response": 24}},
    "after-sales": {"usual": {"first_response": 24}, "major": {"first_response": 24, "resolution": 48}},
    "customer-contact": {"all": {"first_response": 48, "plan": 24}},
    "departments": {"level-1": {"department": 0.5}, "level-2": {"department": 2}},
}
"""Transcribed by hand from the table; hours."""
SOURCES = {
    "p-levels": "A1", "published": "A7", "five-levels": "A3", "national-three-class": "C1.2", "abc": "C3",
    "problem-types": "C3.1", "emergency-classes": "C6.2", "system-faults": "C7.2", "maintenance": "C7.1",
    "after-sales": "C2.2", "customer-contact": "C5.1", "departments": "A5",
}  # fmt: skip


def test_there_are_exactly_the_twelve_policies_with_their_sources() -> None:
    assert {name: BOOK.said(name)["source"] for name in BOOK.names} == SOURCES


@pytest.mark.parametrize("policy", HOURS)
def test_every_figure_is_the_one_of_the_table(policy: str) -> None:
    found = {
        value: {
            clock: target.length / timedelta(hours=1) for clock, target in BOOK.level(policy, value).targets.items()
        }
        for value in BOOK.values(policy)
    }
    assert found == HOURS[policy]


def test_hours_are_wall_time_unless_a_calendar_is_named() -> None:
    named = {
        (level.policy, level.value, clock)
        for level in BOOK.levels()
        for clock, target in level.targets.items()
        if target.calendar.name != "24/7"
    }
    assert named == {("p-levels", "P1", "patch"), ("p-levels", "P2", "first_response"), ("p-levels", "P2", "plan")}


@pytest.mark.parametrize(
    ("level", "warn", "target"), [("configuration", 2, 4), ("user_operation", 24, 72), ("third_party", 48, 168)]
)
def test_a_range_warns_at_its_lower_and_breaches_at_its_upper_bound(level: str, warn: int, target: int) -> None:
    resolution = BOOK.level("problem-types", level).targets["resolution"]
    created = datetime(2026, 3, 10, 9, tzinfo=UTC)
    clock = replay(resolution.policy, resolution.calendar, [ClockEvent("created", created)])
    assert clock.due == created + timedelta(hours=target)
    assert [item.at for item in clock.escalations.values()] == [created + timedelta(hours=warn)]


def test_what_stands_beside_the_figures_is_kept() -> None:
    p_levels = {value: BOOK.level("p-levels", value).said for value in BOOK.values("p-levels")}
    assert p_levels["P0"]["starts"] == "emergency"
    assert p_levels["P0"]["targets"]["first_response"]["by"] == "phone"
    assert (p_levels["P2"]["then"], p_levels["P3"]["then"]) == ("backlog", "faq_draft")
    assert BOOK.said("p-levels")["baseline"] == {"P0": "PT24H", "P1": "PT72H"}
    assert BOOK.said("published")["shown_on"] == ["agreement", "portal"]
    assert BOOK.said("five-levels")["path"] == ["L1", "L2", "L3"]
    assert BOOK.said("system-faults")["baseline"] == {"mean_handling": "PT2H", "critical": "PT4H"}
    teams = [BOOK.level("system-faults", value).said["team"] for value in BOOK.values("system-faults")]
    assert len(set(teams)) == 3, "each level has its own team"
    shares = {
        value: BOOK.level("problem-types", value).said.get("share_percent") for value in BOOK.values("problem-types")
    }
    assert (shares["system_fault"], shares["data_security"]) == (65, 15)
    assert BOOK.said("departments")["counts_for"] == "department"
    assert BOOK.level("abc", "A").said["kinds"] == ["core_function", "outage", "data_loss"]


def test_names_stand_in_both_languages_and_each_policy_says_what_picks_its_level() -> None:
    for name in BOOK.names:
        said = BOOK.said(name)
        assert said["picked_by"], name
        for named in (said, *(BOOK.level(name, value).said for value in BOOK.values(name))):
            assert set(named["name"]) == {"en", "zh"}, name
            assert any("\u4e00" <= letter <= "\u9fff" for letter in named["name"]["zh"]), name


def test_the_editor_warns_of_what_looks_odd_and_of_the_target_that_is_missing() -> None:
    found = {(finding.rule, finding.element, finding.severity) for finding in sla_checks.check(FILES)}
    assert found == {
        ("style.sla-needs", "policies.problem-types.levels.data_security", "warning"),
        ("style.sla-order", "policies.maintenance.levels.major", "warning"),
        ("style.sla-order", "policies.customer-contact.levels.all", "warning"),
    }


GOOD: dict[str, Any] = {
    "name": {"en": "A", "zh": "甲"},
    "picked_by": "priority",
    "calendar": "24/7",
    "levels": {"P0": {"name": {"en": "P0", "zh": "急"}, "targets": {"resolution": "PT4H"}}},
}


def with_target(target: object) -> dict[str, Any]:
    return {**GOOD, "levels": {"P0": {**GOOD["levels"]["P0"], "targets": {"resolution": target}}}}


@pytest.mark.parametrize(
    ("policy", "rule", "message"),
    [
        ({**GOOD, "calendar": "nobody"}, "sla.calendar", "no calendar “nobody”"),
        (with_target("soon"), "sla.target", "not a length of working time"),
        (with_target("P1M"), "sla.target", "not a length of working time"),
        (with_target({"target": "PT4H", "warn": "PT4H"}), "sla.target", "does not come before"),
        (
            {**GOOD, "levels": {"P0": {**GOOD["levels"]["P0"], "targets": {"sundial": "PT1H"}}}},
            "sla.target",
            "no clock",
        ),
        ({**GOOD, "levels": {}}, "sla.levels", "which fact picks which level"),
        ({**GOOD, "picked_by": ""}, "sla.levels", "which fact picks which level"),
        ({**GOOD, "name": {"en": "A"}}, "sla.name", "missing in: zh"),
        ({**GOOD, "levels": [1]}, "sla.policy", "names with values"),
        (5, "sla.policy", "names with values"),
    ],
)
def test_a_bad_policy_is_an_error_with_place_and_remedy(policy: object, rule: str, message: str) -> None:
    hours = {"24/7": yaml.safe_load(FILES[calendars.FILE])["calendars"]["24/7"]}
    files = {
        FILE: yaml.safe_dump({"policies": {"a": policy}}).encode(),
        calendars.FILE: yaml.safe_dump({"calendars": hours}).encode(),
    }
    (finding,) = sla_checks.check(files)
    assert (finding.rule, finding.severity) == (rule, "error")
    assert message in finding.as_json()["message"]  # type: ignore[operator]
    assert finding.element.startswith("policies.a") or finding.rule == "sla.calendar"
    assert finding.remedy


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ({"timezone": "UTC", "weekly": {}}, "no working hours"),
        ({"timezone": "Asia/Nowhere", "weekly": {"0": [["09:00", "18:00"]]}}, "not a known time zone"),
        ({"union": ["gone"]}, "no calendar “gone”"),
    ],
)
def test_a_bad_calendar_is_said_once_however_many_policies_use_it(hours: object, message: str) -> None:
    bad = {**GOOD, "calendar": "bad"}
    files = {
        FILE: yaml.safe_dump({"policies": {"a": bad, "b": bad}}).encode(),
        calendars.FILE: yaml.safe_dump({"calendars": {"bad": hours}}).encode(),
    }
    (finding,) = [*calendars.check(files), *sla_checks.check(files)]
    assert (finding.file, finding.rule) == (calendars.FILE, "calendar.unusable")
    assert message in finding.as_json()["message"]  # type: ignore[operator]


def test_a_file_that_is_no_yaml_or_no_policies_is_one_finding() -> None:
    for content in (b"a: [", b"- a", b"policies: 5"):
        assert [found.rule for found in sla_checks.check({FILE: content})] == ["sla.policy"]


def test_the_shipped_calendars_can_all_be_used() -> None:
    assert calendars.check(FILES) == []
    known = calendars.read(FILES[calendars.FILE])
    assert known.get("support").day_length() == timedelta(hours=WORKDAY)
    assert known.get("24/7").day_length() == timedelta(hours=24)
