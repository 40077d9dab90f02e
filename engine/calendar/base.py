"""What every calendar can do: add working time to a moment, and measure the working time between two."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from loopdesk.engine.calendar.blocks import DAY, MICROSECOND, WIDTH, Block, Stretch, micros, moment
from loopdesk.engine.errors import N_, Invalid

HORIZON = timedelta(days=7_320)
"""About twenty years: a target that is not reached by then is a slip of the pen."""
EARLIEST, LATEST = -70 * 365 * DAY, 530 * 365 * DAY
"""From 1900 to 2500: no clock of a case runs outside."""


class Calendar:
    """Half-open times ``[open, close)`` in which work is done; all results are exact to the microsecond."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._blocks: dict[int, Block] = {}

    # --- what a kind of calendar says about itself ---------------------------------------------------------------

    def stretches(self, low: int, high: int) -> Iterable[Stretch]:
        """All open stretches that touch ``[low, high)``, in any order; they may reach beyond it and overlap."""
        raise NotImplementedError

    @property
    def has_hours(self) -> bool:
        """Whether it opens at all."""
        raise NotImplementedError

    def day_length(self) -> timedelta:
        """Open time of one ordinary working day; `Invalid` where days differ too much to say."""
        raise NotImplementedError

    def week_length(self) -> timedelta:
        """Open time of one ordinary week; `Invalid` where nobody can say."""
        raise NotImplementedError

    def unofficial(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """The years that ``[start, end)`` touches whose holidays nobody has announced yet."""
        raise NotImplementedError

    def with_holiday(self, day: date) -> "Calendar":
        """The same calendar, closed on one more day of its own zone."""
        raise NotImplementedError

    def is_holiday(self, at: datetime) -> bool:
        """Whether it is a holiday that closes the calendar at a moment."""
        raise NotImplementedError

    # --- arithmetic ---------------------------------------------------------------------------------------------

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The first moment (in UTC) by which ``amount`` of working time has passed since ``start``.

        Used up exactly at close means due *at* close, not at the next opening; nothing to add is ``start`` itself.
        Raises `Invalid` for a negative amount and for one that is not used up within the horizon.
        """
        at, left = self._known(start), amount // MICROSECOND
        if left <= 0:
            if left < 0:
                raise Invalid(N_("A time before its start cannot be counted."), remedy=N_("Write a positive time."))
            return moment(at)
        number = at // WIDTH
        last = (at + HORIZON // MICROSECOND) // WIDTH
        block = self._block(number)
        left += block.until(at)
        while left > block.total:
            left -= block.total
            number += 1
            if number > last:
                raise self._beyond(amount)
            block = self._block(number)
        return moment(block.reach(left))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The working time in ``[start, end)``; none when ``end`` is not later."""
        low, high = self._known(start), self._known(end)
        if high <= low:
            return timedelta()
        first, last = low // WIDTH, high // WIDTH
        total = self._block(last).until(high) - self._block(first).until(low)
        for number in range(first, last):
            total += self._block(number).total
        return timedelta(microseconds=total)

    def intervals(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The open times within ``[start, end)``, in order, in UTC."""
        low, high = self._known(start), self._known(end)
        found: list[Stretch] = []
        for number in range(low // WIDTH, high // WIDTH + 1):
            block = self._block(number)
            for opens, closes in zip(block.starts, block.ends, strict=True):
                opens, closes = max(opens, low), min(closes, high)
                if found and found[-1][1] == opens:
                    opens = found.pop()[0]
                if closes > opens:
                    found.append((opens, closes))
        return [(moment(opens), moment(closes)) for opens, closes in found]

    def _block(self, number: int) -> Block:
        block = self._blocks.get(number)
        if block is None:
            low = number * WIDTH
            block = Block.of(self.stretches(low, low + WIDTH), low, low + WIDTH)
            self._blocks[number] = block
        return block

    def _known(self, at: datetime) -> int:
        if at.tzinfo is None:
            raise Invalid(
                N_("The moment “%(text)s” has no time zone."),
                remedy=N_("Add the zone, for example +08:00 or Z."),
                text=at.isoformat(),
            )
        found = micros(at)
        if not EARLIEST <= found <= LATEST:
            raise Invalid(
                N_("“%(moment)s” is too far away to count working time."),
                remedy=N_("Choose a moment between 1900 and 2500."),
                place=self.name,
                moment=at.isoformat(),
            )
        return found

    def _beyond(self, amount: timedelta) -> Invalid:
        return Invalid(
            N_("%(minutes)s working minutes are not used up within %(days)s days in calendar %(calendar)s."),
            remedy=N_("Choose a shorter target, or give the calendar more hours."),
            place=self.name,
            minutes=f"{amount.total_seconds() / 60:g}",
            days=HORIZON.days,
            calendar=self.name,
        )
