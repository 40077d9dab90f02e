"""`loopdesk try`: where instances begin, what the trace tells of boundary events, how errors end it (issue 5, commands)."""
# ruff: noqa: E501 - one diagram a line reads better

from typing import Any

from loopdesk.engine import bpmn, trial
from loopdesk.tests.engine.drawing import coded, diagram, event_sub, flows, message, timer
from loopdesk.tests.engine.test_trial import END, START, events, line, tried

NAMED = '<bpmn:error id="e-X" errorCode="X"/><bpmn:escalation id="c-X" escalationCode="X"/>'
TASK = '<bpmn:userTask id="t"/>'


def begin(kind: str, text: str) -> str:
    return f'<bpmn:startEvent id="s">{timer(kind, text)}</bpmn:startEvent>' + END + flows("s > e")


def moments(shown: dict[str, Any], element: str = "s") -> list[str]:
    return [row["at"][:16] for row in shown["trace"] if (row["element"], row["event"]) == (element, "started")]


def guarded(definition: str, *, cancel: bool = False, host: str = TASK) -> str:
    event = f'<bpmn:boundaryEvent id="b" attachedToRef="t" cancelActivity="{str(cancel).lower()}">{definition}</bpmn:boundaryEvent><bpmn:endEvent id="f"/>'
    return line(host) + event + flows("b > f")


def sub(end: str) -> str:
    return (
        f'<bpmn:subProcess id="t"><bpmn:startEvent id="is"/><bpmn:endEvent id="ie">{end}</bpmn:endEvent>'
        + flows("is > ie")
        + "</bpmn:subProcess>"
    )


# --- where instances begin ------------------------------------------------------------------------------------------


def test_a_timer_start_event_begins_at_its_moment_on_the_virtual_clock() -> None:
    assert moments(tried(begin("Duration", "P2D"))) == ["2026-01-07T09:00"]
    assert moments(tried(begin("Date", "2026-02-01T12:00:00Z"))) == ["2026-02-01T12:00"]
    assert moments(tried(begin("Cycle", "R3/PT1H"))) == ["2026-01-05T10:00", "2026-01-05T11:00", "2026-01-05T12:00"]


def test_an_endless_timer_start_event_begins_once_or_as_long_as_is_asked() -> None:
    daily = begin("Cycle", "0 0 9 * * *")
    assert moments(tried(daily)) == ["2026-01-06T09:00"]
    assert len(moments(tried(daily, until=bpmn.read_duration("P3D")))) == 3


def test_a_timer_start_event_that_is_not_due_in_time_is_waited_for() -> None:
    shown = tried(begin("Duration", "P2D"), until=bpmn.read_duration("P1D"))
    assert (shown["status"], shown["trace"]) == ("waiting", [])
    assert [row["element"] for row in shown["waiting"]] == ["s"]


def test_each_plain_start_event_begins_an_instance() -> None:
    """BPMN 2.0.2 §10.5.2: each start event is independent."""
    body = START + '<bpmn:startEvent id="s2"/><bpmn:userTask id="t"/>' + END + flows("s > e", "s2 > t > e")
    shown = tried(body)
    assert shown["status"] == "completed"
    assert events(shown, "e") == ["started", "completed"] * 2
    assert tried(body, answers={"t": [{"$error": "X"}]}, more=NAMED)["status"] == "failed"


# --- boundary events ------------------------------------------------------------------------------------------------


def test_a_boundary_event_is_started_with_its_activity_and_cancelled_with_it() -> None:
    shown = tried(guarded(timer("Duration", "PT1H"), cancel=True))
    assert events(shown, "b") == ["started", "cancelled"]
    assert events(shown, "t") == ["started", "completed"]


def test_a_boundary_event_that_came_is_completed() -> None:
    shown = tried(
        guarded(timer("Duration", "PT1H"), cancel=True, host='<bpmn:receiveTask id="t" messageRef="m-m"/>'),
        messages=("m",),
    )
    assert events(shown, "b") == ["started", "completed"]
    assert events(shown, "t") == ["started", "cancelled"]


def test_a_boundary_event_beside_waits_again_until_its_activity_ends() -> None:
    host = '<bpmn:subProcess id="t"><bpmn:startEvent id="is"/><bpmn:intermediateCatchEvent id="ic">' + timer(
        "Duration", "PT150M"
    )
    host += "</bpmn:intermediateCatchEvent>" + flows("is > ic") + "</bpmn:subProcess>"
    shown = tried(guarded(timer("Cycle", "R/PT1H"), host=host))
    assert events(shown, "b") == ["started", "completed", "started", "completed", "started", "cancelled"]
    assert events(tried(guarded(timer("Duration", "PT1H"), host=host)), "b") == ["started", "completed"]


def test_an_error_event_at_the_border_is_told_when_it_comes() -> None:
    shown = tried(guarded(coded("error", "X"), cancel=True, host=sub(coded("error", "X"))), more=NAMED)
    assert events(shown, "b") == ["started", "completed"]
    assert events(shown, "t") == ["started", "cancelled"]
    assert events(shown, "ie") == ["started", "completed"]


def test_an_event_sub_process_is_told_when_its_event_comes_and_not_before() -> None:
    body = line(TASK) + event_sub("h", message("m"), '<bpmn:endEvent id="he"/>', "he", interrupting=False)
    assert events(tried(body, messages=("m",)), "h-start") == []
    files = {"p.bpmn": diagram(body, messages=("m",))}
    came = trial.run(files, "p.bpmn", trial.Order(messages=[("m", {})])).as_json()
    assert [events(came, item) for item in ("h", "h-start", "he")] == [["started", "completed"]] * 3


# --- errors ---------------------------------------------------------------------------------------------------------


def test_an_error_that_nothing_catches_ends_the_trial_as_failed() -> None:
    end = START + f'<bpmn:endEvent id="x">{coded("error", "X")}</bpmn:endEvent>' + flows("s > x")
    for shown in (tried(end, more=NAMED), tried(line(sub(coded("error", "X"))), more=NAMED)):
        assert shown["status"] == "failed"
        assert "“X”" in shown["error"]["message"]
        assert shown["trace"][-1]["event"] == "failed"
    answered = tried(line('<bpmn:serviceTask id="t"/>'), answers={"t": [{"$error": "LOST"}]})
    assert (answered["status"], answered["error"]["element"]) == ("failed", "t")


def test_a_process_in_which_nothing_can_ever_move_has_failed() -> None:
    body = (
        START
        + '<bpmn:exclusiveGateway id="g" default="f-g-b"/><bpmn:task id="a"/><bpmn:task id="b"/><bpmn:parallelGateway id="j"/>'
        + END
    )
    shown = tried(body + flows("s > g >[=x] a > j > e", "g > b > j"), data={"x": True})
    assert (shown["status"], shown["error"]["element"]) == ("failed", "j")
