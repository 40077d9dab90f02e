"""`loopdesk check` finds in policies and trees what a deployment would refuse (SLA-6, SLA-9, INT-1, INT-8, DIA-2)."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopdesk.tests.scenarios.shipped import files_of
from loopdesk.web.cli import cli

CIRCLE = """
name: {en: Printer, zh: 打印机}
types: [hardware]
start: paper
steps:
  paper:
    ask: {en: "Is there paper?", zh: 有纸吗？}
    outcomes: {some: {name: {en: "Yes", zh: 有}, next: toner}, none: {name: {en: "No", zh: 无}, result: empty}}
  toner:
    ask: {en: "Is there toner?", zh: 有墨吗？}
    outcomes: {some: {name: {en: "Yes", zh: 有}, next: paper}, none: {name: {en: "No", zh: 无}, result: empty}}
results:
  empty: {en: Something is empty., zh: 用完了。}
"""


def findings(folder: Path, name: str, file: str, right: str = "", wrong: str = "") -> set[tuple[str, str]]:
    """(rule, severity) of what is found in a shipped folder once one of its files says something else."""
    place = folder / name
    for path, content in files_of(name).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    if right:
        text = (place / file).read_text("utf-8")
        assert right in text
        wrong = text.replace(right, wrong, 1)
    (place / file).write_text(wrong, "utf-8")
    result = CliRunner().invoke(cli, ["check", str(place), "--json"], env={"LOOPDESK_DATA": str(folder), "LANG": "C"})
    rows = json.loads(result.stdout)
    return {(row["rule"], row["severity"]) for row in rows if Path(row["file"]).name == file}


@pytest.mark.parametrize(
    ("file", "right", "wrong", "rule"),
    [
        ("duplicates.yaml", "reports: 10", "reports: three", "duplicates.rules"),
        ("channels.yaml", "api: true, staffed", "api: yess, staffed", "channel.value"),
        ("channels.yaml", ", zh: 电话", "", "policy.language"),
        ("breach-causes.yaml", ", zh: 跨部门", ", zx: 跨部门", "policy.language"),
        ("channels.yaml", "name: {en: Phone, zh: 电话}, ", "", "policy.language"),
        ("support.yaml", "P0: PT10M", "P0: 10 minutes", "support.duration"),
        ("support.yaml", "lifts_apart: {P0: PT10M, else: PT30M}", "lifts_apart: PT30M", "support.lifts"),
        ("support.yaml", "gaps_ahead: P14D", "gaps_ahead: 14", "support.duration"),
        ("retention.yaml", "keep: P3Y", "keep: 3 years", "retention.unusable"),
        ("closure.yaml", "close_after:", "close_aftr:", "policy.word"),
        ("closure.yaml", "how_to: {retest", "how_to: {retst", "policy.word"),
        ("closure.yaml", "name: {en: Nothing near", "nam: {en: Nothing near", "policy.word"),
        ("feedback.yaml", "call_back:", "callback:", "policy.word"),
        ("feedback.yaml", "  within:", "  withn:", "policy.word"),
        ("feedback.yaml", "{forward: PT4H", "{foward: PT4H", "policy.word"),
        ("acceptance.yaml", "grace:", "grase:", "policy.word"),
        ("implementation.yaml", "{used: 50, undone", "{used: 50, undon", "policy.word"),
        ("implementation.yaml", "after: P3D}", "after: P3D, lead: ana}", "policy.word"),
        ("links.yaml", "survey:", "survy:", "policy.word"),
    ],
)
def test_a_policy_that_says_something_else(tmp_path: Path, file: str, right: str, wrong: str, rule: str) -> None:
    assert (rule, "error") in findings(tmp_path, "policies", file, right, wrong)


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("closure.yaml", "how_to: {retest", "training: {retest"),
        ("closure.yaml", "checked_twice", "looked_twice"),
        ("acceptance.yaml", "ease:", "comfort:"),
        ("implementation.yaml", "configuration:", "setting:"),
    ],
)
def test_a_name_of_the_owners_own_is_no_unknown_word(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    assert ("policy.word", "error") not in findings(tmp_path, "policies", file, right, wrong)


@pytest.mark.parametrize(
    ("folder", "file", "right", "wrong", "severity"),
    [
        ("sla-warning", "recipients.dmn", '"owner", "assignee", "backup"', '"ownr", "assignee", "backup"', "warning"),
        ("sla-breach", "breach-recipients.dmn", '["owner", "supervisor"]', '["owner", "sales/agent"]', "error"),
        ("sla-breach", "breach-recipients.dmn", '["owner", "supervisor"]', '["owner", "support/agnet"]', "error"),
    ],
)
def test_a_recipient_whom_nobody_is(
    tmp_path: Path, folder: str, file: str, right: str, wrong: str, severity: str
) -> None:
    """Without a house no sign-in names are known, so that one word may still be somebody's."""
    assert ("receiver.unknown", severity) in findings(tmp_path, folder, file, right, wrong)


@pytest.mark.row("DIA-2/tree")
def test_a_tree_that_leads_in_a_circle(tmp_path: Path) -> None:
    assert findings(tmp_path, "diagnosis", "printer.yaml", wrong=CIRCLE) == {("diagnosis.circle", "error")}
