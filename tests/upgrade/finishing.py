"""Everybody and everything finishes the open work of `open_work`, on whatever database it stands now."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import attachments, handoff, letters
from loopdesk.desk.feedback import survey
from loopdesk.desk.feedback.tables import CLOSURE
from loopdesk.desk.record import case_
from loopdesk.engine import incidents, instances, messages, outbox_rows, subscriptions, suspension, timers, work
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.stage import ADMIN, Stage
from loopdesk.tests.upgrade import closing_work, led_work, open_work, own_process, watched_work
from loopdesk.tests.upgrade.hands import OFFER, SOLVED, TRIAGE, complete, each, post, task
from loopdesk.tests.upgrade.ledger import Ledger

TOLD = (led_work.TOLD, closing_work.TOLD)
"""Messages for whoever wants to know, until they lapse."""


def finish(stage: Stage, cases: dict[str, str], server: SmtpPeer, ledger: Ledger, *, held: int) -> None:
    """Every case closes with what belongs to it, nothing is left behind, and no letter goes out twice.

    ``held``: rows in the hands of workers that are gone.
    """
    sent = set(_letters(stage, "sent"))
    assert sent
    _recover(stage, held)
    _people(stage, cases)
    _own(stage, cases["own"], ledger)
    _silence(stage, cases)
    left = _left(stage)
    assert left == {}, left
    _outcome(stage, cases)
    went_out = Counter(str(mail["Message-ID"]) for mail in server.mails)
    assert set(went_out.values()) == {1}
    about_cases = set(_letters(stage, "sent")) - sent
    assert about_cases <= set(went_out)
    # Meetings and risks of departments belong to no case; nothing else goes out beside the letters of cases.
    beside = [str(mail["Subject"]) for mail in server.mails if str(mail["Message-ID"]) not in about_cases]
    assert not [subject for subject in beside if "L-2026-" in subject]
    assert _letters(stage, "queued") == _letters(stage, "failed") == []


def rows(stage: Stage, query: sa.Select[Any]) -> list[Any]:
    with stage.desk.engine.read() as tx:
        return list(tx.conn.execute(query).all())


def _letters(stage: Stage, state: str) -> list[str]:
    # Calls stand in the log as well, and no mail carries them.
    table = letters.communication
    mine = (table.c.state == state) & table.c.message_id.is_not(None)
    return [row.message_id for row in rows(stage, sa.select(table.c.message_id).where(mine))]


def _recover(stage: Stage, held: int) -> None:
    """What the worker was about to do when it was stopped, and what it could not do."""
    with stage.desk.engine.begin() as tx:
        [refused] = incidents.listing(ADMIN, tx)
        incidents.retry(ADMIN, tx, refused["id"])
    post(stage)
    stage.clock.advance(outbox_rows.LEASE * 2)
    with stage.desk.engine.begin() as tx:
        assert outbox_rows.reclaim(tx) == held
    post(stage)


def _people(stage: Stage, cases: dict[str, str]) -> None:
    """Everybody does what is in their inbox."""
    complete(stage, "lina", cases["triage"], "triage", **TRIAGE)
    with stage.desk.engine.read() as tx:
        draft = work.form(tx, work.get(ADMIN, tx, task(stage, "lina", cases["resolve"], "resolve")["id"]), "en")[1]
    assert draft["solution"] == open_work.SOLUTION
    stage.reply(cases["asked"], "Version 4.2.")
    assert {stage.case(cases[name]).status for name in ("asked", "asked_by_mail")} == {"open"}
    complete(stage, "lina", cases["offer"], "offer", **OFFER)
    complete(stage, "zhangwei", cases["offer"], "confirm", decision="reject", reason="No log.", signed=True)
    each(stage, "offer", number=cases["offer"], who="lina", keep=True)
    watched_work.answer(stage, cases)
    led_work.answer(stage, cases)
    closing_work.answer(stage, cases)
    stage.wait(hours=2, minutes=1)
    late = {name: {letter["template"] for letter in stage.letters(cases[name])} for name in ("confirm", "emergency")}
    assert "handoff-overdue" in late["confirm"]
    assert "emergency-reminder" in late["emergency"]
    complete(stage, "zhangwei", cases["confirm"], "confirm", decision="accept", signed=True)
    led_work.stand_down(stage, cases)
    led_work.review(stage)
    _let_go(stage, cases)
    for name in ("triage", "asked", "asked_by_mail", "offer", "emergency", "own"):
        complete(stage, "lina", cases[name], "resolve", **SOLVED)
    complete(stage, "lina", cases["resolve"], "resolve", **SOLVED | {"solution": draft["solution"]})
    complete(stage, "zhangwei", cases["confirm"], "resolve", **SOLVED)
    each(stage, "verify_fix", number=cases["confirm"], who="lina", holds="yes")
    solved = watched_work.solve(stage, cases) + led_work.solve(stage, cases) + closing_work.solve(stage, cases)
    complete(stage, "lina", cases["read_reply"], "read_reply", outcome="keep_waiting")
    assert stage.form("lina", "read_reply")[1]["text"] == "It works, thank you!"
    complete(stage, "lina", cases["read_reply"], "read_reply", outcome="confirmed")
    complete(stage, "max", cases["call_back"], "call_back", reached=True, root_cause="A night.", improvement="A shift.")
    each(stage, "forward", number=cases["call_back"], kind="complaint", department="support")
    each(stage, "answer_complaint", number=cases["call_back"], result="A shift.")
    each(stage, "write_report", number=cases["call_back"], report="A shift.")
    known = ("verify", "triage", "resolve", "asked", "asked_by_mail", "offer", "confirm", "emergency", "own")
    for name in (*known, *solved):
        stage.verify(cases[name], confirmed=True)
    stage.rate(cases["survey"], stars=5)


def _let_go(stage: Stage, cases: dict[str, str]) -> None:
    """What came while a case was on hold counts once it goes on; releases before 0.2.0 know no such thing."""
    if "on_hold" not in cases:
        return
    number = cases["on_hold"]
    assert stage.case(number).status == "waiting"
    with stage.desk.engine.begin() as tx:
        for row in instances.of_key(tx, number):
            if row["status"] == instances.ACTIVE:
                suspension.resume(ADMIN, tx, row["id"])
    post(stage)
    assert stage.case(number).status == "open"
    complete(stage, "lina", number, "resolve", **SOLVED)
    post(stage)
    stage.verify(number, confirmed=True)


def _own(stage: Stage, number: str, ledger: Ledger) -> None:
    """A process with a sub-process, a called process, branches and effects outside; its values are as they were."""
    stage.wait(hours=2)
    post(stage)
    for element in ("count", "sign"):
        complete(stage, "lina", number, element)
    with stage.desk.engine.read() as tx:
        [row] = [row for row in instances.of_key(tx, number) if row["process"] == own_process.NAME]
        assert row["status"] == instances.COMPLETED
        assert instances.variables(tx, row["id"])["right"] is True
    assert [body for _, body in ledger.entries] == [{"number": number}] * 2
    assert len({key for key, _ in ledger.entries}) == 2


def _silence(stage: Stage, cases: dict[str, str]) -> None:
    """What nobody answers ends by its timers, and all letters go out."""
    stage.wait(hours=72)
    assert stage.case(cases["chased"]).close_reason == "no-answer"
    for _ in "case", "survey":  # a survey begins when silence has closed its case
        stage.wait(days=15)
    closing_work.accept(stage, cases)
    for _ in "quarter's survey", "reminder":
        stage.wait(days=15)
    watched_work.finish_traces(stage, cases)
    each(stage, "decide_theme", decision="nothing", note="One case only.")
    post(stage)


def _left(stage: Stage) -> dict[str, int]:
    """How much of everything is still open, without what is not; timers that start processes go on for ever."""
    incident, message = incidents.incident.c, messages.message.c
    still_open = [
        (case_, case_.c.status != "closed"),
        (instances.instance, instances.instance.c.status != instances.COMPLETED),
        (work.task, work.task.c.state == "open"),
        (timers.timer, timers.timer.c.state.in_((timers.WAITING, timers.QUEUED)) & (timers.timer.c.instance_id != "")),
        (subscriptions.subscription, subscriptions.subscription.c.instance_id != ""),
        (messages.message, message.state.in_((messages.NEW, messages.WAITING)) & message.name.not_in(TOLD)),
        (outbox_rows.outbox, outbox_rows.outbox.c.state != outbox_rows.DONE),
        (incidents.incident, incident.state == "open"),
    ]
    counted = {
        table.name: rows(stage, sa.select(sa.func.count()).select_from(table).where(where))[0][0]
        for table, where in still_open
    }
    return {name: number for name, number in counted.items() if number}


def _outcome(stage: Stage, cases: dict[str, str]) -> None:
    """What later readers of the cases find."""
    watched_work.outcome(stage, cases)
    led_work.outcome(stage, cases)
    closing_work.outcome(stage, cases)
    confirmed = {name: stage.case(number).close_reason for name, number in cases.items() if name != "chased"}
    assert set(confirmed.values()) == {"confirmed"}
    sides = handoff.signature.c
    signed = sa.select(sides.side, sides.decision, sides.department).order_by(sides.id)
    sender = ("sender", "signed", "support")
    accepted = rows(stage, signed.where(sides.case == cases["confirm"]))
    assert accepted == [sender, ("receiver", "accepted", "rnd")]
    rejected = rows(stage, signed.where(sides.case == cases["offer"]))
    assert rejected == [sender, ("receiver", "rejected", "rnd")]
    asked = survey.survey_.c
    first = sa.select(*asked).where(asked.kind == CLOSURE)
    stars = {row.case: (row.stars, row.reached) for row in rows(stage, first)}
    assert {name: stars[cases[name]] for name in ("survey", "call_back", "silent_survey")} == {
        "survey": (5, None), "call_back": (1, True), "silent_survey": (None, None)
    }  # fmt: skip
    problems = {stage.case(number).problem for number in cases.values()} - {""}
    assert set(stars) == {*cases.values()} | problems
    with stage.desk.engine.read() as tx:
        [kept] = attachments.listing(ADMIN, tx, cases["triage"])
        with attachments.read(ADMIN, tx, stage.desk.store, kept.id).stream as stream:
            assert stream.read() == open_work.LOG
