"""Large values of an instance, kept by digest beside the state that refers to them (docs/decisions/0006)."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson
import zstandard

from loopdesk.engine.bpmn import codec
from loopdesk.engine.bpmn.compensation import PLAN
from loopdesk.engine.bpmn.nodes import LOCAL
from loopdesk.engine.bpmn.records import DONE
from loopdesk.engine.bpmn.tree import OUTER
from loopdesk.engine.errors import N_, Invalid

SMALL = 1024
"""Bytes as JSON up to which a value stands in the state itself."""
MOST = 8 * 1024 * 1024
"""Bytes as JSON of one variable, at most."""
REF = "value"
"""Tag of a reference in the state."""

Fetch = Callable[[Collection[str]], Mapping[str, bytes]]


class Large:
    """The large values that one state refers to; ``fetch`` reads what is stored of them.

    A variable is replaced, never changed in place: the same object is the same value and is not looked at again.
    Without ``fetch`` nothing is kept beside the state and all of it stands there.
    """

    def __init__(self, fetch: Fetch | None = None) -> None:
        self._fetch = fetch
        self._read: dict[str, Any] = {}
        self._known: dict[int, tuple[Any, str]] = {}
        self.stored: set[str] = set()
        self.used: set[str] = set()
        self.made: dict[str, bytes] = {}

    @property
    def gone(self) -> set[str]:
        """What is stored and no longer referred to."""
        return self.stored - self.used

    def begin(self) -> None:
        """A state is about to be written."""
        self.used, self.made = set(), {}

    def settled(self) -> None:
        """What was written is stored now."""
        self.stored = set(self.used)

    def fetch(self, digests: Collection[str]) -> None:
        """Read the values of a state that is about to be loaded."""
        self.stored = set(digests)
        for digest, content in (self._fetch(digests) if self._fetch and digests else {}).items():
            value = codec.decode(orjson.loads(zstandard.decompress(content)))
            self._read[digest] = value
            self._known[id(value)] = value, digest

    def out(self, name: str, value: Any) -> Any:
        """A variable as JSON for the state, or a reference to it."""
        known = self._known.get(id(value))
        if known is not None and known[0] is value:
            self.used.add(known[1])
            return {codec.TAG: [REF, known[1]]}
        encoded = codec.encode(value)
        short = isinstance(encoded, int | float | None) or (isinstance(encoded, str) and len(encoded) <= SMALL // 4)
        if self._fetch is None or short:
            return encoded
        plain = orjson.dumps(encoded)
        if len(plain) <= SMALL:
            return encoded
        if len(plain) > MOST:
            raise Invalid(
                N_("The variable “%(name)s” is larger than %(limit)s MB."),
                remedy=N_("Keep long contents as an attachment, and hand only what is needed to the process."),
                name=name,
                limit=MOST // 1024**2,
            )
        digest = digest_of(plain)
        self._known[id(value)] = value, digest
        self.used.add(digest)
        if digest not in self.stored:
            self.made[digest] = zstandard.compress(plain)
        return {codec.TAG: [REF, digest]}

    def into(self, value: Any) -> Any:
        """What ``out`` was given."""
        tagged = value.get(codec.TAG) if isinstance(value, dict) else None
        return self._read[tagged[1]] if tagged is not None and tagged[0] == REF else codec.decode(value)

    def variables_out(self, data: Mapping[str, Any]) -> Any:
        """Variables by name."""
        if codec.TAG in data or not all(type(name) is str for name in data):
            return codec.encode(dict(data))
        return {name: self.out(name, value) for name, value in data.items()}

    def variables_in(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What ``variables_out`` was given."""
        if codec.TAG in data:
            return dict(codec.decode(data))
        return {name: self.into(value) for name, value in data.items()}

    def internal_out(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What a token knows besides its variables."""
        return {name: self._entry(name, value, self.out, self.variables_out) for name, value in data.items()}

    def internal_in(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What ``internal_out`` was given."""
        return {
            name: self._entry(name, value, lambda _, one: self.into(one), self.variables_in)
            for name, value in data.items()
        }

    def _entry(
        self, name: str, value: Any, one: Callable[[str, Any], Any], many: Callable[[Mapping[str, Any]], Any]
    ) -> Any:
        if name in (OUTER, LOCAL):
            return many(value)
        if name in (DONE, PLAN):
            return _records(value, many)
        return one(name, value)


def _records(records: list[Any], many: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
    return [[key, many(written), _records(inner, many)] for key, written, inner in records]


def digest_of(plain: bytes) -> str:
    """The name of a value: a hash of its JSON (BLAKE2b, RFC 7693, 128 bits) in hex."""
    return hashlib.blake2b(plain, digest_size=16).hexdigest()
