"""Which version of a process counts: promote, retire, roll back, and what an upgrade leaves alone (issue 4)."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from loopdesk.engine import bundles, events, runner, versions
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Conflict, Missing, Refused
from loopdesk.engine.tx import Engine
from loopdesk.tests.engine.drawing import diagram, flows, message, timer
from loopdesk.tests.engine.migrating import AGENT, OLGA, tasks
from loopdesk.tests.engine.steps import publish, start, status, work_off

TOKEN = Actor("person", "olga", "Olga", frozenset({"owner"}), scopes=frozenset({"definitions:read"}))


def folder(name: str, begins: str = "") -> dict[str, bytes]:
    body = f'<bpmn:startEvent id="s">{begins}</bpmn:startEvent><bpmn:userTask id="a" name="{name}"/>'
    body += '<bpmn:endEvent id="e"/>' + flows("s > a > e")
    return {"p.bpmn": diagram(body, messages=("go", "run"))}


def deploy(engine: Engine, name: str, begins: str = "", *, promote: bool = True) -> int:
    with engine.begin() as tx:
        return bundles.deploy(OLGA, tx, "p", folder(name, begins), promote=promote, note=name).number


def states(engine: Engine) -> dict[int, str]:
    with engine.read() as tx:
        return {row["number"]: row["state"] for row in versions.listing(OLGA, tx, "p")}


def names(engine: Engine, key: str) -> list[str]:
    return [row["name"]["en"] for row in tasks(engine, key).values()]


def test_versions_are_listed_with_author_note_time_and_running_instances(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, "One")
    start(engine, "p")
    start(engine, "p", key="L-2")
    deploy(engine, "Two")
    start(engine, "p", key="L-3")
    deploy(engine, "Three", promote=False)
    with engine.read() as tx:
        rows = versions.listing(AGENT, tx, "p")
    assert [(row["number"], row["state"], row["running"], row["note"]) for row in rows] == [
        (3, "draft", 0, "Three"),
        (2, "current", 1, "Two"),
        (1, "former", 2, "One"),
    ]
    assert {(row["author"], row["at"]) for row in rows} == {("Olga", clock.now())}
    with engine.read() as tx, pytest.raises(Missing):
        versions.listing(AGENT, tx, "q")


def test_a_draft_begins_nothing_until_it_is_promoted(engine: Engine) -> None:
    deploy(engine, "One")
    deploy(engine, "Two", promote=False)
    start(engine, "p")
    with engine.begin() as tx:
        versions.promote(OLGA, tx, "p", 2, note="ready")
    start(engine, "p", key="L-2")
    assert (names(engine, "L-1"), names(engine, "L-2")) == (["One"], ["Two"])
    assert states(engine) == {2: "current", 1: "former"}
    with engine.read() as tx:
        rows, _ = events.since(tx)
    told = [(row["kind"], row["actor_id"], row["data"].get("number"), row["data"].get("note")) for row in rows]
    assert ("bundle.promoted", "olga", 2, "ready") in told
    assert ("bundle.drafted", "olga", 2, "Two") in told


def test_going_back_makes_the_version_before_current_that_is_not_retired(engine: Engine) -> None:
    for name in ("One", "Two", "Three"):
        deploy(engine, name)
    with engine.begin() as tx:
        versions.retire(OLGA, tx, "p", 2)
        assert versions.roll_back(OLGA, tx, "p", note="broken").number == 1
    assert states(engine) == {3: "former", 2: "retired", 1: "current"}
    with engine.begin() as tx, pytest.raises(Conflict, match="no version of “p” before 1"):
        versions.roll_back(OLGA, tx, "p")


def test_a_draft_that_never_counted_is_nothing_to_go_back_to(engine: Engine) -> None:
    deploy(engine, "One")
    deploy(engine, "Two", promote=False)
    deploy(engine, "Three", promote=False)
    deploy(engine, "Four")
    assert states(engine) == {4: "current", 3: "draft", 2: "draft", 1: "former"}
    with engine.begin() as tx:
        assert versions.roll_back(OLGA, tx, "p").number == 1
    assert states(engine) == {4: "former", 3: "draft", 2: "draft", 1: "current"}
    with engine.begin() as tx:
        versions.promote(OLGA, tx, "p", 3)
        versions.promote(OLGA, tx, "p", 4)
        assert versions.roll_back(OLGA, tx, "p").number == 3


def test_versions_from_before_there_were_drafts_all_counted(engine: Engine) -> None:
    for name in ("One", "Two", "Three"):
        deploy(engine, name)
    with engine.begin() as tx:
        tx.conn.execute(sa.update(bundles.bundle).values(chosen=False))
    assert states(engine) == {3: "current", 2: "former", 1: "former"}
    with engine.begin() as tx:
        assert versions.roll_back(OLGA, tx, "p").number == 2
        assert versions.roll_back(OLGA, tx, "p").number == 1


def test_a_retired_version_begins_nothing_and_what_runs_goes_on(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, "One", message("go"))
    publish(engine, "go")
    work_off(engine)
    with engine.begin() as tx:
        versions.retire(OLGA, tx, "p")
        with pytest.raises(Conflict, match="retired already"):
            versions.retire(OLGA, tx, "p")
        with pytest.raises(Refused, match="retired: nothing new"):
            runner.start(SYSTEM, tx, "p", key="L-3")
    publish(engine, "go", key="L-2")
    work_off(engine)
    assert (names(engine, "L-1"), names(engine, "L-2")) == (["One"], [])
    with engine.begin() as tx:
        versions.promote(OLGA, tx, "p", 1)
    work_off(engine)
    assert names(engine, "L-2") == ["One"], "the message has waited for a version that takes it"


def test_start_events_follow_the_version_that_is_current(engine: Engine, clock: VirtualClock) -> None:
    deploy(engine, "One", message("go"))
    deploy(engine, "Two", message("run"))
    with engine.begin() as tx:
        versions.roll_back(OLGA, tx, "p")
    publish(engine, "go", key="L-1")
    publish(engine, "run", key="L-2")
    work_off(engine)
    assert (names(engine, "L-1"), names(engine, "L-2")) == (["One"], [])
    deploy(engine, "Timed", timer("Cycle", "R/PT1H"))
    with engine.begin() as tx:
        versions.promote(OLGA, tx, "p", 1)
    clock.advance(timedelta(hours=3))
    work_off(engine)
    with engine.read() as tx:
        assert sum(row["running"] for row in versions.listing(OLGA, tx, "p")) == 1


def test_only_process_owners_choose_versions_and_tokens_need_the_scope(engine: Engine) -> None:
    deploy(engine, "One")
    deploy(engine, "Two")
    with engine.begin() as tx:
        for who in (AGENT, TOKEN):
            with pytest.raises(Refused):
                versions.promote(who, tx, "p", 1)
            with pytest.raises(Refused):
                versions.retire(who, tx, "p")
            with pytest.raises(Refused):
                versions.roll_back(who, tx, "p")
        with pytest.raises(Missing, match="no version 7"):
            versions.promote(OLGA, tx, "p", 7)
        with pytest.raises(Conflict, match="current already"):
            versions.promote(OLGA, tx, "p", 2)


def test_a_folder_without_diagrams_is_not_retired(engine: Engine) -> None:
    with engine.begin() as tx:
        bundles.deploy(OLGA, tx, "policies", {"a.yaml": b"a: 1"})
        with pytest.raises(Refused, match="holds no diagram"):
            versions.retire(OLGA, tx, "policies")


def test_the_same_files_as_a_draft_make_that_draft_current(engine: Engine) -> None:
    deploy(engine, "One")
    assert deploy(engine, "Two", promote=False) == deploy(engine, "Two", promote=False) == 2
    assert deploy(engine, "Two") == 2
    assert states(engine) == {2: "current", 1: "former"}


def test_an_upgrade_does_not_undo_what_an_owner_has_chosen(engine: Engine, tmp_path: Path) -> None:
    def ship(name: str) -> list[int]:
        (shipped / "p").mkdir(parents=True, exist_ok=True)
        (shipped / "p" / "p.bpmn").write_bytes(folder(name)["p.bpmn"])
        with engine.begin() as tx:
            return [made.number for made in bundles.seed(tx, shipped)]

    shipped = tmp_path / "shipped"

    assert (ship("One"), ship("Two"), ship("Two")) == ([1], [2], [])
    with engine.begin() as tx:
        versions.roll_back(OLGA, tx, "p")
    assert ship("Two") == [], "the next start must not bring back what was rolled back"
    assert ship("Three") == [3]
    assert states(engine) == {3: "draft", 2: "former", 1: "current"}
    with engine.begin() as tx:
        versions.promote(OLGA, tx, "p", 3)
        versions.retire(OLGA, tx, "p", 3)
    assert ship("Four") == [4]
    assert states(engine)[3] == "retired"
    with pytest.raises(Refused):
        start(engine, "p")


def test_an_owner_who_deploys_over_a_retired_version_begins_anew(engine: Engine) -> None:
    deploy(engine, "One")
    with engine.begin() as tx:
        versions.retire(OLGA, tx, "p")
    assert deploy(engine, "Two") == 2
    assert status(engine, start(engine, "p")) == "active"
