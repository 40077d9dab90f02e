"""Issue 3: the commands decide, feel, tck and check."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loopdesk.tests.engine.dmn.models import decision, definitions, input_data, literal, table
from loopdesk.web.cli import cli


@pytest.fixture
def model(tmp_path: Path) -> Path:
    logic = table([("n", "number")], [("out", "string")], [(["< 10"], ['"low"']), ([">= 10"], ['"high"'])])
    path = tmp_path / "model.dmn"
    path.write_bytes(definitions(input_data("n", "number") + decision("level", logic, inputs=["n"])))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["--lang", "en", *map(str, arguments)])


def test_decide_gives_value_and_explanation(model: Path) -> None:
    result = run("decide", model, "--decision", "level", "--data", '{"n": 12}', "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["value"]) == (0, "high")
    assert answer["explanation"]["rules"][0]["index"] == 2
    shown = run("decide", model, "--data", '{"n": 12}')
    assert '"high"' in shown.stdout
    assert "rule 2" in shown.stdout


def test_decide_asks_which_decision(tmp_path: Path) -> None:
    path = tmp_path / "two.dmn"
    path.write_bytes(definitions(decision("a", literal("1")) + decision("b", literal("2"))))
    result = run("decide", path)
    assert result.exit_code == 2
    assert "a, b" in result.stderr
    assert run("decide", path, "--decision", "c").exit_code == 1


def test_feel_evaluates_and_says_why_null() -> None:
    assert json.loads(run("feel", "a + b", "--data", '{"a": 0.1, "b": 0.2}').stdout) == 0.3
    result = run("feel", "missing", "--json")
    assert json.loads(result.stdout) == {
        "value": None,
        "causes": [{"position": 0, "message": "There is no variable missing."}],
    }
    assert "missing" in run("feel", "missing").stderr
    wrong = run("feel", "1 +")
    assert wrong.exit_code == 1
    assert "1:4" in wrong.stderr
    assert run("feel", "1", "--data", "[1]").exit_code == 2
    assert run("feel", "1", "--data", "{").exit_code == 2
    assert run("feel", "now()", "--now", "2026-03-02T09:00:00").exit_code == 2
    assert json.loads(run("feel", "now()", "--now", "2026-03-02T09:00:00Z").stdout) == "2026-03-02T09:00:00Z"


def test_check_lists_findings_and_tells_by_its_code(model: Path, tmp_path: Path) -> None:
    assert run("check", model, "--json").exit_code == 0
    bad = tmp_path / "bad.dmn"
    bad.write_bytes(definitions(decision("d", literal("1 +"))))
    result = run("check", bad, "--json")
    [row] = json.loads(result.stdout)
    assert result.exit_code == 1
    assert row.keys() == {"file", "element", "name", "rule", "severity", "message", "remedy"}
    assert (row["rule"], row["severity"], row["name"]) == ("dmn.expression", "error", "d")
    assert "dmn.expression" in run("check", bad).stdout
    assert run("check", tmp_path / "gone.dmn").exit_code == 2
    odd = tmp_path / "odd.xyz"
    odd.write_text("")
    assert run("check", odd).exit_code == 2


def test_tck_prints_figures(tmp_path: Path) -> None:
    (tmp_path / "m.dmn").write_bytes(definitions(decision("d", literal("1"))))
    (tmp_path / "m-test-01.xml").write_text(
        '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><modelName>m.dmn</modelName><testCase id="1">'
        '<resultNode name="d"><expected><value xsi:type="xsd:decimal">1</value></expected></resultNode>'
        "</testCase></testCases>",
        encoding="utf-8",
    )
    figures = json.loads(run("tck", tmp_path, "--json").stdout)
    assert (figures["passed"], figures["total"], figures["failures"]) == (1, 1, [])
    assert figures["by_directory"] == {".": {"passed": 1, "total": 1}}
    document = tmp_path / "support.md"
    document.write_text("# Title\n\n<!-- tck -->\nold\n<!-- /tck -->\nend\n", encoding="utf-8")
    assert run("tck", tmp_path, "--write", document).exit_code == 0
    assert "| . | 1 | 1 |" in document.read_text(encoding="utf-8")
    assert "old" not in document.read_text(encoding="utf-8")
