"""A feedback.yaml that cannot be used is refused before it is deployed (FBK-1, FBK-2, FBK-3)."""

import pytest
import yaml

from loopdesk.desk import policy
from loopdesk.desk.feedback import checks


def of(text: str) -> list[dict[str, object]]:
    return [dict(finding.params) for finding in checks.check({"feedback.yaml": text.encode()})]


def test_the_shipped_file_is_usable() -> None:
    assert of(yaml.safe_dump(policy.shipped("feedback"))) == []
    assert checks.check({"sla.yaml": b"x"}) == []


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("survey: {reminders: [P2D, banana]}", "survey.reminders"),
        ("survey: {reminders: P2D}", "survey.reminders"),
        ("survey: P2D", "survey"),
        ("call_back: {within: late}", "call_back.within"),
        ("paths: {complaint: {forward: soon}}", "paths.complaint.forward"),
        ("paths: {complaint: PT4H}", "paths.complaint"),
        ("quarterly: {at_once: 0}", "quarterly.at_once"),
        ("paths: {praise: {forward: P1D, result: P2D}, complaint: {forward: PT40H, result: PT24H}}", "paths.complaint"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, entry: str) -> None:
    [params] = of(text)
    assert (params["file"], params["entry"]) == ("feedback.yaml", entry)
