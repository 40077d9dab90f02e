"""One stream for a case: messages, completed forms, decisions, signatures, clock marks and what the system did."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from flask_babel import gettext

from loopdesk.desk import attachments, communications, handoff
from loopdesk.engine import bundles, events, instances
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx
from loopdesk.forms.translation import translate
from loopdesk.web import vocabulary
from loopdesk.web.pages.sentences import filled, sentence_of
from loopdesk.web.vocabulary import Look

STATES = {
    "queued": Look("", "", "clock"),
    "failed": Look("", "red", "octagon"),
    "held": Look("", "yellow", "pause"),
}


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


def of_case(actor: Actor, tx: Tx, number: str, *, technical: bool = False) -> list[Entry]:
    """The stream of a case that ``actor`` may see, newest first; a customer gets what is meant for customers."""
    reader = _Reader(actor, tx, number, technical)
    return sorted(reader.entries(), key=lambda entry: entry.at, reverse=True)


class _Reader:
    """Reads the rows of one case and words them; remembers the bundles that it looked into."""

    def __init__(self, actor: Actor, tx: Tx, number: str, technical: bool) -> None:
        self.actor, self.tx, self.number, self.technical = actor, tx, number, technical
        self.language = vocabulary.language()
        self._bundles: dict[str, Bundle | None] = {}

    def entries(self) -> Iterator[Entry]:
        yield from self._messages()
        if self.actor.kind != "customer":
            yield from self._signatures()
        audience = "customer" if self.actor.kind == "customer" else None
        files = {one.id for one in attachments.listing(self.actor, self.tx, self.number)}
        for event in events.timeline(self.tx, self.number, audience=audience):
            entry = self._event(event, files)
            if entry:
                yield entry

    # --- messages -----------------------------------------------------------------------------------------------

    def _messages(self) -> Iterator[Entry]:
        files = {one.id: one for one in attachments.listing(self.actor, self.tx, self.number)}
        for row in communications.listing(self.actor, self.tx, self.number):
            inside = row["direction"] == "internal"
            state = STATES.get(row["state"])
            yield Entry(
                id=f"m-{row['id']}",
                at=row["at"],
                icon="note" if inside and not row["recipient"] else "mail",
                text=self._what(row),
                who=row["author"],
                who_kind="customer" if row["direction"] == "in" else row["author_kind"],
                person=row["direction"] == "in" or (row["author_kind"] == "person" and not row["automatic"]),
                note=row["note"],
                state=Look(_state_word(row["state"]), state.tone, state.shape) if state else None,
                paper={
                    "kind": row["direction"],
                    "to": row["recipient"],
                    "subject": row["subject"],
                    "text": row["body"],
                    "files": [files[one] for one in row["attachments"] if one in files],
                },
            )

    def _what(self, row: Mapping[str, Any]) -> str:
        channel = vocabulary.CHANNELS.get(row["channel"], row["channel"])
        if row["direction"] == "in":
            return gettext("wrote (%(channel)s)", channel=channel)
        if row["direction"] == "internal" and not row["recipient"]:
            return gettext("noted, inside only")
        if row["automatic"]:
            return gettext("Sent by the process (%(channel)s)", channel=channel)
        return gettext("answered (%(channel)s)", channel=channel)

    # --- signatures ---------------------------------------------------------------------------------------------

    def _signatures(self) -> Iterator[Entry]:
        for offer in handoff.listing(self.actor, self.tx, self.number):
            to = vocabulary.department(offer["to_department"])
            for signed in offer["signatures"]:
                text, tone = {
                    "signed": (gettext("signs the handoff to %(department)s", department=to), "accent"),
                    "accepted": (gettext("confirms receipt for %(department)s", department=to), "green"),
                    "rejected": (gettext("sends the handoff back"), "red"),
                }[signed["decision"]]
                reason = signed["reason"] or (offer["summary"] if signed["side"] == "sender" else "")
                yield Entry(
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

    def _event(self, event: Mapping[str, Any], files: set[str]) -> Entry | None:
        kind, data = event["kind"], event["data"] or {}
        if kind == "attachment.added" and data.get("id") not in files:
            return None
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
            note=str(data.get(sentence.note) or "") if sentence.note else "",
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

    def _decision(self, event: Mapping[str, Any]) -> Entry | None:
        explanation = event["data"].get("explanation") or {}
        inputs = [(str(one["label"] or one["expression"]), _plain(one["value"])) for one in explanation.get("inputs", [])]
        rules = [
            (gettext("Rule %(number)s", number=rule["index"]), " ".join([_plain(rule["outputs"]), rule.get("annotation") or ""]))
            for rule in explanation.get("rules", [])
        ]
        return Entry(
            id=f"e-{event['id']}",
            at=event["at"],
            icon="table",
            text=gettext("Decided by table “%(table)s”: %(value)s", table=self._name(event), value=_plain(event["data"].get("value"))),
            rows=[*inputs, *rules],
            rows_title=gettext("Why"),
        )

    def _answers(self, event: Mapping[str, Any]) -> list[tuple[str, str]]:
        made, given = self._bundle(event), event["data"].get("data") or {}
        labels = _labels(made, event["element"], self.language) if made else {}
        return [
            (labels.get(key, (key, {}))[0], _plain(labels.get(key, (key, {}))[1].get(_key(value), value)))
            for key, value in _flat(given)
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


PERSONAL = frozenset(
    {"task.claimed", "task.released", "attachment.added", "verification.answered", "survey.answered", "survey.called_back"}
)
"""Kinds whose sentence begins with a person."""


def _labels(made: Bundle, element: str, language: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Key -> the field's label and its options' words, of the form that belongs to a user task."""
    form_id = next(
        (process.elements[element].extras.form for process in made.program.diagrams.processes.values() if element in process.elements),
        "",
    )
    if not form_id:
        return {}
    form = translate(orjson.loads(made.form(form_id)), made.texts.get(language, {}))
    return {str(one["key"]): _label(one) for one in _components(form) if one.get("key")}


def _components(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in form.get("components", []):
        yield one
        yield from _components(one)


def _label(one: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    words = {_key(option["value"]): str(option["label"]) for option in one.get("values") or [] if isinstance(option, dict)}
    return str(one.get("label") or one.get("dateLabel") or one["key"]), words


def _key(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


def _flat(data: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    return "–" if value is None else str(value)


def _state_word(state: str) -> str:
    return {"queued": gettext("on its way"), "failed": gettext("not delivered"), "held": gettext("held back")}.get(state, state)
