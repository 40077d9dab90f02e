"""Open work that came with 0.3.0, and its end: breaches that are traced, an agreement, parts of a case, a diagnosis.

Dumps of older releases have none of it: each ending here skips what it does not find.
"""

from datetime import timedelta

from loopdesk.desk import breach, case, escalation, negotiation, splitting, subcases
from loopdesk.desk.diagnosis import course
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.scenarios.stage import ADMIN, Stage
from loopdesk.tests.upgrade.hands import SOLVED, TRIAGE, complete, each, triaged, waiting

LATE = ("no_cause", "follow_up")
"""Cases whose promised time has run out: nobody has said why, and the improvement is under way."""
GATED = "diagnosing"
"""A case whose gates are not passed yet and whose diagnosis waits at its second step."""
REPORTS = {
    "offered": "Labels are printed on paper of the wrong size",
    "wished": "A monthly report lacks all sums of April",
    "whole": "Three branches cannot reach their file server",
    GATED: "My password is refused since Tuesday morning",
}
"""What is reported where, in words so different that none is taken for a repeat of another."""
SHARED = "The checkout page shows error 500 since nine o'clock and nobody in the shops can finish an order"
ACTION = "Ask for the log at once."
PHASES = "Monday: workaround. Friday: fix."


def leave_late(stage: Stage) -> dict[str, str]:
    """Cases that nobody works on from now on."""
    return {name: triaged(stage) for name in LATE}


def leave(stage: Stage, late: str) -> dict[str, str]:
    """What waits besides, once the time of ``late`` has run out."""
    plan = {"cause": "missing_information", "action": ACTION, "responsible": stage.people["lina"].id}
    until = (stage.clock.now() + timedelta(days=3)).date().isoformat()
    assert each(stage, "find_cause", **plan, until=until, number=late, who="wangfang")
    cases = {name: triaged(stage, title=text, description=text) for name, text in REPORTS.items()}
    lina, anna = stage.people["lina"], stage.contacts["anna"]
    with stage.tx() as tx:
        negotiation.offer(lina, tx, cases["offered"], kind="plan", terms=PHASES)
        negotiation.ask(anna, tx, cases["wished"], kind="priority", wish="Before the fair.", priority="P1")
    with stage.tx() as tx:
        part = {"title": "Bring a switch", "description": "Slot 3.", "department": "rnd"}
        splitting.split(lina, tx, cases["whole"], **part)
    cases |= _one_problem(stage)
    with stage.tx() as tx:
        course.begin(lina, tx, cases[GATED], tree="sign_in")
        course.answer(lina, tx, cases[GATED], step="message", outcome="wrong")
    return cases


def _one_problem(stage: Stage) -> dict[str, str]:
    """Three customers report the same: their cases wait for the one that is made of them."""
    words = {"title": SHARED[:60], "description": SHARED, "urgency": "normal"}
    reports = {"reported_first": stage.report("anna", **words), "reported_next": stage.report("hejing", **words)}
    with stage.tx() as tx:
        mailed = case.Report("email", SHARED, SHARED[:60], email="cara@third.example")
        reports["reported_by_mail"] = case.open(SYSTEM, tx, mailed).number
    assert {stage.case(number).problem for number in reports.values()}.isdisjoint(reports.values())
    return reports


def answer(stage: Stage, cases: dict[str, str]) -> None:
    """What has a time limit of its own: the agreements, and the part of another department."""
    if GATED in cases:
        _agree(stage, cases)
        _join(stage, cases["whole"])
        _solve_problem(stage, stage.case(cases["reported_first"]).problem)


def _solve_problem(stage: Stage, number: str) -> None:
    complete(stage, "wangfang", number, "triage", **TRIAGE | {"urgency": "normal"})
    complete(stage, "lina", number, "resolve", **SOLVED)


def solve(stage: Stage, cases: dict[str, str]) -> list[str]:
    """The gates of the diagnosis have been missed meanwhile; the cases that are solved now."""
    if GATED not in cases:
        return []
    _gate_was_missed(stage, cases[GATED])
    with stage.tx() as tx:
        course.answer(stage.people["lina"], tx, cases[GATED], step="reset", outcome="worked")
    names = (*LATE, "offered", "wished", "whole", GATED)
    for name in names:
        complete(stage, "lina", cases[name], "resolve", **SOLVED)
    stage.check_fix(stage.case(cases["reported_first"]).problem)
    return [*names, *(name for name in cases if name.startswith("reported_"))]


def _agree(stage: Stage, cases: dict[str, str]) -> None:
    with stage.tx() as tx:
        [offered] = negotiation.listing(ADMIN, tx, cases["offered"])
        negotiation.answer(stage.contacts["anna"], tx, offered.id, accepted=True)
    complete(stage, "lina", cases["wished"], "answer_wish", decision="agree")
    for name in ("offered", "wished"):
        assert stage.letters(cases[name])[-1]["template"] == "negotiation-agreed"
    assert stage.case(cases["wished"]).priority == "P1"


def _join(stage: Stage, whole: str) -> None:
    with stage.desk.engine.read() as tx:
        [part] = subcases.parts(tx, whole)
    complete(stage, "zhangwei", part.number, "resolve", outcome="solved", solution="A new switch.")
    with stage.desk.engine.read() as tx:
        assert subcases.results(tx, whole) == f"{part.number} Bring a switch: A new switch."


def _gate_was_missed(stage: Stage, number: str) -> None:
    with stage.desk.engine.read() as tx:
        ways = [row["way"] for row in escalation.listing(ADMIN, tx, number)]
    assert ways[0] == escalation.TIME
    assert "gate-missed" in {row["template"] for row in stage.letters(number)}


def finish_traces(stage: Stage, cases: dict[str, str]) -> None:
    """Each breach gets its cause and its improvement, those that only came with the newer release too."""
    for number in (cases[name] for name in LATE if name in cases):
        with stage.desk.engine.read() as tx:
            assert {one.state for one in breach.of_case(ADMIN, tx, number)} & {breach.OPENED, breach.PLANNED}
    until = (stage.clock.now() + timedelta(days=3)).date().isoformat()
    plan = {"cause": "missing_information", "action": ACTION, "until": until}
    with stage.desk.engine.read() as tx:
        late = {str(row["key"]) for row in waiting(tx, "find_cause")}
        chosen = {number: stage.desk.engine.host.facts(tx, number)["colleagues"][0]["value"] for number in late}
    for number in sorted(chosen):
        each(stage, "find_cause", number=number, responsible=chosen[number], **plan)
    each(stage, "follow_up", result="The report form asks for it now.")


def outcome(stage: Stage, cases: dict[str, str]) -> None:
    """What later readers find."""
    if GATED not in cases:
        return
    with stage.desk.engine.read() as tx:
        for name in LATE:
            traces = breach.of_case(ADMIN, tx, cases[name])
            assert {(one.state, one.action) for one in traces} == {(breach.DONE, ACTION)}
        [agreed] = negotiation.listing(ADMIN, tx, cases["offered"])
        assert (agreed.state, agreed.terms) == (negotiation.AGREED, PHASES)
        assert not course.under_way(tx, cases[GATED])
