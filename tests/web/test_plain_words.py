"""What staff read names things as people do: no codes, no internal names (findings of an operator's trial)."""

import pytest
from flask import Flask

from loopdesk.desk import case, rights, sending
from loopdesk.engine import bundles, incidents, instances
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox import Row
from loopdesk.tests.web.browsers import as_person, sign_in
from loopdesk.tests.web.conftest import settle
from loopdesk.web.pages import timeline
from loopdesk.web.wiring import Loopdesk


@pytest.mark.parametrize("reason", [sending.NOBODY, sending.NO_ADDRESS, sending.MACHINE, sending.TOO_MANY])
def test_a_message_that_is_held_says_why_in_words(reason: str) -> None:
    assert timeline.UNREACHED[reason].startswith("Not sent: ")


def test_who_may_not_is_told_so_without_an_internal_name() -> None:
    with pytest.raises(Refused) as refusal:
        rights.require(Actor("person", "li", "Li", frozenset({"agent"})), "people.change")
    assert refusal.value.text() == "You may not do this."
    assert refusal.value.remedy


def test_an_incident_names_its_process_and_links_only_for_who_may_see_it(app: Flask, desk: Loopdesk) -> None:
    report = case.Report(channel="api", title="Late", description="Late", email="anna@aurora.example")
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, report).number
    settle(desk)
    with desk.engine.begin() as tx:
        (running,) = (one for one in instances.of_key(tx, number) if one["status"] == "active")
        row = Row(0, "timer", "k", {}, number, running["id"], "", 1, 1, 0, "", tx.now)
        identity = incidents.open(tx, row, Refused("It said no."))
        made = bundles.get(tx, running["bundle_id"])
        name = made.text(running["process"], "name", "en")
    assert name != running["process"]
    assert f'<option value="{running["process"]}">{name}</option>' in sign_in(app, "admin")[0].get("/incidents").text
    link = f"/incidents/{identity}"
    pages = [as_person(app, who).get(f"/cases/{number}").text for who in ("tom.baker", "wang.fang")]
    assert [link in page for page in pages] == [False, True]
    assert "It said no." in pages[0]
