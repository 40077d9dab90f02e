"""How good the guesses are, in figures and in words: what docs/classification.md holds (INT-4)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.desk.classification.examples import Example
from loopdesk.desk.classification.training import Answer, held_out, macro_f1

STEPS = tuple(step / 10 for step in range(10))
"""Confidences of the abstention curve."""


def measure(examples: Sequence[Example], language: str, digest: str, *, abstain_below: float) -> dict[str, Any]:
    """Cross-validate on ``examples`` and count; ``digest`` names the owner's set of them."""
    answers = held_out(examples, examples, language)
    themes = len({example.theme for example in examples})
    return {**figures(answers, themes=themes, abstain_below=abstain_below), "digest": digest}


def figures(answers: Sequence[Answer], *, themes: int, abstain_below: float) -> dict[str, Any]:
    """Everything that can be counted of held-out answers, as JSON."""
    labels = sorted({one.label for one in answers})
    biggest = Counter(one.label for one in answers).most_common(1)[0][0]
    majority = [Answer(one.label, biggest, 1.0) for one in answers]
    return {
        "texts": len(answers),
        "themes": themes,
        "macro_f1": round(macro_f1(answers), 3),
        "accuracy": _share(one.guess == one.label for one in answers),
        "baseline_macro_f1": round(macro_f1(majority), 3),
        "baseline_accuracy": _share(one.guess == one.label for one in majority),
        "abstain_below": abstain_below,
        "classes": {label: _of_class(answers, label) for label in labels},
        "confusion": {label: _taken_for(answers, label, labels) for label in labels},
        "curve": [_at(answers, step) for step in sorted({*STEPS, abstain_below})],
    }


def _share(hits: Any) -> float:
    found = list(hits)
    return round(sum(found) / len(found), 3) if found else 0.0


def _of_class(answers: Sequence[Answer], label: str) -> dict[str, float]:
    said = [one.label == label for one in answers if one.guess == label]
    there = [one.guess == label for one in answers if one.label == label]
    return {"texts": len(there), "precision": _share(said), "recall": _share(there)}


def _taken_for(answers: Sequence[Answer], label: str, labels: Sequence[str]) -> dict[str, int]:
    guessed = Counter(one.guess for one in answers if one.label == label)
    return {other: guessed[other] for other in labels}


def _at(answers: Sequence[Answer], confidence: float) -> dict[str, float]:
    sure = [one for one in answers if one.guess and one.confidence >= confidence]
    return {
        "confidence": confidence,
        "answered": round(len(sure) / len(answers), 3),
        "accuracy": _share(one.guess == one.label for one in sure),
    }


NAMES = {"en": "English", "zh": "Chinese"}
HEAD = """# Classification: how good the guesses are

What the desk takes a new report for (INT-4), measured on texts whose theme the model has not seen: five-fold
cross-validation, paraphrases of one theme kept in one fold. `loopdesk classify --evaluate` measures the examples of
your own house with the choices your people made; `loopdesk classify "TEXT"` shows the guess about one text.
"""
LIMITS = """## Limits

- The shipped examples were written for this product, in pairs that say the same thing. Real customers write about
  things that stand nowhere in them, so expect **less** than these figures at first; the choices of your people at
  triage correct that with time.
- The classes are almost equally large here. In a house where most reports are of one kind, the shares will be others.
- A report is counted as one class. Who writes about an invoice and an outage in one mail gets one of the two.
- “Fault” is the hardest class: everything that does not work looks like one, and hardware, network and third-party
  problems are faults, too. Look at its row of the confusion table before you trust it.
- Only the first 1,000 characters of title and description are read. Digits are all alike: an error code tells that
  there is one, not which.
- English and Chinese only, told by the script. A text in another language is read as English and is mostly unsure.
- The confidence is that of the model, not a promise. The curve says what it was worth here.
- Words about security go to the security department by rule before any guess is asked: there a wrong guess costs most.
- A guess decides nothing that a person does not see: each case is checked at triage, and where the guess was unsure
  the agent has to choose the type.

## How it learns

What an agent chooses at triage is kept as a label of that case's text. After so many corrections (policy
`classification.yaml`), or once an owner has deployed other examples, a worker trains anew. Before and after are asked
the same held-out texts; a model with a lower macro-F1 than the one in use is not taken. Each training stands in the
table `classification_model` with both figures and among the events (`classification.trained` or `.rejected`).
A case that is erased is not learnt from again. A model keeps no texts, only words and pieces of words that at least two
texts share; what an erased case added to such a count goes with the next training.
"""


def page(found: Mapping[str, dict[str, Any]]) -> str:
    """The whole page of several languages in Markdown."""
    sections = [f"{markdown(language, figures)}\n\n{_curve(figures)}" for language, figures in found.items()]
    return "\n".join([HEAD, *(f"{section}\n" for section in sections), LIMITS])


def markdown(language: str, found: dict[str, Any]) -> str:
    """One language's section of a page: score, classes, confusion."""
    labels = list(found["classes"])
    score = (
        f"{found['texts']} texts on {found['themes']} themes. Macro-F1 **{found['macro_f1']:.3f}**, accuracy"
        f" {found['accuracy']:.3f}; whoever always names the largest class (the majority baseline) has"
        f" {found['baseline_macro_f1']:.3f} and {found['baseline_accuracy']:.3f}."
    )
    lines = [
        f"## {NAMES.get(language, language)}",
        "",
        f"Examples `{found['digest'][:16]}`.",
        "",
        score,
        "",
        *table(["class", "texts", "precision", "recall"], [[name, *row.values()] for name, row in _rows(found)]),
        "",
        "Rows are what a text is, columns what it was taken for:",
        "",
        *table(["", *labels], [[name, *found["confusion"][name].values()] for name in labels]),
    ]
    return "\n".join(lines)


def _curve(found: dict[str, Any]) -> str:
    lines = [
        f"What is less sure than the first column goes to a person; shipped is {found['abstain_below']:g}.",
        "",
        *table(["confidence at least", "answered", "right of these"], [list(row.values()) for row in found["curve"]]),
    ]
    return "\n".join(lines)


def _rows(found: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    return list(found["classes"].items())


def table(head: list[str], rows: list[list[Any]]) -> list[str]:
    """The lines of a table in Markdown; the first column is words, the others are figures."""
    ruler = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(map(str, row)) + " |" for row in (head, ruler, *rows)]
