"""Amounts and lengths of time as both languages write them alike: 1,200.00 EUR, 5:30 h."""

import re
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal, get_currency_precision

from loopdesk.engine.errors import Invalid, Phrase

_AMOUNT = re.compile(r"-?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,15})(\.[0-9]{1,15})?")


def amount(minor: int | None, currency: str) -> str:
    """Minor units with their currency; empty for an amount that is not known."""
    if minor is None:
        return ""
    places = get_currency_precision(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return f"{format_decimal(Decimal(minor).scaleb(-places), pattern, locale='en')} {currency}"


def plain(minor: int | None, currency: str) -> str:
    """Minor units as a field of a form holds them: 1200.00; empty for an amount that is not known."""
    return "" if minor is None else format(Decimal(minor).scaleb(-get_currency_precision(currency)), "f")


def minor(text: str, currency: str, field: str) -> int:
    """An amount that somebody wrote, such as 1200.5, in minor units, rounded half up. Raises `Invalid` at ``field``.

    Commas stand between thousands only: 1200,50 is meant as another amount than 120050.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise Invalid("“%(text)s” is no amount.", fields={field: [Phrase("An amount such as 1200.00.")]}, text=text)
    value = Decimal(text.strip().replace(",", ""))
    return int(value.scaleb(get_currency_precision(currency)).to_integral_value(ROUND_HALF_UP))


def hours(seconds: int) -> str:
    """Seconds as hours and minutes; a begun minute counts as one."""
    minutes = -(-seconds // 60)
    return f"{minutes // 60}:{minutes % 60:02d} h"
