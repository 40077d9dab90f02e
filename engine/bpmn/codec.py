"""An instance's state as bytes: JSON with tagged values, compressed; what goes in comes out with its types."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from threading import local
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import zstandard

from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.feel.temporal import Date, DateTime, DayDuration, MonthDuration, Time, Zone

TAG = "$"
"""The single key of a tagged value; a context that has it itself is tagged too, so no variable can pretend."""

MAX_INT = 2**53


def _moment_out(value: datetime | time) -> list[Any]:
    # A named zone is kept by name: its offset on another day differs.
    zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    return [value.replace(tzinfo=None).isoformat() if zone else value.isoformat(), zone, value.fold]


def _datetime_in(text: str, zone: str | None, fold: int) -> datetime:
    value = datetime.fromisoformat(text).replace(fold=fold)
    return value.replace(tzinfo=ZoneInfo(zone)) if zone else value


def _time_in(text: str, zone: str | None, fold: int) -> time:
    value = time.fromisoformat(text).replace(fold=fold)
    return value.replace(tzinfo=ZoneInfo(zone)) if zone else value


_OUT: dict[type, tuple[str, Callable[[Any], list[Any]]]] = {
    Decimal: ("decimal", lambda value: [str(value)]),
    datetime: ("datetime", _moment_out),
    date: ("date", lambda value: [value.isoformat()]),
    time: ("time", _moment_out),
    timedelta: ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    set: ("set", lambda value: [encode(item) for item in sorted(value, key=repr)]),
    frozenset: ("frozenset", lambda value: [encode(item) for item in sorted(value, key=repr)]),
    tuple: ("tuple", lambda value: [encode(item) for item in value]),
    bytes: ("bytes", lambda value: [value.hex()]),
    Date: ("Date", lambda value: [value.year, value.month, value.day]),
    Zone: ("Zone", lambda value: [value.offset, value.name]),
    Time: ("Time", lambda value: [value.nanos, encode(value.zone)]),
    DateTime: ("DateTime", lambda value: [encode(value.date), encode(value.time)]),
    DayDuration: ("DayDuration", lambda value: [str(value.nanos)]),
    MonthDuration: ("MonthDuration", lambda value: [value.months]),
}

_IN: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "decimal": Decimal,
    "datetime": _datetime_in,
    "date": date.fromisoformat,
    "time": _time_in,
    "timedelta": timedelta,
    "set": lambda *items: {decode(item) for item in items},
    "frozenset": lambda *items: frozenset(decode(item) for item in items),
    "tuple": lambda *items: tuple(decode(item) for item in items),
    "bytes": bytes.fromhex,
    "map": lambda *pairs: {decode(key): decode(value) for key, value in pairs},
    "Date": Date,
    "Zone": Zone,
    "Time": lambda nanos, zone: Time(nanos, decode(zone)),
    "DateTime": lambda day, clock: DateTime(decode(day), decode(clock)),
    "DayDuration": lambda nanos: DayDuration(int(nanos)),
    "MonthDuration": MonthDuration,
}


def encode(value: Any) -> Any:
    """The value as plain JSON; raises ``Invalid`` for a type that a variable cannot have."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -MAX_INT < value < MAX_INT else {TAG: ["int", str(value)]}
    if kind is float:
        return value if value - value == 0 else {TAG: ["float", repr(value)]}
    if kind is list:
        return [encode(item) for item in value]
    if kind is dict:
        if TAG not in value and all(type(key) is str for key in value):
            return {key: encode(item) for key, item in value.items()}
        return {TAG: ["map", *([encode(key), encode(item)] for key, item in value.items())]}
    if kind in _OUT:
        tag, out = _OUT[kind]
        return {TAG: [tag, *out(value)]}
    raise Invalid(
        N_("A variable cannot hold a value of the kind “%(kind)s”."),
        remedy=N_("Give the variable a text, number, date, duration, list or context."),
        kind=kind.__name__,
    )


def decode(value: Any) -> Any:
    """What ``encode`` was given."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        tagged = value.get(TAG)
        if tagged is not None:
            return _IN[tagged[0]](*tagged[1:])
        return {key: decode(item) for key, item in value.items()}
    return value


def pack(value: Any) -> bytes:
    """Plain JSON as compressed bytes."""
    return _contexts.compressor.compress(orjson.dumps(value))


def unpack(data: bytes) -> Any:
    """What ``pack`` was given."""
    return orjson.loads(_contexts.decompressor.decompress(data))


class _Contexts(local):
    """What compresses, made once for each thread: it is dear to make and serves one caller at a time."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()
