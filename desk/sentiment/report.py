"""How good the moods are, in figures and in words: what docs/sentiment.md holds (COM-6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from loopdesk.desk.classification import report
from loopdesk.desk.classification.examples import Example
from loopdesk.desk.classification.model import Guess
from loopdesk.desk.classification.training import Answer, held_out, macro_f1
from loopdesk.desk.sentiment.moods import label_of, score_of
from loopdesk.desk.sentiment.tables import NEGATIVE, NEUTRAL

STEPS = (-0.9, -0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2, -0.1)
"""Thresholds that the page compares."""
MARGINS = (0.0, 0.02, 0.05, 0.1, 0.2)
"""Margins that the page compares."""
HEAD = """# Sentiment: how good the scores are

The mood of what customers write (COM-6), measured on messages whose theme the model has not seen: five-fold
cross-validation, all messages of one theme kept in one fold. Each theme has a message of each mood, so that what a
message is about says nothing about its mood. `loopdesk sentiment --evaluate` measures the examples of your own house
with the corrections of your people and writes this page; `loopdesk sentiment "TEXT"` scores one text.

A score lies between -1 and 1: the probability of *positive* less that of *negative*.
Shown as *negative* or *positive* is what is that far from 0 as the policy says (`margin`), all else as *neutral*:
a few words without feeling ("App hangs") are neither praise nor blame. The figures are those of what is shown.
"""
LIMITS = """## Limits

- The shipped examples were written for this product by one hand. Real customers write about things that stand nowhere
  in them and mix moods in one mail: expect **less** than these figures at first. What staff correct at a message is
  learnt from.
- Moods are equally frequent here. In a house where most messages are neutral, a larger share of those below the
  threshold is a false alarm than the table says; look at it before you move the threshold.
- The commonest mistake is irony and praise in the words of complaint ("a failure-free week"), in both directions:
  the confusion table says how often. A service recovery therefore begins with a person who looks, not with a call.
- Negation is learnt from pairs and pieces of words (`not satisfied`, 不满意), not understood. Set phrases between *not*
  and its word are taken out before a text is learnt or scored ("not at all satisfied", "anything but happy",
  一点也不满意, 并不怎么满意); where other words stand between them, the score may stay above the threshold. The themes
  `plain-…` of the shipped examples set sentences against each other that differ in a word or two: the false alarms
  among them stand in the table, too.
- Polite disappointment is found less often than open anger. Several negative messages in a row start a recovery, too.
- Words that sound bad (`fatal`, `kill`, 死信) are in the examples in all moods; others that stand nowhere in them may
  still pull a score down.
- A text of two or three words is judged by pieces that stood beside others in the examples: "App hangs" scores a little
  above 0, which the margin makes *neutral*, but 很贵 ("expensive") well above it: its pieces stand in praise, too.
- Only the first 1,000 characters are read, without quoted mails. English and Chinese only, told by the script; a text
  in another language is read as English, and without a known piece of a word it gets no score at all.
- Not scored are machines' mails, alerts, and reports that our own people typed: those words are not the customer's.
- A score judges a message, never a person, and it is shown to staff only. It decides nothing by itself but that a
  supervisor looks.

## How it learns

Whoever corrects a mood at a message labels its text. After so many corrections in a language (policy
`sentiment.yaml`), or once an owner has deployed other examples, a worker trains anew. A model with a lower macro-F1
than the one in use, both asked the same held-out texts, is not taken. What was erased is not learnt from again.
"""


def measure(
    examples: Sequence[Example], language: str, digest: str, *, threshold: float, margin: float
) -> dict[str, Any]:
    """Cross-validate on ``examples`` and count.

    ``threshold`` is the score from which on a recovery begins, ``margin`` how far from 0 a mood is shown as one;
    ``score`` of the answer is the macro-F1 of the model alone, as trainings are compared by.
    """
    answers = held_out(examples, examples, language)
    found = report.figures(_shown(answers, margin), themes=len({one.theme for one in examples}), abstain_below=0.0)
    steps = sorted({*STEPS, threshold})
    clear = [_clear(answers, one) for one in sorted({*MARGINS, margin})]
    found |= {"digest": digest, "threshold": threshold, "low": [_at(answers, step) for step in steps]}
    return found | {"margin": margin, "clear": clear, "score": round(macro_f1(answers), 3)}


def page(found: Mapping[str, dict[str, Any]]) -> str:
    """The whole page of several languages in Markdown."""
    sections = [
        f"{report.markdown(language, figures)}\n\n{_margins(figures)}\n\n{_low(figures)}"
        for language, figures in found.items()
    ]
    return "\n".join([HEAD, *(f"{section}\n" for section in sections), LIMITS])


def _shown(answers: Sequence[Answer], margin: float) -> list[Answer]:
    """The answers as people see them; how sure the model was stays."""
    return [one._replace(guess=label_of(Guess(one.guess, one.confidence, one.ranked), margin)) for one in answers]


def _clear(answers: Sequence[Answer], margin: float) -> dict[str, float]:
    shown = _shown(answers, margin)
    moody = [one.label == one.guess for one in shown if one.guess not in ("", NEUTRAL)]
    right = round(sum(moody) / len(moody), 3) if moody else 0.0
    return {"margin": margin, "macro_f1": round(macro_f1(shown), 3), "messages": len(moody), "right": right}


def _margins(found: dict[str, Any]) -> str:
    head = ["margin", "macro-F1", "shown as negative or positive", "right of these"]
    said = f"From which distance on a mood is shown is policy; shipped is {found['margin']:g}"
    return _compared(f"{said}, and 0 shows the likeliest.", head, found["clear"])


def _at(answers: Sequence[Answer], threshold: float) -> dict[str, float]:
    low = [one.label == NEGATIVE for one in answers if score_of(Guess("", 0.0, one.ranked)) <= threshold]
    whole = sum(one.label == NEGATIVE for one in answers)
    right = round(sum(low) / len(low), 3) if low else 0.0
    return {"score": threshold, "messages": len(low), "right": right, "found": round(sum(low) / whole, 3)}


def _low(found: dict[str, Any]) -> str:
    head = ["score at or below", "messages", "negative of these", "found of all negative"]
    said = f"From which score on a recovery begins is policy; shipped is {found['threshold']:g}."
    return _compared(said, head, found["low"])


def _compared(said: str, head: list[str], rows: Sequence[Mapping[str, float]]) -> str:
    return "\n".join([said, "", *report.table(head, [list(row.values()) for row in rows])])
