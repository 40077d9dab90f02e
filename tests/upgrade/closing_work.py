"""Open work that came with 0.5.0, and its end: the team's checks, gates, a signature, a complaint, words after the end.

Dumps of older releases have none of it: each ending here skips what it does not find.
"""

import sqlalchemy as sa

from loopdesk.desk import acceptance, feedback
from loopdesk.desk.acceptance import words
from loopdesk.desk.acceptance.tables import word_
from loopdesk.desk.closure import reopening, rounds
from loopdesk.desk.implementation import board, change_rows, changes, course, signing
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.scenarios.stage import ADMIN, Stage
from loopdesk.tests.upgrade.hands import SOLVED, TRIAGE, complete, triaged

REPORTS = {
    "rechecked": "A scanned delivery note comes out upside down",
    "watched": "The night report arrives without its last page",
    "gated": "We need our own tax rates in the price list",
    "reopened": "How do we print the terms in French?",
    "complained": "Where do I see the credit of my account?",
    "changed": "The archive disk of the branch is nearly full",
}
"""What is reported where, in words so different that none is taken for a repeat of another."""
TOLD = "change.signed"
AGAIN, UNACCEPTABLE, MENDED = "It prints in Dutch now.", "I waited three days for that.", "We answer within the hour."
WISH = change_rows.Wish("Move the archive", "To the new disk.", "data", rollback="Move it back.", downtime_minutes=60)


def leave(stage: Stage) -> dict[str, str]:
    """What waits besides: nothing of it lets time pass."""
    cases = {name: _answered(stage, name) for name in ("reopened", "complained")}
    cases |= {name: triaged(stage, title=REPORTS[name], description=REPORTS[name]) for name in ("rechecked", "watched")}
    for name in ("rechecked", "watched"):
        complete(stage, "lina", cases[name], "resolve", **SOLVED)
    complete(stage, "lina", cases["watched"], "retest", passed=_items(stage, cases["watched"]))
    cases |= {"gated": _answered(stage, "gated", plan="configuration")}
    for name in ("reopened", "complained", "gated"):
        stage.verify(cases[name], confirmed=True)
    stage.reply(cases["reopened"], AGAIN)
    with stage.tx() as tx:
        said = feedback.Words(UNACCEPTABLE, source="call", kind="complaint")
        feedback.add(stage.people["lina"], tx, cases["complained"], said)
    cases |= {"changed": triaged(stage, title=REPORTS["changed"], description=REPORTS["changed"])}
    with stage.tx() as tx:
        changes.register(stage.people["lina"], tx, cases["changed"], WISH)
    complete(stage, "admin", cases["changed"], "sign", decision="sign")
    return cases


def answer(stage: Stage, cases: dict[str, str]) -> None:
    """What has a time limit of its own: the change, the complaint, the words after the end."""
    if "changed" not in cases:
        return
    with stage.tx() as tx:
        [found] = change_rows.of_case(ADMIN, tx, cases["changed"])
        token = signing.token_of(tx, found.id)
        signing.answer(signing.of_token(tx, token)["actor"], tx, token, agreed=True, seen=change_rows.digest(found))
    complete(stage, "admin", cases["complained"], "forward", kind="complaint", department="support")
    complete(stage, "admin", cases["complained"], "answer_complaint", result=MENDED)
    complete(stage, "lina", cases["reopened"], "read_word", outcome="reopen")
    with stage.tx() as tx:
        [plan] = board.of_case(ADMIN, tx, cases["gated"])
        for one in board.milestones_of(tx, plan.id)[plan.id]:
            course.finish(stage.people["lina"], tx, one.id)


def solve(stage: Stage, cases: dict[str, str]) -> list[str]:
    """The cases that are solved now, and wait for the customer's word."""
    if "changed" not in cases:
        return []
    for name in ("changed", "reopened"):
        complete(stage, "lina", cases[name], "resolve", **SOLVED)
    return ["changed", "reopened", "rechecked", "watched"]


def accept(stage: Stage, cases: dict[str, str]) -> None:
    """Nobody sent figures for thirty days: both sides accept it all the same."""
    if "gated" not in cases:
        return
    complete(stage, "lina", cases["gated"], "mend", outcome="exception", note="The probe was never switched on.")
    complete(stage, "admin", cases["gated"], "approve", decision="approve", reason="It works for them.")
    with stage.tx() as tx:
        token = str(tx.conn.scalar(sa.select(word_.c.token).where(word_.c.case == cases["gated"])))
        words.answer(words.of_token(tx, token)["actor"], tx, token, True, "Yes.")
    stage.rest()


def outcome(stage: Stage, cases: dict[str, str]) -> None:
    """What later readers find."""
    if "changed" not in cases:
        return
    with stage.desk.engine.read() as tx:
        [change] = change_rows.of_case(ADMIN, tx, cases["changed"])
        assert (change.state, len(signing.of_change(tx, change.id))) == (change_rows.SIGNED, 2)
        [said] = [one for one in feedback.listing(ADMIN, tx, case=cases["complained"]) if one.text == UNACCEPTABLE]
        assert said.result == MENDED
        [word] = reopening.of_case(ADMIN, tx, cases["reopened"])
        assert (word.text, word.state) == (AGAIN, reopening.REOPENED)
        assert [check.passed for check in rounds.checklist(ADMIN, tx, cases["watched"])] == [True] * 4
        [passed] = acceptance.of_case(SYSTEM, tx, cases["gated"])
        assert [gate.state for gate in passed.gates] == ["excepted"]


def _answered(stage: Stage, name: str, plan: str = "") -> str:
    """A question that is answered and waits for the team's check; ``plan`` of how the answer is put to work."""
    number = stage.report("anna", urgency="low", title=REPORTS[name], description=REPORTS[name])
    complete(stage, "lina", number, "triage", **TRIAGE | {"type": "how_to"})
    if plan:
        with stage.tx() as tx:
            course.begin(stage.people["lina"], tx, number, plan=plan)
    complete(stage, "lina", number, "resolve", **SOLVED)
    return number


def _items(stage: Stage, number: str) -> list[str]:
    with stage.desk.engine.read() as tx:
        one = rounds.open_of(tx, number)
    assert one is not None
    return list(one.items["retest"])
