"""Pages of runbooks and drills: read, confirmed after an event, planned, gone through, scored (EMG-9, EMG-10)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from loopdesk.desk import actions, case, emergency, runbooks
from loopdesk.desk.drills import coverage, history, plans
from loopdesk.desk.runbooks import review
from loopdesk.engine import bundles, events
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.scenarios.shipped import WORKFLOWS
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.tests.web.test_actions import letters
from loopdesk.web.cli import cli
from loopdesk.web.wiring import Loopdesk

SHIPPED = bundles.read_folder(WORKFLOWS / "runbooks")


def declared(desk: Loopdesk, cause: str) -> emergency.Emergency:
    """An emergency of grade I that Guo Tao of operations leads."""
    with desk.engine.begin() as tx:
        report = case.Report(channel="portal", title="Orders stand still", customer_number="C-1001")
        number = case.open(SYSTEM, tx, report).number
        given = {"commander": "guo.tao", "grade": "I", "kind": "system_fault"}
        return emergency.declare(SYSTEM, tx, number, **given, response=emergency.Response(cause=cause))


def post(app: Flask, client: FlaskClient, path: str, **data: str) -> tuple[int, str]:
    """Status and text of a form that is sent; the page it leads to where it succeeds."""
    answer = client.post(path, data={"csrf_token": csrf_of(app, client)} | data)
    return (answer.status_code, client.get(answer.location).text if answer.status_code == 302 else answer.text)


@pytest.mark.row("EMG-9/steps", "EMG-9/resources", "EMG-9/contacts", "EMG-9/communication")
def test_a_runbook_says_what_to_do_with_what_whom_to_reach_and_what_to_say(app: Flask) -> None:
    """EMG-9: in both languages, with the people of the departments as they are now."""
    client = as_person(app, "guo.tao")
    assert "Database deadlock" in client.get("/emergencies/runbooks?lang=en").text
    page = client.get("/emergencies/runbooks/database_deadlock?lang=en").text
    for words in (
        "End the transaction that blocks the others",
        "30 min",
        "Administrator&#39;s access to the database",
        "郭涛",
        "the database and its jobs",
        "Entries are delayed, nothing is lost",
        "every 30 min",
    ):
        assert words in page, words
    chinese = client.get("/emergencies/runbooks/database_deadlock?lang=zh").text
    for words in ("终止阻塞的事务", "数据库管理员权限", "写入延迟，数据不会丢失"):
        assert words in chinese, words
    assert client.get("/emergencies/runbooks/flood?lang=en").status_code == 404


@pytest.mark.row("EMG-9/reviewed", "EMG-9/bad-input")
def test_after_a_major_event_its_runbook_is_confirmed_on_its_page(
    app: Flask, desk: Loopdesk, clock: VirtualClock
) -> None:
    """EMG-9: due with a letter to its owner until a note says that it is right."""
    running = declared(desk, cause="database_deadlock")
    with desk.engine.begin() as tx:
        emergency.stand_down(SYSTEM, tx, running.id, summary="Orders are written again.", forced=True)
        review.look(tx, desk.settings.url)
    settle(desk)
    [letter] = letters(desk, "runbook-review")
    assert letter["to_name"] == "郭涛"
    assert "数据库死锁" in letter["subject"]
    client, path = as_person(app, "guo.tao"), "/emergencies/runbooks/database_deadlock"
    assert "to be looked at" in client.get("/emergencies/runbooks?lang=en").text
    status, page = post(app, client, f"{path}/confirm?lang=en", note=" ")
    assert (status, "Say what you looked at." in page) == (422, True)
    with desk.engine.read() as tx:
        assert len(review.due(tx)) == 1
    agent = as_person(app, "omar.hadid")
    assert post(app, agent, f"{path}/confirm", note="Fine")[0] == 403
    status, page = post(app, client, f"{path}/confirm", note="The order of the steps was right.")
    assert status == 302
    assert "The order of the steps was right." in page
    with desk.engine.read() as tx:
        assert [(one.state, one.by_name) for one in review.listing(tx)] == [("confirmed", "郭涛")]


@pytest.mark.row("EMG-9/versioned", "EMG-9/reviewed")
def test_a_new_version_settles_the_look_and_stands_in_the_history(app: Flask, desk: Loopdesk) -> None:
    """EMG-9: the emergency keeps the version it was worked by; only versions that changed the file are listed."""
    running = declared(desk, cause="database_deadlock")
    with desk.engine.begin() as tx:
        runbooks.choose(SYSTEM, tx, running.id, "database_deadlock")
        emergency.stand_down(SYSTEM, tx, running.id, summary="Orders are written again.", forced=True)
        review.look(tx, desk.settings.url)
        better = SHIPPED["database_deadlock.yaml"].replace(b"limit: 10,", b"limit: 5,")
        files = dict(SHIPPED) | {"database_deadlock.yaml": better}
        bundles.deploy(SYSTEM, tx, "runbooks", files, note="Look sooner")
        assert [one.state for one in review.listing(tx)] == ["changed"]
        files["other_event.yaml"] += b"# another file\n"
        bundles.deploy(SYSTEM, tx, "runbooks", files, note="Elsewhere")
        kept = runbooks.progress(tx, running.id)
        assert kept is not None
        assert (kept.plan.number, kept.steps[0].step.limit) == (1, 10)
    page = as_person(app, "guo.tao").get("/emergencies/runbooks/database_deadlock?lang=en").text
    assert "Look sooner" in page
    assert "Elsewhere" not in page
    assert "5 min" in page


@pytest.mark.row("EMG-9/bad-input")
def test_the_check_says_where_a_runbook_is_wrong(tmp_path: Path) -> None:
    """EMG-9: file, step, what is wrong and what to do."""
    place = tmp_path / "runbooks"
    place.mkdir()
    for name, content in SHIPPED.items():
        (place / name).write_bytes(content)
    path = place / "database_deadlock.yaml"
    path.write_bytes(path.read_bytes().replace(b"role: scribe", b"role: hero"))
    result = CliRunner().invoke(cli, ["check", str(place), "--lang", "en"])
    assert result.exit_code == 1
    assert "Step check_data: there is no role “hero”." in result.output
    assert "database_deadlock.yaml" in result.output


@pytest.mark.row("EMG-10/simulated", "EMG-10/late-or-missed", "EMG-10/scored", "EMG-10/actions")
def test_a_group_goes_through_a_drill(app: Flask, desk: Loopdesk) -> None:
    """EMG-10: the leader moves the clock, participants do their steps, the end scores it and leaves actions."""
    lead, guest = as_person(app, "guo.tao"), as_person(app, "omar.hadid")
    status, page = post(app, lead, "/emergencies/drills?lang=en", plan="database_deadlock", at="")
    assert status == 302
    with desk.engine.read() as tx:
        [run] = history.listing(tx)
    path = f"/emergencies/drills/{run.id}"
    assert post(app, guest, f"{path}/advance", more="5")[0] == 422
    assert post(app, lead, f"{path}/advance", more="0")[0] == 302
    post(app, lead, f"{path}/advance", more="5")
    post(app, lead, f"{path}/answers", what="task:first_update")
    post(app, lead, f"{path}/advance", more="5")
    assert "Omar Hadid" in post(app, guest, f"{path}/answers", what="step:confirm")[1]
    assert "The night&#39;s import" not in lead.get(f"{path}?lang=en").text
    post(app, lead, f"{path}/advance", more="15")
    assert "The night&#39;s import" in lead.get(f"{path}?lang=en").text
    post(app, guest, f"{path}/answers", what="step:stop_jobs")
    for what in ("step:tell", "step:end_blocker", "step:check_data", "update:external", "update:internal"):
        post(app, guest, f"{path}/answers", what=what, text="Entries are delayed.")
    status, page = post(app, guest, f"{path}/answers?lang=en", what="step:confirm")
    assert (status, "Omar Hadid has done this at minute 10." in page) == (422, True)
    with desk.engine.read() as tx:
        end = plans.get(tx, run.plan, run.bundle_id).minutes
    post(app, lead, f"{path}/advance", minute=str(end))
    status, page = post(app, lead, f"{path}/finish?lang=en")
    assert status == 302, page
    with desk.engine.read() as tx:
        kept = history.get(tx, run.id)
        made = actions.of(tx, "drill", run.id)
    states = {line["id"]: (line["state"], line["minute"], line["by"]) for line in kept.result["lines"]}
    assert states["confirm"] == ("done", 10, "Omar Hadid")
    assert states["stop_jobs"] == ("late", 25, "Omar Hadid")
    assert states["tell"][0] == "done"
    assert states["restore"][0] == "missed"
    assert kept.state == "recorded"
    assert 0 < (kept.score or 0) < 100
    assert len(made) == len(kept.result["findings"]) > 0
    assert f"{kept.score} of 100" in page
    assert post(app, lead, f"{path}/finish")[0] == 422


@pytest.mark.row("EMG-10/scored")
def test_a_drill_that_is_ended_early_is_scored_to_the_minute_it_reached(app: Flask, desk: Loopdesk) -> None:
    """EMG-10: what was due later is neither missed nor a finding, and no update after the end is asked for."""
    lead = as_person(app, "guo.tao")
    post(app, lead, "/emergencies/drills", plan="database_deadlock", at="")
    with desk.engine.read() as tx:
        [run] = history.listing(tx)
    path = f"/emergencies/drills/{run.id}"
    post(app, lead, f"{path}/advance", more="5")
    for what in ("task:first_update", "step:confirm", "step:stop_jobs"):
        post(app, lead, f"{path}/answers", what=what)
    post(app, lead, f"{path}/advance", more="5")
    assert post(app, lead, f"{path}/finish")[0] == 302
    with desk.engine.read() as tx:
        kept = history.get(tx, run.id)
    assert (kept.minute, kept.result["minutes"]) == (10, 10)
    assert [line for line in kept.result["lines"] if line["minute"] is None and line["due"] > 10] == []
    assert "restore" not in {one["id"] for one in [*kept.result["lines"], *kept.result["findings"]]}
    assert [one for one in kept.result["findings"] if one["kind"] == "update"] == []
    assert kept.score == 100


@pytest.mark.row("EMG-10/bad-input")
def test_what_cannot_be_is_said_and_nothing_is_lost(app: Flask, desk: Loopdesk, clock: VirtualClock) -> None:
    """EMG-10: an unknown plan, a moment that has passed, a clock that goes back, a step that there is not."""
    lead = as_person(app, "guo.tao")
    assert post(app, lead, "/emergencies/drills", plan="flood", at="")[0] == 404
    status, page = post(app, lead, "/emergencies/drills?lang=en", plan="data_breach", at="2020-01-01T10:00")
    assert (status, "This moment has passed." in page) == (422, True)
    assert post(app, as_person(app, "omar.hadid"), "/emergencies/drills", plan="data_breach", at="")[0] == 403
    later = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    assert post(app, lead, "/emergencies/drills", plan="data_breach", at=later)[0] == 302
    with desk.engine.read() as tx:
        [run] = history.listing(tx)
    path = f"/emergencies/drills/{run.id}"
    assert "This drill has not begun." in post(app, lead, f"{path}/answers?lang=en", what="step:isolate")[1]
    post(app, lead, f"{path}/advance", minute="20")
    status, page = post(app, lead, f"{path}/advance?lang=en", minute="10")
    assert (status, "time only goes on" in page) == (422, True)
    assert post(app, lead, f"{path}/advance", minute="soon")[0] == 422
    assert post(app, lead, f"{path}/answers", what="step:dance")[0] == 422
    assert "Say why it is called off." in post(app, lead, f"{path}/cancel?lang=en", reason="")[1]
    with desk.engine.read() as tx:
        assert (history.get(tx, run.id).state, history.get(tx, run.id).minute) == ("running", 20)
    assert post(app, lead, f"{path}/cancel", reason="Real alarm")[0] == 302
    with desk.engine.read() as tx:
        assert history.get(tx, run.id).reason == "Real alarm"


@pytest.mark.row("EMG-10/quarterly", "EMG-10/yearly")
def test_what_is_due_is_shown_and_told(app: Flask, desk: Loopdesk, clock: VirtualClock) -> None:
    """EMG-10: a drill each quarter, and systems, service and security each year."""
    page = as_person(app, "guo.tao").get("/emergencies/drills?lang=en").text
    assert page.count("in time") == 4
    clock.advance(timedelta(days=100))
    page = as_person(app, "guo.tao").get("/emergencies/drills?lang=en").text
    assert (page.count("overdue"), page.count("in time")) == (1, 3)
    with desk.engine.begin() as tx:
        coverage.look(tx, desk.settings.url)
    settle(desk)
    told = [one["to_name"] for one in letters(desk, "drill-overdue")]
    assert sorted(told) == ["何平", "郭涛"]
    clock.advance(timedelta(days=300))
    page = as_person(app, "guo.tao").get("/emergencies/drills?lang=en").text
    assert page.count("overdue") == 4


@pytest.mark.row("EMG-9/steps", "EMG-9/bad-input")
def test_steps_are_ticked_off_over_the_api(api: Callable[..., Api], desk: Loopdesk) -> None:
    """EMG-9: with person, time and state; twice is a conflict; it is taken back with a reason, which stays."""
    running = declared(desk, cause="database_deadlock")
    client: Any = api("guo.tao")
    path = f"/runbooks/emergencies/{running.id}"
    assert {one["key"] for one in client.get("/runbooks").json} >= {"database_deadlock", "data_breach"}
    made = client.post(f"{path}/steps/confirm")
    assert (made.status_code, made.json["done"]) == (201, 1)
    first = made.json["steps"][0]
    assert (first["state"], first["tick"]["by_name"], first["step"]["limit"]) == ("done", "郭涛", 10)
    assert client.post(f"{path}/steps/confirm").status_code == 409
    assert client.post(f"{path}/steps/dance").status_code == 422
    assert client.post(f"{path}/steps/confirm/undo", json={"reason": ""}).status_code == 422
    assert client.post(f"{path}/steps/confirm/undo", json={"reason": "It was another one"}).json["done"] == 0
    assert client.get("/runbooks/emergencies/nothing").status_code == 404
    reader: Any = api("guo.tao", "cases:read")
    assert reader.post(f"{path}/steps/confirm").status_code == 403
    with desk.engine.read() as tx:
        told = [row["data"] for row in events.timeline(tx, running.case) if row["kind"] == "runbook.unticked"]
    assert [one["reason"] for one in told] == ["It was another one"]
    assert client.get("/runbooks/drills").json["drills"] == []
