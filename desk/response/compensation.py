"""What a customer gets for an outage, by the list in ``compensation.yaml`` (EMG-8): pure arithmetic, no database.

Service time is the outage times a factor (three as shipped). The credit is a share of the base fee by the length of
the outage, within the least and the most of the list (5 to 20 %). Money is counted in minor units (cents, fen) and
rounded half up to a whole one; overlapping outages count once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid, Phrase

FILE = "compensation.yaml"
HUNDRED = Decimal(100)
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Step:
    """From this length of outage on the credit is ``percent`` of the base fee."""

    since: timedelta
    percent: Decimal


@dataclass(frozen=True, slots=True)
class PriceList:
    """The list: ``factor`` makes service time of outage, ``steps`` ascend, ``least`` and ``most`` are per cent."""

    factor: Decimal
    steps: tuple[Step, ...]
    least: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Fee:
    """A contract's base fee for one period, in minor units of ``currency`` (ISO 4217)."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Award:
    """What comes out; ``credit`` in minor units is None where no base fee is known."""

    outage: timedelta
    service_time: timedelta
    percent: Decimal
    credit: int | None
    currency: str


def read(said: Mapping[str, Any]) -> PriceList:
    """The list of a policy file; raises `Invalid` naming what cannot be used."""
    least, most = _number(said, "least"), _number(said, "most")
    steps = tuple(_step(one) for one in said.get("credit") or ())
    made = PriceList(_number(said, "service_time_factor"), steps, least, most)
    ascending = all(a.since < b.since and a.percent <= b.percent for a, b in pairwise(steps))
    if not ascending:
        raise _unusable(N_("The steps of the credit have to ascend, in length and in per cent."))
    if made.factor < 0 or not 0 <= least <= most <= HUNDRED:
        raise _unusable(N_("The factor is at least 0, and 0 ≤ least ≤ most ≤ 100."))
    if any(not least <= one.percent <= most for one in steps):
        raise _unusable(N_("Each step lies between least and most."))
    return made


def outage_of(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """How long the service was away in all: what overlaps counts once.

    Raises `Invalid` for none, and for one that ends before it begins or lasts no time at all.
    """
    whole, until = timedelta(), None
    for start, end in sorted(spans):
        if end <= start:
            raise Invalid(
                "An outage ends after it begins.",
                remedy=N_("Correct the two moments; an outage of no length is none."),
                fields={"until": [Phrase("This has to be later than the beginning.")]},
            )
        begin = start if until is None else max(start, until)
        whole += max(end - begin, timedelta())
        until = end if until is None else max(until, end)
    if until is None:
        raise Invalid("Name an outage first.", fields={"since": [Phrase("This is needed.")]})
    return whole


def fee_of(fees: Iterable[Fee]) -> Fee | None:
    """The base fees of a customer's contracts together; None where none is known.

    Raises `Invalid` for two currencies: there is no rate by which we could add them.
    """
    known = list(fees)
    currencies = sorted({one.currency for one in known})
    if len(currencies) > 1:
        names = ", ".join(currencies)
        raise Invalid(
            "The contracts of this customer are in %(currencies)s, which cannot be added up.",
            remedy=N_("Choose the one contract that the outage concerns."),
            fields={"contract": [Phrase("Choose one contract.")]},
            currencies=names,
        )
    return Fee(sum(one.amount for one in known), currencies[0]) if known else None


def percent_of(prices: PriceList, outage: timedelta) -> Decimal:
    """The credit in per cent for an outage of that length; 0 below the first step of the list."""
    return max((one.percent for one in prices.steps if one.since <= outage), default=Decimal(0))


def award(prices: PriceList, outage: timedelta, fee: Fee | None, percent: Decimal | None = None) -> Award:
    """What the list gives for an outage; ``percent`` instead of the list's, within its least and most.

    Raises `Invalid` for an outage of no length or less, and for a share beyond the list or finer than a hundredth.
    """
    if outage <= timedelta():
        raise Invalid(
            "There is nothing to compensate: the outage lasted no time.",
            fields={"until": [Phrase("This has to be later than the beginning.")]},
        )
    share = percent_of(prices, outage) if percent is None else percent
    if percent is not None and not prices.least <= percent <= prices.most:
        raise Invalid(
            "The list gives between %(least)s and %(most)s per cent, not %(percent)s.",
            fields={"percent": [Phrase("Between %(least)s and %(most)s.", least=prices.least, most=prices.most)]},
            least=prices.least,
            most=prices.most,
            percent=percent,
        )
    if percent is not None and percent != percent.quantize(HUNDREDTH):
        raise Invalid(
            "A share is given in hundredths of a per cent at most.",
            fields={"percent": [Phrase("At most two digits after the point.")]},
        )
    seconds = (Decimal(outage.total_seconds()) * prices.factor).to_integral_value(ROUND_HALF_UP)
    credit = None if fee is None else rounded(Decimal(fee.amount) * share / HUNDRED)
    return Award(outage, timedelta(seconds=int(seconds)), share, credit, fee.currency if fee else "")


def rounded(amount: Decimal) -> int:
    """Minor units: half of one counts as a whole one."""
    return int(amount.to_integral_value(ROUND_HALF_UP))


def _step(one: Any) -> Step:
    if not isinstance(one, Mapping):
        raise _unusable(N_("Each step says from and percent."))
    return Step(policy.duration(one.get("from"), place=f"{FILE}: credit"), _number(one, "percent"))


def _number(said: Mapping[str, Any], key: str) -> Decimal:
    try:
        number = Decimal(str(said.get(key)))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Invalid("%(file)s: “%(key)s” has to be a number.", file=FILE, key=key)
    return number


def _unusable(remedy: str) -> Invalid:
    return policy.unusable(FILE, remedy)
