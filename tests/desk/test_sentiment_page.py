"""docs/sentiment.md tells of the shipped examples, model and policy (COM-6)."""

from pathlib import Path

import pytest

from loopdesk.desk import policy
from loopdesk.desk.classification.examples import digest
from loopdesk.desk.classification.model import unpacked
from loopdesk.desk.classification.trained import shipped
from loopdesk.desk.sentiment import moods
from loopdesk.engine import bundles

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_models_and_page_were_made_of_the_shipped_examples_and_margin(language: str) -> None:
    """Else: ``python -m loopdesk.scripts.classification``."""
    page = (ROOT / "docs" / "sentiment.md").read_text("utf-8")
    about = unpacked(shipped(moods.SHIPPED, moods.BUNDLE, language)).about
    assert about["digest"] == digest(bundles.read_folder(ROOT / "workflows" / moods.BUNDLE), language)
    assert f"`{about['digest'][:16]}`" in page
    rules = policy.shipped(moods.POLICY)
    assert page.count(f"shipped is {rules['margin']:g}, and 0 shows") == 2
    assert page.count(f"shipped is {rules['threshold']:g}.") == 2
    # What the model says alone is the line of no margin; it is what trainings are compared by.
    assert f"| 0.0 | {about['score']:g} |" in page
