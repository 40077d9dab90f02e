"""The record of a case as a sheet: the same headings and rows for the page, the PDF and the file kept (DIA-7).

Workers make it, too, so nothing here needs a request: the language and the zone are handed in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from babel.dates import format_datetime

from loopdesk.desk import channels, departments, zones
from loopdesk.desk.casefile import CaseFile
from loopdesk.desk.diagnosis import trees
from loopdesk.desk.diagnosis.course import CAUSE, Way
from loopdesk.engine import bundles
from loopdesk.engine.errors import N_, Missing, Translate
from loopdesk.engine.tx import Tx
from loopdesk.web.sentences import REASONS, TOLD, Lenient
from loopdesk.web.vocabulary import form_words
from loopdesk.web.words import translator

COURSE = (
    "case.opened",
    "case.typed",
    "case.prioritised",
    "case.owner_named",
    "case.escalated",
    "case.waiting",
    "case.resumed",
    "case.split",
    "case.part_of",
    "case.part_solved",
    "case.part_cancelled",
    "case.solved",
    "case.reopened",
    "case.closed",
    "emergency.declared",
    "emergency.ended",
    "handoff.overdue",
    "handoff.circular",
    "handoff.taken_back",
    "handoff.disputed",
    "case.fix_failed",
    "verification.asked",
    "survey.called_back",
)
"""Events that tell how a case went; what has a section of its own is not told twice."""
STATUSES = {
    "new": N_("New"),
    "open": N_("In progress"),
    "waiting": N_("Waiting for the customer"),
    "solved": N_("Solved, to be confirmed"),
    "closed": N_("Closed"),
}


SCORES = (
    ("stars", N_("Stars"), 5),
    ("nps", N_("Would recommend us"), 10),
    ("quality", N_("Quality"), 5),
    ("speed", N_("Speed"), 5),
    ("attitude", N_("Attitude"), 5),
)
"""Answers of the survey with the most that each can have (FBK-1)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a section: ``name`` (a fact's name, a moment) and ``text``; ``by`` stands small below."""

    name: str
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its rows, or with a ``text`` of its own."""

    title: str
    rows: list[Row] = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole record in one language."""

    number: str
    title: str
    language: str
    made: str
    made_at: datetime
    sections: list[Section]


def sheet_of(tx: Tx, held: CaseFile, language: str, zone: str) -> Sheet:
    """The record in a reader's language and zone."""
    writer = _Writer(tx, held, "zh" if language.startswith("zh") else "en", zone)
    made = writer.say(N_("Made on %(moment)s")) % {"moment": writer.moment(held.made_at)}
    return Sheet(held.case.number, held.case.title, writer.language, made, held.made_at, writer.sections())


def _owners_words(tx: Tx, language: str) -> Mapping[tuple[str, str], str]:
    try:
        return form_words(bundles.current(tx, "intake"), language)
    except Missing:
        return {}


class _Writer:
    """Writes the sections of one record."""

    def __init__(self, tx: Tx, held: CaseFile, language: str, zone: str) -> None:
        self.held, self.language, self.zone = held, language, zones.of(zone, tx.host.zone)
        self.say: Translate = translator(language)
        self.departments = departments.names(tx, language)
        self.channels = channels.names(tx, language)
        self.words = _owners_words(tx, language)

    def moment(self, moment: datetime | None) -> str:
        """A moment in the reader's zone; empty for none."""
        if moment is None:
            return ""
        locale = "zh_Hans_CN" if self.language == "zh" else "en_GB"
        return format_datetime(moment, "medium", tzinfo=self.zone, locale=locale)

    def sections(self) -> list[Section]:
        """All that have anything to say."""
        case = self.held.case
        found = [
            Section(self.say(N_("Case")), self._facts()),
            Section(self.say(N_("Description")), self._description(), case.description),
            Section(self.say(N_("Diagnosis")), list(self._diagnosis())),
            Section(self.say(N_("Result")), self._result(), case.solution),
            Section(
                self.say(N_("Sub-cases")), [Row(part.number, part.title, part.solution) for part in self.held.parts]
            ),
            Section(self.say(N_("The customer's feedback")), list(self._feedback())),
            Section(self.say(N_("What happened")), list(self._course())),
            Section(self.say(N_("Handoffs and signatures")), list(self._signatures())),
            Section(self.say(N_("Messages")), list(self._letters())),
            Section(
                self.say(N_("Files")), [Row(self.moment(file.at), file.name, file.by_name) for file in self.held.files]
            ),
        ]
        return [one for one in found if one.rows or one.text]

    def _facts(self) -> list[Row]:
        case, names = self.held.case, self.held.names
        facts = (
            (N_("Customer"), " · ".join(filter(None, (self.held.customer, self.held.contact)))),
            (N_("Kind"), self._word("type", case.type)),
            (N_("Priority"), " · ".join(filter(None, (case.priority, self._word("reason", case.priority_reason))))),
            (N_("State"), self.say(STATUSES.get(case.status, case.status))),
            (N_("Department"), self.departments.get(case.department, case.department)),
            (N_("Owner"), names.get(case.owner_id, "")),
            (N_("Works on it"), names.get(case.assignee_id, "")),
            (N_("Tier of support"), case.tier),
            (N_("Channel"), self.channels.get(case.channel, case.channel)),
            (N_("Part of"), self.held.parent),
            (N_("Happened"), self.moment(case.occurred_at)),
            (N_("Opened"), self.moment(case.opened_at)),
            (N_("Due"), self.moment(case.due_at)),
            (N_("Solved"), self.moment(case.solved_at)),
            (N_("Closed"), self.moment(case.closed_at)),
        )
        return [Row(self.say(name), value) for name, value in facts if value]

    def _word(self, key: str, value: str) -> str:
        """A fact of a case as its owner calls it."""
        return self.words.get((key, value), value)

    def _description(self) -> list[Row]:
        case = self.held.case
        told = ((N_("Steps"), case.steps), (N_("Expected"), case.expected), (N_("Version"), case.system_version))
        return [Row(self.say(name), value) for name, value in told if value]

    def _diagnosis(self) -> Iterator[Row]:
        for way in reversed(self.held.ways):
            yield from self._way(way)
        for one in reversed(self.held.findings):
            name = N_("Cause") if one.kind == CAUSE else N_("Draft of the solution")
            yield Row(self.say(name), one.text, f"{one.by_name}, {self.moment(one.at)}")

    def _way(self, way: Way) -> Iterator[Row]:
        begun = f"{way.row['begun_by_name']}, {self.moment(way.row['begun_at'])}"
        yield Row(self.say(N_("Diagnosis tree")), trees.words(way.tree.name, self.language), begun)
        for step in way.steps:
            asked = way.tree.steps[step["step"]]
            outcome = asked.outcomes.get(step["outcome"])
            said = trees.words(outcome.name, self.language) if outcome else self.say(N_("left out"))
            text = f"{said} – {step['note']}" if step["note"] else said
            yield Row(trees.words(asked.ask, self.language), text, f"{step['by_name']}, {self.moment(step['at'])}")
        if way.row["reason"]:
            yield Row(self.say(N_("given up")), way.row["reason"])

    def _result(self) -> list[Row]:
        case = self.held.case
        reason = REASONS.get(case.close_reason, case.close_reason)
        return [Row(self.say(N_("Closed because")), self.say(reason))] if reason else []

    def _feedback(self) -> Iterator[Row]:
        for row in self.held.feedback:
            if row["kind"] == "verification":
                text = N_("It works.") if row["confirmed"] else N_("It does not work yet.")
                yield Row(self.moment(row["answered_at"]), self.say(text), row["comment"])
                continue
            given = [(name, row[key], most) for key, name, most in SCORES if row[key] is not None]
            said = [f"{self.say(name)} {value}/{most}" for name, value, most in given]
            yield Row(self.moment(row["answered_at"]), ", ".join(said), row["comment"])
            if row["called_at"]:
                why = " – ".join(filter(None, (row["root_cause"], row["improvement"])))
                yield Row(self.moment(row["called_at"]), self.say(N_("Called back")), why)

    def _course(self) -> Iterator[Row]:
        for event in self.held.events:
            if event["kind"] not in COURSE:
                continue
            data = dict(event["data"] or {})
            sentence = TOLD.get(event["kind"])
            text = self.say(sentence.text) % Lenient(self._readable(data)) if sentence else self.say(N_("Case opened"))
            note = str(data.get(sentence.note) or "") if sentence and sentence.note else ""
            why = self.say(REASONS[note]) if note in REASONS else self._word("reason", note)
            by = " · ".join(filter(None, (why, event["actor_name"])))
            yield Row(self.moment(event["at"]), text, by)

    def _readable(self, data: dict[str, Any]) -> dict[str, Any]:
        if "department" in data:
            data["department"] = self.departments.get(str(data["department"]), data["department"])
        if isinstance(data.get("due"), str):
            data["due"] = self.moment(datetime.fromisoformat(data["due"]))
        return data

    def _signatures(self) -> Iterator[Row]:
        for offer in self.held.handoffs:
            to = self.departments.get(offer["to_department"], offer["to_department"])
            for signed in offer["signatures"]:
                text = {
                    "signed": N_("signs the handoff to %(department)s"),
                    "accepted": N_("confirms receipt for %(department)s"),
                    "rejected": N_("sends the handoff back"),
                    "ruled": N_("rules on the dispute"),
                }[signed["decision"]]
                said = self.say(text) % {"department": to}
                yield Row(self.moment(signed["at"]), f"{signed['name']} {said}", signed["reason"])

    def _letters(self) -> Iterator[Row]:
        for row in self.held.letters:
            who = " → ".join(filter(None, (row["author"], row["recipient"])))
            text = "\n".join(filter(None, (row["subject"], row["body"])))
            yield Row(self.moment(row["at"]), text, who)
