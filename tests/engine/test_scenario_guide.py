"""`docs/scenarios.md` is true: its example runs, and it names every key there is (issue 5, documentation)."""

import inspect
import re
from pathlib import Path

import loopdesk
from loopdesk.engine import expectations, scenarios
from loopdesk.engine.host import Host
from loopdesk.forms import form, validation
from loopdesk.tests.scenarios.shipped import files_of

PAGE = (Path(loopdesk.__file__).parent / "docs" / "scenarios.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
HOST = Host(validate=lambda file, data, scope: validation.validate(form.read(file), data, scope=scope))


def test_the_example_of_the_page_runs() -> None:
    (scenario,) = scenarios.load(EXAMPLE.encode(), "scenarios.md")
    assert scenarios.run(scenario, files_of("handoff"), HOST).failures == []


def test_the_example_fails_when_something_else_is_expected() -> None:
    wrong = EXAMPLE.replace("accepted: false", "accepted: true")
    (scenario,) = scenarios.load(wrong.encode(), "scenarios.md")
    assert scenarios.run(scenario, files_of("handoff"), HOST).failures


def test_every_key_stands_on_the_page() -> None:
    expected = set(re.findall(r'^        "(\w+)": lambda', inspect.getsource(expectations.compare), re.MULTILINE))
    given = set(re.findall(r'given\.get\("(\w+)"\)', inspect.getsource(scenarios)))
    steps = set(re.findall(r'step\.get\("(\w+)"\)', inspect.getsource(scenarios)))
    assert len(expected) == 9
    assert {"case", "operations", "case_after", "data", "key", "start"} <= given
    assert {"as", "refused", "payload", "data", "key"} <= steps
    for name in scenarios.KEYS | scenarios.STEPS | expected | given | steps:
        assert re.search(rf"`{name}\b", PAGE), name
