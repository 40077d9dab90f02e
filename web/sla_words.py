"""How the trial of changed policies is told on the command line and as JSON (SLA-1)."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from loopdesk.desk.sla.whatif import Line, WhatIf
from loopdesk.engine.errors import N_, Translate

HEAD = N_("%(cases)s closed cases; kept before and after:")
CASE = N_("%(case)s  %(clock)s: %(before)s, would be %(after)s")
FAILED = N_("%(case)s cannot be counted: %(reason)s")
NONE = N_("No clock would stand otherwise.")
KEPT = {True: N_("kept"), False: N_("missed"), None: N_("not promised")}


def share(kept: int, of: int) -> str:
    """``9 of 10 (90 %)``; a dash for none."""
    return f"{kept}/{of} ({round(100 * kept / of)} %)" if of else "–"


def lines(found: WhatIf, translate: Translate) -> Iterator[str]:
    """The comparison as lines."""
    yield translate(HEAD) % {"cases": found.cases}
    for line in found.lines:
        yield f"  {line.policy} {line.level} {line.clock}: {_pair(line)}"
    if not found.changes:
        yield translate(NONE)
    for one in found.changes:
        before, after = translate(KEPT[one.before]), translate(KEPT[one.after])
        yield translate(CASE) % {"case": one.number, "clock": one.clock, "before": before, "after": after}
    for number, error in found.failed.items():
        yield translate(FAILED) % {"case": number, "reason": error.text(translate)}


def plain(found: WhatIf) -> dict[str, Any]:
    """The comparison as JSON can hold it."""
    return {
        "cases": found.cases,
        "lines": [asdict(line) for line in found.lines],
        "changes": [asdict(change) for change in found.changes],
        "failed": {number: str(error) for number, error in found.failed.items()},
    }


def _pair(line: Line) -> str:
    return f"{share(line.before_kept, line.before)} → {share(line.after_kept, line.after)}"
