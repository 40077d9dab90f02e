"""What the matrix promises comes true on the whole desk: advice, messages, a task for each side, a push (HND-1…7)."""

import json
from typing import Any

import pytest
import yaml

from loopdesk.connectors.recorder import Recorder
from loopdesk.desk.raci import advice, promises
from loopdesk.engine import bundles, events, incidents, messages, outbox, runner, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.bundle import NotDeployable
from loopdesk.engine.errors import Conflict, Invalid, Refused
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.step import Step
from loopdesk.tests.engine.drawing import diagram, extended, flows, message, script
from loopdesk.tests.scenarios.stage import ADMIN, Stage

FOUND = [{"label": "A fault", "value": "fault"}, {"label": "Nothing", "value": "nothing"}]
FORM = {
    "type": "default",
    "id": "look",
    "components": [
        {"type": "radio", "key": "found", "label": "What is it?", "values": FOUND},
        {"type": "checkbox", "key": "again", "label": "Look again"},
    ],
}
TEXTS = {"look": {"name": "查看"}, "look.found": {"label": "是什么？", "options": {"fault": "故障", "nothing": "无"}}}


def human(identity: str, name: str) -> str:
    """A person's task with the one form."""
    inner = extended('<zeebe:formDefinition formId="look"/>')
    return f'<bpmn:userTask id="{identity}" name="{name}">{inner}</bpmn:userTask>'


BODY = (
    '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" default="f-g-both"/><bpmn:endEvent id="e"/>'
    + human("look", "Look at it")
    + f'<bpmn:boundaryEvent id="off" attachedToRef="look">{message("off")}</bpmn:boundaryEvent>'
    + script("note", "=1", "noted").replace('id="note"', 'id="note" name="Note it"')
    + human("both", "Do it together")
    + flows("s > look > note > g >[=again = true] look", "g > both > e", "off > e")
)
NOBODY = {"R": ["support/agent"], "A": "support/supervisor"}
MATRIX: dict[str, dict[str, Any]] = {
    "look": NOBODY | {"C": ["rnd/agent", "support/agent", "{nothing}"], "I": ["rnd/supervisor"]},
    "note": NOBODY | {"I": ["rnd/supervisor"]},
    "both": NOBODY | {"R": ["support/agent", "rnd/agent"]},
}


def files(**changed: dict[str, Any]) -> dict[str, bytes]:
    """The folder ``check-up``, with other lines in its matrix."""
    return {
        "check-up.bpmn": diagram(BODY, process="check-up", messages=("off",)),
        "look.form": json.dumps(FORM).encode(),
        "raci.yaml": yaml.safe_dump({"activities": MATRIX | changed}).encode(),
        "texts.zh.yaml": yaml.safe_dump(TEXTS, allow_unicode=True).encode(),
    }


def begin(stage: Stage, **changed: dict[str, Any]) -> tuple[str, str]:
    """A case with the process ``check-up``: its number and the instance."""
    number = stage.report("anna")
    with stage.tx() as tx:
        bundles.deploy(SYSTEM, tx, "check-up", files(**changed))
        instance = runner.start(SYSTEM, tx, "check-up", key=number)
    return number, instance


def told(stage: Stage, number: str) -> list[tuple[str, str]]:
    """Who was informed of what: (login, subject)."""
    by_id = {actor.id: login for login, actor in stage.people.items()}
    rows = [row for row in stage.letters(number) if row["template"] == promises.TEMPLATE]
    return [(by_id[row["recipient_id"]], row["subject"]) for row in rows]


def advised(stage: Stage, number: str) -> list[tuple[str, str, str]]:
    with stage.desk.engine.read() as tx:
        return [(row["side"], row["state"], row["text"]) for row in advice.of_case(tx, number)]


@pytest.mark.row("HND-3/consulted")
def test_the_consulted_are_asked_once_and_their_advice_stands_at_the_task_and_on_the_case(stage: Stage) -> None:
    """Only others are asked: neither who does it nor a place that nothing fills. A loop does not ask again."""
    number, instance = begin(stage)
    assert advised(stage, number) == [("rnd/agent", "asked", "")]
    assert "give_advice" in stage.inbox("zhangwei")
    assert "give_advice" not in stage.inbox("lina")
    form, data = stage.form("zhangwei", "give_advice")
    assert data["activity"] == {"en": "Look at it", "zh": "查看"}
    assert "asks for your advice" in form["components"][0]["text"]
    stage.complete("zhangwei", "give_advice", advice_text="Restart the gateway.")
    assert advised(stage, number) == [("rnd/agent", "given", "Restart the gateway.")]
    with stage.desk.engine.read() as tx:
        [row] = advice.of_activity(tx, instance, "look")
        assert row["name"] == "张伟"
        assert "advice.given" in [one["kind"] for one in events.timeline(tx, number)]
    stage.complete("lina", "look", found="fault", again=True)
    assert len(advised(stage, number)) == 1
    assert "give_advice" not in stage.inbox("zhangwei")


@pytest.mark.row("HND-3/consulted")
def test_a_consultation_ends_when_the_task_is_done_first_and_the_next_pass_asks_anew(stage: Stage) -> None:
    number, _ = begin(stage)
    stage.complete("lina", "look", found="fault", again=True)
    assert [state for _, state, _ in advised(stage, number)] == ["settled", "asked"]
    with stage.tx() as tx:
        messages.publish(SYSTEM, tx, "off", key=number)
    assert [state for _, state, _ in advised(stage, number)] == ["settled", "settled"]
    assert "give_advice" not in stage.inbox("zhangwei")
    with stage.desk.engine.begin() as tx:
        late = advice.of_case(tx, number)[0]["id"]
        with pytest.raises(Conflict):
            advice.keep(SYSTEM, tx, late, text="Too late.")
        with pytest.raises(Invalid):
            advice.keep(SYSTEM, tx, late, text=" ")


@pytest.mark.row("HND-3/consulted")
def test_supervisors_hear_of_late_advice(stage: Stage) -> None:
    begin(stage)
    stage.wait(days=1)
    with stage.desk.engine.read() as tx:
        letters = [row["to"] for row in _waiting(tx, "letter") if row["template"] == advice.LATE]
    assert letters == ["emma@house.example"]


@pytest.mark.row("HND-3/informed")
def test_the_informed_hear_who_did_what_with_which_outcome_once(stage: Stage) -> None:
    """Of a person's answers in words, of a step of the machine as well; a loop with the same outcome is no news."""
    number, _ = begin(stage)
    stage.complete("lina", "look", found="fault", again=True)
    first = [("emma", f"{number}: done: Look at it"), ("emma", f"{number}: done: Note it")]
    assert told(stage, number) == first
    body = next(row["body"] for row in stage.letters(number) if row["template"] == promises.TEMPLATE)
    assert "What is it?: A fault" in body
    assert "by 李娜" in body
    stage.complete("lina", "look", found="fault", again=True)
    assert told(stage, number) == first
    stage.complete("lina", "look", found="nothing", again=True)
    assert told(stage, number) == [*first, first[0]]


@pytest.mark.row("HND-3/informed")
def test_of_a_restricted_case_the_informed_learn_no_more_than_that_it_went_on(stage: Stage) -> None:
    number, _ = begin(stage)
    with stage.tx() as tx:
        from loopdesk.desk import record

        record.change(tx, number, restricted=True)
    stage.complete("admin", "look", found="fault", again=False)
    bodies = [row["body"] for row in stage.letters(number) if row["template"] == promises.TEMPLATE]
    assert len(bodies) == 2
    assert not [body for body in bodies if "A fault" in body]


@pytest.mark.row("HND-7/every-side")
def test_each_side_has_the_task_and_the_process_goes_on_when_all_are_done(stage: Stage) -> None:
    number, instance = begin(stage)
    stage.complete("lina", "look", found="fault", again=False)
    assert "both" in stage.inbox("lina") & stage.inbox("zhangwei")
    stage.complete("zhangwei", "both", found="fault")
    assert "both" in stage.inbox("lina")
    assert "both" not in stage.inbox("zhangwei")
    stage.complete("lina", "both", found="nothing")
    with stage.desk.engine.read() as tx:
        look = Step.look(tx, instance)
        assert not look.active
        assert [one["department"] for one in look.execution.data["by_side"]] == ["rnd", "support"]
        assert [row for row in work.listing(ADMIN, tx, key=number) if row["element"] == "both"] == []


@pytest.mark.row("HND-7/every-side")
def test_where_any_side_is_enough_the_others_are_freed(stage: Stage) -> None:
    begin(stage, both=MATRIX["both"] | {"together": "any"})
    stage.complete("lina", "look", found="fault", again=False)
    stage.complete("zhangwei", "both", found="fault")
    assert "both" not in stage.inbox("lina")


def push_into(stage: Stage, group: dict[str, str]) -> None:
    """Let R&D's new tasks be pushed."""
    with stage.tx() as tx:
        present = dict(bundles.current(tx, "policies").files)
        known = yaml.safe_load(present["departments.yaml"])
        known["departments"]["rnd"]["push"] = group
        present["departments.yaml"] = yaml.safe_dump(known, allow_unicode=True).encode()
        bundles.deploy(SYSTEM, tx, "policies", present)


def send(stage: Stage) -> None:
    """Let letters leave; those to single people have no mail server here and wait."""
    letter = stage.desk.handlers.remote["letter"]
    outbox.drain(stage.desk.engine, Handlers(remote={"letter": letter}), worker="test")


@pytest.mark.row("HND-7/push")
def test_a_new_task_is_pushed_into_the_departments_group_once(stage: Stage) -> None:
    group = Recorder("messenger", frozenset({"messenger"}))
    stage.desk.registry._add(group)
    push_into(stage, {"channel": "messenger", "address": "rnd-group", "language": "zh"})
    number, _ = begin(stage)
    stage.rest()
    send(stage)
    [pushed] = group.sent.values()
    assert (pushed.to, pushed.subject) == ("rnd-group", f"研发部：提供意见 · {number}")
    assert "https://desk.example/tasks/" in pushed.body
    stage.complete("lina", "look", found="fault", again=False)
    send(stage)
    assert [one.subject for one in group.sent.values()][1:] == [f"研发部：Do it together · {number}"]


@pytest.mark.row("HND-7/push")
def test_a_push_that_fails_is_an_incident_and_holds_nobody_up(stage: Stage) -> None:
    group = Recorder("messenger", frozenset({"messenger"}))
    stage.desk.registry._add(group)
    push_into(stage, {"channel": "messenger", "address": "rnd-group"})
    begin(stage)
    group.fail_with = Refused("The group is closed.")
    send(stage)
    with stage.desk.engine.read() as tx:
        assert len(incidents.listing(ADMIN, tx)) == 1
    assert "give_advice" in stage.inbox("zhangwei")


@pytest.mark.row("HND-7/push")
@pytest.mark.parametrize(
    ("group", "said"),
    [
        ({"channel": "pigeon", "address": "roof"}, "no connector sends by channel “pigeon”"),
        ({"channel": "email"}, "push needs a channel and the address of a group"),
        ({"channel": "webhook", "address": "x", "colour": "red"}, "push knows no “colour”"),
    ],
)
def test_a_group_that_nobody_reaches_is_found_before_it_is_deployed(
    stage: Stage, group: dict[str, str], said: str
) -> None:
    with pytest.raises(NotDeployable) as refused:
        push_into(stage, group)
    assert any(said in str(one.as_json()["message"]) for one in refused.value.findings)


def _waiting(tx: Any, kind: str) -> list[dict[str, Any]]:
    from loopdesk.tests.desk.house import posted

    return posted(tx, kind)
