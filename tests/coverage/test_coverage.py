"""Each row of a finished issue has tests that drive it; the page about them is true (issue 6)."""

import re

import pytest
import yaml

from loopdesk.tests.coverage import page
from loopdesk.tests.coverage.marks import LEVELS, ROOT, Marks, collect_apart
from loopdesk.tests.coverage.rows import FILE, known, rows

REQUIREMENTS = ROOT.parent / "shared" / "requirements.md"


@pytest.fixture(scope="module")
def found() -> Marks:
    return collect_apart()


def test_marks_name_rows_and_clauses_that_there_are(found: Marks) -> None:
    unknown = {id_: tests for id_, tests in found.items() if id_ not in known()}
    assert unknown == {}, f"see {FILE.name}"


def test_each_row_of_a_finished_issue_has_a_test_for_each_clause(found: Marks) -> None:
    assert [id_ for id_ in page.missing(found) if id_ not in page.listed()] == []


def test_the_page_says_what_the_marks_say(found: Marks) -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(found), "run `python -m loopdesk.tests.coverage`"


def test_marks_stand_only_where_the_product_is_driven_from_outside() -> None:
    files = (path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("*.py"))
    elsewhere = [path for path in files if path.parts[0] not in (*LEVELS, "coverage")]
    marked = [str(path) for path in elsewhere if re.search(r"mark\.row\b", (ROOT / "tests" / path).read_text("utf-8"))]
    assert marked == []


def test_scenarios_name_rows_that_there_are() -> None:
    """Also those of folders whose scenarios no test plays."""
    named = {
        (file.parent.parent.name, row)
        for file in (ROOT / "workflows").glob("*/scenarios/*.yaml")
        for scenario in yaml.safe_load(file.read_text(encoding="utf-8"))
        for row in scenario.get("rows", [])
    }
    assert [(folder, row) for folder, row in named if row not in known()] == []


@pytest.mark.skipif(not REQUIREMENTS.exists(), reason="the requirements are not beside this copy of the repository")
def test_the_rows_are_those_of_the_requirements_in_their_order() -> None:
    ids = re.findall(r"^\| ([A-Z]{3}-\d+) \|", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    assert [row.id for row in rows()] == ids
