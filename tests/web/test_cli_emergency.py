"""`loopdesk check` finds figures and words of emergencies that would fail when there is no time for it (EMG-12)."""

from pathlib import Path

import pytest

from loopdesk.tests.web.test_cli_policies import findings


@pytest.mark.row("EMG-11/bad-input")
@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("cadence: PT15M", "cadence: soon", "emergency.duration"),
        ("stable_for: PT30M", "stable_for: 30", "emergency.duration"),
        ("severity: P0, kind: system_fault", "severity: P7, kind: system_fault", "emergency.unusable"),
        ("users: 12000", "users: many", "emergency.unusable"),
        ("commanders: [support, operations]", "commanders: [support, operatoins]", "emergency.unusable"),
    ],
)
def test_a_figure_that_cannot_be_used(tmp_path: Path, right: str, wrong: str, rule: str) -> None:
    assert (rule, "error") in findings(tmp_path, "policies", "emergency.yaml", right, wrong)


@pytest.mark.row("EMG-12/matrix")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [('"security/L3"', '"security/L9"'), ('"legal/supervisor"]', '"lawyers/supervisor"]'), ('"commander"', '"boss"')],
)
def test_a_word_of_the_matrix_that_calls_nobody(tmp_path: Path, right: str, wrong: str) -> None:
    assert ("emergency.unusable", "error") in findings(tmp_path, "emergency", "matrix.dmn", right, wrong)
