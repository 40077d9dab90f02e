"""What figures are asked for, and what they answer with (ANA-1, ANA-2, ANA-8, FBK-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from loopdesk.engine.errors import N_, Invalid

DIMENSIONS = ("channel", "level", "class", "team", "customer")
"""By what figures are told apart: how a case came in, its priority, its type, who held it last, whose it is."""
NONE = "-"
"""A filter's value for the cases that have none: no customer, no type, no level."""
PARTS = ("all", "counted", "missed")
"""Of the cases behind a figure: all of them, those in its numerator, the others."""
FIRST, LAST = date(1970, 1, 1), date(2999, 12, 31)
"""Days that may be asked for: calendars can be reckoned with in every zone up to there."""
LONGEST = timedelta(days=3660)
"""Ten years: of a longer period a series would be unreadable, and its answer endless."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from ``since`` to ``until``, both included, in the zone of the house."""

    since: date
    until: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins, or is longer or farther away than there are figures."""
        if self.until < self.since:
            raise Invalid(
                N_("This period ends before it begins."),
                remedy=N_("Choose a last day that is not before the first."),
                fields={"until": [N_("This day comes before the first one.")]},
            )
        for name, day in (("since", self.since), ("until", self.until)):
            if not FIRST <= day <= LAST:
                raise Invalid(
                    N_("There are no figures of a day so far away."),
                    remedy=N_("Choose days between 1970 and 2999."),
                    fields={name: [N_("There are no figures of this day.")]},
                )
        if self.until - self.since >= LONGEST:
            raise Invalid(
                N_("This period is too long."),
                remedy=N_("Choose ten years at most."),
                fields={"since": [N_("This day is too long before the last one.")]},
            )


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases count: those with each value that is given; an empty one asks for nothing, `NONE` for those without.

    ``level`` is the case's priority, ``class_`` its type, ``team`` the department that held it last, ``customer`` the
    id of the organisation.
    """

    channel: str = ""
    level: str = ""
    class_: str = ""
    team: str = ""
    customer: str = ""

    def given(self) -> dict[str, str]:
        """Dimension -> value of what is asked for."""
        values = (self.channel, self.level, self.class_, self.team, self.customer)
        return {name: value for name, value in zip(DIMENSIONS, values, strict=True) if value}

    def stored(self) -> dict[str, str]:
        """The same as it stands in the rows of cases."""
        return {name: "" if value == NONE else value for name, value in self.given().items()}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``value`` is None where nothing is known: a rate of nobody is no rate.

    ``unit`` is ``minutes``, ``percent`` (0 to 100), ``stars`` (1 to 5), ``points`` (NPS, -100 to 100) or ``cases``.
    ``n``: how many cases, or answers, it is made of. ``numerator`` and ``denominator`` as the definition names them.
    ``target``: what the policy wants, None for no bar.
    """

    name: str
    value: float | None
    unit: str
    n: int
    numerator: float | None = None
    denominator: float | None = None
    target: float | None = None
    as_of: datetime | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a value or a target."""
        return None if self.value is None or self.target is None else self.value >= self.target


@dataclass(frozen=True, slots=True)
class Fresh:
    """How far the figures reach: all that happened until ``as_of`` is in them, None while they are still gathered.

    ``behind`` is how many seconds ago that was, ``late`` whether that is more than the policy allows: the job that
    keeps the figures does not run. ``gathered`` and ``total`` are cases, while an old house is gone through.
    """

    as_of: datetime | None
    behind: float | None
    late: bool
    gathered: int = 0
    total: int = 0


@dataclass(frozen=True)
class Overview:
    """All figures of a period, by name, in the order in which they are shown."""

    figures: Mapping[str, Figure]
    period: Period
    filter: Filter
    fresh: Fresh


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a day, a week (its Monday) or a month (its first): ``since``, cut to the period."""

    since: date
    until: date
    figure: Figure


@dataclass(frozen=True)
class Part:
    """The figures of one value of a dimension; ``name`` is what people read, ``value`` may be empty: not known."""

    value: str
    name: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case behind a figure; ``counts`` is whether it is in the numerator, seconds are None where there are none.

    ``here`` is whether the case still stands in the tables and ``actor`` may open it; an archived one has no title.
    """

    number: str
    title: str
    here: bool
    opened_at: datetime
    closed_at: datetime | None
    channel: str
    level: str
    class_: str
    team: str
    customer: str
    first_response_seconds: int | None
    repair_seconds: int | None
    waiting_seconds: int
    stars: int | None
    counts: bool


@dataclass(frozen=True)
class CasePage:
    """One page of the cases behind a figure; ``total`` counts all of them."""

    lines: Sequence[CaseLine] = field(default_factory=tuple)
    total: int = 0
    page: int = 1
    per_page: int = 25


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means, in one language: ``day`` is ``opened``, ``closed`` or ``none``: which day counts a case."""

    name: str
    title: str
    text: str
    unit: str
    day: str
    target: float | None
