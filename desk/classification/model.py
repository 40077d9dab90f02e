"""A trained classifier as plain numbers: no code is stored with it, and using it needs nothing but Python (INT-4)."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from struct import pack, unpack
from typing import Any

import orjson
import zstandard

from loopdesk.desk.classification.text import grams

_STEPS = 32_767
"""Weights are kept as 16-bit parts of the largest one."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text is taken for: class, probability (0 to 1), and every class with its probability, best first."""

    type: str
    confidence: float
    ranked: Sequence[tuple[str, float]]


NOTHING = Guess("", 0.0, ())
"""The guess about a text in which nothing is known."""


@dataclass(frozen=True)
class Model:
    """Logistic regression over weighted pieces of words: ``weights[feature][class]``."""

    language: str
    classes: Sequence[str]
    vocabulary: Mapping[str, int]
    rarity: Sequence[float]
    weights: Sequence[Sequence[float]]
    intercepts: Sequence[float]
    about: Mapping[str, Any] = field(default_factory=dict)
    """Where it comes from: digest of the examples, how many, cross-validated score."""

    def guess(self, text: str) -> Guess:
        """Classify a text; `NOTHING` where no piece of it was ever seen in training."""
        found = Counter(gram for gram in grams(text, self.language) if gram in self.vocabulary)
        if not found:
            return NOTHING
        places = [self.vocabulary[gram] for gram in found]
        values = [
            (1 + math.log(count)) * self.rarity[place] for count, place in zip(found.values(), places, strict=True)
        ]
        length = math.sqrt(math.fsum(value * value for value in values))
        shares = [value / length for value in values]
        columns = zip(*(self.weights[place] for place in places), strict=True)
        scores = [start + sum(map(mul, shares, column)) for start, column in zip(self.intercepts, columns, strict=True)]
        return _ranked(self.classes, scores)


def _ranked(classes: Sequence[str], scores: Sequence[float]) -> Guess:
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    whole = math.fsum(powers)
    shares = [(name, power / whole) for name, power in zip(classes, powers, strict=True)]
    ranked = sorted(shares, key=lambda one: (-one[1], one[0]))
    return Guess(*ranked[0], tuple(ranked))


def packed(model: Model) -> bytes:
    """The model as bytes: JSON head, then the numbers, compressed."""
    scale = max((abs(weight) for row in model.weights for weight in row), default=1.0) / _STEPS or 1.0
    head = {
        "language": model.language,
        "classes": list(model.classes),
        "vocabulary": sorted(model.vocabulary, key=lambda gram: model.vocabulary[gram]),
        "intercepts": list(model.intercepts),
        "scale": scale,
        "about": dict(model.about),
    }
    text = orjson.dumps(head)
    flat = [round(weight / scale) for row in model.weights for weight in row]
    numbers = pack(f"<{len(model.rarity)}f", *model.rarity) + pack(f"<{len(flat)}h", *flat)
    return zstandard.compress(pack("<I", len(text)) + text + numbers, 19)


def unpacked(content: bytes) -> Model:
    """The model that `packed` made."""
    raw = zstandard.decompress(content)
    end = 4 + unpack("<I", raw[:4])[0]
    head = orjson.loads(raw[4:end])
    features, classes = len(head["vocabulary"]), len(head["classes"])
    middle = end + 4 * features
    flat = [step * head["scale"] for step in unpack(f"<{features * classes}h", raw[middle:])]
    return Model(
        language=head["language"],
        classes=tuple(head["classes"]),
        vocabulary={gram: place for place, gram in enumerate(head["vocabulary"])},
        rarity=unpack(f"<{features}f", raw[end:middle]),
        weights=[tuple(flat[at : at + classes]) for at in range(0, len(flat), classes)],
        intercepts=tuple(head["intercepts"]),
        about=head["about"],
    )
