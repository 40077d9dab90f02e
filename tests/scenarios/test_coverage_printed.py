"""Each shipped folder's scenarios reach all of its diagrams, and `loopdesk test` says so (issue 7, Evidence)."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopdesk.engine.bpmn import read
from loopdesk.tests.scenarios.shipped import BESIDE, PROCESSES, WORKFLOWS, files_of
from loopdesk.web.cli import cli

FOLDERS = sorted({path.parent.name for path in WORKFLOWS.glob("*/*.bpmn")})
_LINE = re.compile(r"  ([\w-]+): elements (\d+)/(\d+), flows (\d+)/(\d+)(?:; not reached: .*)?")


def test_no_shipped_process_is_left_out() -> None:
    """The other tests go by a list; a folder that is not on it would be proven by nobody."""
    drawn = {process: folder for folder in FOLDERS for process in read(files_of(folder)).processes}
    assert drawn == {process: BESIDE.get(process, process) for process in PROCESSES}


@pytest.mark.parametrize("folder", FOLDERS)
def test_elements_and_ways_are_printed_as_reached(folder: str, tmp_path: Path) -> None:
    played = CliRunner().invoke(cli, ["test", str(WORKFLOWS / folder)], env={"LOOPDESK_DATA": str(tmp_path)})
    assert played.exit_code == 0, played.output
    found = {match[1]: match.groups()[1:] for match in map(_LINE.fullmatch, played.output.splitlines()) if match}
    assert set(found) == set(read(files_of(folder)).processes)
    for process, (elements, all_elements, flows, all_flows) in found.items():
        assert (elements, flows) == (all_elements, all_flows), process
        assert int(elements)
