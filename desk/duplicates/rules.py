"""When reports count as the same: the policy file ``duplicates.yaml`` (INT-8), never figures in code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from loopdesk.desk import policy
from loopdesk.engine.errors import N_, Invalid, LoopdeskError
from loopdesk.engine.findings import Finding
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx

POLICY = "duplicates"
FILE = f"{POLICY}.yaml"


@dataclass(frozen=True, slots=True)
class Rules:
    """``words``: texts with fewer terms say too little; ``likeness`` from 0 to 1 of the texts, by reason."""

    words: int
    same_customer: float
    same_asset: float
    within: timedelta
    burst: float
    burst_within: timedelta
    customers: int
    reports: int
    grows_at: tuple[int, ...]
    scope: str
    compared: int


def read(tx: Tx) -> Rules:
    """The rules as they stand, the shipped ones where the house's folder is older than they are. Raises `Invalid`."""
    return rules_of(policy.held(tx, POLICY))


def rules_of(data: Mapping[str, Any]) -> Rules:
    """The content of the file as rules. Raises `Invalid` naming the entry that is missing or wrong."""
    problem = data.get("problem")
    if not isinstance(problem, Mapping):
        raise _wrong("problem")
    found = Rules(
        words=_number(data, "words", 1, 1_000),
        same_customer=_share(data, "same_customer"),
        same_asset=_share(data, "same_asset"),
        within=policy.duration(data.get("within"), place="within"),
        burst=_share(problem, "likeness"),
        burst_within=policy.duration(problem.get("within"), place="problem.within"),
        customers=_number(problem, "customers", 2, 1_000),
        reports=_number(problem, "reports", 2, 1_000),
        grows_at=_numbers(problem, "grows_at"),
        scope=str(problem.get("scope") or "several"),
        compared=_number(data, "compared", 5, 200),
    )
    if found.compared < min(found.reports, found.customers):
        raise _wrong("compared")
    return found


def check(files: Files) -> list[Finding]:
    """What is wrong with the policy file of a folder, in its owner's words; nothing where it has none."""
    if FILE not in files:
        return []
    try:
        rules_of(policy.parse(files[FILE], FILE))
    except LoopdeskError as error:
        remedy = error.remedy or N_("Correct the entry and deploy again.")
        return [Finding(FILE, "", "", "duplicates.rules", "error", error.message, remedy, dict(error.params))]
    return []


def _share(data: Mapping[str, Any], name: str) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise _wrong(name)
    return float(value)


def _number(data: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(name)
    return value


def _numbers(data: Mapping[str, Any], name: str) -> tuple[int, ...]:
    value = data.get(name)
    if not isinstance(value, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        raise _wrong(name)
    return tuple(sorted(value))


def _wrong(name: str) -> Invalid:
    return Invalid(
        "%(file)s: “%(name)s” is missing or cannot be used.",
        remedy=N_("A likeness lies between 0 and 1, a number of reports is at least 2; see the example in the file."),
        file=FILE,
        name=name,
    )
