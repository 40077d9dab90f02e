"""A house whose folders are older than parent problems and their letters goes on after the upgrade (INT-8)."""

from datetime import timedelta

import pytest
import yaml

from loopdesk.desk import case, casework, clocks, intake_checks, templates
from loopdesk.desk.duplicates import problems
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.scenarios.stage import Stage

TEXT = "The checkout page shows error 500 since nine o'clock and nobody in the shops can finish an order"


def test_a_house_with_folders_from_before_there_were_problems_goes_on(stage: Stage) -> None:
    with stage.tx() as tx:
        policies = {**bundles.current(tx, "policies").files}
        del policies["duplicates.yaml"]
        kept = [
            line
            for line in policies["channels.yaml"].splitlines()
            if not line.startswith((b"  problem:", b"  subcase:"))
        ]
        bundles.deploy(SYSTEM, tx, "policies", policies | {"channels.yaml": b"\n".join(kept)})
        letters = {**bundles.current(tx, "messages").files}
        for name in ("messages.en.yaml", "messages.zh.yaml"):
            known = yaml.safe_load(letters[name])
            del known["problem-solved"], known["case-merged"]
            letters[name] = yaml.safe_dump(known, allow_unicode=True).encode()
        bundles.deploy(SYSTEM, tx, "messages", letters)
    hints = [(one.rule, one.file) for files in (policies, letters) for one in intake_checks.check(files)]
    assert hints == [
        ("policy.shipped", "duplicates.yaml"),
        ("letters.shipped", "messages.en.yaml"),
        ("letters.shipped", "messages.zh.yaml"),
    ]
    with stage.tx() as tx:
        numbers = [
            case.open(SYSTEM, tx, case.Report("email", TEXT, TEXT[:60], email=f"c{count}@old.example")).number
            for count in range(3)
        ]
    with stage.desk.engine.read() as tx:
        reports, _ = problems.reports(SYSTEM, tx, stage.case(numbers[2]).problem)
    assert {one.number for one in reports} == {*numbers}
    with stage.tx() as tx:
        fallen_back = templates.render(tx, "problem-solved", language="zh", zone="UTC", scope=_words(numbers[0]))
    assert "已解决" in fallen_back.subject


@pytest.mark.row("SLA-1/p-levels")
def test_a_house_with_policies_from_before_there_were_clocks_counts_by_the_shipped_ones(stage: Stage) -> None:
    with stage.tx() as tx:
        old = {
            name: content
            for name, content in bundles.current(tx, "policies").files.items()
            if name not in ("sla.yaml", "choice.dmn", "calendars.yaml")
        }
        bundles.deploy(SYSTEM, tx, "policies", old)
        assert [(one.rule, one.file) for one in intake_checks.check(old)] == [("policy.shipped", "sla.yaml")]
        number = case.open(SYSTEM, tx, case.Report("email", TEXT, TEXT[:60], email="anna@aurora.example")).number
        casework.set_priority(SYSTEM, tx, number, priority="P1", reason="r")
        due = clocks.start(SYSTEM, tx, number)
        found = {one.name: one.clock.due for one in clocks.listing(SYSTEM, tx, number)}
        assert due == found["resolution"] == tx.now + timedelta(hours=72)
        assert found["patch"]


def _words(number: str) -> dict[str, object]:
    who = {"name": "Anna"}
    return {
        "case": {"number": number, "title": "Checkout"},
        "customer": who,
        "owner": who,
        "solution": "",
        "case_url": "",
    }
