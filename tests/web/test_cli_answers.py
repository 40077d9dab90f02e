"""Commands say what they did, would do, or did not understand."""

import json
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner

import loopdesk as package
from loopdesk.desk import operations
from loopdesk.engine import outbox
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox import Handlers, Row, Wanted
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.engine.drawing import diagram, flows, service
from loopdesk.tests.web.test_cli_processes import loopdesk
from loopdesk.web.cli import cli
from loopdesk.web.telemetry import JsonLines

CALL = '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>' + service("t", "http.post") + flows("s > t > e")
SCRIPT = (
    '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
    '<bpmn:scriptTask id="t" scriptFormat="python"><bpmn:script>n = 1 + 1</bpmn:script></bpmn:scriptTask>'
) + flows("s > t > e")
PLAYED = "name: it ends\nprocess: p\nsteps: []\nexpect: {status: completed}\n"


def folder(tmp_path: Path, inside: str) -> Path:
    made = tmp_path / "p"
    (made / "scenarios").mkdir(parents=True)
    (made / "p.bpmn").write_bytes(diagram(inside, process="p"))
    (made / "scenarios" / "a.yaml").write_text(PLAYED)
    return made


def test_check_knows_http_post_and_names_the_setting_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder(tmp_path, CALL)
    monkeypatch.delenv("LOOPDESK_WEBHOOK_HOSTS", raising=False)
    warned = loopdesk(tmp_path, "check", "--deploy", made)
    assert (warned.exit_code, "LOOPDESK_WEBHOOK_HOSTS" in warned.output) == (0, True), warned.output
    monkeypatch.setenv("LOOPDESK_WEBHOOK_HOSTS", "api.example")
    assert "task.hosts" not in loopdesk(tmp_path, "check", "--deploy", made).output


def test_scenarios_run_python_where_it_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder(tmp_path, SCRIPT)
    monkeypatch.setenv("LOOPDESK_PYTHON_SCRIPTS", "1")
    allowed = loopdesk(tmp_path, "test", made)
    assert allowed.exit_code == 0, allowed.output
    monkeypatch.delenv("LOOPDESK_PYTHON_SCRIPTS")
    assert loopdesk(tmp_path, "test", made).exit_code == 1


def test_retention_says_that_nothing_is_old_enough_in_a_trial_too(tmp_path: Path) -> None:
    loopdesk(tmp_path, "migrate")
    assert loopdesk(tmp_path, "retention", "--dry-run").output == "Nothing is old enough.\n"


@pytest.mark.parametrize(("name", "text"), [("ZONE", "Mars/Base"), ("ZONE", "../x"), ("LANGUAGE", "klingon")])
def test_settings_that_make_no_sense_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv("LOOPDESK_DATA", str(tmp_path))
    monkeypatch.setenv(name, text)
    done = CliRunner().invoke(cli, ["user", "list"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1), done.output
    assert done.output.startswith(f"Error: {name} is {text}, but must be")


def test_the_guide_names_every_operation() -> None:
    guide = (Path(package.__file__).parent / "docs" / "integrator.md").read_text("utf-8")
    for name in operations.build("", None):  # type: ignore[arg-type]
        assert f"| `{name}` |" in guide


def test_a_failed_effect_leaves_one_log_line(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_tx: Tx, _row: Row) -> None:
        raise Refused("It said no.")

    with engine.begin() as tx:
        outbox.put_many(tx, [Wanted("odd", {}, "k", key="L-1", instance="i", element="t")])
    lines: list[dict[str, str]] = []

    def keep(record: logging.LogRecord) -> bool:
        lines.append(json.loads(JsonLines("worker").format(record)))
        return True

    logger = logging.getLogger("loopdesk.engine.outbox")
    logger.addFilter(keep)
    with caplog.at_level(logging.WARNING, "loopdesk.engine.outbox"):
        outbox.drain(engine, Handlers(local={"odd": refuse}, remote={}), worker="w", limit=1)
    logger.removeFilter(keep)
    assert [(one["case"], one["instance"], one["element"]) for one in lines] == [("L-1", "i", "t")]
    [line] = [one.getMessage() for one in caplog.records if one.name.endswith("engine.outbox")]
    assert "incident" in line
    assert "It said no." in line
