"""The report of an event to read and to print: its record, timeline, measures and review in one sheet (EMG-7)."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime, gettext, lazy_gettext

from loopdesk.desk import actions, record
from loopdesk.desk import emergency as emergencies
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.record import Case
from loopdesk.desk.response import allhands, awards, expectations, measures, money, reviews, words
from loopdesk.desk.rights import visible_to
from loopdesk.engine.tx import Tx
from loopdesk.web import emergency_words, vocabulary
from loopdesk.web.case_record import Row, Section, Sheet
from loopdesk.web.context import actor, read_tx
from loopdesk.web.pages.record import answer

blueprint = Blueprint("pages_event_report", __name__, url_prefix="/emergencies/<emergency_id>")

FACTS = {
    "time": lazy_gettext("When"),
    "place": lazy_gettext("Where"),
    "scope": lazy_gettext("Who and what is concerned"),
    "symptoms": lazy_gettext("Symptoms"),
}
SIGNED_AS = {"commander": lazy_gettext("Signed as commander"), "head": lazy_gettext("Signed as head")}


@blueprint.get("/report")
def report(emergency_id: str) -> str:
    """The report as a page."""
    with read_tx() as tx:
        emergency, sheet = _sheet(tx, emergency_id)
    return render_template("emergencies/report.html", emergency=emergency, sheet=sheet)


@blueprint.get("/report.pdf")
def pdf(emergency_id: str) -> ResponseReturnValue:
    """The same to print or to send on."""
    with read_tx() as tx:
        _, sheet = _sheet(tx, emergency_id)
    return answer(sheet)


def _sheet(tx: Tx, emergency_id: str) -> tuple[Emergency, Sheet]:
    emergency = emergencies.see(actor(), tx, emergency_id)
    case = record.get(tx, emergency.case, visible=visible_to(actor()))
    made = gettext("Made on %(moment)s", moment=_moment(tx.now))
    found = [
        Section(gettext("Event"), _event(tx, emergency, case)),
        Section(gettext("Event record"), _facts(emergency)),
        Section(gettext("Roles"), _roles(tx, emergency)),
        Section(gettext("Timeline"), _timeline(tx, emergency)),
        Section(gettext("Decisions"), _decisions(tx, emergency)),
        Section(gettext("Customers who were told"), _told(tx, emergency)),
        Section(gettext("Measures"), _measures(tx, emergency)),
        Section(gettext("Review"), _review(tx, emergency)),
        Section(gettext("Actions"), _actions(tx, emergency)),
        Section(gettext("The customer's word"), _word(tx, emergency)),
        Section(gettext("Compensation"), _compensation(tx, emergency)),
    ]
    sections = [one for one in found if one.rows]
    return emergency, Sheet(case.number, case.title, vocabulary.language(), made, tx.now, sections)


def _event(tx: Tx, emergency: Emergency, case: Case) -> list[Row]:
    language = vocabulary.language()
    kinds, grades = (emergencies.names(tx, what, language) for what in ("kinds", "grades"))
    said = (
        (gettext("Kind"), kinds.get(emergency.kind, emergency.kind)),
        (
            gettext("Grade"),
            " · ".join(filter(None, (grades.get(emergency.grade, emergency.grade), emergency.severity))),
        ),
        (gettext("Scope"), str(emergency_words.SCOPES.get(emergency.scope, ""))),
        (gettext("Case"), " · ".join(emergencies.cases(tx, emergency.id))),
        (gettext("Declared"), _moment(emergency.declared_at)),
        (gettext("Over"), _moment(emergency.ended_at)),
        (gettext("Summary"), emergency.summary),
        (gettext("Result"), case.solution),
    )
    return [Row(name, text) for name, text in said if text]


def _facts(emergency: Emergency) -> list[Row]:
    by = _moment(emergency.facts_at)
    return [Row(str(name), str(emergency.facts[key]), by) for key, name in FACTS.items() if emergency.facts.get(key)]


def _roles(tx: Tx, emergency: Emergency) -> list[Row]:
    return [
        Row(str(emergency_words.ROLES[one.role]), one.name, f"{_moment(one.since)} – {_moment(one.until)}")
        for one in emergencies.roles(tx, emergency.id, former=True)
    ]


def _timeline(tx: Tx, emergency: Emergency) -> list[Row]:
    said = [
        (one, "\n".join(filter(None, (emergency_words.line(one).text, emergency_words.words(one)))))
        for one in emergencies.entries(tx, emergency.id)
    ]
    return [Row(_moment(one["at"]), text or one["kind"], one["by_name"]) for one, text in said]


def _decisions(tx: Tx, emergency: Emergency) -> list[Row]:
    return [
        Row(_moment(one.asked_at), one.question, " · ".join(filter(None, (one.decision, one.by_name, _moment(one.at)))))
        for one in emergencies.decisions(tx, emergency.id)
    ]


def _told(tx: Tx, emergency: Emergency) -> list[Row]:
    return [
        Row(_moment(one.at), one.customer_name or one.contact, str(emergency_words.TOLD.get(one.template, "")))
        for one in emergencies.told(tx, emergency.id)
    ]


def _measures(tx: Tx, emergency: Emergency) -> list[Row]:
    language = vocabulary.language()
    found = [
        Row(words.measure(tx, one.measure, language), str(emergency_words.MEASURES[one.state].text), one.note)
        for one in measures.of(tx, emergency.id)
    ]
    helped = [one for one in allhands.of(tx, emergency.id) if one.reached]
    reached = [Row(one.name, gettext("%(number)s customers reached", number=one.reached), one.note) for one in helped]
    return found + reached


def _review(tx: Tx, emergency: Emergency) -> list[Row]:
    found = reviews.of(tx, emergency.id)
    if found is None:
        return []
    last = len(found.whys)
    asked = [
        Row(gettext("%(place)s. Why?", place=place), why, gettext("root") if place == last else "")
        for place, why in enumerate(found.whys, 1)
    ]
    signed: list[dict[str, Any]] = [dict(one) for one in found.signatures]
    said = [
        Row(gettext("Root cause due"), _moment(found.rca_due_at), _moment(found.rca_at)),
        Row(gettext("Course"), found.course),
        Row(gettext("Impact"), found.impact),
        Row(gettext("Handling"), found.handling),
        *asked,
        Row(gettext("Improvement"), found.improvement),
        Row(gettext("Report to the customer"), found.report, _moment(found.reported_at)),
        *(Row(str(SIGNED_AS[one["role"]]), one["name"], f"{one['at'][:16]} · {one['digest'][:12]}") for one in signed),
    ]
    return [one for one in said if one.text]


def _actions(tx: Tx, emergency: Emergency) -> list[Row]:
    found = actions.of(tx, reviews.SOURCE, emergency.id)
    return [Row(one.owner, one.text, " · ".join(filter(None, (_moment(one.due_at), one.result)))) for one in found]


def _word(tx: Tx, emergency: Emergency) -> list[Row]:
    row = expectations.of(tx, emergency.id)
    if row is None or row["answered_at"] is None:
        return []
    met = gettext("The handling was as expected") if row["met"] else gettext("The handling was not as expected")
    return [Row(met, row["comment"] or "–", _moment(row["answered_at"]))]


def _compensation(tx: Tx, emergency: Emergency) -> list[Row]:
    found = awards.listing(actor(), tx, emergency=emergency.id, state=awards.GRANTED)
    return [
        Row(one.customer, money.amount(one.credit, one.currency) or money.hours(one.service_seconds), one.second_by)
        for one in found
    ]


def _moment(moment: Any) -> str:
    return format_datetime(moment, "medium") if moment else ""
