"""What a case's page shows of its diagnosis and of its sub-cases (DIA-2, DIA-10)."""

from collections.abc import Mapping
from typing import Any

from loopdesk.desk import case, departments, people, subcases
from loopdesk.desk.case_facts import name_of
from loopdesk.desk.diagnosis import course, trees
from loopdesk.desk.diagnosis.course import ABANDONED, CAUSE, DRAFT, RUNNING, Way
from loopdesk.desk.record import Case
from loopdesk.desk.rights import CASEWORK
from loopdesk.engine.tx import Tx
from loopdesk.web import vocabulary
from loopdesk.web.context import actor

OPEN = frozenset({"new", "open", "waiting"})


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_diagnosis.html`` and ``cases/_subcases.html``."""
    may = actor().has_role(*CASEWORK - {"integrator"}) and found.status in OPEN
    parent = subcases.parent_of(tx, found.number)
    return {
        "diagnosis": _diagnosis(tx, found, may),
        "parts": [_part(tx, part) for part in subcases.parts(tx, found.number)],
        "parent": case.find(actor(), tx, parent) if parent else None,
        "part_of": subcases.row_of(tx, found.number),
        "may_split": may,
        "split_to": _split_to(tx) if may else {},
    }


def _diagnosis(tx: Tx, found: Case, may: bool) -> dict[str, Any]:
    ways = [_way(way) for way in course.ways(tx, found.number)]
    said = course.findings(tx, found.number)
    language = vocabulary.language()
    return {
        "running": next((way for way in ways if way["state"] == RUNNING), None),
        "former": [way for way in ways if way["state"] != RUNNING],
        "cause": next((one for one in said if one.kind == CAUSE), None),
        "draft": next((one for one in said if one.kind == DRAFT), None),
        "trees": [(tree.key, trees.words(tree.name, language)) for tree in course.choices(tx, found.type)]
        if may
        else [],
        "may": may,
    }


def _way(way: Way) -> dict[str, Any]:
    language = vocabulary.language()
    asked = way.tree.steps.get(way.row["step"])
    return {
        "state": way.row["state"],
        "name": trees.words(way.tree.name, language),
        "result": trees.words(way.tree.results.get(way.row["result"], {}), language),
        "reason": way.row["reason"],
        "given_up": way.row["state"] == ABANDONED,
        "begun_at": way.row["begun_at"],
        "by": way.row["begun_by_name"],
        "steps": [_behind(way, step, language) for step in way.steps],
        "step": way.row["step"],
        "ask": trees.words(asked.ask, language) if asked else "",
        "how": trees.words(asked.how, language) if asked else "",
        "outcomes": [(code, trees.words(one.name, language)) for code, one in asked.outcomes.items()] if asked else [],
        "may_skip": bool(asked and asked.skip),
    }


def _behind(way: Way, step: Mapping[str, Any], language: str) -> dict[str, Any]:
    asked = way.tree.steps[step["step"]]
    outcome = asked.outcomes.get(step["outcome"])
    return {
        "ask": trees.words(asked.ask, language),
        "outcome": trees.words(outcome.name, language) if outcome else "",
        "note": step["note"],
        "by": step["by_name"],
        "at": step["at"],
    }


def _part(tx: Tx, part: subcases.Part) -> dict[str, Any]:
    seen = case.find(actor(), tx, part.number)
    return {"part": part, "owner": name_of(tx, part.owner_id), "may_see": seen is not None}


def _split_to(tx: Tx) -> dict[str, Any]:
    staff = [one for one in people.listing(actor(), tx) if one.active and "agent" in one.roles]
    return {
        "departments": [(code, vocabulary.department(code)) for code in departments.codes(tx)],
        "owners": [(one.id, one.name) for one in staff],
    }
