"""What messages are correlated by: the case, a value of Camunda 8's kind, or BPMN's correlation keys (§8.4.2)."""
# ruff: noqa: E501 - one diagram a line reads better

from typing import Any

import pytest

from loopdesk.engine import trial
from loopdesk.engine.errors import Invalid
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import HEAD, catch, diagram, extended, flows, inputs, message, service

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
PAY = 'name="pay"/>'
WAIT = START + catch("c", message("pay")) + END + flows("s > c > e")
THROW = (
    START
    + f'<bpmn:intermediateThrowEvent id="t">{extended(inputs(number="=order"))}{message("pay")}</bpmn:intermediateThrowEvent>'
    + END
    + flows("s > t > e")
)


def keyed(file: bytes, key: str) -> bytes:
    return file.replace(
        PAY.encode(),
        f"""name="pay">{extended(f'<zeebe:subscription correlationKey="{key}"/>')}</bpmn:message>""".encode(),
    )


def correlating(body: str, *properties: tuple[str, str], bound: bool = True) -> bytes:
    """A file with BPMN's own correlation: of each property, what is sent and what is expected."""
    props = "".join(
        f'<bpmn:correlationProperty id="p{number}"><bpmn:correlationPropertyRetrievalExpression messageRef="m-pay"><bpmn:messagePath>{sent}</bpmn:messagePath>'
        "</bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>"
        for number, (sent, _) in enumerate(properties)
    )
    refs = "".join(
        f"<bpmn:correlationPropertyRef>p{number}</bpmn:correlationPropertyRef>" for number in range(len(properties))
    )
    bindings = "".join(
        f'<bpmn:correlationPropertyBinding correlationPropertyRef="p{number}"><bpmn:dataPath>{text}</bpmn:dataPath></bpmn:correlationPropertyBinding>'
        for number, (_, text) in enumerate(properties)
    )
    subscription = (
        f'<bpmn:correlationSubscription correlationKeyRef="k">{bindings}</bpmn:correlationSubscription>'
        if bound
        else ""
    )
    return (
        f'{HEAD}<bpmn:message id="m-pay" name="pay"/>{props}<bpmn:collaboration id="co"><bpmn:correlationKey id="k">{refs}</bpmn:correlationKey></bpmn:collaboration>'
        f'<bpmn:process id="p" isExecutable="true">{body}{subscription}</bpmn:process></bpmn:definitions>'
    ).encode()


@pytest.mark.parametrize(
    ("key", "expected"),
    [("=order", "A-7"), ("= case.number", ""), ("=key", ""), ('="fixed"', "fixed"), ("=lost", None)],
)
def test_what_waits_works_out_its_key_when_the_wait_begins(key: str, expected: str | None) -> None:
    assert World(keyed(diagram(WAIT, messages=("pay",)), key.replace('"', "&quot;"))).start(order="A-7").keys == [
        expected
    ]


def test_what_is_thrown_carries_the_key_of_its_payload() -> None:
    world = World(keyed(diagram(THROW, messages=("pay",)), "=number")).start(order=7)
    assert (world.keys, world.thrown) == (["7"], [("pay", {"number": 7})])


def test_a_key_that_is_too_long_is_refused() -> None:
    with pytest.raises(Invalid, match="64"):
        World(keyed(diagram(WAIT, messages=("pay",)), "=order")).start(order="x" * 65)


def test_a_receive_and_a_send_task_correlate_too() -> None:
    receive = START + '<bpmn:receiveTask id="r" messageRef="m-pay"/>' + END + flows("s > r > e")
    send = START + '<bpmn:sendTask id="t" messageRef="m-pay"/>' + END + flows("s > t > e")
    for body in (receive, send):
        assert World(keyed(diagram(body, messages=("pay",)), "=order")).start(order="A-7").keys == ["A-7"]


def test_keys_of_bpmn_are_retrieved_from_the_message_and_bound_by_the_process() -> None:
    assert World(correlating(WAIT, ("=number", "=order"))).start(order="A-7").keys == ["A-7"]
    assert World(correlating(THROW, ("=number", "=order"))).start(order="A-7").keys == ["A-7"]
    two = (("=number", "=order"), ("=year", "=in"))
    assert World(correlating(WAIT, ("=number", "=order"), ("=2026", "=year"))).start(order="A-7", year=2026).keys == [
        "A-7/2026"
    ]
    assert World(correlating(WAIT, *two, bound=False)).start(order="A-7").keys == [""]


def test_a_trial_hands_a_message_to_whom_its_key_means() -> None:
    """What comes from outside has no key and is for everybody."""
    throw = f'<bpmn:endEvent id="qe">{extended(inputs(no="=mine"))}{message("pay")}</bpmn:endEvent>'
    other = (
        '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"/>'
        + throw
        + flows("qs > qe")
        + "</bpmn:process>"
    )
    file = keyed(diagram(WAIT, messages=("pay",), more=other), "=if no = null then order else no")

    def status(**order: Any) -> Any:
        return trial.run({"p.bpmn": file}, "p.bpmn", trial.Order(**order)).as_json()["status"]

    assert status(also=("q",), data={"order": "A-7", "mine": "A-7"}) == "completed"
    assert status(also=("q",), data={"order": "A-7", "mine": "B-8"}) == "waiting"
    assert status(data={"order": "A-7"}, messages=[("pay", {})]) == "completed"


def test_an_input_may_be_called_token() -> None:
    world = World(
        diagram(START + service("t", "op", inputs(token="=1", self="=token")) + END + flows("s > t > e"))
    ).start()
    assert world.called == [("op", {"token": 1, "self": 1})]
