"""Large values of an instance, kept by digest beside the state that refers to them (docs/decisions/0006)."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import orjson
import zstandard

from loopdesk.engine.bpmn import codec
from loopdesk.engine.bpmn.compensation import PLAN
from loopdesk.engine.bpmn.nodes import LOCAL
from loopdesk.engine.bpmn.records import DONE, Aside, Record
from loopdesk.engine.bpmn.tree import OUTER
from loopdesk.engine.errors import N_, Invalid

SMALL = 1024
"""Bytes as JSON up to which a value stands in the state itself."""
MOST = 8 * 1024 * 1024
"""Bytes as JSON of one variable, at most."""
REF, ASIDE = "value", "aside"
"""Tags of references in the state: to a variable's value, to records of what may be undone."""

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
        self.aside: dict[str, bytes] = {}
        self.bound: set[str] = set()
        self.has_aside = False

    @property
    def gone(self) -> set[str]:
        """What is stored and no longer referred to."""
        return self.stored - self.used - self.bound

    def begin(self) -> None:
        """A state is about to be written."""
        self.used, self.made, self.has_aside = set(), {}, False

    def settled(self) -> None:
        """What was written is stored now."""
        self.stored = set(self.used)
        self.aside, self.bound = {}, set()

    def fetch(self, digests: Collection[str]) -> None:
        """Read the values of a state that is about to be loaded."""
        self.stored = set(digests)
        self._load(digests)

    def _load(self, digests: Collection[str]) -> None:
        for digest, content in (self._fetch(digests) if self._fetch and digests else {}).items():
            value = codec.decode(orjson.loads(zstandard.decompress(content)))
            self._read[digest] = value
            self._known[id(value)] = value, digest

    def put_aside(self, records: list[Record | Aside]) -> list[Record | Aside]:
        """The records with the youngest of them beside the state once they are more than ``SMALL`` bytes as JSON.

        Then one reference stands for them, and one for many references, so what is left grows with the logarithm of
        their number. What stands aside is never changed and goes with its instance, like the values ``bound`` to it.
        """
        left = list(records)
        level = 0
        while self._fetch is not None:
            first = len(left)
            while first and _level(left[first - 1]) == level:
                first -= 1
            used, self.used = self.used, set()
            plain = orjson.dumps(self._records_out(left[first:]))
            used, self.used = self.used, used
            if len(plain) <= SMALL:
                break
            self.bound |= used
            digest, level = digest_of(plain), level + 1
            self.aside[digest] = zstandard.compress(plain)
            left[first:] = [Aside(digest, level, self._beside)]
        return left

    def _beside(self, digest: str) -> list[Any]:
        """The records under a digest, with the large values that they refer to."""
        assert self._fetch is not None
        content = self.aside.get(digest) or self._fetch([digest])[digest]
        rows = orjson.loads(zstandard.decompress(content))
        self._load({found for found in _refs(rows) if found not in self._read})
        return self._records_in(rows)

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
        return {
            name: self._records_out(value)
            if name in (DONE, PLAN)
            else self._entry(name, value, self.out, self.variables_out)
            for name, value in data.items()
        }

    def internal_in(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What ``internal_out`` was given."""
        return {
            name: self._records_in(value)
            if name in (DONE, PLAN)
            else self._entry(name, value, lambda _, one: self.into(one), self.variables_in)
            for name, value in data.items()
        }

    def _entry(
        self, name: str, value: Any, one: Callable[[str, Any], Any], many: Callable[[Mapping[str, Any]], Any]
    ) -> Any:
        if name in (OUTER, LOCAL):
            return many(value)
        return one(name, value)

    def _records_out(self, records: list[Any]) -> list[Any]:
        return [self._record_out(record) for record in records]

    def _record_out(self, record: Record | Aside) -> Any:
        if isinstance(record, Aside):
            self.has_aside = True
            return {codec.TAG: [ASIDE, record.digest, record.level]}
        key, written, inner = record
        return [key, self.variables_out(written), self._records_out(inner)]

    def _records_in(self, rows: list[Any]) -> list[Any]:
        return [self._record_in(row) for row in rows]

    def _record_in(self, row: Any) -> Record | Aside:
        if isinstance(row, dict):
            _, digest, level = row[codec.TAG]
            return Aside(digest, level, self._beside)
        key, written, inner = row
        return [key, self.variables_in(written), self._records_in(inner)]


def _level(record: Record | Aside) -> int:
    return record.level if isinstance(record, Aside) else 0


def _refs(plain: Any) -> Iterator[str]:
    """The digests of the large values that records as JSON refer to."""
    if isinstance(plain, list):
        for one in plain:
            yield from _refs(one)
    elif isinstance(plain, dict):
        tagged = plain.get(codec.TAG)
        if tagged is not None and tagged[0] == REF:
            yield tagged[1]
        elif tagged is None:
            for one in plain.values():
                yield from _refs(one)


def digest_of(plain: bytes) -> str:
    """The name of a value: a hash of its JSON (BLAKE2b, RFC 7693, 128 bits) in hex."""
    return hashlib.blake2b(plain, digest_size=16).hexdigest()
