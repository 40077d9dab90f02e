"""Every element that runs, tried with a small diagram; `docs/bpmn-support.md` says the same (issue 5, evidence)."""

import pytest

from loopdesk.tests.engine.bpmn.support import PAGE, RUNS, page, tried
from loopdesk.tests.engine.bpmn.support_rules import named, refused

CASES = [(title, name) for title, cases in RUNS.items() for name in cases]


@pytest.mark.parametrize(("title", "name"), CASES, ids=[f"{title}: {name}" for title, name in CASES])
def test_it_runs(title: str, name: str) -> None:
    case = RUNS[title][name]
    shown = tried(case)
    assert shown["status"] == "completed", shown["error"]
    assert (case[1], "completed") in [(row["element"], row["event"]) for row in shown["trace"]]


def test_every_rule_of_the_code_has_an_example_on_the_page() -> None:
    assert len(named()) > 80
    assert sorted(named() - {finding.rule for _, finding in refused()}) == []


def test_the_page_says_what_the_tests_found() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m loopdesk.tests.engine.bpmn.support`"
