"""Open time in blocks of equal width, so that a year of it is a dozen additions and not hundreds of days.

All instants are whole microseconds since 1970 in UTC: integers neither round nor know zones.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000
DAY = 1440 * MINUTE
WIDTH = 32 * DAY
"""Width of a block: short enough to build one in a blink, long enough to pass a year in twelve."""

Stretch = tuple[int, int]
"""A half-open time ``[from, to)``."""


def micros(moment: datetime) -> int:
    """A zone-aware moment as microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment(at: int) -> datetime:
    """The moment in UTC."""
    return EPOCH + timedelta(microseconds=at)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The stretches in order; what overlaps or touches becomes one, so that an overlap counts once."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        elif end > start:
            found.append((start, end))
    return found


@dataclass(frozen=True, slots=True)
class Block:
    """The open stretches of one block, each with the open time of the block up to its end."""

    starts: list[int]
    ends: list[int]
    through: list[int]
    total: int

    @classmethod
    def of(cls, stretches: Iterable[Stretch], low: int, high: int) -> "Block":
        """The block ``[low, high)`` of what is open."""
        inside = joined((max(start, low), min(end, high)) for start, end in stretches if start < high and end > low)
        through, total = [], 0
        for start, end in inside:
            total += end - start
            through.append(total)
        return cls([start for start, _ in inside], [end for _, end in inside], through, total)

    def until(self, at: int) -> int:
        """Open time of the block before ``at``."""
        found = bisect_right(self.starts, at) - 1
        if found < 0:
            return 0
        return self.through[found] - max(self.ends[found] - at, 0)

    def reach(self, amount: int) -> int:
        """The first instant before which ``amount`` (more than none, at most the total) of the block was open."""
        found = bisect_left(self.through, amount)
        return self.ends[found] - (self.through[found] - amount)
