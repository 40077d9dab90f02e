"""Dotted keys: form-js nests the answer of ``a.b`` as ``{"a": {"b": …}}``."""

from collections.abc import Mapping
from typing import Any


def get(data: Mapping[str, Any], key: str) -> Any:
    """The value at a dotted key, or None."""
    value: Any = data
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def put(data: dict[str, Any], key: str, value: Any) -> None:
    """Set the value at a dotted key; mappings on the way are copied, so that nothing shared is changed."""
    *way, last = key.split(".")
    for part in way:
        inner = data.get(part)
        data[part] = dict(inner) if isinstance(inner, Mapping) else {}
        data = data[part]
    data[last] = value
