"""Themes in texts: the owner's aspects, and phrases that several texts repeat (FBK-5). Pure, no database.

The same texts give the same themes: nothing is drawn by chance, and ties go by the alphabet.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from loopdesk.desk import chinese
from loopdesk.desk.themes.rules import Rules

READ = 2_000
"""Characters that are read of a text."""
ALIKE = 0.5
"""Phrases belong to one theme when this share of their texts is common to both (Jaccard)."""
_WORD = re.compile(r"[a-z][a-z'’-]+")
_HAN = re.compile(r"[㐀-鿿]+")


@dataclass(frozen=True, slots=True)
class Text:
    """Something that was said: ``source`` says where, ``stars`` 1 to 5 where they were given with it."""

    id: str
    case: str
    at: datetime
    source: str
    text: str
    stars: int | None = None
    complaint: bool = False


@dataclass(frozen=True, slots=True)
class Theme:
    """What several texts say: an aspect of the owner (``aspect``) or found ``phrases``, the most frequent first."""

    code: str
    name: str
    aspect: bool
    phrases: tuple[str, ...]
    texts: tuple[Text, ...]
    before: int

    @property
    def cases(self) -> tuple[str, ...]:
        """The numbers of the cases, each once."""
        return tuple(dict.fromkeys(one.case for one in self.texts if one.case))


@dataclass(frozen=True, slots=True)
class Driver:
    """Mean stars of the texts that have a theme beside those that do not, with how many there are of each."""

    code: str
    name: str
    count: int
    mean: float
    others: int
    mean_others: float

    @property
    def difference(self) -> float:
        """Above 0: it goes with more stars; below: with fewer."""
        return self.mean - self.mean_others


def themes(texts: Sequence[Text], before: Sequence[Text], rules: Rules, language: str) -> list[Theme]:
    """The themes of ``texts`` with their count in the texts ``before``, the most frequent first."""
    found = [*_aspects(texts, before, rules, language), *_phrases(texts, before, rules)]
    return sorted(found, key=lambda one: (-len(one.texts), not one.aspect, one.code))


def drivers(texts: Sequence[Text], rules: Rules, language: str) -> list[Driver]:
    """What goes with many or few stars, the largest difference first; nothing where either side has too few texts."""
    rated = [one for one in texts if one.stars is not None]
    found = []
    for theme in themes(rated, (), rules, language):
        have = {one.id for one in theme.texts}
        mine = [one.stars or 0 for one in rated if one.id in have]
        others = [one.stars or 0 for one in rated if one.id not in have]
        if min(len(mine), len(others)) >= rules.drivers_least:
            mean, rest = sum(mine) / len(mine), sum(others) / len(others)
            found.append(Driver(theme.code, theme.name, len(mine), round(mean, 2), len(others), round(rest, 2)))
    return sorted(found, key=lambda one: (-abs(one.difference), one.code))


def phrases_of(text: str, stop: frozenset[str]) -> set[str]:
    """The phrases of a text: two or three words in a row, in Chinese words of three characters or two words in a row;
    none begins or ends with a stop word. Single short words say too little: those are for the owner's aspects."""
    read = text[:READ].lower().replace("’", "'")
    return _english(read, stop) | _chinese(read, stop)


def _english(text: str, stop: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for sentence in re.split(r"[.!?;:,()\n]+", text):
        words = _WORD.findall(sentence)
        for size in (2, 3):
            for at in range(len(words) - size + 1):
                part = words[at : at + size]
                if part[0] not in stop and part[-1] not in stop:
                    found.add(" ".join(part))
    return found


def _chinese(text: str, stop: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for run in _HAN.findall(text):
        words = chinese.words(run)
        found.update(word for word in words if len(word) > 2 and word not in stop)
        pairs = ((one, other) for one, other in pairwise(words) if one not in stop and other not in stop)
        found.update(one + other for one, other in pairs if len(one + other) > 2)
    return found


def _aspects(texts: Sequence[Text], before: Sequence[Text], rules: Rules, language: str) -> Iterable[Theme]:
    for one in rules.aspects:
        mine = tuple(text for text in texts if one.within(text.text[:READ].lower()))
        if len({text.case or text.id for text in mine}) >= rules.least:
            earlier = sum(one.within(text.text[:READ].lower()) for text in before)
            name = one.name.get(language) or one.name["en"]
            yield Theme(one.code, name, True, (), mine, earlier)


def _phrases(texts: Sequence[Text], before: Sequence[Text], rules: Rules) -> list[Theme]:
    having: dict[str, set[int]] = defaultdict(set)
    for at, text in enumerate(texts):
        for phrase in phrases_of(text.text, rules.stop):
            having[phrase].add(at)
    earlier = [phrases_of(text.text, rules.stop) for text in before]
    found: list[tuple[list[str], set[int]]] = []
    for phrase, places in _ordered(having, texts, rules):
        near = next((one for one in found if len(one[1] & places) >= ALIKE * len(one[1] | places)), None)
        if near is None:
            found.append(([phrase], set(places)))
        else:
            near[0].append(phrase)
    return [_theme(names, places, texts, earlier) for names, places in found]


def _ordered(having: Mapping[str, set[int]], texts: Sequence[Text], rules: Rules) -> list[tuple[str, set[int]]]:
    """The phrases that enough cases repeat; of those with the same texts the longest comes first and gives the name."""
    kept = []
    for phrase, places in having.items():
        speakers = {texts[at].case or texts[at].id for at in places}
        if len(speakers) >= rules.least:
            kept.append((phrase, places))
    return sorted(kept, key=lambda one: (-len(one[1]), -len(one[0]), one[0]))


def _theme(names: list[str], places: set[int], texts: Sequence[Text], earlier: Sequence[set[str]]) -> Theme:
    mine = tuple(texts[at] for at in sorted(places))
    main = names[0]
    return Theme(f"phrase:{main}"[:80], main, False, tuple(names), mine, sum(main in words for words in earlier))
