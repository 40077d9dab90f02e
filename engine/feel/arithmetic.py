"""Sums, products and powers over numbers, texts, dates and durations (DMN 1.5 §10.3.2.14, Tables 55-58)."""

from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.temporal import DAY, MAX_YEAR, Date, DateTime, DayDuration, MonthDuration, Time, Zone
from loopdesk.engine.feel.values import kind

DECIMAL = Context(prec=34, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow])
"""IEEE 754 decimal128, half-even, as DMN wants numbers; what it cannot hold is null."""
MAX_DURATION_DIGITS = 40
"""Digits of a duration's nanoseconds or months."""
MAX_TEXT = 1_000_000
"""Characters of one text."""


def number(operation: Callable[..., Decimal], *operands: Any) -> Decimal:
    """A decimal operation; Null where it has no finite result."""
    try:
        return operation(*operands)
    except (InvalidOperation, DivisionByZero, Overflow) as error:
        raise Null(N_("The number is too large or does not exist.")) from error


def _join(a: str, b: str) -> str:
    if len(a) + len(b) > MAX_TEXT:
        raise Null(N_("The text is longer than %(limit)d characters."), limit=MAX_TEXT)
    return a + b


def in_years(date: Date) -> Date:
    """The date, or Null outside the years that FEEL has."""
    if abs(date.year) > MAX_YEAR:
        raise Null(N_("The date is outside the years that exist here."))
    return date


def _date_plus(date: Date, duration: DayDuration) -> Date:
    return in_years(Date.of_ordinal((date.ordinal * DAY + duration.nanos) // DAY))


def _moment_plus(moment: DateTime, duration: DayDuration) -> DateTime:
    result = moment.plus(duration.nanos)
    in_years(result.date)
    return result


def _date_plus_months(date: Date, duration: MonthDuration) -> Date:
    return in_years(date.plus_months(duration.months))


def _moment_plus_months(moment: DateTime, duration: MonthDuration) -> DateTime:
    result = moment.plus_months(duration.months)
    in_years(result.date)
    return result


def _time_plus(time: Time, duration: DayDuration) -> Time:
    return Time((time.nanos + duration.nanos) % DAY, time.zone)


UTC_ZONE = Zone()


def midnight(date: Date) -> DateTime:
    """A date where a date and time is needed: its start in UTC (DMN 1.5 §10.3.2.3.7)."""
    return DateTime(date, Time(0, UTC_ZONE))


def _between(a: DateTime | Time, b: DateTime | Time) -> DayDuration:
    if (a.zone is None) != (b.zone is None):
        raise Null(N_("One of the two has a time zone and the other has none."))
    return DayDuration(a.instant() - b.instant())


def _scale(amount: int, factor: Decimal) -> int:
    scaled = number(DECIMAL.multiply, Decimal(amount), factor)
    if scaled.adjusted() > MAX_DURATION_DIGITS:
        raise Null(N_("The duration is too long."))
    return int(scaled.to_integral_value())


def _ratio(a: int, b: int) -> Decimal:
    return number(DECIMAL.divide, Decimal(a), Decimal(b))


def _part(amount: int, divisor: Decimal) -> int:
    return int(number(DECIMAL.divide, Decimal(amount), divisor).to_integral_value("ROUND_DOWN"))


Operation = Callable[[Any, Any], Any]
D, T, M, S, L = Date, DateTime, MonthDuration, DayDuration, Time

ADD: dict[tuple[type, type], Operation] = {
    (str, str): _join,
    (D, S): _date_plus,
    (S, D): lambda a, b: _date_plus(b, a),
    (D, M): _date_plus_months,
    (M, D): lambda a, b: _date_plus_months(b, a),
    (T, S): _moment_plus,
    (S, T): lambda a, b: _moment_plus(b, a),
    (T, M): _moment_plus_months,
    (M, T): lambda a, b: _moment_plus_months(b, a),
    (L, S): _time_plus,
    (S, L): lambda a, b: _time_plus(b, a),
    (S, S): lambda a, b: DayDuration(a.nanos + b.nanos),
    (M, M): lambda a, b: MonthDuration(a.months + b.months),
}
SUBTRACT: dict[tuple[type, type], Operation] = {
    (D, S): lambda a, b: _date_plus(a, DayDuration(-b.nanos)),
    (D, M): lambda a, b: _date_plus_months(a, MonthDuration(-b.months)),
    (T, S): lambda a, b: _moment_plus(a, DayDuration(-b.nanos)),
    (T, M): lambda a, b: _moment_plus_months(a, MonthDuration(-b.months)),
    (L, S): lambda a, b: _time_plus(a, DayDuration(-b.nanos)),
    (S, S): lambda a, b: DayDuration(a.nanos - b.nanos),
    (M, M): lambda a, b: MonthDuration(a.months - b.months),
    (D, D): lambda a, b: DayDuration((a.ordinal - b.ordinal) * DAY),
    (T, T): _between,
    (L, L): _between,
    (D, T): lambda a, b: _between(midnight(a), b),
    (T, D): lambda a, b: _between(a, midnight(b)),
}
MULTIPLY: dict[tuple[type, type], Operation] = {
    (S, Decimal): lambda a, b: DayDuration(_scale(a.nanos, b)),
    (Decimal, S): lambda a, b: DayDuration(_scale(b.nanos, a)),
    (M, Decimal): lambda a, b: MonthDuration(_scale(a.months, b)),
    (Decimal, M): lambda a, b: MonthDuration(_scale(b.months, a)),
}
DIVIDE: dict[tuple[type, type], Operation] = {
    (S, Decimal): lambda a, b: DayDuration(_part(a.nanos, b)),
    (M, Decimal): lambda a, b: MonthDuration(_part(a.months, b)),
    (S, S): lambda a, b: _ratio(a.nanos, b.nanos),
    (M, M): lambda a, b: _ratio(a.months, b.months),
}


def _power(a: Decimal, b: Decimal) -> Decimal:
    if not b:
        return Decimal(1)  # IEEE 754: of zero, too
    result = DECIMAL.power(a, b)
    if not result.is_finite():
        raise DivisionByZero
    return result


NUMBERS: dict[str, Operation] = {
    "+": DECIMAL.add,
    "-": DECIMAL.subtract,
    "*": DECIMAL.multiply,
    "/": DECIMAL.divide,
    "**": _power,
}
OTHERS: dict[str, dict[tuple[type, type], Operation]] = {
    "+": ADD, "-": SUBTRACT, "*": MULTIPLY, "/": DIVIDE, "**": {},
}  # fmt: skip


def calculate(op: str, a: Any, b: Any) -> Any:
    """``a op b``; Null when FEEL knows no such operation or it has no result."""
    if type(a) is Decimal and type(b) is Decimal:
        return number(NUMBERS[op], a, b)
    operation = OTHERS[op].get((type(a), type(b)))
    if operation is None:
        raise Null(N_("There is no %(left)s %(op)s %(right)s."), left=kind(a), op=op, right=kind(b))
    return operation(a, b)


def negate(value: Any) -> Any:
    """``-value`` of a number or duration, or Null."""
    match value:
        case Decimal():
            return DECIMAL.minus(value)
        case DayDuration():
            return DayDuration(-value.nanos)
        case MonthDuration():
            return MonthDuration(-value.months)
    raise Null(N_("There is no negative %(kind)s."), kind=kind(value))
