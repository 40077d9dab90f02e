"""A case between two departments: signed, rejected, offered again, recalled, disputed, ruled (HND-2, HND-4)."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import record
from loopdesk.desk.sla.rows import clock as clock_
from loopdesk.engine import events, timers
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.handoffs import TO_RND, Story
from loopdesk.web.wiring import Loopdesk


@pytest.fixture
def story(app: Flask, desk: Loopdesk) -> Story:
    return Story(app, desk)


@pytest.fixture
def light(light_app: Flask, light_desk: Loopdesk) -> Story:
    return Story(light_app, light_desk)


@pytest.mark.row("HND-2/sender-signs", "HND-2/receiver-confirms", "HND-2/holder-clock", "HND-2/business-verifies")
def test_two_departments_sign_and_the_first_verifies_the_fix(story: Story, clock: Any) -> None:
    story.offered()
    offer = story.last()
    assert (offer["state"], offer["attempt"]) == ("offered", 1)
    assert offer["due_at"] == (story.desk.engine.clock.now() + timedelta(hours=2)).isoformat()
    clock.advance(timedelta(minutes=10))
    done = story.said("priya.raman", offer["id"], "accept", seen=offer["seen"])
    assert (done.status_code, done.json["state"]) == (200, "accepted")
    signed = story.last()["signatures"]
    assert [(one["side"], one["name"], one["department"]) for one in signed] == [
        ("sender", "Tom Baker", "support"),
        ("receiver", "Priya Raman", "rnd"),
    ]
    assert signed[0]["digest"] == signed[1]["digest"]
    assert signed[0]["dossier"]["description"] == "Half-way."
    assert story.case()["department"] == "rnd"
    with story.desk.engine.read() as tx:
        [held] = tx.conn.execute(sa.select(clock_).where(clock_.c.policy == "departments")).mappings()
    assert (held["department"], held["state"], held["target_minutes"]) == ("rnd", "running", 120)
    story.did("priya.raman", "resolve", outcome="solved", solution="Patched.")
    story.did("tom.baker", "verify_fix", holds="no", what_fails="Large orders.")
    assert story.case()["status"] == "open"
    story.did("priya.raman", "resolve", outcome="solved", solution="Patched again.")
    story.did("tom.baker", "verify_fix", holds="yes")
    assert story.case()["status"] == "solved"


@pytest.mark.row("HND-2/rejected-with-reason", "HND-2/offered-again")
def test_what_is_rejected_is_offered_again_as_the_next_attempt(story: Story) -> None:
    first = story.offered()
    assert story.said("priya.raman", first, "reject", reason=" ").status_code == 422
    assert story.said("priya.raman", first, "reject", reason="No log.").json["answer"] == "No log."
    assert story.said("priya.raman", first, "accept").status_code == 409
    story.did("tom.baker", "offer", **TO_RND | {"summary": "Error 500, log attached."})
    again = story.last()
    assert (again["attempt"], again["state"], again["summary"]) == (2, "offered", "Error 500, log attached.")
    assert story.said("priya.raman", again["id"], "accept").status_code == 200
    late = story.said("emma.stone", again["id"], "accept")
    assert (late.status_code, late.json["detail"]) == (409, "This handoff was accepted already.")


@pytest.mark.row("HND-2/recalled")
def test_an_offer_is_recalled_while_nobody_has_answered(story: Story) -> None:
    first = story.offered()
    assert story.said("priya.raman", first, "recall", reason="Mine now").status_code == 403
    assert story.said("tom.baker", first, "recall", reason="").status_code == 422
    assert story.said("tom.baker", first, "recall", reason="Found it.").json["state"] == "recalled"
    for verb, body in (
        ("accept", {}),
        ("reject", {"reason": "no"}),
        ("recall", {"reason": "x"}),
        ("dispute", {"reason": "x"}),
    ):
        late = story.said("tom.baker" if verb == "recall" else "priya.raman", first, verb, **body)
        assert (late.status_code, late.json["detail"]) == (
            409,
            "This handoff was recalled by the department that offered it.",
        )
    story.did("tom.baker", "offer", keep=True)
    story.task("tom.baker", "resolve")
    assert story.case()["department"] == "support"


@pytest.mark.row("HND-2/changed-since-read")
def test_who_signs_for_a_case_that_has_changed_is_asked_to_look_again(story: Story) -> None:
    story.offered()
    offer = story.last()
    with story.desk.engine.begin() as tx:
        record.change(tx, story.number, description="All orders stop.", priority="P1")
    refused = story.said("priya.raman", offer["id"], "accept", seen=offer["seen"])
    assert refused.status_code == 409
    assert refused.json["detail"] == "The case has changed since you read it: Description, Priority."
    task = story.task("priya.raman", "confirm")
    kept = story.api("priya.raman").get(f"/tasks/{task['id']}").json
    assert kept["data"]["decision"] == "accept"
    assert story.said("priya.raman", offer["id"], "accept", seen=kept["seen"]).status_code == 200


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"to_department": "support"}, "Department support holds this case already."),
        ({"to_department": "nowhere"}, None),
    ],
)
def test_an_offer_that_cannot_be_is_refused_and_nothing_is_lost(
    light: Story, other: dict[str, Any], said: str | None
) -> None:
    """HND-2: to oneself, or to nobody; the answers stay as a draft."""
    wanted = {name: TO_RND[name] for name in ("to_department", "handover_reason")}
    light.did("tom.baker", "resolve", outcome="hand_over", **wanted)
    refused = light.tries("tom.baker", "offer", **(TO_RND | other))
    assert refused.status_code == 422
    assert said is None or refused.json["errors"]["to_department"] == [said]
    task = light.task("tom.baker", "offer")
    assert light.api("tom.baker").get(f"/tasks/{task['id']}").json["data"]["summary"] == "Error 500."


@pytest.mark.row("HND-4/dispute", "HND-4/customer-first", "HND-4/binding", "HND-4/senior-manager", "PRO-3/arbitration")
def test_an_accepted_handoff_is_disputed_and_the_ruling_moves_the_case(story: Story) -> None:
    story.said("priya.raman", story.offered(), "accept")
    first = story.last()["id"]
    assert story.said("frank.olsen", first, "dispute", reason="x").status_code in (403, 404)
    assert story.said("priya.raman", first, "dispute", reason=" ").status_code == 422
    assert story.said("priya.raman", first, "dispute", reason="It is a question of use.").json["state"] == "disputed"
    again = story.said("tom.baker", first, "dispute", reason="No!")
    assert (again.status_code, again.json["detail"]) == (409, "This handoff lies with the arbitration.")
    story.did("tom.baker", "state", reply="It crashes.")
    story.did(
        "daniel.reyes", "rule", ruled_department="support", reasoning="Use.", for_customer="At once.", signed=True
    )
    assert story.case()["department"] == "support"
    story.task("tom.baker", "resolve")
    assert [one["decision"] for one in story.last()["signatures"]] == ["signed", "accepted", "ruled"]
    wanted = {name: TO_RND[name] for name in ("to_department", "handover_reason")}
    story.did("tom.baker", "resolve", outcome="hand_over", **wanted)
    refused = story.tries("tom.baker", "offer", **TO_RND)
    assert (refused.status_code, refused.json["detail"]) == (403, "By arbitration department support holds this case.")


@pytest.mark.row("HND-4/unanswered", "HND-4/limit", "HND-4/binding")
def test_nobody_answers_so_an_arbitration_rules_in_time(story: Story, clock: Any) -> None:
    def passes(**length: float) -> None:
        clock.advance(timedelta(**length))
        with story.desk.engine.begin() as tx:
            timers.claim_due(tx)
        settle(story.desk)

    first = story.offered()
    passes(hours=2)
    assert story.last()["overdue_at"]
    assert story.last()["state"] == "offered"
    passes(hours=2)
    assert story.last()["state"] == "disputed"
    late = story.said("priya.raman", first, "accept")
    assert (late.status_code, late.json["detail"]) == (409, "This handoff lies with the arbitration.")
    passes(hours=2)
    task = story.task("daniel.reyes", "rule")
    assert task["due_at"] == (story.desk.engine.clock.now() + timedelta(hours=8)).isoformat()
    story.ruled("rnd")
    assert (story.case()["department"], story.last()["state"]) == ("rnd", "ruled")
    story.task("priya.raman", "resolve")


@pytest.mark.row("HND-2/circular", "HND-4/circular")
def test_a_case_that_goes_in_a_circle_goes_to_the_arbitration(story: Story) -> None:
    """Rejected twice by one department, it is not offered there a third time."""
    story.said("priya.raman", story.offered(), "reject", reason="No log.")
    story.did("tom.baker", "offer", **TO_RND)
    story.said("emma.stone", story.last()["id"], "reject", reason="Still none.")
    story.did("tom.baker", "offer", **TO_RND)
    third = story.last()
    assert (third["attempt"], third["state"], third["due_at"]) == (3, "disputed", None)
    with story.desk.engine.read() as tx:
        assert "handoff.circular" in [one["kind"] for one in events.timeline(tx, story.number)]


@pytest.mark.row("HND-2/circular", "HND-4/circular")
def test_a_case_that_comes_back_once_too_often_goes_to_the_arbitration(story: Story) -> None:
    """Support to R&D, back to support, and to R&D again: nobody is asked a third time, both are heard and one rules."""
    assert story.said("priya.raman", story.offered(), "accept").status_code == 200
    back: dict[str, Any] = TO_RND | {"to_department": "support"}
    given = {name: back[name] for name in ("to_department", "handover_reason")}
    story.did("priya.raman", "resolve", outcome="hand_over", **given)
    story.did("priya.raman", "offer", **back)
    [offered] = story.api("tom.baker").get("/handoffs?side=to").json["handoffs"]
    assert story.said("tom.baker", offered["id"], "accept").status_code == 200
    assert story.case()["department"] == "support"
    story.did("tom.baker", "resolve", outcome="hand_over", to_department="rnd", handover_reason="It is theirs.")
    story.did("tom.baker", "offer", **TO_RND)
    [circle] = story.api("xu.min").get("/handoffs?state=disputed").json["handoffs"]
    assert (circle["case"], circle["to_department"], circle["due_at"]) == (story.number, "rnd", None)
    assert story.said("priya.raman", circle["id"], "accept").status_code == 409
    story.did("priya.raman", "state", reply="The network is theirs.")
    story.ruled("rnd")
    assert story.case()["department"] == "rnd"
    [precedent] = story.api("xu.min").get("/handoffs/rulings").json["rulings"]
    assert (precedent["reason"], precedent["reply"]) == ("circular", "The network is theirs.")


@pytest.mark.row("HND-4/precedent")
def test_a_ruling_is_a_precedent_that_can_be_looked_up(story: Story, app: Flask, desk: Loopdesk) -> None:
    first = story.offered()
    story.said("tom.baker", first, "dispute", reason="Only they have the source of the parser.")
    story.did("priya.raman", "state", reply="网络问题")
    story.ruled("rnd", reasoning="The parser is theirs.")

    def found(query: str) -> list[str]:
        return [one["case"] for one in story.api("frank.olsen").get(f"/handoffs/rulings?{query}").json["rulings"]]

    for query in ("", "q=parser", "q=网络", "from=support&to=rnd", "type=fault", f"q={story.number}"):
        assert found(query) == [story.number], query
    for query in ("q=invoice", "from=rnd", "type=billing", "q=parser+invoice"):
        assert found(query) == [], query
    other = Story(app, desk)
    other.said("tom.baker", other.offered(), "dispute", reason="The parser again.")
    other.did("priya.raman", "state", reply="The network.")
    task = other.task("daniel.reyes", "rule")
    [like] = other.api("daniel.reyes").get(f"/tasks/{task['id']}").json["data"]["precedents"]
    assert (like["case"], like["department"], like["reasoning"]) == (story.number, "rnd", "The parser is theirs.")
