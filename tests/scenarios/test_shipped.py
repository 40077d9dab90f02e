"""The shipped processes do what their scenarios say, and every element and way of each diagram is driven (issue 2)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from loopdesk.desk import calendars
from loopdesk.engine import scenarios
from loopdesk.engine.bpmn import read
from loopdesk.engine.host import Host
from loopdesk.engine.scenarios import Result
from loopdesk.forms import form, validation
from loopdesk.tests.scenarios.shipped import BESIDE, PROCESSES, files_of

CALENDARS = calendars.read(files_of("policies")[calendars.FILE])
HOST = Host(
    validate=lambda file, data, scope: validation.validate(form.read(file), data, scope=scope),
    calendar=lambda _tx, name: CALENDARS.get(name),
)


def _shipped() -> Iterator[Any]:
    for process in sorted({*PROCESSES} - {*BESIDE}):
        for file, content in files_of(process).items():
            if file.startswith("scenarios/"):
                for number, scenario in enumerate(scenarios.load(content, file)):
                    rows = pytest.mark.row(*scenario.get("rows", []))
                    yield pytest.param(process, file, number, id=f"{process}: {scenario['name']}", marks=rows)


@cache
def _played(process: str, file: str, number: int) -> Result:
    files = files_of(process)
    return scenarios.run(scenarios.load(files[file], file)[number], files, HOST)


@pytest.mark.parametrize(("process", "file", "number"), list(_shipped()))
def test_scenario(process: str, file: str, number: int) -> None:
    assert _played(process, file, number).failures == []


@pytest.mark.parametrize("process", PROCESSES)
def test_every_element_and_way_is_driven(process: str) -> None:
    diagram = read(files_of(process)).processes[process]
    drawn = {f"{process}/{id_}" for id_ in (*diagram.elements, *diagram.flows)}
    passed: set[str] = set()
    for param in _shipped():
        if param.values[0] == BESIDE.get(process, process):
            passed |= _played(*param.values).passed
    assert drawn - passed == set()
