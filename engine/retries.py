"""When an effect that did not work is tried again; each connector may say what suits its system."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, how quickly and how patiently. Durations are in seconds.

    ``attempts`` in all, ``first`` before the second one, growing by ``factor`` up to ``longest``: with these values
    about two hours. ``patience``: for how long a system may go on asking to be called later, which counts as no
    attempt; a day, because a quota of a day is the longest that is usual.
    """

    attempts: int = 8
    first: float = 5.0
    factor: float = 3.0
    longest: float = 3600.0
    patience: float = 86_400.0

    def after_failure(self, attempts: int, retry_after: float | None = None) -> timedelta:
        """The wait after the ``attempts``-th failure, spread by a tenth, at least ``retry_after``."""
        seconds = min(self.first * self.factor ** (attempts - 1), self.longest) * random.uniform(0.9, 1.1)
        return timedelta(seconds=max(seconds, retry_after or 0.0))

    def when_limited(self, so_far: timedelta, retry_after: float | None = None) -> timedelta:
        """The wait when the system asks for patience: what it says, else half of what it has taken ``so_far``.

        Spread by a tenth, upwards, so that all who were sent away do not come back at once.
        """
        unsaid = min(max(self.first, so_far.total_seconds() / 2), self.longest)
        seconds = unsaid if retry_after is None else max(retry_after, 1.0)
        return timedelta(seconds=seconds * random.uniform(1.0, 1.1))


USUAL = Retries()
"""For every connector that says nothing else, and for our own steps."""
