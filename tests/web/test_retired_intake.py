"""Reports come in, are kept and told about while the intake is retired, whatever the channel (INT-1)."""

from flask import Flask

from loopdesk.desk import case
from loopdesk.engine import bundles, instances, suspension, versions
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.tests.web.browsers import as_person, sign_in
from loopdesk.tests.web.conftest import settle
from loopdesk.web.wiring import Loopdesk

TESTER = Actor("person", "ada", "Ada", frozenset({"admin"}))


def test_a_report_is_kept_while_the_intake_is_retired_and_its_process_begins_later(app: Flask, desk: Loopdesk) -> None:
    with desk.engine.begin() as tx:
        number = versions.retire(SYSTEM, tx, "intake").number
    report = case.Report(channel="api", title="Late", description="Late", email="anna@aurora.example")
    with desk.engine.begin() as tx:
        opened = case.open(SYSTEM, tx, report).number
    settle(desk)
    agent = as_person(app, "tom.baker")
    assert "has not begun" in agent.get(f"/cases/{opened}").text
    owner = sign_in(app, "admin")[0]
    assert "retired" in owner.get("/definitions").text
    with desk.engine.begin() as tx:
        versions.promote(SYSTEM, tx, "intake", number)
    assert "portal, e-mail and API alike" in owner.get(f"/definitions/intake/versions/{number}").text
    settle(desk)
    with desk.engine.read() as tx:
        assert bundles.startable(tx, "intake").number == number
        assert [one["status"] for one in instances.of_key(tx, opened)][:1] != []
    assert "has not begun" not in agent.get(f"/cases/{opened}").text


def test_an_open_case_of_which_nothing_runs_says_so(app: Flask, desk: Loopdesk) -> None:
    report = case.Report(channel="api", title="Late", description="Late", email="anna@aurora.example")
    with desk.engine.begin() as tx:
        opened = case.open(SYSTEM, tx, report).number
    settle(desk)
    agent = as_person(app, "tom.baker")
    assert "still open" not in agent.get(f"/cases/{opened}").text
    with desk.engine.begin() as tx:
        for one in instances.of_key(tx, opened):
            if one["status"] == "active":
                suspension.terminate(TESTER, tx, one["id"], "a mistake")
    assert "No process of this case runs any more" in agent.get(f"/cases/{opened}").text
