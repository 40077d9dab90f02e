"""A service recovery is never stuck: without its process, or when that was ended, the case says so (COM-6)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.engine import bundles, instances, versions
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.test_sentiment import ANGRY, look, recoveries, reported, says
from loopdesk.web.wiring import Loopdesk


@pytest.mark.row("COM-6/recovery")
def test_without_its_process_no_recovery_is_begun_and_the_case_says_so(light_desk: Loopdesk, light_app: Flask) -> None:
    with light_desk.engine.begin() as tx:
        kept = bundles.current(tx, "service-recovery")
        versions.retire(SYSTEM, tx, "service-recovery")
    number = reported(light_desk)
    says(light_desk, number, ANGRY)
    look(light_desk)
    assert recoveries(light_desk, number) == []
    page = as_person(light_app, "li.na").get(f"/cases/{number}?lang=en").text
    assert "no process sees to it; deploy service-recovery" in page
    with light_desk.engine.begin() as tx:
        versions.promote(SYSTEM, tx, "service-recovery", kept.number)
    says(light_desk, number, ANGRY + " Still.")
    look(light_desk)
    assert [one.result for one in recoveries(light_desk, number)] == [""], "what comes next is seen to"


@pytest.mark.row("COM-6/recovery")
def test_a_recovery_whose_process_was_ended_does_not_keep_others_from_beginning(
    light_desk: Loopdesk, clock: VirtualClock
) -> None:
    number = reported(light_desk)
    says(light_desk, number, ANGRY)
    look(light_desk)
    with light_desk.engine.begin() as tx:
        mine = (instances.instance.c.key == number) & (instances.instance.c.process == "service-recovery")
        assert tx.conn.execute(sa.update(instances.instance).where(mine).values(status="cancelled")).rowcount == 1
    clock.advance(timedelta(days=8))
    says(light_desk, number, ANGRY + " Still.")
    look(light_desk)
    assert sorted(one.result for one in recoveries(light_desk, number)) == ["", "stopped"]
