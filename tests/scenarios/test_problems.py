"""Reports of one problem from their arrival to their end, figures that raise a priority, and agreements: the shipped
processes on the real desk, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from loopdesk.desk import case, impact, negotiation, record
from loopdesk.desk.crm import directory
from loopdesk.desk.duplicates import links, problems
from loopdesk.desk.record import case_, involved
from loopdesk.engine import events, instances, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.host import Call
from loopdesk.engine.tx import Engine
from loopdesk.tests.scenarios.stage import Stage
from loopdesk.tests.support import eventually

TEXT = "The checkout page shows error 500 since nine o'clock and nobody in the shops can finish an order"
ALIKE = "Since nine o'clock the checkout page shows error 500, nobody in our shops can finish an order"
MILD = {"urgency": "normal", "scope": "one"}


def _mailed(stage: Stage, email: str, text: str = TEXT) -> str:
    with stage.tx() as tx:
        return case.open(SYSTEM, tx, case.Report("email", text, text[:60], email=email)).number


def _problem(stage: Stage) -> tuple[str, list[str]]:
    """Three customers report the same over two channels; the parent problem and the reports."""
    one = stage.report("anna", title=TEXT[:60], description=TEXT, **MILD)
    two = stage.report("hejing", title=ALIKE[:60], description=ALIKE, **MILD)
    three = _mailed(stage, "cara@third.example")
    return stage.case(three).problem, [one, two, three]


def _triage(stage: Stage, number: str, **answers: str) -> None:
    given = {"type": "fault", "department": "rnd", "urgency": "normal", "scope": "one", "complexity": "normal"}
    _complete(stage, "wangfang", number, "triage", **given | answers)


def _complete(stage: Stage, who: str, number: str, element: str, **answers: str) -> None:
    with stage.tx() as tx:
        [task] = [row for row in work.listing(stage.people[who], tx, key=number) if row["element"] == element]
        work.complete(stage.people[who], tx, task["id"], answers)


def _told(stage: Stage, number: str, kind: str) -> list[dict[str, object]]:
    with stage.desk.engine.read() as tx:
        return [dict(row["data"]) for row in events.timeline(tx, number) if row["kind"] == kind]


@pytest.mark.row("INT-8/parent", "INT-8/raised-impact", "INT-5/again", "INT-5/reason", "INT-9/recomputed")
def test_many_customers_with_one_problem_have_one_parent_with_raised_priority(stage: Stage) -> None:
    parent, reports = _problem(stage)
    assert parent
    assert {stage.case(number).problem for number in reports} == {parent}
    problem = stage.case(parent)
    assert (problem.channel, problem.impact, problem.priority) == ("problem", "high", "P1")
    assert problem.priority_reason == "The impact is high: much business or many users"
    assert problem.department == "rnd"
    [weighed] = _told(stage, parent, "case.impact_weighed")
    assert weighed == {"impact": "high", "score": "36", "before": ""}
    before = [row["before"] for row in _told(stage, parent, "case.prioritised")]
    assert before == ["", "P3"]
    waiting = {row for number in reports for row in _standing(stage, number)}
    assert waiting == {"problem_left", "problem_solved"}
    assert _standing(stage, parent) == {"triage"}
    mails = [row["body"] for row in stage.letters(reports[2]) if row["template"] == "acknowledgement"]
    assert parent in mails[0]
    # The house tells itself nothing: the parent problem lists no letter that could not be sent.
    assert [row for row in stage.letters(parent) if row["recipient_kind"] == "customer"] == []


@pytest.mark.row("INT-8/parent")
def test_when_the_problem_is_solved_every_customer_is_told_and_asked(stage: Stage) -> None:
    parent, reports = _problem(stage)
    with stage.tx() as tx:
        stage.desk.engine.host.operations["case.solve"](
            stage.people["zhangwei"], tx, _call(parent), solution="The certificate was renewed."
        )
    for number in reports:
        assert stage.case(number).solution == "The certificate was renewed."
        stage.check_fix(number)
        assert "verify-fix" in [row["template"] for row in stage.letters(number)]


@pytest.mark.row("INT-8/parent")
def test_a_report_that_is_something_else_leaves_the_problem_and_is_checked(stage: Stage) -> None:
    parent, reports = _problem(stage)
    with stage.tx() as tx:
        problems.leave(stage.people["wangfang"], tx, reports[0])
    assert _standing(stage, reports[0]) == {"triage"}
    with stage.tx() as tx:
        problems.join(stage.people["wangfang"], tx, reports[0], parent)
    assert _standing(stage, reports[0]) == {"problem_left", "problem_solved"}


@pytest.mark.row("INT-8/merge")
def test_a_merged_case_ends_with_its_processes(stage: Stage) -> None:
    one = stage.report("anna", title=TEXT[:60], description=TEXT, **MILD)
    two = stage.report("bo", title=ALIKE[:60], description=ALIKE, **MILD)
    with stage.tx() as tx:
        [proposed] = links.listing(stage.people["lina"], tx, two)
        assert (proposed.other.number, proposed.state) == (one, "proposed")
        links.merge(stage.people["lina"], tx, two, one)
    merged = stage.case(two)
    assert (merged.status, merged.close_reason) == ("closed", "merged")
    [mail] = [row for row in stage.letters(two) if row["template"] == "case-merged"]
    assert one in mail["body"]
    with stage.desk.engine.read() as tx:
        assert {row["status"] for row in instances.of_key(tx, two)} == {"cancelled"}
    assert _standing(stage, one) == {"triage"}
    stage.reply(two, "It happens in Bremen, too.")
    assert "It happens in Bremen, too." in [row["body"] for row in stage.letters(one)]


def test_a_step_of_a_case_and_its_merge_do_not_meet_crosswise(stage: Stage) -> None:
    """A step locks its process before the case, so that is how a merge does it."""
    engine = stage.desk.engine
    if engine.database.is_sqlite:
        pytest.skip("one writer at a time")
    one = stage.report("anna", title=TEXT[:60], description=TEXT, **MILD)
    two = stage.report("bo", title=ALIKE[:60], description=ALIKE, **MILD)

    def merge() -> None:
        with engine.begin() as tx:
            links.merge(stage.people["lina"], tx, two, one)

    with ThreadPoolExecutor(1) as other:
        with engine.begin() as step:
            [running] = [row["id"] for row in instances.of_key(step, two) if row["status"] == "active"]
            instances.lock(step, running)
            merged = other.submit(merge)
            eventually(lambda: _somebody_waits(engine))
            record.get(step, two, lock=True)
        merged.result(30)
    assert stage.case(two).close_reason == "merged"


def _somebody_waits(engine: Engine) -> bool:
    with engine.read() as tx:
        return bool(tx.conn.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


@pytest.mark.row("INT-9/loss", "INT-9/users", "INT-9/level", "INT-9/recomputed", "INT-5/again")
def test_figures_raise_impact_and_priority_as_they_arrive_and_lower_them_again(stage: Stage) -> None:
    number = stage.report("hejing", **MILD)
    assert stage.case(number).priority == "P3"
    seen = []
    for loss, share in ((12.0, None), (None, 30.0), (0.0, 0.0)):
        with stage.tx() as tx:
            impact.note(stage.people["lina"], tx, number, loss=loss, share=share)
        found = stage.case(number)
        seen.append((found.impact, found.impact_score, found.priority))
    assert seen == [("medium", 24, "P2"), ("critical", 60, "P0"), ("low", 0, "P3")]
    assert [row["priority"] for row in _told(stage, number, "case.prioritised")] == ["P3", "P2", "P0", "P3"]
    with stage.desk.engine.read() as tx:
        assert "emergency" in {row["process"] for row in instances.of_key(tx, number)}


@pytest.mark.row("INT-9/time-of-day")
def test_the_same_figures_weigh_less_at_night(stage: Stage) -> None:
    number = stage.report("hejing", **MILD)
    stage.wait(hours=14)
    with stage.tx() as tx:
        impact.note(stage.people["lina"], tx, number, loss=12)
    assert (stage.case(number).impact, stage.case(number).impact_score) == ("medium", 16)


@pytest.mark.row("INT-6/hardware", "INT-6/security", "INT-6/first-contact")
@pytest.mark.parametrize(
    ("kind", "holder", "second"), [("hardware", "rnd", "supply_chain"), ("security", "rnd", "security")]
)
def test_the_second_department_takes_part_and_the_owner_stays(
    stage: Stage, kind: str, holder: str, second: str
) -> None:
    number = stage.report("anna", **MILD)
    owner = stage.case(number).owner_id
    _triage(stage, number, type=kind, department=holder)
    with stage.desk.engine.read() as tx:
        taking_part = set(tx.conn.scalars(sa.select(involved.c.department).where(involved.c.case == number)))
    assert {holder, second} <= taking_part
    assert "second-department" in [row["template"] for row in stage.letters(number)]
    assert stage.case(number).owner_id == owner


@pytest.mark.row("INT-5/tier", "INT-5/again")
def test_when_a_customer_becomes_vip_his_open_cases_are_rated_anew(stage: Stage) -> None:
    number = stage.report("hejing", urgency="critical", scope="one")
    assert stage.case(number).priority == "P2"
    with stage.tx() as tx:
        directory.set_tier(stage.people["wangfang"], tx, "C-1002", tier="vip", reason="New contract")
    found = stage.case(number)
    assert (found.priority, found.priority_reason) == ("P1", "Work stands still at a VIP customer")


@pytest.mark.row("COM-5/asks", "COM-5/agreement", "INT-5/again")
def test_a_customer_asks_for_another_priority_and_both_agree(stage: Stage) -> None:
    number = stage.report("anna", **MILD)
    with stage.tx() as tx:
        negotiation.ask(
            stage.contacts["anna"], tx, number, kind="priority", wish="The fair is on Friday", priority="P1"
        )
    assert stage.case(number).priority == "P3"
    _complete(stage, "wangfang", number, "answer_wish", decision="agree")
    found = stage.case(number)
    assert (found.agreed, found.priority, found.priority_reason) == ("P1", "P1", "Agreed with the customer")
    with stage.desk.engine.read() as tx:
        [kept] = negotiation.listing(stage.contacts["anna"], tx, number)
    assert (kept.state, kept.theirs_name, kept.ours_name) == ("agreed", "Anna Berg", "王芳")
    assert kept.theirs_at is not None
    assert kept.ours_at is not None
    assert "negotiation-agreed" in [row["template"] for row in stage.letters(number)]
    _triage(stage, number)
    assert stage.case(number).priority == "P1"


@pytest.mark.row("COM-5/phased", "COM-5/alternative", "COM-5/agreement")
@pytest.mark.parametrize("kind", ["plan", "alternative"])
def test_a_plan_in_phases_or_an_alternative_is_offered_and_accepted(stage: Stage, kind: str) -> None:
    number = stage.report("anna", **MILD)
    plan = "Monday: workaround\nFriday: fix"
    with stage.tx() as tx:
        made = negotiation.offer(stage.people["lina"], tx, number, kind=kind, terms=plan)
    assert "negotiation-offer" in [row["template"] for row in stage.letters(number)]
    with stage.tx() as tx:
        negotiation.answer(stage.contacts["anna"], tx, made.id, accepted=True, comment="Fine")
    with stage.desk.engine.read() as tx:
        [kept] = negotiation.listing(stage.people["lina"], tx, number)
    assert (kept.kind, kept.state, kept.terms, kept.comment) == (kind, "agreed", plan, "Fine")
    assert (kept.ours_name, kept.theirs_name) == ("李娜", "Anna Berg")
    assert stage.case(number).priority == "P3"


@pytest.mark.row("COM-5/alternative")
def test_an_alternative_that_nobody_answers_lapses(stage: Stage) -> None:
    number = stage.report("anna", **MILD)
    with stage.tx() as tx:
        negotiation.offer(stage.people["lina"], tx, number, kind="alternative", terms="Use the old client")
    stage.wait(days=3, minutes=1)
    with stage.desk.engine.read() as tx:
        assert [one.state for one in negotiation.listing(stage.people["lina"], tx, number)] == ["lapsed"]


@pytest.mark.row("INT-8/parent")
def test_a_burst_of_identical_complaints_is_one_problem(stage: Stage) -> None:
    numbers = [_mailed(stage, f"c{count}@burst.example") for count in range(12)]
    with stage.desk.engine.read() as tx:
        parents = tx.conn.scalars(sa.select(case_.c.number).where(case_.c.channel == problems.CHANNEL)).all()
        assert len(parents) == 1
        assert {record.get(tx, number).problem for number in numbers} == {*parents}
    # Weighed at three and at ten reports, not at every one.
    assert len(_told(stage, parents[0], "case.impact_weighed")) == 2


def _standing(stage: Stage, number: str) -> set[str]:
    with stage.desk.engine.read() as tx:
        active = [row["id"] for row in instances.of_key(tx, number) if row["status"] == "active"]
        return {element for one in active for element in instances.waiting(tx, one)}


def _call(number: str) -> Call:
    return Call(instance="i1", bundle="b1", process="p", element="e", key=number)
