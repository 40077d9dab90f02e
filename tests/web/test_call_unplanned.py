"""A call that no step has planned is kept all the same: after a case was carried over to a newer diagram (COM-4)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from lxml import etree

from loopdesk.desk.contacting import calls
from loopdesk.engine import bundles, incidents
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Invalid, Missing
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.surveyed import Story
from loopdesk.tests.web.test_call_tasks import PHONE, has_phone, logged, made
from loopdesk.web.wiring import Loopdesk

FLOW = "{http://www.omg.org/spec/BPMN/20100524/MODEL}sequenceFlow"


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Story:
    """Of a house whose call-backs do not plan their calls, as before there was such a step."""
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "call-back").files)
        for step in ("plan_call", "keep_call", "plan_way", "keep_way"):
            files["call-back.bpmn"] = without(files["call-back.bpmn"], step)
            files["raci.yaml"] = re.sub(rb"(?m)^\s+%s: .*\n" % step.encode(), b"", files["raci.yaml"])
        bundles.deploy(SYSTEM, tx, "call-back", files)
    return Story(app, desk, clock, api)


def without(diagram: bytes, step: str) -> bytes:
    """The diagram without a step: what led to it leads to what came after it."""
    root: Any = etree.fromstring(diagram)
    [out] = root.findall(f".//{FLOW}[@sourceRef='{step}']")
    [into] = root.findall(f".//{FLOW}[@targetRef='{step}']")
    for one in root.find(f".//*[@id='{out.get('targetRef')}']").iterfind("{*}incoming"):
        one.text = into.get("id") if one.text == out.get("id") else one.text
    into.set("targetRef", out.get("targetRef"))
    gone = {step, out.get("id")}
    for one in [each for each in root.iter() if {each.get("id"), each.get("bpmnElement")} & gone]:
        one.getparent().remove(one)
    return etree.tostring(root)


def carried_over(story: Story, api: Callable[..., Api]) -> None:
    """An operator makes the shipped version current again and lets the case go on with it."""
    owner = api("petra.owner")
    assert owner.post("/definitions/call-back/rollback", json={}).json["number"] == 1
    started = owner.post("/migrations", json={"process": "call-back", "source": 2, "target": 1, "note": "calls"})
    assert started.status_code == 202, started.json
    settle(story.desk)
    assert owner.get(f"/migrations/{started.json['id']}").json["migrated"] == 1


@pytest.mark.row("COM-4/recorded", "FBK-2/not-reached")
def test_a_call_of_a_case_that_was_carried_over_is_kept_once_and_the_next_is_planned(
    story: Story, api: Callable[..., Api]
) -> None:
    has_phone(story.desk)
    story.post(story.link("survey", "s"), stars="2", comment="Too slow.")
    assert made(story.desk, story.number) == [], "nobody planned it"
    carried_over(story, api)
    story.complete("call_back", "customer_success", reached=False, note="Voice mail.")
    with story.desk.engine.read() as tx:
        assert incidents.listing(SYSTEM, tx) == []
    assert logged(story.desk, story.number) == [("周敏", "何静", "phone", "failed", "not-reached", "Voice mail.")]
    [tried] = made(story.desk, story.number)
    assert (tried.kind, tried.state, tried.phone, tried.attempt, tried.due_at) == (
        "call-back",
        "missed",
        PHONE,
        1,
        None,
    )
    story.rest(hours=4, minutes=1)
    story.complete("call_back", "customer_success", reached=True, root_cause="The night.", note="Met her.")
    assert [(one.attempt, one.state, one.reason) for one in made(story.desk, story.number)] == [
        (2, "reached", "stars"),
        (1, "missed", ""),
    ]
    page = as_person(story.app, "petra.owner").get("/feedback/calls?lang=en&kind=call-back").text
    assert ("Voice mail." in page, "Met her." in page) == (True, True)


@pytest.mark.row("COM-4/recorded")
def test_the_other_way_of_a_case_that_was_carried_over_is_kept(story: Story, api: Callable[..., Api]) -> None:
    story.post(story.link("survey", "s"), stars="2")
    for pause in ({"hours": 4, "minutes": 1}, {"days": 1, "minutes": 1}, {}):
        story.complete("call_back", "customer_success", reached=False)
        story.rest(**pause)
    carried_over(story, api)
    told = {"reached": True, "way": "visit", "root_cause": "Rude.", "note": "Met their head."}
    story.complete("take_over", "customer_success", "supervisor", **told)
    assert logged(story.desk, story.number) == [("Daniel Reyes", "何静", "visit", "sent", "", "Met their head.")]
    assert [(one.kind, one.state) for one in made(story.desk, story.number)] == [("call-back", "reached")]


def test_an_outcome_without_words_and_a_call_that_there_is_not_are_refused(story: Story) -> None:
    with pytest.raises(Missing), story.desk.engine.begin() as tx:
        calls.note(SYSTEM, tx, "none", calls.Heard("missed"))
    with pytest.raises(Invalid), story.desk.engine.begin() as tx:
        calls.note_unplanned(SYSTEM, tx, story.number, "reminder", calls.Heard("reached"))
    assert made(story.desk, story.number) == []
