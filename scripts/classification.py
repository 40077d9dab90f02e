"""Trains the shipped models and measures them: ``python -m loopdesk.scripts.classification``.

Writes ``desk/classification/models/`` and ``docs/classification.md``; run it after a change of
``workflows/classification`` or of what a classifier sees of a text. The same examples give the same files.
"""

from pathlib import Path

from loopdesk.desk import policy
from loopdesk.desk.classification.examples import BUNDLE, POLICY, digest, file_of, read
from loopdesk.desk.classification.guess import SHIPPED
from loopdesk.desk.classification.model import packed
from loopdesk.desk.classification.report import measure, page
from loopdesk.desk.classification.text import LANGUAGES
from loopdesk.desk.classification.training import fit
from loopdesk.engine import bundles

ROOT = Path(__file__).parent.parent
WORKFLOWS = ROOT / "workflows"
PAGE = ROOT / "docs" / "classification.md"


def write() -> None:
    """Train, measure and write everything down."""
    files = bundles.read_folder(WORKFLOWS / BUNDLE)
    threshold = float(policy.parse((WORKFLOWS / "policies" / POLICY).read_bytes(), POLICY)["confidence"])
    SHIPPED.mkdir(exist_ok=True)
    found = {}
    for language in LANGUAGES:
        examples = read(files[file_of(language)], file_of(language))
        found[language] = measure(examples, language, digest(files, language), abstain_below=threshold)
        about = {"digest": digest(files, language), "examples": len(examples), "score": found[language]["macro_f1"]}
        (SHIPPED / f"classification.{language}.zst").write_bytes(packed(fit(examples, language, about)))
    PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    write()
