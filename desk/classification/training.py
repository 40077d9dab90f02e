"""Training a classifier and asking how good it is (INT-4). scikit-learn is loaded when somebody trains, not before."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from loopdesk.desk.classification.examples import Example
from loopdesk.desk.classification.model import Model
from loopdesk.desk.classification.text import grams

FOLDS = 5
_STRICTNESS = 10.0
_SEEN = 2
"""Pieces of words that only one text has are left out: they say nothing about others."""


class Answer(NamedTuple):
    """One held-out text: its class, what a model that has not seen its theme took it for, and how sure it was.

    ``ranked`` holds every class with its probability, best first.
    """

    label: str
    guess: str
    confidence: float
    ranked: Sequence[tuple[str, float]] = ()


def fit(examples: Sequence[Example], language: str, about: Mapping[str, Any] | None = None) -> Model:
    """Train on all ``examples``, which are of two classes or more; the same examples give the same model."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # takes a second to load, so not before it is needed
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, min_df=_SEEN)
        table = vectorizer.fit_transform([grams(example.text, language) for example in examples])
        machine = LogisticRegression(C=_STRICTNESS, max_iter=300, random_state=0)
        machine.fit(table, [example.label for example in examples])
    names = [str(name) for name in machine.classes_]
    rows, intercepts = machine.coef_.T.tolist(), machine.intercept_.tolist()
    if len(names) == 2:
        # Of two classes the machine keeps one column; the other is its opposite.
        rows, intercepts = [[-row[0] / 2, row[0] / 2] for row in rows], [-intercepts[0] / 2, intercepts[0] / 2]
    vocabulary = {str(gram): int(place) for gram, place in vectorizer.vocabulary_.items()}
    return Model(language, names, vocabulary, vectorizer.idf_.tolist(), rows, intercepts, dict(about or {}))


def folds(examples: Sequence[Example]) -> list[int]:
    """The fold of each example: themes stay whole, each class is spread evenly, the same way every time."""
    themes: dict[str, dict[str, str]] = defaultdict(dict)
    for example in examples:
        key = hashlib.sha256(example.theme.encode()).hexdigest()
        themes[example.label].setdefault(key, example.theme)
    place: dict[str, int] = {}
    for found in themes.values():
        for number, key in enumerate(sorted(found)):
            place.setdefault(found[key], number % FOLDS)
    return [place[example.theme] for example in examples]


def held_out(asked: Sequence[Example], known: Sequence[Example], language: str) -> list[Answer]:
    """What models trained on ``known`` answer to ``asked``; none has seen the theme or the text that it is asked."""
    answers: dict[int, Answer] = {}
    places = folds(asked)
    for fold in sorted(set(places)):
        mine = [at for at, place in enumerate(places) if place == fold]
        themes = {asked[at].theme for at in mine}
        texts = {asked[at].text for at in mine}
        rest = [one for one in known if one.theme not in themes and one.text not in texts]
        if len({one.label for one in rest}) < 2:
            answers |= {at: Answer(asked[at].label, "", 0.0) for at in mine}
            continue
        model = fit(rest, language)
        for at in mine:
            guess = model.guess(asked[at].text)
            answers[at] = Answer(asked[at].label, guess.type, guess.confidence, guess.ranked)
    return [answers[at] for at in range(len(asked))]


def macro_f1(answers: Collection[Answer]) -> float:
    """The mean of the classes' F1, each class counting the same however many texts it has."""
    labels = sorted({one.label for one in answers})
    return sum(_f1(answers, label) for label in labels) / len(labels) if labels else 0.0


def _f1(answers: Collection[Answer], label: str) -> float:
    hit = sum(one.label == one.guess == label for one in answers)
    total = sum(one.label == label for one in answers) + sum(one.guess == label for one in answers)
    return 2 * hit / total if total else 0.0


def contest(former: Sequence[Example], present: Sequence[Example], language: str) -> tuple[float, float]:
    """Macro-F1 of what is trained on the former examples and on the present ones, both asked the present ones."""
    return (
        macro_f1(held_out(present, former, language)),
        macro_f1(held_out(present, present, language)),
    )
