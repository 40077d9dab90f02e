"""Two versions side by side: what was added, removed, changed or only moved (issue 4, as bpmn-js-differ says it)."""

import pytest

from loopdesk.engine import bundles
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.comparison import Comparison, compare
from loopdesk.tests.engine.drawing import diagram, extended, flows, message, timer
from loopdesk.web.first_start import WORKFLOWS


def version(number: int, clock: VirtualClock, **files: bytes | str) -> Bundle:
    named = {path.replace("_", "."): file.encode() if isinstance(file, str) else file for path, file in files.items()}
    return Bundle(f"b{number}", "p", number, "", named, "Olga", "", clock.now())


def bodies(clock: VirtualClock, old: str, new: str, more: tuple[str, str] = ("", "")) -> Comparison:
    files = [diagram(body, more=extra, messages=("m",)) for body, extra in zip((old, new), more, strict=True)]
    return compare(version(1, clock, p_bpmn=files[0]), version(2, clock, p_bpmn=files[1]))


def task(identity: str, name: str, inner: str = "") -> str:
    return f'<bpmn:userTask id="{identity}" name="{name}">{inner}</bpmn:userTask>'


def limit(text: str) -> str:
    return extended(f'<zeebe:properties><zeebe:property name="timeLimit" value="{text}"/></zeebe:properties>')


def test_elements_are_added_removed_and_changed_by_id(clock: VirtualClock) -> None:
    old = task("a", "A") + task("b", "B") + task("c", "C") + flows("a > b > c")
    new = task("a", "A, better") + task("b", "B") + task("d", "D") + flows("a > b > d")
    found = bodies(clock, old, new)
    told = {one.id: (one.what, one.kind, one.name) for one in found.elements}
    assert told == {
        "a": ("changed", "userTask", "A, better"),
        "c": ("removed", "userTask", "C"),
        "d": ("added", "userTask", "D"),
        "f-b-c": ("removed", "sequenceFlow", ""),
        "f-b-d": ("added", "sequenceFlow", ""),
    }
    assert found.marks("p.bpmn", old=True) == {"changed": ["a"], "removed": ["c", "f-b-c"], "moved": []}
    assert found.marks("p.bpmn", old=False) == {"added": ["d", "f-b-d"], "changed": ["a"], "moved": []}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (task("a", "A"), task("a", "B"), [("@name", "A", "B")]),
        (
            task("a", "A"),
            task("a", "A", "<bpmn:documentation>Look.</bpmn:documentation>"),
            [("documentation", "", "Look.")],
        ),
        (task("a", "A"), '<bpmn:manualTask id="a" name="A"/>', [("kind", "userTask", "manualTask")]),
        (
            task("a", "A", extended('<zeebe:formDefinition formId="one"/>')),
            task("a", "A", extended('<zeebe:formDefinition formId="two"/>')),
            [("extensionElements/formDefinition@formId", "one", "two")],
        ),
        (
            task(
                "a",
                "A",
                extended('<zeebe:properties><zeebe:property name="timeLimit" value="PT1H"/></zeebe:properties>'),
            ),
            task(
                "a",
                "A",
                extended('<zeebe:properties><zeebe:property name="timeLimit" value="PT2H"/></zeebe:properties>'),
            ),
            [("extensionElements/properties/property[timeLimit]@value", "PT1H", "PT2H")],
        ),
        (
            f'<bpmn:startEvent id="s">{timer("Cycle", "R/PT1H")}</bpmn:startEvent>',
            f'<bpmn:startEvent id="s">{timer("Cycle", "R/PT2H")}</bpmn:startEvent>',
            [("timerEventDefinition/timeCycle", "R/PT1H", "R/PT2H")],
        ),
        (
            f'<bpmn:startEvent id="s">{message("m")}</bpmn:startEvent>',
            '<bpmn:startEvent id="s"/>',
            [("messageEventDefinition@messageRef", "m", "")],
        ),
        (
            '<bpmn:startEvent id="s"/>' + task("a", "A") + flows("s >[=x = 1] a"),
            '<bpmn:startEvent id="s"/>' + task("a", "A") + flows("s >[=x = 2] a"),
            [("conditionExpression", "=x = 1", "=x = 2")],
        ),
    ],
)
def test_each_property_that_differs_is_named_with_before_and_after(
    clock: VirtualClock, old: str, new: str, changes: list[tuple[str, str, str]]
) -> None:
    (one,) = bodies(clock, old, new).elements
    assert (one.what, [(item.name, item.before, item.after) for item in one.properties]) == ("changed", changes)


def test_an_element_that_only_stands_elsewhere_is_moved_and_its_sub_process_unchanged(clock: VirtualClock) -> None:
    def drawn(x: int) -> str:
        di = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
        shape = f'<bpmndi:BPMNShape bpmnElement="a"><dc:Bounds x="{x}" y="0" width="1" height="1"/></bpmndi:BPMNShape>'
        plane = f'<bpmndi:BPMNPlane bpmnElement="p">{shape}</bpmndi:BPMNPlane>'
        return f"<bpmndi:BPMNDiagram {di}>{plane}</bpmndi:BPMNDiagram>"

    body = f'<bpmn:subProcess id="sub">{task("a", "A")}</bpmn:subProcess>'
    (one,) = bodies(clock, body, body, (drawn(0), drawn(100))).elements
    assert (one.id, one.what, one.properties) == ("a", "moved", [])
    (inner,) = bodies(clock, body, body.replace('name="A"', 'name="B"')).elements
    assert (inner.id, inner.what) == ("a", "changed")


def test_tables_forms_and_texts_differ_line_by_line(clock: VirtualClock) -> None:
    old = version(1, clock, a_form="one\ntwo\n", texts_zh_yaml="x: 1\n", logo_png=b"\xff\xfe", gone_dmn="t\n")
    new = version(2, clock, a_form="one\nthree\n", texts_zh_yaml="x: 1\n", logo_png=b"\xff\xff", new_yaml="y\n")
    found = {one.path: (one.what, one.lines) for one in compare(old, new).files}
    assert found == {
        "a.form": ("changed", ["@@ -1,2 +1,2 @@", " one", "-two", "+three"]),
        "gone.dmn": ("removed", ["@@ -1 +0,0 @@", "-t"]),
        "logo.png": ("changed", []),
        "new.yaml": ("added", ["@@ -0,0 +1 @@", "+y"]),
    }


def test_a_shipped_folder_compared_with_itself_is_the_same(clock: VirtualClock) -> None:
    files = bundles.read_folder(WORKFLOWS / "intake")
    one, other = (Bundle(f"b{number}", "intake", number, "", files, "", "", clock.now()) for number in (1, 2))
    assert compare(one, other).same
    nothing = Bundle("b0", "intake", 0, "", {}, "", "", clock.now())
    drawn = compare(nothing, one)
    assert {change.what for change in drawn.elements} == {"added"}
    assert len(drawn.elements) > 20
