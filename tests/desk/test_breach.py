"""Traces of breaches: cause, action, follow-up (SLA-6)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk import breach, duty, erasure, escalation, facts, record, skills
from loopdesk.desk.breach import Breach
from loopdesk.desk.sla.rows import clock
from loopdesk.engine import bundles, retention
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.host import Call
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import WORKFLOWS, House, kinds, told

Run = Callable[..., dict[str, Any]]
LATE = Breach(clock="c1", name="resolution", policy="p-levels", level="P1", department="support", minutes_over=7)
FRIDAY = datetime(2026, 3, 6, 18, tzinfo=UTC)


def planned(tx: Tx, trace: str, **given: Any) -> breach.Trace:
    """A plan for the trace, Lina's unless said otherwise."""
    words = {"cause": "missing_information", "explanation": "No log.", "action": "Ask for it.", "responsible": "lina"}
    return breach.plan(SYSTEM, tx, trace, **(words | {"follow_up_at": FRIDAY} | given))


def test_a_trace_goes_from_opened_over_planned_to_done(house: House, tx: Tx, number: str) -> None:
    """SLA-6: what is written down stays, each step leaves an event."""
    trace = breach.open_(SYSTEM, tx, number, LATE)
    assert breach.get(tx, trace).state == "opened"
    assert planned(tx, trace).responsible == "李娜"
    done = breach.finish(SYSTEM, tx, trace, result=" The form asks for it. ")
    assert (done.state, done.cause, done.result, done.done_at) == (
        "done", "missing_information", "The form asks for it.", tx.now,
    )  # fmt: skip
    assert [kind for kind in kinds(tx, number) if kind.startswith("breach.")] == [
        "breach.opened", "breach.planned", "breach.done",
    ]  # fmt: skip
    assert told(tx, number, "breach.opened")["minutes"] == 7


def test_one_trace_for_each_round_of_a_clock(tx: Tx, number: str) -> None:
    """SLA-6: told twice is traced once; a clock that began anew and was late again has a second one."""
    assert breach.open_(SYSTEM, tx, number, LATE)
    assert breach.open_(SYSTEM, tx, number, LATE) == ""
    again = Breach(clock="c1", round=2, name="resolution")
    assert breach.open_(SYSTEM, tx, number, again)
    assert len(breach.of_case(SYSTEM, tx, number)) == 2


def test_a_cancelled_clock_leaves_no_trace(tx: Tx, number: str) -> None:
    """SLA-6: cancelled between the message and the process."""
    empty = dict.fromkeys(("policy", "level", "bundle_id", "calendars_id", "calendar", "department", "colour"), "")
    figures = {"elapsed_minutes": 0.0, "provisional": False, "round": 1, "told": [], "version": 1}
    for state in ("cancelled", "breached"):
        row: dict[str, Any] = {
            "id": new_id(),
            "case": number,
            "name": state,
            "kind": "resolution",
            "state": state,
            **empty,
            **figures,
        }
        tx.conn.execute(sa.insert(clock).values(**row))
        trace = breach.open_(SYSTEM, tx, number, Breach(clock=str(row["id"])))
        assert bool(trace) == (state == "breached")


def test_a_plan_that_lacks_something_is_refused(tx: Tx, number: str) -> None:
    """SLA-6: unknown cause, no action, nobody, a date that has passed; each with its field."""
    trace = breach.open_(SYSTEM, tx, number, LATE)
    for field, given in (
        ("cause", {"cause": "bad_luck"}),
        ("action", {"action": "  "}),
        ("responsible", {"responsible": "nobody"}),
        ("until", {"follow_up_at": tx.now}),
    ):
        with pytest.raises(Invalid) as refused:
            planned(tx, trace, **given)
        assert list(refused.value.fields) == [field]
    with pytest.raises(Invalid):
        breach.open_(SYSTEM, tx, number, Breach(clock=""))


def test_nothing_is_done_before_there_is_a_plan_or_after_the_end(tx: Tx, number: str) -> None:
    """SLA-6."""
    trace = breach.open_(SYSTEM, tx, number, LATE)
    with pytest.raises(Conflict):
        breach.finish(SYSTEM, tx, trace, result="Done.")
    planned(tx, trace)
    with pytest.raises(Invalid):
        breach.finish(SYSTEM, tx, trace, result=" ")
    breach.finish(SYSTEM, tx, trace, result="Done.")
    with pytest.raises(Conflict):
        planned(tx, trace)
    with pytest.raises(Missing):
        breach.get(tx, "none")


def test_the_list_is_filtered_and_shows_only_what_one_may_see(house: House, tx: Tx, number: str) -> None:
    """SLA-6, SEC-1: open or done, by cause; an agent sees those of the department's cases."""
    first = breach.open_(SYSTEM, tx, number, LATE)
    second = breach.open_(SYSTEM, tx, number, Breach(clock="c2", name="diagnosis"))
    planned(tx, first)
    breach.finish(SYSTEM, tx, first, result="Done.")

    def ids(login: str = "wangfang", **wanted: Any) -> set[str]:
        return {one.id for one in breach.listing(house.people[login], tx, **wanted)[0]}

    assert ids() == {first, second}
    assert ids(state="done") == {first}
    assert ids(state="open") == {second}
    assert ids(cause="missing_information") == {first}
    assert ids("zhangwei") == set()
    assert breach.listing(house.people["wangfang"], tx, per_page=1)[1] == 2
    later = tx.now + timedelta(days=1)
    assert breach.by_cause(house.people["wangfang"], tx, tx.now, later) == {"": 1, "missing_information": 1}
    with pytest.raises(Missing):
        breach.of_case(house.people["zhangwei"], tx, number)


def test_only_diagrams_write_traces(house: House, tx: Tx, number: str) -> None:
    """SEC-1."""
    with pytest.raises(Refused):
        breach.open_(house.people["wangfang"], tx, number, LATE)


def test_diagrams_open_plan_and_close_by_name(house: House, tx: Tx, number: str, run: Run) -> None:
    """SLA-6: a date without a zone is one of the house."""
    lina = house.people["lina"]
    given = {"clock": "c1", "name": "resolution", "due": "2026-03-02T08:00:00+00:00", "minutes_over": 5}
    here = Call(instance="i1", bundle="b1", process="p", element="e", key=number)
    trace = (house.operations["breach.open"](lina, tx, here, **given) or {})["trace"]
    assert house.operations["breach.open"](lina, tx, here, **given) == {"trace": ""}
    plan = {"cause": "other", "action": "Better.", "responsible": lina.id, "follow_up_at": "2026-03-06T18:00:00"}
    kept = run(lina, "breach.plan", number, trace=trace, **plan)
    assert kept == {"responsible": lina.id, "responsible_name": "李娜", "follow_up_at": FRIDAY.isoformat()}
    run(lina, "breach.done", number, trace=trace, result="Done.")
    assert breach.get(tx, trace).due_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_the_second_time_that_a_clock_is_late_has_a_trace_of_its_own(house: House, tx: Tx, number: str) -> None:
    """SLA-6: the message counts rounds from nought; the round after it is another one."""
    here = Call(instance="i1", bundle="b1", process="p", element="e", key=number)
    made = [
        (house.operations["breach.open"](SYSTEM, tx, here, clock="c1", name="next_response", round=count) or {})[
            "trace"
        ]
        for count in (0, 1, 1)
    ]
    assert [bool(trace) for trace in made] == [True, True, False]
    assert [one.round for one in breach.of_case(SYSTEM, tx, number)] == [0, 1]


def test_causes_are_the_owner_s_in_both_languages(tx: Tx, number: str) -> None:
    """SLA-6: the catalogue is policy data; a form gets it as options."""
    files = dict(bundles.read_folder(WORKFLOWS / "policies"))
    files["breach-causes.yaml"] = "causes: {moon: {name: {en: Full moon, zh: 满月}}}".encode()
    bundles.deploy(SYSTEM, tx, "policies", files)
    found = facts.facts(tx, number)["breach_causes"]
    assert found == {"en": [{"value": "moon", "label": "Full moon"}], "zh": [{"value": "moon", "label": "满月"}]}


def test_a_colleague_who_is_erased_leaves_the_trace_without_a_name(house: House) -> None:
    """SLA-6, SEC-3."""
    with house.engine.begin() as tx:
        number = house.report(tx).number
        trace = breach.open_(SYSTEM, tx, number, LATE)
        planned(tx, trace, responsible="zhangwei", action="张伟 asks for it.")
        record.change(tx, number, status="closed")
    with house.engine.begin() as tx:
        erasure.erase(SYSTEM, tx, {"attachments": house.store, "archive": house.store}, "zhangwei", lambda *_: 0)
        kept = breach.get(tx, trace)
    assert "张伟" not in f"{kept.responsible}{kept.action}"


def test_the_archive_takes_traces_and_escalations_along(tx: Tx, number: str) -> None:
    """SLA-6, DIA-1, COM-4: what belongs to a case leaves the tables with it."""
    breach.open_(SYSTEM, tx, number, LATE)
    escalation.escalate(SYSTEM, tx, number, reason="Late.", by="time")
    rows = retention.collect(tx, "case_", number)
    assert (len(rows["breach_trace"]), len(rows["escalation"])) == (1, 1)


def test_an_erased_colleague_is_on_no_duty_and_has_no_skills(house: House) -> None:
    """DIA-1, SEC-3: both say something about the person only."""
    zhangwei = house.people["zhangwei"].id
    with house.engine.begin() as tx:
        skills.set_(SYSTEM, tx, zhangwei, tier="L2", skills=["network"])
        times = {"starts_at": tx.now, "ends_at": FRIDAY}
        duty.add(SYSTEM, tx, person=zhangwei, department="rnd", tier="L2", **times)
    with house.engine.begin() as tx:
        erasure.erase(SYSTEM, tx, {"attachments": house.store, "archive": house.store}, "zhangwei", lambda *_: 0)
        assert skills.of(tx, zhangwei) == skills.Skills()
        assert duty.listing(SYSTEM, tx) == []
