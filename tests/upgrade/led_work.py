"""Open work that came with 0.4.0, and its end: signed handoffs in dispute, advice, emergencies led from a war room.

Dumps of older releases have none of it: each ending here skips what it does not find.
"""

from datetime import timedelta

import sqlalchemy as sa

from loopdesk.desk import arbitration, emergency, handoff, negotiation
from loopdesk.desk.raci import advice
from loopdesk.desk.response import awards, reviews
from loopdesk.engine import work
from loopdesk.tests.scenarios.stage import ADMIN, Stage
from loopdesk.tests.upgrade.hands import OFFER, SOLVED, TRIAGE, complete, each, triaged

EVENT = {"kind": "system_fault", "scope": "global", "severity": "P0"}
RECORDED = {"event_time": "10:00", "event_place": "DC", "event_scope": "all", "symptoms": "502"}
BACK, OVER, RULING, ADVICE, NEWS = (
    "换了交换机。",
    "交换机故障。",
    "Only they can mend it.",
    "Look at the log.",
    "Tell the press?",
)
ROOT = "The switch was old."
REVIEW = {"course": "09:00 to 09:31", "impact": "No orders.", "handling": "A new switch.", "root_at": "1"}
REVIEW |= {"why1": ROOT, "improvement": "A spare one."}
TOLD = "review.signed"
"""A message for whoever wants to know, until it lapses; no shipped process waits for it."""
LED = ("emergency", "deciding", "stable")
"""Cases whose emergency still runs: as 0.1.0 knew it, with a decision open, and with the service just back."""
TELEPHONE = "The telephones of all branches are silent since the power cut of this morning"
"""What is reported besides, in words unlike each other: none is a repeat of another, and no emergency joins another."""


def begin(stage: Stage) -> dict[str, str]:
    """An emergency that is over and whose case is closed: its review is owed, and what was taken is not given back."""
    number = _declared(stage, TELEPHONE)
    complete(stage, "olga", number, "restore", restored=BACK)
    stage.wait(minutes=31)
    complete(stage, "olga", number, "stand_down", summary=OVER, stable=True)
    complete(stage, "lina", number, "resolve", **SOLVED)
    stage.verify(number, confirmed=True)
    return {"reviewed": number}


def leave(stage: Stage, reviewed: str) -> dict[str, str]:
    """What waits besides: a customer of the emergency that is over is also to be compensated."""
    cases = {"disputed": _handed_over(stage, "Invoices show the tax of last year")}
    with stage.tx() as tx:
        [offered] = handoff.of_case(tx, cases["disputed"])
        handoff.dispute(stage.people["zhangwei"], tx, offered.id, statement="The figures come from finance.")
    cases |= {"checked": _taken(stage, "A search by article number finds nothing")}
    complete(stage, "zhangwei", cases["checked"], "resolve", **SOLVED)
    cases |= {"advised": _taken(stage, "Our warehouse scanner loses its connection")}
    with stage.tx() as tx:
        negotiation.ask(
            stage.contacts["anna"], tx, cases["advised"], kind="priority", wish="Before noon.", priority="P1"
        )
    cases |= {"deciding": _declared(stage, "Nobody in the whole company can sign in any more")}
    cases |= {"stable": _declared(stage, "Parcels are printed with addresses of other customers")}
    with stage.tx() as tx:
        emergency.ask_decision(stage.people["olga"], tx, _emergency(stage, cases["deciding"]), question=NEWS)
        spans = [(stage.clock.now() - timedelta(hours=50), stage.clock.now() - timedelta(hours=48))]
        awards.request(stage.people["lina"], tx, _emergency(stage, reviewed), awards.Wish(spans))
    complete(stage, "olga", cases["stable"], "restore", restored=BACK)
    return cases


def answer(stage: Stage, cases: dict[str, str]) -> None:
    """What has a time limit of its own: the arbitration, the advice, the word on the compensation."""
    if "disputed" not in cases:
        return
    complete(stage, "lina", cases["disputed"], "state", reply="They are wrong in the shop.")
    ruling = {"ruled_department": "rnd", "reasoning": RULING, "for_customer": "It is mended today.", "signed": True}
    complete(stage, "admin", cases["disputed"], "rule", **ruling)
    complete(stage, "zhangwei", cases["advised"], "give_advice", advice_text=ADVICE)
    complete(stage, "lina", cases["advised"], "answer_wish", decision="agree")
    complete(stage, "admin", cases["reviewed"], "approve", decision="approve")
    with stage.tx() as tx:
        running = _emergency(stage, cases["deciding"])
        [asked] = emergency.decisions(tx, running, state="open")
        emergency.decide(ADMIN, tx, asked.id, decision="Not yet.")


def stand_down(stage: Stage, cases: dict[str, str]) -> None:
    """Commanders end what runs; since 0.4.0 the service has to be back for a while before."""
    running = [cases[name] for name in LED if name in cases]
    for number in running:
        with stage.desk.engine.read() as tx:
            waits = {row["element"] for row in work.listing(ADMIN, tx, key=number)}
        if "record_event" in waits:
            complete(stage, "admin", number, "record_event", **RECORDED)
        if "restore" in waits:
            complete(stage, "admin", number, "restore", restored=BACK)
    stage.wait(minutes=31)
    for number in running:
        complete(stage, "admin", number, "stand_down", summary=OVER, stable=True)


def solve(stage: Stage, cases: dict[str, str]) -> list[str]:
    """The cases that are solved now, and wait for the customer's word."""
    if "disputed" not in cases:
        return []
    for name in ("disputed", "advised"):
        complete(stage, "zhangwei", cases[name], "resolve", **SOLVED)
    for name in ("deciding", "stable"):
        complete(stage, "lina", cases[name], "resolve", **SOLVED)
    handed = ("disputed", "advised", "checked")
    for name in handed:
        complete(stage, "lina", cases[name], "verify_fix", holds="yes")
    return [*handed, "deciding", "stable"]


def review(stage: Stage) -> None:
    """What follows an emergency: what was taken is given back, the review is written, signed twice and told."""
    each(stage, "take_by_hand", note="Frozen.")
    each(stage, "undo_by_hand", note="As before.")
    each(stage, "write_review", **REVIEW, actions=[])
    each(stage, "sign_commander", signed="yes")
    each(stage, "sign_head", signed="yes")
    each(stage, "write_report", report="A switch failed.")


def outcome(stage: Stage, cases: dict[str, str]) -> None:
    """What later readers find."""
    if "disputed" not in cases:
        return
    with stage.desk.engine.read() as tx:
        [given] = handoff.of_case(tx, cases["disputed"])
        assert given.state == handoff.RULED
        [ruled] = arbitration.of_case(ADMIN, tx, cases["disputed"])
        assert (ruled.department, ruled.reasoning) == ("rnd", RULING)
        assert ADVICE in [row["text"] for row in advice.of_case(tx, cases["advised"])]
        for name in (*LED, "reviewed"):
            found = emergency.get(tx, _emergency(stage, cases[name]))
            assert (found.state, found.summary) == ("ended", OVER)
            signed = reviews.of(tx, found.id)
            assert signed is not None
            assert (signed.root, len(signed.signatures)) == (ROOT, 2)
        [asked] = emergency.decisions(tx, _emergency(stage, cases["deciding"]))
        assert (asked.question, asked.decision) == (NEWS, "Not yet.")
        [award] = awards.listing(ADMIN, tx, emergency=_emergency(stage, cases["reviewed"]))
        assert (award.state, award.outage_seconds) == (awards.GRANTED, 2 * 3600)


def _emergency(stage: Stage, number: str) -> str:
    with stage.desk.engine.read() as tx:
        query = sa.select(emergency.emergency_.c.id).where(emergency.emergency_.c.case == number)
        return str(tx.conn.scalars(query).one())


def _declared(stage: Stage, words: str) -> str:
    """An emergency whose customers have heard of it once."""
    wide = {"urgency": "critical", "scope": "all"}
    number = stage.report("hejing", title=words, description=words, **wide)
    complete(stage, "lina", number, "triage", **TRIAGE | wide)
    complete(stage, "wangfang", number, "name_commander", **EVENT, commander=stage.people["olga"].id)
    complete(stage, "olga", number, "first_update", text="正在抢修。", next_minutes=240)
    return number


def _handed_over(stage: Stage, words: str) -> str:
    number = triaged(stage, title=words, description=words)
    hand_over = {name: OFFER[name] for name in ("to_department", "handover_reason")}
    complete(stage, "lina", number, "resolve", outcome="hand_over", **hand_over)
    complete(stage, "lina", number, "offer", **OFFER)
    return number


def _taken(stage: Stage, words: str) -> str:
    number = _handed_over(stage, words)
    complete(stage, "zhangwei", number, "confirm", decision="accept", signed=True)
    return number
