"""Holidays and make-up days of a country, year by year: announced ones, and guesses for years without a notice."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import holidays as published

from loopdesk.engine.errors import N_, Invalid

Days = frozenset[date]
NONE: Days = frozenset()


@dataclass(frozen=True)
class HolidaySet:
    """A named set: ``years`` are those with official data, from its own lists or else from the published ones.

    In other years the ``country``'s published days count, which are guesses: what runs into them is provisional.
    """

    name: str
    country: str = ""
    years: frozenset[int] = frozenset()
    holidays: Days = NONE
    extra_workdays: Days = NONE
    place: str = field(default="", compare=False)

    def is_official(self, year: int) -> bool:
        """Whether the year's days were announced and are known here."""
        return year in self.years or (not self.country and not self.years)

    def holiday(self, day: date) -> bool:
        """Whether the set closes the day."""
        return day in (self.holidays if self._listed(day.year) else self._published(day.year)[0])

    def extra_workday(self, day: date) -> bool:
        """Whether the set makes a day of rest a working day."""
        return day in (self.extra_workdays if self._listed(day.year) else self._published(day.year)[1])

    def _listed(self, year: int) -> bool:
        if not self.country:
            return True
        return year in self.years and any(day.year == year for day in (*self.holidays, *self.extra_workdays))

    def _published(self, year: int) -> tuple[Days, Days]:
        return published_days(self.country, year)

    def check(self) -> None:
        """`Invalid` for a country whose days nobody publishes."""
        if self.country and self.country not in published.list_supported_countries():
            raise Invalid(
                N_("No holidays are known for the country “%(country)s”."),
                remedy=N_("Write its ISO 3166 code, such as CN or DE, or list the days without a country."),
                place=self.place,
                country=self.country,
            )


@lru_cache(maxsize=512)
def published_days(country: str, year: int) -> tuple[Days, Days]:
    """(holidays, make-up days) of a country and year as the package `holidays` has them."""
    known = published.country_holidays(country, years=[year])
    first = date(year, 1, 1)
    every = [first + timedelta(days=number) for number in range(366)]
    days = [day for day in every if day.year == year]
    extra = frozenset(day for day in days if day.weekday() in known.weekend and known.is_working_day(day))
    return frozenset(day for day in days if day in known), extra


def read_days(values: Iterable[object], place: str) -> Days:
    """Dates as ``2026-10-01`` or as YAML reads them; `Invalid` for anything else."""
    found = set()
    for value in values:
        try:
            found.add(value if type(value) is date else date.fromisoformat(str(value)))
        except ValueError as error:
            raise Invalid(
                N_("“%(day)s” is not a date."),
                remedy=N_("Write it as 2026-10-01."),
                place=place,
                day=str(value),
            ) from error
    return frozenset(found)
