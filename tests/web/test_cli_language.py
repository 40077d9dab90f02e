"""Which language commands speak, usage errors and what a path is told included (issue 5, Command line)."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loopdesk.engine.errors import Translate
from loopdesk.tests.engine.drawing import diagram, flows
from loopdesk.web.cli import cli, translation
from loopdesk.web.cli._language import of_terminal

NAMES = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")


@pytest.fixture(autouse=True)
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chinese puts every text in marks, so that what is not translated shows."""

    def translator(language: str) -> Translate:
        return (lambda text: f"«{text}»") if language.startswith("zh") else str

    monkeypatch.setattr("loopdesk.web.cli.translator", translator)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def loopdesk(*arguments: object, lang: str = "zh_CN.UTF-8") -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env={"LANG": lang})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "p.bpmn"
    path.write_bytes(diagram('<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + flows("s > e")))
    return path


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LC_ALL": "zh_CN.UTF-8", "LC_MESSAGES": "C", "LANG": "C"}, "zh_CN.UTF-8"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh_CN.UTF-8"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh_CN.UTF-8"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8", "LANGUAGE": "zh"}, "C"),
        ({"LANGUAGE": "zh"}, ""),
    ],
)
def test_lc_all_wins_over_lc_messages_over_lang_and_language_is_the_desks(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], language: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert of_terminal() == language
    assert translation()("x") == ("«x»" if language.startswith("zh") else "x")


def test_usage_errors_of_click_speak_the_readers_language(tmp_path: Path, file: Path) -> None:
    told = loopdesk("try", tmp_path / "nosuch").output
    assert "does not exist.»" in told
    assert "«Invalid value for" in told
    assert "«Error: " in told
    assert "«No such command 'tri'.»" in loopdesk("tri").output
    assert "«No such option '--datum'.»" in loopdesk("try", file, "--datum", "{}").output
    assert "«Missing argument" in loopdesk("try").output


def test_the_option_lang_counts_for_usage_errors_too(tmp_path: Path) -> None:
    told = loopdesk("--lang", "zh", "try", tmp_path / "nosuch", lang="C").output
    assert "does not exist.»" in told
    assert "«Error: " in told
    assert "«Invalid" not in loopdesk("--lang", "en", "try", tmp_path / "nosuch").output


@pytest.mark.parametrize("data", ["{", "[1]", '{"a": NaN}'])
def test_data_that_is_no_json_object_is_said_in_the_readers_language(file: Path, data: str) -> None:
    result = loopdesk("try", file, "--data", data)
    assert result.exit_code == 2
    assert "«this is not " in result.output
    assert "Expecting" not in result.output


def test_a_scenario_that_is_no_yaml_names_line_and_character(tmp_path: Path, file: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "a.yaml").write_text("name: x\nprocess: [\n", "utf-8")
    result = loopdesk("test", tmp_path)
    assert result.exit_code == 1
    assert "«a.yaml is not YAML: it goes wrong at line 3, character 1.»" in result.output.replace("%(file)s", "a.yaml")
    assert "while parsing" not in result.output
    assert str(file.parent) not in result.output


def test_check_ends_with_2_for_what_cannot_be_read_and_with_1_for_what_is_wrong(tmp_path: Path, file: Path) -> None:
    (tmp_path / "empty").mkdir()
    wrong = tmp_path / "wrong.bpmn"
    wrong.write_text("no diagram", "utf-8")
    codes = {path: loopdesk("check", path, lang="C").exit_code for path in (file, wrong, tmp_path / "empty")}
    assert list(codes.values()) == [0, 1, 2]
    assert loopdesk("check", tmp_path / "nosuch").exit_code == 2
    assert "no process folder" in loopdesk("check", tmp_path / "empty", lang="C").output


def test_a_file_that_nobody_may_read_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    def closed(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", closed)
    result = loopdesk("check", file, lang="C")
    assert (result.exit_code, result.output) == (2, f"{file}: you may not read this\n")


def test_try_ends_as_check_does(tmp_path: Path, file: Path) -> None:
    wrong = tmp_path / "wrong.bpmn"
    wrong.write_text("no diagram", "utf-8")
    codes = [loopdesk("try", path, lang="C").exit_code for path in (file, wrong, tmp_path, tmp_path / "nosuch")]
    assert codes == [0, 1, 2, 2]
