"""Wall times of a zone as instants, through the gaps and overlaps of daylight saving (IANA, PEP 495)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loopdesk.engine.calendar.blocks import MICROSECOND, MINUTE, micros
from loopdesk.engine.errors import N_, Invalid

_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone yet


def zone_of(name: object, place: str) -> ZoneInfo:
    """The zone of an IANA name; `Invalid` for any other text."""
    try:
        if isinstance(name, str) and name:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # said below, as for what is no text at all
    raise Invalid(
        N_("“%(zone)s” is not a known time zone."),
        remedy=N_("Write its IANA name, such as Asia/Shanghai or Europe/Berlin."),
        place=place,
        zone=str(name),
    )


def midnight(day: date) -> int:
    """Microseconds from 1970 to the beginning of ``day`` on a clock without zone."""
    return (datetime.combine(day, time()) - _NAIVE_EPOCH) // MICROSECOND


def offset(zone: ZoneInfo, day: date) -> int:
    """Microseconds that the zone's clocks are ahead of UTC when ``day`` begins there."""
    return _ahead(datetime.combine(day, time(), zone))


def instant(zone: ZoneInfo, day: date, minute: int, *, last: bool) -> int:
    """The instant at which clocks show ``minute`` minutes after midnight of ``day`` (1440 and more: the next day).

    A time that is shown twice is the first one, or the ``last``; one that is never shown is the end of the gap.
    """
    shown = datetime.combine(day, time(), zone) + timedelta(minutes=minute)
    first, second = _ahead(shown), _ahead(shown.replace(fold=1))
    wall = midnight(day) + minute * MINUTE
    if first >= second:
        return wall - (second if last else first)
    # In a gap `fold` chooses between the offsets before and after it, so the gap lies between the two readings.
    return _change(zone, wall - second, wall - first)


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The instant in ``(low, high]`` from which another offset holds."""
    before = _offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset_at(zone: ZoneInfo, at: int) -> int:
    return _ahead((datetime.fromtimestamp(0, UTC) + at * MICROSECOND).astimezone(zone))


def _ahead(shown: datetime) -> int:
    ahead = shown.utcoffset()
    assert ahead is not None
    return ahead // MICROSECOND


def local_date(zone: ZoneInfo, moment: datetime) -> date:
    """The date that calendars of the zone show at a moment."""
    return moment.astimezone(zone).date()


__all__ = ["instant", "local_date", "micros", "midnight", "offset", "zone_of"]
