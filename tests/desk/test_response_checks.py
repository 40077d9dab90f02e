"""What is wrong with the figures of measures and compensation is said before deployment (EMG-5, EMG-6, EMG-8)."""

import pytest

from loopdesk.desk import policy
from loopdesk.desk.response import checks
from loopdesk.engine.findings import Finding


def found(file: str, text: str) -> list[Finding]:
    """The findings on one file."""
    return checks.check({file: text.encode()})


def test_what_is_shipped_is_fine() -> None:
    shipped = {name: policy.shipped_file("policies", name) for name in ("measures.yaml", "compensation.yaml")}
    assert checks.check(shipped) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("measures: {m: {hook: ops.example}}", "measures.m.hook"),
        ("measures: {m: {undo_hook: 'ftp://ops.example/x'}}", "measures.m.undo_hook"),
        ("measures: {m: {hook: 'https://[broken'}}", "measures.m.hook"),
        ("hook_limit: soon", "hook_limit"),
        ("all_hands: {most: 0.5}", "all_hands.most"),
        ("all_hands: {most: many}", "all_hands.most"),
        ("all_hands: {most: true}", "all_hands.most"),
        ("measures: [", ""),
        ("- a list", ""),
    ],
)
def test_measures_that_cannot_be_used_are_named(text: str, place: str) -> None:
    """EMG-5, EMG-6: with the place in the file, as an error."""
    [one] = found("measures.yaml", text)
    assert (one.file, one.element, one.severity) == ("measures.yaml", place, "error")


@pytest.mark.parametrize("text", ["least: 5", "credit: 5", "service_time_factor: 3\nleast: 30\nmost: 20"])
def test_a_list_that_cannot_be_used_is_named(text: str) -> None:
    """EMG-8: one finding, an error."""
    [one] = found("compensation.yaml", text)
    assert (one.file, one.severity) == ("compensation.yaml", "error")


def test_other_folders_are_left_alone() -> None:
    assert checks.check({"intake.bpmn": b""}) == []
