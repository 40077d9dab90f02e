"""What an improvement report promises: who does it is chosen from a list, or named (FBK-2)."""

from collections.abc import Callable

import pytest
from flask import Flask

from loopdesk.desk import actions, facts, people
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Invalid
from loopdesk.tests.web.conftest import Api
from loopdesk.tests.web.surveyed import Story
from loopdesk.web.wiring import Loopdesk

REPORT = {"report": "We hand over in the evening now.", "action": "A night shift", "action_until": "2026-04-01"}


@pytest.fixture
def story(app: Flask, desk: Loopdesk, clock: VirtualClock, api: Callable[..., Api]) -> Story:
    found = Story(app, desk, clock, api)
    found.post(found.link("survey", "s"), stars="2", comment="Too slow.")
    found.complete("call_back", "customer_success", reached=True, root_cause="The handoff waited a night.")
    return found


@pytest.mark.row("FBK-2/action")
def test_who_does_it_is_one_of_the_list(story: Story) -> None:
    with story.desk.engine.read() as tx:
        [first, *_rest] = facts.facts(tx, story.number)["colleagues"]
        name = people.by_id(tx, first["value"]).name
    with pytest.raises(Invalid) as refused:
        story.complete("write_report", "customer_success", **REPORT, action_owner="priya.raman")
    assert list(refused.value.fields) == ["action_owner"], "the list is to be chosen from"
    with pytest.raises(Invalid) as refused:
        story.complete("write_report", "customer_success", **REPORT)
    assert list(refused.value.fields) == ["action_owner"]
    story.complete("write_report", "customer_success", **REPORT, action_owner=first["value"])
    with story.desk.engine.read() as tx:
        [action] = actions.of(tx, "feedback", story.surveys()[0]["id"])
    assert action.owner == name


@pytest.mark.row("FBK-2/action")
def test_somebody_else_is_named_and_a_name_that_nobody_has_is_told_at_its_field(story: Story) -> None:
    with pytest.raises(Invalid) as refused:
        story.complete("write_report", "customer_success", **REPORT, action_other="nobody.here")
    assert list(refused.value.fields) == ["action_other"]
    assert "nobody.here" in str(refused.value.fields["action_other"][0])
    with pytest.raises(Invalid) as refused:
        story.complete(
            "write_report", "customer_success", **REPORT | {"action_until": "2026-01-01"}, action_other="priya.raman"
        )
    assert list(refused.value.fields) == ["action_until"]
    story.complete("write_report", "customer_success", **REPORT, action_other="priya.raman")
    with story.desk.engine.read() as tx:
        [action] = actions.of(tx, "feedback", story.surveys()[0]["id"])
    assert action.owner == "Priya Raman"
