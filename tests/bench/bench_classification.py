"""Bar of issue 6: a case opens within 80 ms with its classification, so a guess may take 5 ms of them."""

from typing import Any

from loopdesk.desk.classification import trained
from loopdesk.desk.classification.examples import BUNDLE, file_of, read
from loopdesk.desk.classification.guess import SHIPPED
from loopdesk.desk.classification.model import unpacked
from loopdesk.desk.classification.text import LIMIT
from loopdesk.tests.bench.bench_feel import best
from loopdesk.tests.bench.report import ROOT, row

WORKFLOWS = ROOT / "workflows"
SHORT = {
    "en": "We were charged twice for the March subscription, please return one payment.",
    "zh": "同一个月扣了我们两次钱，请尽快退回多收的月费。",
}


def rows() -> list[dict[str, Any]]:
    """A guess about a usual report and about one as long as is read, and the time to read a model from its bytes."""
    found = []
    for language, short in SHORT.items():
        content = trained.shipped(SHIPPED, BUNDLE, language)
        model = unpacked(content)
        examples = read((WORKFLOWS / BUNDLE / file_of(language)).read_bytes(), file_of(language))
        long = "\n".join(example.text for example in examples[::7])[:LIMIT]
        found += [
            row(f"classification: a guess about a short report ({language})", _ms(model.guess, short, 200), "ms", 5),
            row(f"classification: about one of {LIMIT:,} characters ({language})", _ms(model.guess, long, 20), "ms", 5),
            row(
                f"classification: a model read from the database's bytes ({language})", _ms(unpacked, content, 5), "ms"
            ),
        ]
    return found


def _ms(work: Any, given: Any, times: int) -> float:
    return best(lambda: work(given), times) / 1e3
