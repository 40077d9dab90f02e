"""A message template asks only for what its senders give (COM-3): found when it is saved."""

import pytest

from loopdesk.desk.contacting import template_checks
from loopdesk.engine import bundles
from loopdesk.engine.host import Files
from loopdesk.tests.scenarios.shipped import WORKFLOWS, files_of


def shipped() -> dict[str, Files]:
    return {path.name: bundles.read_folder(path) for path in WORKFLOWS.iterdir() if path.is_dir()}


def changed(file: str, right: str, wrong: str) -> dict[str, bytes]:
    files = dict(files_of("messages"))
    text = files[file].decode()
    assert right in text
    return files | {file: text.replace(right, wrong, 1).encode()}


def test_every_shipped_template_asks_for_what_its_senders_give() -> None:
    assert template_checks.check_folder("messages", files_of("messages"), shipped) == []


@pytest.mark.parametrize("folder", sorted(path.name for path in WORKFLOWS.iterdir() if any(path.glob("*.bpmn"))))
def test_every_shipped_diagram_gives_its_templates_what_they_ask_for(folder: str) -> None:
    assert template_checks.check_folder(folder, files_of(folder), shipped) == []


@pytest.mark.parametrize("file", ["messages.en.yaml", "messages.zh.yaml"])
@pytest.mark.parametrize(
    ("right", "wrong", "rule", "says"),
    [
        ("{{ question }}", "{{ questoin }}", "template.variable", "questoin"),
        ("{{ question }}", "{{ case.tittle }}", "template.variable", "case.tittle"),
        ("{{ question }}", "{{ case['tittle'] }}", "template.variable", "case.tittle"),
        ("{{ question }}", "{{ question", "template.syntax", ""),
        ("{{ question }}", "{{ question | shout }}", "template.syntax", ""),
    ],
)
def test_what_nobody_gives_is_named_with_its_line(file: str, right: str, wrong: str, rule: str, says: str) -> None:
    files = changed(file, right, wrong)
    [found] = template_checks.check_folder("messages", files, shipped)
    assert (found.file, found.element, found.rule, found.severity) == (file, "question", rule, "error")
    if says:
        line = next(at for at, text in enumerate(files[file].decode().splitlines(), 1) if wrong in text)
        assert (found.params["variable"], found.params["line"]) == (says, line)
        assert found.remedy


def test_what_a_text_itself_asks_about_may_be_missing() -> None:
    files = changed("messages.en.yaml", "{{ question }}", "{% if hint is defined %}{{ hint }}{% endif %}{{ question }}")
    assert template_checks.check_folder("messages", files, shipped) == []


def test_a_task_that_sends_a_template_there_is_not_is_refused() -> None:
    files = dict(files_of("customer-notice"))
    diagram = files["customer-notice.bpmn"].decode()
    files["customer-notice.bpmn"] = diagram.replace('"=notice.template"', "'=\"no-such-letter\"'").encode()
    [found] = template_checks.check_folder("customer-notice", files, shipped)
    assert (found.rule, found.severity, found.params["template"]) == ("template.missing", "error", "no-such-letter")


def test_a_task_that_forgets_an_input_is_refused() -> None:
    files = dict(files_of("strong-reminder"))
    diagram = files["strong-reminder.bpmn"].decode()
    head, _, tail = diagram.partition('id="write"')
    files["strong-reminder.bpmn"] = (head + 'id="write"' + tail.replace('target="text"', 'target="words"', 1)).encode()
    [found] = template_checks.check_folder("strong-reminder", files, shipped)
    assert (found.rule, found.severity, found.params["variable"]) == ("template.variable", "error", "text")
