"""Open work of every kind of wait, as people leave it at the evening before an upgrade.

Later releases finish what stands in the dumps of earlier ones: a case that is added here gets a name of its own, and
the names that stand here keep their meaning.
"""

from email.message import EmailMessage
from io import BytesIO

from loopdesk.connectors import inbound
from loopdesk.desk import attachments
from loopdesk.engine import bundles, instances, outbox_rows, runner, suspension, work
from loopdesk.engine.outbox import drain
from loopdesk.tests.peers.smtp import SmtpPeer
from loopdesk.tests.scenarios.stage import Stage
from loopdesk.tests.upgrade import closing_work, led_work, own_process, watched_work
from loopdesk.tests.upgrade.hands import OFFER, SOLVED, TRIAGE, complete, holder, post, task, triaged

LOG = b"09:00 the shop answers 500\n"
SOLUTION = "Restart the payment service."
EDITED = "resolution"
"""The process that the owner has changed."""
QUESTION = "Which of these versions is it? " + ", ".join(f"4.{number}" for number in range(400))
"""Long enough to be kept beside the state."""
EVENT = {"kind": "system_fault", "scope": "global", "severity": "P0"}
HAND_OVER = {"outcome": "hand_over", "to_department": "rnd", "handover_reason": "It needs a patch."}


def leave(stage: Stage, server: SmtpPeer) -> dict[str, str]:
    """Bring a house into a state with everything open; the cases' numbers by what they wait for."""
    cases = led_work.begin(stage)
    cases |= {"chased": _solved(stage, "hejing"), "resolve": triaged(stage), "on_hold": _on_hold(stage)}
    cases |= watched_work.leave_late(stage)
    post(stage)
    stage.wait(hours=48)
    _edit(stage)
    _draft(stage, cases["resolve"])
    cases["triage"] = stage.report("anna")
    with stage.tx() as tx:
        attachments.attach(
            stage.contacts["anna"], tx, stage.desk.store, cases["triage"], "shop.log", BytesIO(LOG)
        )  # fmt: skip
    for waits in ("asked", "asked_by_mail"):
        cases[waits] = triaged(stage)
        complete(stage, "lina", cases[waits], "resolve", outcome="ask_customer", question="Which version?")
    cases |= {"offer": _handed_over(stage), "confirm": _handed_over(stage), "emergency": _emergency(stage)}
    complete(stage, "lina", cases["confirm"], "offer", **OFFER)
    cases |= {"verify": _solved(stage), "read_reply": _solved(stage), "survey": _solved(stage)}
    cases |= {"silent_survey": _solved(stage), "call_back": _solved(stage)}
    for text in ("I shall try on Monday.", "It works, thank you!"):
        stage.reply(cases["read_reply"], text)
    for waits in ("survey", "silent_survey", "call_back"):
        stage.verify(cases[waits], confirmed=True)
    stage.rate(cases["call_back"], stars=1)
    cases |= watched_work.leave(stage, cases["follow_up"])
    cases |= led_work.leave(stage, cases["reviewed"])
    cases |= closing_work.leave(stage)
    cases["own"] = _own(stage)
    _interrupt(stage, server, cases)
    return cases


def _solved(stage: Stage, contact: str = "anna") -> str:
    """A question that is answered and checked by the team: the customer is asked."""
    number = stage.report(contact, urgency="low")
    complete(stage, "lina", number, "triage", **TRIAGE | {"type": "how_to"})
    complete(stage, "lina", number, "resolve", **SOLVED)
    stage.check_fix(number)
    return number


def _on_hold(stage: Stage) -> str:
    """A case that a supervisor has put on hold, and to which something came since."""
    number = triaged(stage)
    complete(stage, "lina", number, "resolve", outcome="ask_customer", question=QUESTION)
    with stage.tx() as tx:
        for row in instances.of_key(tx, number):
            if row["status"] == instances.ACTIVE:
                suspension.suspend(stage.people["petra"], tx, row["id"], "The contract is looked at.")
    stage.reply(number, "Version 4.2.")
    return number


def _handed_over(stage: Stage) -> str:
    number = triaged(stage)
    complete(stage, "lina", number, "resolve", **HAND_OVER)
    return number


def _emergency(stage: Stage) -> str:
    number = stage.report("hejing", urgency="critical", scope="all")
    complete(stage, "lina", number, "triage", **TRIAGE | {"urgency": "critical", "scope": "all"})
    commander = stage.people["olga"].id
    complete(stage, "wangfang", number, "name_commander", **EVENT, commander=commander)
    complete(stage, "olga", number, "first_update", text="正在抢修。", next_minutes=30)
    return number


def _own(stage: Stage) -> str:
    """The process owner has drawn a process, too."""
    number, petra = triaged(stage), stage.people["petra"]
    with stage.tx() as tx:
        bundles.deploy(petra, tx, own_process.NAME, own_process.FILES)
        runner.start(petra, tx, own_process.NAME, key=number)
    return number


def _edit(stage: Stage) -> None:
    """The process owner changes a shipped process."""
    with stage.tx() as tx:
        files = dict(bundles.current(tx, EDITED).files)
        files["texts.en.yaml"] += b"# Our own words.\n"
        bundles.deploy(stage.people["petra"], tx, EDITED, files, note="our own words")


def _draft(stage: Stage, number: str) -> None:
    with stage.tx() as tx:
        found = task(stage, "lina", number, "resolve")
        work.save_draft(holder(stage, "lina", found), tx, found["id"], {"solution": SOLUTION})


def _interrupt(stage: Stage, server: SmtpPeer, cases: dict[str, str]) -> None:
    """Stop in the middle: a refused letter, one in the hands of a worker, others not sent, a mail not yet read."""
    engine = stage.desk.engine
    server.recipient_answer = "550 no such user"
    assert drain(engine, stage.desk.handlers, worker="test", limit=1) == 1
    server.recipient_answer = ""
    with engine.begin() as tx:
        assert outbox_rows.claim_batch(tx, ["send"], "killed", 1)
    mail = EmailMessage()
    mail["From"], mail["To"] = "Anna Berg <anna@aurora.example>", "support@loopdesk.example"
    mail["Subject"], mail["Message-ID"] = f"Re: [{cases['asked_by_mail']}] Question", "<reply-1@aurora.example>"
    mail.set_content("Version 4.2.")
    with engine.begin() as tx:
        inbound.keep(tx, "email", mail.as_bytes(), message_id="<reply-1@aurora.example>", content=b"Version 4.2.")
