"""``case.*`` of expressions and message templates: the facts of a case as they stand when asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from loopdesk.desk import acceptance, case_facts, causes, emergency, handoff, impact, people, record, subcases
from loopdesk.desk.diagnosis import course
from loopdesk.desk.implementation import tables as implementation
from loopdesk.desk.record import Case
from loopdesk.engine.tx import Tx

_DERIVED = """
due owner owner_name assignee support_tier tier customer customer_number contact contact_phone missing
commanders commander emergency colleagues breach_causes
diagnosis diagnosing draft parent split results business_side loss share reports customers hour
implementation gates_wanted
"""
NAMES = frozenset({*case_facts.PLAIN, *_DERIVED.split()})
"""All that ``case`` can be asked for; a diagram, table or form that asks for anything else is wrong."""


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

    Beside those of `case_facts`: ``commanders``, who may lead an emergency, ``commander`` and ``emergency``, who leads
    the one that runs and its id, ``colleagues``, who may improve something, and
    ``breach_causes``, the catalogue by language, all as options of a form; the
    ``diagnosis`` and the ``draft`` of a solution found so far, and whether a diagnosis is under way (``diagnosing``);
    the ``parent`` of a sub-case, whether it was ``split`` off (nobody outside reported it), and the ``results`` of
    its own sub-cases; the ``business_side`` that verifies a fix: the department that first handed the case over; the
    plan by which it was last put to work (``implementation``), empty for none; whether somebody has asked for gates
    beforehand (``gates_wanted``).
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
        "implementation": lambda: implementation.plan_of(tx, key),
        "gates_wanted": lambda: acceptance.in_state(tx, key, acceptance.WANTED) is not None,
        **_impact(tx, key),
    }
    asked |= case_facts.asked(tx, case)
    return Facts(case_facts.held(case), asked)


def of_instance(tx: Tx, key: str) -> Mapping[str, Any]:
    """What ``case.*`` of a process says: the facts of its case; in one that no case is behind, such as what the first
    of a month begins, its key, and everybody of the house as ``colleagues``."""
    return facts(tx, key) or Facts({"number": key}, {"colleagues": lambda: _options(people.active(tx))})


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
