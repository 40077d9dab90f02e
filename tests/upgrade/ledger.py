"""A system outside that remembers what it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loopdesk.connectors.base import Field


@dataclass
class Ledger:
    """The twin of a system outside; ``entries`` are what it was asked, under which idempotency key."""

    name: str = "ledger"
    title: str = "Ledger"
    hint: str = ""
    fields: tuple[Field, ...] = ()
    effects: frozenset[str] = frozenset({"http.post"})
    entries: list[tuple[str, Any]] = field(default_factory=list)

    def check(self) -> None:
        """Always there."""

    def perform(self, effect: str, inputs: Mapping[str, Any], idempotency_key: str) -> dict[str, Any]:
        self.entries.append((idempotency_key, inputs["body"]))
        return {"status": 201, "body": {"entry": 7}}
