"""Functions over numbers (DMN 1.5 §10.3.4.5)."""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    InvalidOperation,
)
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.arithmetic import DECIMAL, number
from loopdesk.engine.feel.builtins.registry import builtin
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.temporal import DayDuration, MonthDuration

MIN_SCALE, MAX_SCALE = -6111, 6176
WIDE = Context(prec=7000, traps=[InvalidOperation])
"""Rounding to a scale may need more digits than the result keeps."""


def whole(value: Decimal, name: str = "scale") -> int:
    """A number as an int; Null when it has a fraction."""
    if value != value.to_integral_value():
        raise Null(N_("%(name)s must be a whole number."), name=name)
    return int(value)


def round_to(value: Decimal, scale: Decimal, mode: str) -> Decimal:
    """The number with that many digits after the point."""
    digits = int(scale)
    if not MIN_SCALE <= digits <= MAX_SCALE:
        raise Null(N_("The scale must lie between %(low)d and %(high)d."), low=MIN_SCALE, high=MAX_SCALE)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -digits:
        return value
    return DECIMAL.plus(value.quantize(Decimal(1).scaleb(-digits), rounding=mode, context=WIDE))


ZERO = Decimal(0)
for _name, _mode in (
    ("round up", ROUND_UP),
    ("round down", ROUND_DOWN),
    ("round half up", ROUND_HALF_UP),
    ("round half down", ROUND_HALF_DOWN),
    ("decimal", ROUND_HALF_EVEN),
):
    builtin(_name, "n: number, scale: number")(lambda n, scale, mode=_mode: round_to(n, scale, mode))
builtin("floor", "n: number, [scale: number]")(lambda n, scale=ZERO: round_to(n, scale, ROUND_FLOOR))
builtin("ceiling", "n: number, [scale: number]")(lambda n, scale=ZERO: round_to(n, scale, ROUND_CEILING))


@builtin("abs", "n: number|days and time duration|years and months duration")
def absolute(n: Any) -> Any:
    """The size of a number or duration, without its sign."""
    match n:
        case DayDuration():
            return DayDuration(abs(n.nanos))
        case MonthDuration():
            return MonthDuration(abs(n.months))
    return abs(n)


@builtin("modulo", "dividend: number, divisor: number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The remainder with the divisor's sign: dividend - divisor * floor(dividend / divisor)."""
    quotient = number(DECIMAL.divide, dividend, divisor)
    rest = number(DECIMAL.remainder, dividend, divisor) if quotient.adjusted() < DECIMAL.prec else ZERO
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else rest


@builtin("sqrt", "number: number")
def sqrt(value: Decimal) -> Decimal:
    """The square root of a number that is not negative."""
    return number(DECIMAL.sqrt, value)


@builtin("log", "number: number")
def log(value: Decimal) -> Decimal:
    """The natural logarithm."""
    if value <= 0:
        raise Null(N_("Only numbers above 0 have a logarithm."))
    return number(DECIMAL.ln, value)


@builtin("exp", "number: number")
def exp(value: Decimal) -> Decimal:
    """Euler's number to that power."""
    return number(DECIMAL.exp, value)


@builtin("odd", "number: number")
def odd(value: Decimal) -> bool:
    """Whether the remainder after halving is one."""
    return DECIMAL.remainder(value, Decimal(2)).copy_abs() == 1


@builtin("even", "number: number")
def even(value: Decimal) -> bool:
    """Whether nothing remains after halving."""
    return DECIMAL.remainder(value, Decimal(2)) == 0
