"""``case.*`` of expressions and message templates: the facts of a case as they stand when asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk import causes, customers, emergency, handoff, impact, people, record, subcases
from loopdesk.desk.diagnosis import course
from loopdesk.desk.record import Case
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx

_NAMES = """
number title description category type urgency scope complexity priority priority_reason status department channel
language restricted automatic occurred_at steps expected system_version solution policy provisional opened_at
solved_at closed_at close_reason
template details service out_of_scope problem impact impact_score agreed
"""
_PLAIN = _NAMES.split()
_DERIVED = """
due owner owner_name assignee support_tier tier customer customer_number contact missing commanders commander emergency
colleagues breach_causes
diagnosis diagnosing draft parent split results business_side loss share reports customers hour
"""
NAMES = frozenset({*_PLAIN, *_DERIVED.split()})
"""All that ``case`` can be asked for; a diagram, table or form that asks for anything else is wrong."""
REQUIRED = ("customer", "description", "occurred_at", "steps", "expected", "system_version", "scope")
"""Fields of INT-2 that are asked for; screenshots and logs follow a report and cannot be missed at its opening."""


class Facts(Mapping[str, Any]):
    """Facts that are known, and such as cost a query of their own: these are found out when somebody asks."""

    def __init__(self, known: Mapping[str, Any], asked: Mapping[str, Callable[[], Any]]) -> None:
        self._known = dict(known)
        self._asked = asked

    def __getitem__(self, name: str) -> Any:
        if name not in self._known and name in self._asked:
            self._known[name] = self._asked[name]()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._asked})

    def __len__(self) -> int:
        return len({**self._known, **self._asked})


def facts(tx: Tx, key: str) -> Mapping[str, Any]:
    """The facts of case ``key``; empty for a key that is no case.

    Beside those of `of_case`: ``commanders``, who may lead an emergency, ``commander`` and ``emergency``, who leads
    the one that runs and its id, ``colleagues``, who may improve something, and
    ``breach_causes``, the catalogue by language, all as options of a form; the
    ``diagnosis`` and the ``draft`` of a solution found so far, and whether a diagnosis is under way (``diagnosing``);
    the ``parent`` of a sub-case, whether it was ``split`` off (nobody outside reported it), and the ``results`` of
    its own sub-cases; the ``business_side`` that verifies a fix: the department that first handed the case over.
    """
    # Locked from the first look on: what a step decides by is what it changes.
    case = record.find(tx, key, lock=tx.writes)
    if case is None:
        return {}
    asked = {
        "commanders": lambda: _options(emergency.commanders(tx, case)),
        "commander": lambda: found.commander_id if (found := emergency.open_of(tx, key)) else "",
        "emergency": lambda: found.id if (found := emergency.open_of(tx, key)) else "",
        "colleagues": lambda: _options(_colleagues(tx, case)),
        "breach_causes": lambda: {lang: _choices(causes.names(tx, lang)) for lang in people.LANGUAGES},
        "diagnosis": lambda: course.latest(tx, key, course.CAUSE),
        "diagnosing": lambda: course.under_way(tx, key),
        "draft": lambda: course.latest(tx, key, course.DRAFT),
        "parent": lambda: subcases.parent_of(tx, key),
        "split": lambda: case.channel == subcases.CHANNEL,
        "results": lambda: subcases.results(tx, key),
        "business_side": lambda: handoff.sender_of(tx, key) or None,
        **_impact(tx, key),
    }
    asked |= _asked(tx, case)
    return Facts(_held(case), asked)


def _impact(tx: Tx, key: str) -> dict[str, Callable[[], Any]]:
    """What the impact of a case is weighed by (INT-9): figures in per cent, reports of a parent problem,
    the hour of the day by the clock of the house."""

    @cache
    def figures() -> Mapping[str, float | None]:
        return impact.figures(tx, key)

    @cache
    def reports() -> tuple[int, int]:
        return impact.reports(tx, key)

    return {
        "loss": lambda: figures()["loss"],
        "share": lambda: figures()["share"],
        "reports": lambda: reports()[0],
        "customers": lambda: reports()[1],
        "hour": lambda: tx.now.astimezone(ZoneInfo(tx.host.zone)).hour,
    }


def _colleagues(tx: Tx, case: Case) -> list[people.Person]:
    """Who may be asked to make something better: the case's department, its owner and whoever works on it."""
    own = [people.find(tx, one) for one in (case.owner_id, case.assignee_id)]
    found = {one.id: one for one in [*people.in_department(tx, case.department), *filter(None, own)]}
    return sorted(found.values(), key=lambda one: (one.name, one.id))


def _choices(names: Mapping[str, str]) -> list[dict[str, str]]:
    """Codes with their names as a form's options."""
    return [{"value": code, "label": name} for code, name in names.items()]


def _options(found: list[people.Person]) -> list[dict[str, str]]:
    """People as a form's options; the sign-in name tells two of one name apart."""
    return [{"value": one.id, "label": f"{one.name} ({one.login})"} for one in found]


def of_case(tx: Tx, case: Case) -> dict[str, Any]:
    """The facts of ``case``; moments are zone-aware, absent values None or empty."""
    return {**_held(case), **{name: find() for name, find in _asked(tx, case).items()}}


def _held(case: Case) -> dict[str, Any]:
    """What stands in the case's own row."""
    own = {"due": case.due_at, "owner": case.owner_id, "assignee": case.assignee_id, "missing": missing_fields(case)}
    own |= {"support_tier": case.tier}
    return {name: getattr(case, name) for name in _PLAIN} | own


def _asked(tx: Tx, case: Case) -> dict[str, Callable[[], Any]]:
    """What stands elsewhere, each with the way to it."""

    def organisation() -> customers.Organisation | None:
        # Read once: no step of a process changes a customer.
        kept = tx.kept(customers.organisation)
        if case.organisation_id not in kept:
            kept[case.organisation_id] = customers.organisation_of(tx, case.organisation_id)
        found: customers.Organisation | None = kept[case.organisation_id]
        return found

    @cache
    def contact() -> str:
        return customers.contact(tx, case.contact_id).name if case.contact_id else ""

    return {
        "owner_name": lambda: name_of(tx, case.owner_id),
        "tier": lambda: found.tier if (found := organisation()) else "potential",
        "customer": lambda: found.name if (found := organisation()) else contact(),
        "customer_number": lambda: found.number if (found := organisation()) else "",
        "contact": contact,
    }


def missing_fields(case: Case) -> list[str]:
    """Keys of the INT-2 fields that are still empty, in the form's order."""
    known = {"customer": case.organisation_id}
    return [key for key in REQUIRED if not (known[key] if key in known else getattr(case, key))]


def name_of(tx: Tx, person_id: str) -> str:
    """A person's name, empty for nobody; a host's person who is gone keeps his id."""
    if not person_id:
        return ""
    try:
        return people.by_id(tx, person_id).name
    except Missing:
        return person_id
