"""The house's calendars of working time, which a process owner edits as ``calendars.yaml`` of the policies (SLA-2)."""

from collections.abc import Collection
from functools import lru_cache

from loopdesk.desk import policy
from loopdesk.engine import bundles, worktime
from loopdesk.engine.actor import Actor
from loopdesk.engine.calendar import Calendar, Calendars
from loopdesk.engine.errors import Invalid, LoopdeskError, Missing
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

FILE = "calendars.yaml"


@lru_cache(maxsize=16)
def read(content: bytes, file: str = FILE) -> Calendars:
    """The calendars of a file's content; kept, for a calendar remembers the times that it has looked up."""
    return Calendars(policy.parse(content, file), file)


def known(tx: Tx) -> Calendars:
    """The calendars as they stand now; none where the policies are not deployed."""
    held = _held(tx)
    return read(b"{}") if held is None else held


def get(tx: Tx, name: str) -> Calendar:
    """One calendar; `Missing` or `Invalid` when it cannot be used."""
    return known(tx).get(name)


def usable(tx: Tx) -> Collection[str]:
    """The names that a diagram may use: those of the policies; before a house has any, those that it begins with.

    A first start brings policies and diagrams in one transaction, and each folder is checked outside of it.
    """
    held = _held(tx)
    return (_shipped() if held is None else held).names


def _held(tx: Tx) -> Calendars | None:
    """Those of the policies; a house whose policies are older than the file goes by the one that is shipped."""
    try:
        files = bundles.current(tx, policy.BUNDLE).files
    except Missing:
        return None
    return read(files[FILE]) if FILE in files else _shipped()


def _shipped() -> Calendars:
    return read(policy.shipped_file(policy.BUNDLE, FILE))


def names(content: bytes) -> Collection[str] | None:
    """The names in a file; None when it cannot be read, for then nobody knows."""
    try:
        return read(content).names
    except Invalid:
        return None


def check(files: Files) -> list[Finding]:
    """What is wrong with each calendar of a policies folder."""
    if FILE not in files:
        return []
    try:
        problems: list[LoopdeskError] = read(files[FILE]).problems()
    except Invalid as error:
        problems = [error]
    return [finding(problem, FILE, "calendar.unusable") for problem in problems]


def finding(error: LoopdeskError, file: str, rule: str) -> Finding:
    """An error as a finding; the element is its place inside the file."""
    place = error.place.removeprefix(f"{file}: ").removeprefix(file)
    return Finding(file, place, "", rule, "error", error.message, error.remedy, dict(error.params))


def changed(actor: Actor, tx: Tx, bundle: str) -> None:
    """Count again what waits on a calendar, once other policies are the current ones."""
    if bundle == policy.BUNDLE:
        for name in known(tx).names:
            worktime.recompute(actor, tx, name)
