"""Data objects, stores and associations: a data object is the variable of its name (BPMN 2.0.2 §10.4)."""
# ruff: noqa: E501 - one diagram a line reads better

from typing import Any

import pytest

from loopdesk.engine import bpmn
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, flows, service

IO = '<bpmn:ioSpecification><bpmn:dataInput id="in" name="order"/><bpmn:dataOutput id="out" name="receipt"/><bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification>'
DATA = (
    '<bpmn:dataObject id="o1" name="request"/><bpmn:dataObjectReference id="r1" dataObjectRef="o1"/>'
    '<bpmn:dataObject id="o2"/><bpmn:dataObjectReference id="r2" name="bill" dataObjectRef="o2"/>'
    '<bpmn:dataStoreReference id="r3" name="archive"/>'
)


def task(associations: str, *, more: str = "") -> bytes:
    made = service("t", "op", more).replace("</bpmn:serviceTask>", IO + associations + "</bpmn:serviceTask>")
    return diagram(DATA + f'<bpmn:startEvent id="s"/>{made}<bpmn:endEvent id="e"/>' + flows("s > t > e"))


def moved(way: str, source: str, target: str, inner: str = "") -> str:
    ends = f"<bpmn:sourceRef>{source}</bpmn:sourceRef>" if source else ""
    return (
        f"<bpmn:data{way}Association>{ends}<bpmn:targetRef>{target}</bpmn:targetRef>{inner}</bpmn:data{way}Association>"
    )


def test_data_comes_in_and_goes_out_by_the_names_of_inputs_and_outputs() -> None:
    world = World(task(moved("Input", "r1", "in") + moved("Output", "out", "r2") + moved("Output", "out", "r3")))
    world.operations["op"] = lambda order: {"receipt": f"{order} paid"}
    assert world.start(request="book").data == {
        "request": "book",
        "receipt": "book paid",
        "bill": "book paid",
        "archive": "book paid",
    }
    assert world.called == [("op", {"order": "book"})]


def test_a_transformation_and_assignments() -> None:
    transformed = moved("Input", "r1", "in", "<bpmn:transformation>=request + 1</bpmn:transformation>")
    assigned = moved(
        "Output",
        "out",
        "r2",
        "<bpmn:assignment><bpmn:from>=receipt * 2</bpmn:from><bpmn:to>bill.total</bpmn:to></bpmn:assignment>",
    )
    world = World(task(transformed + assigned))
    world.operations["op"] = lambda order: {"receipt": order}
    assert world.start(request=1, bill={"no": 7}).data == {"request": 1, "receipt": 2, "bill": {"no": 7, "total": 4}}


def test_a_drawn_association_without_data_changes_nothing() -> None:
    world = World(task(moved("Input", "r1", "in") + moved("Output", "out", "r2")))
    assert world.start(bill=1).data == {"bill": 1}
    assert world.called == [("op", {})]


def test_outputs_of_a_mapping_and_associations_go_together() -> None:
    mapping = '<zeebe:ioMapping><zeebe:output source="=receipt" target="kept"/></zeebe:ioMapping>'
    world = World(task(moved("Output", "out", "r2"), more=mapping))
    world.operations["op"] = lambda: {"receipt": 5, "secret": 1}
    assert world.start().data == {"kept": 5, "bill": 5}


def test_a_collection_of_instances_may_be_a_data_object() -> None:
    """BPMN 2.0.2 §10.3.6: loopDataInputRef, inputDataItem, loopDataOutputRef, outputDataItem."""
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:loopDataInputRef>in</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>out</bpmn:loopDataOutputRef>'
        '<bpmn:inputDataItem id="ii" name="line"/><bpmn:outputDataItem id="oi" name="price"/></bpmn:multiInstanceLoopCharacteristics>'
    )
    mapping = "<zeebe:ioMapping><zeebe:input source='=line' target='line'/></zeebe:ioMapping>"
    world = World(task(moved("Input", "r1", "in") + moved("Output", "out", "r2") + loop, more=mapping))
    world.operations["op"] = lambda line, order=None: {"price": line * 10}
    data = world.start(request=[1, 2]).data
    assert data["bill"] == data["receipt"] == [10, 20]


@pytest.mark.parametrize("name", ["Invoice document", "", "请求"])
def test_any_name_is_read(name: str) -> None:
    file = task(moved("Input", "r1", "in")).replace(b'name="request"', f'name="{name}"'.encode())
    assert [item for item in bpmn.read({"p.bpmn": file}).findings if item.severity == "error"] == []
    world = World(file)
    world.operations["op"] = lambda order=None: {"got": order}
    data: dict[str, Any] = {name or "o1": 3}
    assert world.start(**data).done


def test_an_association_that_is_no_feel_is_told() -> None:
    file = task(moved("Input", "r1", "in", "<bpmn:transformation>=1 +</bpmn:transformation>"))
    assert "feel.syntax" in [item.rule for item in bpmn.read({"p.bpmn": file}).findings]


def test_an_event_writes_what_came() -> None:
    catch = '<bpmn:intermediateCatchEvent id="c"><bpmn:dataOutput id="co" name="text"/>' + moved("Output", "co", "r2")
    file = diagram(
        DATA
        + f'<bpmn:startEvent id="s"/>{catch}<bpmn:messageEventDefinition messageRef="m-m"/></bpmn:intermediateCatchEvent>'
        + flows("s > c"),
        messages=("m",),
    )
    assert World(file).start().go("c", text="hello").data == {"text": "hello", "bill": "hello"}
