"""Trains the shipped models and measures them: ``python -m loopdesk.scripts.classification``.

Writes ``desk/classification/models/``, ``desk/sentiment/models/`` and the pages ``docs/classification.md`` and
``docs/sentiment.md``; run it after a change of ``workflows/classification``, ``workflows/sentiment`` or of what a
classifier sees of a text. The same examples give the same files.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.classification import guess, learning, report
from loopdesk.desk.classification.examples import Example, digest, file_of, read
from loopdesk.desk.classification.lessons import Subject
from loopdesk.desk.classification.model import packed
from loopdesk.desk.classification.text import LANGUAGES
from loopdesk.desk.classification.training import fit
from loopdesk.desk.sentiment import moods
from loopdesk.desk.sentiment import report as sentiment_report
from loopdesk.desk.sentiment.learning import MOODS
from loopdesk.engine import bundles

ROOT = Path(__file__).parent.parent
WORKFLOWS = ROOT / "workflows"
Measure = Callable[[Sequence[Example], str, str], dict[str, Any]]


def write() -> None:
    """Train, measure and write everything down."""
    confidence = float(policy.shipped("classification")["confidence"])
    sentiment = policy.shipped("sentiment")
    threshold, margin = float(sentiment["threshold"]), float(sentiment["margin"])

    def types(examples: Sequence[Example], language: str, of: str) -> dict[str, Any]:
        return report.measure(examples, language, of, abstain_below=confidence)

    def feelings(examples: Sequence[Example], language: str, of: str) -> dict[str, Any]:
        return sentiment_report.measure(examples, language, of, threshold=threshold, margin=margin)

    _write(learning.TYPES, guess.SHIPPED, types, report.page)
    _write(MOODS, moods.SHIPPED, feelings, sentiment_report.page)


def _write(
    subject: Subject, folder: Path, measure: Measure, page: Callable[[Mapping[str, dict[str, Any]]], str]
) -> None:
    bundle = subject.bundle
    files = bundles.read_folder(WORKFLOWS / bundle)
    folder.mkdir(exist_ok=True)
    found = {}
    for language in LANGUAGES:
        examples = subject.learns(read(files[file_of(language)], file_of(language)))
        of = digest(files, language)
        found[language] = measure(examples, language, of)
        about = {
            "digest": of,
            "examples": len(examples),
            "score": found[language].get("score", found[language]["macro_f1"]),
        }
        (folder / f"{bundle}.{language}.zst").write_bytes(packed(fit(examples, language, about)))
    (ROOT / "docs" / f"{bundle}.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    write()
