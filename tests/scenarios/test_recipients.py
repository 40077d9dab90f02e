"""A recipient whom nobody is, in a table of a house that knows its people, is refused at deployment (SLA-4)."""

import pytest

from loopdesk.engine import bundles
from loopdesk.engine.bundles import NotDeployable
from loopdesk.tests.scenarios.shipped import files_of
from loopdesk.tests.scenarios.stage import ADMIN, Stage

FILE = "recipients.dmn"


def _deploy(stage: Stage, word: str) -> None:
    files = dict(files_of("sla-warning"))
    files[FILE] = files[FILE].replace(b'["owner", "assignee", "backup"', f'["{word}", "assignee", "backup"'.encode())
    with stage.desk.engine.begin() as tx:
        bundles.deploy(ADMIN, tx, "sla-warning", files)


def test_the_sign_in_name_of_somebody_is_taken(stage: Stage) -> None:
    _deploy(stage, "emma")
    with stage.desk.engine.read() as tx:
        assert b'["emma"' in bundles.current(tx, "sla-warning").files[FILE]


def test_a_name_that_nobody_has_is_refused_and_the_version_before_counts(stage: Stage) -> None:
    with pytest.raises(NotDeployable) as refused:
        _deploy(stage, "ema")
    [found] = [one for one in refused.value.findings if one.severity == "error"]
    assert (found.file, found.rule, found.params["receiver"]) == (FILE, "receiver.unknown", "ema")
    with stage.desk.engine.read() as tx:
        assert b'"ema"' not in bundles.current(tx, "sla-warning").files[FILE]
