"""Emergency response: commander, grade, promised updates, stand-down (EMG-1, EMG-2, EMG-4)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from loopdesk.desk import case, emergency, facts
from loopdesk.engine.actor import SYSTEM, TIMER
from loopdesk.engine.errors import Conflict, Invalid, Missing
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House, kinds, posted, told

Run = Callable[..., dict[str, object]]


@pytest.fixture
def declared(house: House, tx: Tx, number: str, run: Run) -> str:
    """The id of an emergency that Emma leads."""
    run(SYSTEM, "case.name_owner", number, department="support")
    given = {"commander": "emma", "grade": "II", "kind": "system_fault"}
    return str(run(house.people["lina"], "emergency.declare", number, **given)["emergency"])


def test_an_emergency_has_a_commander_a_grade_and_a_promise(house: House, tx: Tx, declared: str) -> None:
    """EMG-1, EMG-4: the first update within the policy's cadence."""
    made = emergency.get(tx, declared)
    assert (made.commander, made.grade, made.kind) == ("Emma Stone", "II", "system_fault")
    assert made.next_update_at == tx.now + emergency.cadence(tx)


@pytest.mark.parametrize(("kind", "type_"), [("security", "fault"), ("other", "security")])
def test_security_starts_at_the_highest_grade(
    house: House, tx: Tx, number: str, run: Run, kind: str, type_: str
) -> None:
    """EMG-2: whatever was chosen, by kind of emergency or type of case."""
    run(SYSTEM, "case.set_type", number, type=type_, department="rnd")
    made = run(house.people["emma"], "emergency.declare", number, commander="", grade="IV", kind=kind)
    found = emergency.get(tx, str(made["emergency"]))
    assert (found.grade, found.commander) == ("I", "Emma Stone")
    assert told(tx, number, "emergency.declared")["chosen"] == "IV"


def test_a_commander_sees_the_case(house: House, tx: Tx, number: str, run: Run) -> None:
    """EMG-1, SEC-1: whoever leads belongs to it from then on; the diagram learns who it is."""
    sara = house.people["sara"]
    assert case.find(sara, tx, number) is None
    made = run(house.people["wangfang"], "emergency.declare", number, commander="sara", grade="I", kind="other")
    assert made["commander"] == sara.id
    assert case.find(sara, tx, number) is not None


def test_who_may_lead(house: House, tx: Tx, number: str, run: Run) -> None:
    """EMG-1, SEC-1: supervisors first, of the holder and the policy's departments; security cases stay inside."""
    run(SYSTEM, "case.set_type", number, type="fault", department="rnd")
    offered = facts.facts(tx, number)["commanders"]
    assert [one["label"] for one in offered] == [
        "Emma Stone (emma)",
        "王芳 (wangfang)",
        "张伟 (zhangwei)",
        "李娜 (lina)",
    ]
    assert offered[0]["value"] == house.people["emma"].id
    run(SYSTEM, "case.set_type", number, type="security", department="security")
    assert [one["label"] for one in facts.facts(tx, number)["commanders"]] == ["Sara Klein (sara)"]


def test_a_second_declaration_joins_the_first(house: House, tx: Tx, number: str, run: Run, declared: str) -> None:
    """EMG-1: one cause, one emergency."""
    again = run(house.people["lina"], "emergency.declare", number, commander="lina", grade="I", kind="complaint")
    assert again["emergency"] == declared
    assert kinds(tx, number).count("emergency.declared") == 1


@pytest.mark.parametrize(
    ("change", "field"), [({"commander": "nobody"}, "commander"), ({"grade": "V"}, "grade"), ({"kind": "war"}, "kind")]
)
def test_a_wrong_detail_is_named(house: House, number: str, run: Run, change: dict[str, str], field: str) -> None:
    """EMG-1."""
    with pytest.raises(Invalid) as refused:
        run(SYSTEM, "emergency.declare", number, **({"commander": "emma", "grade": "I", "kind": "other"} | change))
    assert list(refused.value.fields) == [field]


def test_an_update_tells_the_customer_and_promises_the_next(
    house: House, tx: Tx, number: str, run: Run, declared: str
) -> None:
    """EMG-4."""
    run(house.people["emma"], "emergency.update", number, emergency=declared, text="We found it.", next_minutes=45)
    mail = posted(tx)[-1]
    assert mail["to"] == "anna@aurora.example"
    assert "We found it." in str(mail["body"])
    assert "2 Mar 2026 10:45" in str(mail["body"])
    assert emergency.get(tx, declared).next_update_at == tx.now + timedelta(minutes=45)
    for text, minutes in ((" ", 30), ("x", 0), ("x", 2000)):
        with pytest.raises(Invalid):
            run(SYSTEM, "emergency.update", number, emergency=declared, text=text, next_minutes=minutes)


def test_a_missed_update_reminds_the_commander(house: House, tx: Tx, number: str, run: Run, declared: str) -> None:
    """EMG-4: only when it is late, and on the emergency's own log."""
    run(TIMER, "emergency.remind", number, emergency=declared)
    assert posted(tx) == []
    tx.now += timedelta(hours=1)
    run(TIMER, "emergency.remind", number, emergency=declared)
    assert [mail["to"] for mail in posted(tx)] == ["emma@house.example"]
    log = emergency.listing(house.people["lina"], tx, number)[0]["entries"]
    assert [one["kind"] for one in log] == ["declared", "missed"]


def test_a_stand_down_ends_it_with_a_summary(house: House, tx: Tx, number: str, run: Run, declared: str) -> None:
    """EMG-1: afterwards nothing is late and nothing can be added; a new one may start."""
    with pytest.raises(Invalid) as refused:
        run(SYSTEM, "emergency.stand_down", number, emergency=declared, summary="")
    assert "summary" in refused.value.fields
    tx.now += timedelta(hours=2)
    run(house.people["emma"], "emergency.stand_down", number, emergency=declared, summary="Disk replaced.")
    ended = emergency.get(tx, declared)
    assert (ended.ended_at, ended.next_update_at, ended.summary) == (tx.now, None, "Disk replaced.")
    assert told(tx, number, "emergency.ended")["minutes"] == 120
    run(TIMER, "emergency.remind", number, emergency=declared)
    assert "emergency.reminded" not in kinds(tx, number)
    with pytest.raises(Conflict):
        run(SYSTEM, "emergency.update", number, emergency=declared, text="x", next_minutes=5)
    again = run(SYSTEM, "emergency.declare", number, commander="emma", grade="I", kind="other")
    assert again["emergency"] != declared
    with pytest.raises(Missing):
        run(SYSTEM, "emergency.update", number, emergency="unknown", text="x", next_minutes=5)
