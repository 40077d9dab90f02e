"""The 21 interchange reference models of the BPMN MIWG: read without loss, and run or refused by name (issue 5)."""

import re
from pathlib import Path

import pytest

from loopdesk.engine import bpmn, trial
from loopdesk.engine.bpmn import Process
from loopdesk.engine.findings import errors_of
from loopdesk.tests.engine.bpmn.test_xml import REFERENCE

MODELS = sorted(REFERENCE.glob("*.bpmn"))
NODES = (
    "startEvent|endEvent|boundaryEvent|intermediateCatchEvent|intermediateThrowEvent|task|userTask|manualTask|sendTask"
    "|serviceTask|receiveTask|scriptTask|businessRuleTask|subProcess|transaction|adHocSubProcess|callActivity"
    "|exclusiveGateway|parallelGateway|inclusiveGateway|eventBasedGateway|complexGateway"
)
AT_LEAST = 16
models = pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)


def count(data: bytes, tags: str) -> int:
    """Elements in the file's own text, by another way than the reader's."""
    return len(re.findall(rf"<(?:\w+:)?(?:{tags})[\s>/]".encode(), data))


def processes(path: Path) -> list[Process]:
    return list(bpmn.read({path.name: path.read_bytes()}).processes.values())


@models
def test_no_flow_node_no_flow_and_no_event_definition_is_lost(path: Path) -> None:
    data, read = path.read_bytes(), processes(path)
    added = sum(item.id.endswith("-task") for process in read for item in process.elements.values())
    assert sum(len(process.elements) for process in read) - added == count(data, NODES)
    assert sum(len(process.flows) for process in read) == count(data, "sequenceFlow")
    events = [item for process in read for item in process.elements.values() if item.kind.endswith("Event")]
    found = [trigger for item in events for trigger in item.trigger.each if trigger.kind != "none"]
    assert len(found) == count(data, r"\w+EventDefinition")


@models
def test_it_ends_in_a_status_and_never_in_a_traceback(path: Path) -> None:
    files = {path.name: path.read_bytes()}
    outcome = trial.run(files, path.name, trial.Order())
    shown = outcome.as_json()
    assert shown["status"] in ("completed", "waiting", "failed", "refused")
    assert (shown["error"] is None) == (shown["status"] in ("completed", "waiting"))
    if shown["error"]:
        assert shown["error"]["message"]
        assert shown["error"]["element"]
    refused = errors_of(bpmn.read(files).findings)
    assert (shown["status"] == "refused") == bool(refused)


@pytest.mark.skipif(not MODELS, reason="the reference models are not here")
def test_most_models_check_without_an_error() -> None:
    without = [path for path in MODELS if not errors_of(bpmn.read({path.name: path.read_bytes()}).findings)]
    assert len(MODELS) == 21
    assert len(without) >= AT_LEAST


@models
def test_the_file_itself_is_never_touched(path: Path) -> None:
    data = path.read_bytes()
    files = {path.name: data}
    bpmn.read(files)
    assert files == {path.name: path.read_bytes()}
