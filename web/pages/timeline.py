"""One stream for a case: messages, completed forms, decisions, signatures, clock marks and what the system did."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext

from loopdesk.desk import attachments, case, case_facts, communications, handoff, letters, sending
from loopdesk.desk.sentiment import moods
from loopdesk.desk.sentiment.moods import Mood
from loopdesk.engine import bundles, events, instances
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web import contact_words, vocabulary
from loopdesk.web.pages import plain
from loopdesk.web.sentences import filled, note_of, sentence_of
from loopdesk.web.vocabulary import Look

SIGNED = {"handoff.offered": "signed", "handoff.accepted": "accepted", "handoff.rejected": "rejected"}
"""Event -> whose signature it shows."""


@dataclass
class Entry:
    """One moment of the stream; ``person`` says that ``who`` is shown as its author."""

    id: str
    at: datetime
    icon: str
    text: str
    who: str = ""
    who_kind: str = ""
    person: bool = False
    tone: str = ""
    note: str = ""
    state: Look | None = None
    paper: dict[str, Any] | None = None
    signature: dict[str, Any] | None = None
    rows: list[tuple[str, str]] = field(default_factory=list)
    rows_title: str = ""
    open: bool = False
    mood: Mood | None = None


def of_case(actor: Actor, tx: Tx, number: str, *, technical: bool = False) -> list[Entry]:
    """The stream of a case that ``actor`` may see, newest first; a customer gets what is meant for customers."""
    return list(reversed(list(_Reader(actor, tx, number, technical).entries())))


class _Reader:
    """Words the events of one case in their order; a message or signature stands where its event does."""

    def __init__(self, actor: Actor, tx: Tx, number: str, technical: bool) -> None:
        self.actor, self.tx, self.number, self.technical = actor, tx, number, technical
        self.language = vocabulary.language()
        self._bundles: dict[str, Bundle | None] = {}
        # Customers are not told what we take their mood for.
        self._moods = {} if actor.kind == "customer" else moods.of_case(tx, number)
        self._files = {one.id: one for one in attachments.listing(actor, tx, number)}

    def entries(self) -> Iterator[Entry]:
        """Oldest first."""
        customer = self.actor.kind == "customer"
        messages = {row["id"]: row for row in communications.listing(self.actor, self.tx, self.number)}
        offers = {} if customer else {row["id"]: row for row in handoff.listing(self.actor, self.tx, self.number)}
        for event in events.timeline(self.tx, self.number):
            kind, subject = event["kind"], (event["data"] or {}).get("id")
            entry = None
            if kind.startswith("communication."):
                # The first event of a message places it; later ones only say that it left.
                row = messages.pop(subject, None)
                entry = self._message(row) if row else None
            elif kind in SIGNED:
                entry = self._signature(offers[subject], SIGNED[kind]) if subject in offers else None
            elif not customer or event["audience"] == "customer":
                entry = self._event(event)
            if entry:
                entry.mood = self._mood(kind, subject)
                yield entry

    def _mood(self, kind: str, subject: Any) -> Mood | None:
        """The mood of what the customer says here."""
        if kind == "case.opened":
            return self._moods.get(self.number)
        said = kind.startswith("communication.") or kind == "survey.answered"
        return self._moods.get(str(subject)) if said else None

    # --- messages -----------------------------------------------------------------------------------------------

    def _message(self, row: Mapping[str, Any]) -> Entry:
        note = row["direction"] == "internal" and not row["recipient"]
        return Entry(
            id=f"m-{row['id']}",
            at=row["at"],
            icon="note" if note else "mail",
            text=self._what(row),
            who=row["author"],
            who_kind="customer" if row["direction"] == "in" else row["author_kind"],
            person=row["direction"] == "in" or (row["author_kind"] == "person" and not row["automatic"]),
            tone="yellow" if row["state"] == "held" else "",
            note="" if row["note"] in {*UNREACHED, letters.MISSED} else row["note"],
            state=None if row["note"] == letters.MISSED else _state(row["state"]),
            paper={
                "kind": "internal" if note else "in" if row["direction"] == "in" else "out",
                "folded": bool(row["template"]) and self.actor.kind != "customer",
                "to": row["recipient"],
                "subject": row["subject"],
                "text": row["body"],
                "files": [self._files[one] for one in row["attachments"] if one in self._files],
            },
        )

    def _what(self, row: Mapping[str, Any]) -> str:
        channel = contact_words.channel(row["channel"], {})
        if row["direction"] == "in":
            return str(gettext("wrote (%(channel)s)", channel=channel))
        if row["direction"] == "internal" and not row["recipient"]:
            return str(gettext("noted, inside only"))
        if row["state"] == "held" and row["note"] in UNREACHED:
            return str(gettext(UNREACHED[row["note"]]))
        if row["note"] == letters.MISSED:
            return str(gettext("reached nobody (%(channel)s)", channel=channel))
        if row["automatic"]:
            return str(gettext("Sent by the process (%(channel)s)", channel=channel))
        return str(gettext("answered (%(channel)s)", channel=channel))

    # --- signatures ---------------------------------------------------------------------------------------------

    def _signature(self, offer: Mapping[str, Any], decision: str) -> Entry | None:
        signed = next((one for one in offer["signatures"] if one["decision"] == decision), None)
        if signed is None:
            return None
        to = vocabulary.department(offer["to_department"])
        text, tone = {
            "signed": (gettext("signs the handoff to %(department)s", department=to), "accent"),
            "accepted": (gettext("confirms receipt for %(department)s", department=to), "green"),
            "rejected": (gettext("sends the handoff back"), "red"),
        }[decision]
        summary = offer["summary"] if signed["side"] == "sender" else ""
        reason = " ".join(part for part in (signed["reason"], summary) if part)
        return Entry(
            id=f"s-{signed['id']}",
            at=signed["at"],
            icon="pen",
            text=text,
            who=signed["name"],
            person=True,
            tone=tone,
            signature={"name": signed["name"], "department": signed["department"], "reason": reason},
        )

    # --- events -------------------------------------------------------------------------------------------------

    def _event(self, event: Mapping[str, Any]) -> Entry | None:
        kind, data = event["kind"], event["data"] or {}
        if kind == "attachment.added" and data.get("id") not in self._files:
            return None
        if kind == "case.opened":
            return self._opened(event)
        if kind == "task.completed":
            return self._form(event)
        if kind == "decision.made":
            return self._decision(event)
        sentence = sentence_of(kind, data, technical=self.technical)
        if sentence is None:
            return None
        named = {"element": self._name(event), "process": self._process(event)}
        by_person = event["actor_kind"] in ("person", "customer") and kind in PERSONAL
        return Entry(
            id=f"e-{event['id']}",
            at=event["at"],
            icon=sentence.icon,
            text=filled(sentence, {**named, **data}),
            who=event["actor_name"],
            who_kind=event["actor_kind"],
            person=by_person,
            tone=sentence.tone,
            note=note_of(sentence, data),
        )

    def _opened(self, event: Mapping[str, Any]) -> Entry:
        """The customer's own words begin the stream, whatever the channel."""
        found = case.read(self.actor, self.tx, self.number)
        who = case_facts.of_case(self.tx, found)["contact"]
        channel = vocabulary.channel(found.channel)
        return Entry(
            id=f"e-{event['id']}",
            at=event["at"],
            icon="ticket",
            text=gettext("reports a problem (%(channel)s)", channel=channel),
            who=who or event["actor_name"],
            who_kind="customer",
            person=True,
            paper={"kind": "in", "subject": found.title, "text": found.description, "files": []},
        )

    def _form(self, event: Mapping[str, Any]) -> Entry:
        return Entry(
            id=f"e-{event['id']}",
            at=event["at"],
            icon="check",
            text=gettext("completed “%(task)s”", task=self._name(event)),
            who=event["actor_name"],
            person=True,
            rows=self._answers(event),
            rows_title=gettext("The form"),
        )

    def _decision(self, event: Mapping[str, Any]) -> Entry:
        explanation = event["data"].get("explanation") or {}
        made = self._bundle(event)
        labels = vocabulary.label_words(made, self.language) if made else {}
        own = vocabulary.form_words(made, self.language) if made else {}
        names = [(one, str(one["label"] or one["expression"])) for one in explanation.get("inputs", [])]
        inputs = [(labels.get(name, name), self._said(one)) for one, name in names]
        rules = [
            (
                gettext("Rule %(number)s", number=rule["index"]),
                " · ".join(filter(None, [plain.words(rule["outputs"], own), rule.get("annotation")])),
            )
            for rule in explanation.get("rules", [])
        ]
        value = plain.named(event["data"].get("value"), explanation)
        return Entry(
            id=f"e-{event['id']}",
            at=event["at"],
            icon="table",
            text=gettext(
                "Table “%(table)s” decides: %(value)s", table=self._name(event), value=plain.words(value, own) or "–"
            ),
            rows=[*inputs, *rules],
            rows_title=gettext("Why"),
        )

    def _said(self, one: Mapping[str, Any]) -> str:
        """An input's value as the forms call it."""
        key = str(one["expression"]).rpartition(".")[2]
        value = one["value"]
        return (
            plain.said(value)
            if isinstance(value, bool | list | dict) or value is None
            else vocabulary.case_word(key, value)
        )

    def _answers(self, event: Mapping[str, Any]) -> list[tuple[str, str]]:
        made, given = self._bundle(event), event["data"].get("data") or {}
        if made is None:
            return []
        labels = plain.labels(made, event["element"], self.language)
        words = vocabulary.form_words(made, self.language)
        return [
            (labels.get(key, key), words.get((key, vocabulary.value_key(value)), plain.said(value)))
            for key, value in plain.flat(given)
            if value not in (None, "", [], {})
        ]

    def _name(self, event: Mapping[str, Any]) -> str:
        made = self._bundle(event)
        return (made.text(event["element"], "name", self.language) if made else "") or str(event["element"])

    def _process(self, event: Mapping[str, Any]) -> str:
        made = self._bundle(event)
        return (made.text(event["process"], "name", self.language) if made else "") or str(event["process"])

    def _bundle(self, event: Mapping[str, Any]) -> Bundle | None:
        instance = event["instance_id"]
        if instance not in self._bundles:
            try:
                found = bundles.get(self.tx, instances.get(self.tx, instance)["bundle_id"]) if instance else None
            except Missing:
                found = None
            self._bundles[instance] = found
        return self._bundles[instance]


UNREACHED = {
    sending.NOBODY: N_("Not sent: there is nobody to write to. Somebody has to call, or to give a contact"),
    sending.NO_ADDRESS: N_("Not sent: the receiver has no e-mail address. Somebody has to call"),
    sending.BY_PHONE: N_("Not written: the customer is told by phone. The task to call stands in the inbox"),
    sending.MACHINE: N_("Not sent: a machine wrote, and machines do not answer each other"),
    sending.TOO_MANY: N_("Not sent: this address got too many messages within an hour"),
}
"""Why a message was held when it was written -> what staff are told."""
PERSONAL = frozenset({"task.claimed", "task.released"})
"""Kinds whose sentence begins with a person."""


def _state(state: str) -> Look | None:
    return {
        "queued": Look(gettext("on its way"), "", "clock"),
        "failed": Look(gettext("not delivered"), "red", "octagon"),
        "held": Look(gettext("held back"), "yellow", "pause"),
    }.get(state)
