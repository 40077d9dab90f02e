"""How times spread over many cases, in a form that can be added up: the median of a million without sorting them."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import median

STEP = 1.02
"""A bucket's upper end is so many times its lower end: what is read off its middle is wrong by at most 1 %."""
EXACT = 20_000
"""Up to so many times the median is that of the times themselves."""


def bucket(seconds: int | None) -> int | None:
    """Where a time stands: the whole exponent of `STEP`; None for no time."""
    return None if seconds is None else int(math.log(max(seconds, 1)) / math.log(STEP))


@dataclass
class Spread:
    """Times as they are (``seconds``), or by bucket where there are too many of them."""

    seconds: list[int] = field(default_factory=list)
    buckets: Counter[str] = field(default_factory=Counter)
    """With text for keys, as they are kept: thousands of histograms are added up for one figure."""

    def take(self, counted: Mapping[str, int]) -> None:
        """Add a histogram."""
        self.buckets.update(counted)

    def add(self, other: "Spread") -> None:
        """Add another spread of the same kind."""
        self.seconds += other.seconds
        self.buckets.update(other.buckets)

    def median(self) -> float | None:
        """In seconds; None for no times. Of buckets the middle of the one that holds it: at most 1 % off."""
        if self.seconds:
            return float(median(self.seconds))
        total = sum(self.buckets.values())
        if not total:
            return None
        places = sorted((int(place), count) for place, count in self.buckets.items())
        return (_at(places, (total - 1) // 2) + _at(places, total // 2)) / 2


def _at(places: Sequence[tuple[int, int]], which: int) -> float:
    reached = accumulate(count for _, count in places)
    number = next(number for (number, _), so_far in zip(places, reached, strict=True) if which < so_far)
    return float(STEP ** (number + 0.5))
