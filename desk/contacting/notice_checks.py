"""Is ``notices.yaml`` usable? Said before it is deployed: one wrong time would keep all news from customers (COM-1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from loopdesk.desk import policy
from loopdesk.desk.contacting.channel import FILE as POLICY
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files

FILE = f"{POLICY}.yaml"


def check(files: Files) -> list[Finding]:
    """What is wrong with the file: an entry of ``watch`` without event or message, a distance that is no time."""
    return policy.check(files, FILE, "notices.unusable", _problems)


def _problems(said: Mapping[str, Any]) -> Iterator[Invalid]:
    watch = said.get("watch") or []
    entries = watch if isinstance(watch, list) else [watch]
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, Mapping) or not entry.get("event") or not entry.get("message"):
            remedy = N_("Entry %(number)s of watch needs an event and a message: {event: …, message: …, step: …}.")
            yield policy.unusable(FILE, remedy, number=number)
        elif "apart" in entry:
            try:
                policy.duration(entry["apart"])
            except Invalid:
                place = f"watch: {entry['event']}, apart"
                yield policy.unusable(FILE, N_("%(entry)s is a time such as PT48H or P14D."), entry=place)
