"""A case's way through a diagnosis tree, step by step, each with person and time; and what was found (DIA-2, DIA-3).

A way keeps the version of the tree that it began with. What it finds, and what somebody writes down without a tree,
are findings: the cause, and the draft of a solution. The latest of each counts; the former ones stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import record
from loopdesk.desk.diagnosis import trees
from loopdesk.desk.diagnosis.trees import Tree
from loopdesk.desk.record import NUMBER, PERSON_ID, Case
from loopdesk.desk.rights import require, visible_to
from loopdesk.desk.sql import row_as
from loopdesk.engine import bundles, events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import Moment, metadata, new_id
from loopdesk.engine.errors import N_, Conflict, Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

RUNNING, FOUND, ABANDONED = "running", "found", "abandoned"
CAUSE, DRAFT = "cause", "draft"
"""Kinds of findings: why it happens, and how it may be solved."""
LONGEST = 20_000
"""Most characters of a note, a reason or a finding."""

diagnosis = sa.Table(
    "diagnosis",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("tree", sa.String(60), nullable=False),
    sa.Column("bundle_id", sa.String(32), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("step", sa.String(60), nullable=False),
    sa.Column("result", sa.String(60), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("begun_by", PERSON_ID, nullable=False),
    sa.Column("begun_by_name", sa.String(200), nullable=False),
    sa.Column("ended_at", Moment),
)
"""``step`` waits for its outcome; ``reason`` says why a way was given up."""

diagnosis_step = sa.Table(
    "diagnosis_step",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("diagnosis", sa.String(32), sa.ForeignKey("diagnosis.id"), nullable=False, index=True),
    sa.Column("step", sa.String(60), nullable=False),
    sa.Column("outcome", sa.String(60), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
    sa.UniqueConstraint("diagnosis", "step"),
)
"""An empty ``outcome`` is a step left out; ``note`` then holds the reason."""

finding = sa.Table(
    "finding",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("case", NUMBER, sa.ForeignKey("case_.number"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("diagnosis", sa.String(32), sa.ForeignKey("diagnosis.id")),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by_id", PERSON_ID, nullable=False),
    sa.Column("by_name", sa.String(200), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a tree: its row, the tree as it was, and the steps behind in their order."""

    row: Mapping[str, Any]
    tree: Tree
    steps: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: ``kind`` is cause or draft; ``by_name`` found it at ``at``."""

    id: str
    kind: str
    text: str
    diagnosis: str | None
    at: datetime
    by_id: str
    by_name: str


def choices(tx: Tx, kind: str) -> list[Tree]:
    """The trees that there are, those for problems of ``kind`` first; none where nobody has deployed any."""
    try:
        made = bundles.current(tx, trees.BUNDLE)
    except Missing:
        return []
    return sorted(trees.all_of(made).values(), key=lambda tree: (kind not in tree.types, tree.key))


def begin(actor: Actor, tx: Tx, number: str, *, tree: str, reason: str = "") -> str:
    """Begin with a tree and return the way's id; a way that is under way is given up for a ``reason``.

    Raises `Missing` for an unknown tree, `Conflict` when another way is under way and no reason is given.
    """
    case = _open(actor, tx, number)
    made = bundles.current(tx, trees.BUNDLE)
    chosen = trees.all_of(made).get(tree)
    if chosen is None:
        raise Missing("There is no diagnosis tree “%(tree)s”.", tree=tree)
    before = _running(tx, number)
    if before is not None and not reason.strip():
        raise Conflict(
            "A diagnosis of this case is under way.",
            remedy=N_("Go on with it, or say why you begin again."),
        )
    if before is not None:
        _change(tx, before["id"], state=ABANDONED, reason=_said("reason", reason), ended_at=tx.now)
    new = {"id": new_id(), "case": case.number, "tree": tree, "bundle_id": made.id, "state": RUNNING}
    by = {"begun_at": tx.now, "begun_by": actor.id, "begun_by_name": actor.name[:200]}
    tx.conn.execute(sa.insert(diagnosis).values(**new, **by, step=chosen.start, result="", reason=""))
    data = {"diagnosis": new["id"], "tree": tree, "name": trees.words(chosen.name, actor.language), "reason": reason}
    events.record(actor, tx, "diagnosis.begun", key=number, data=data)
    return new["id"]


def answer(actor: Actor, tx: Tx, number: str, *, step: str, outcome: str, note: str = "") -> None:
    """Record what the step that waits brought; the last one's result becomes the case's cause.

    Raises `Conflict` when ``step`` is not the one that waits (a colleague was quicker), `Invalid` for another outcome.
    """
    way = _at(actor, tx, number, step)
    asked = way.tree.steps[step]
    chosen = asked.outcomes.get(outcome)
    if chosen is None:
        raise Invalid(
            "Choose one of the outcomes of this step.", fields={"outcome": [Phrase("Choose one of the outcomes.")]}
        )
    text = _said("note", note, needed=False)
    _behind(actor, tx, way, step, outcome, text)
    data = {"step": step, "ask": trees.words(asked.ask, actor.language), "outcome": outcome, "note": text}
    told = data | {"tree": way.tree.key, "name": trees.words(chosen.name, actor.language)}
    events.record(actor, tx, "diagnosis.answered", key=number, data=told)
    if chosen.next:
        _change(tx, way.row["id"], step=chosen.next)
        return
    _change(tx, way.row["id"], step="", state=FOUND, result=chosen.result, ended_at=tx.now)
    found = trees.words(way.tree.results[chosen.result], actor.language)
    note_finding(actor, tx, number, kind=CAUSE, text=f"{found}\n{text}".strip(), diagnosis_id=way.row["id"])


def skip(actor: Actor, tx: Tx, number: str, *, step: str, reason: str) -> None:
    """Leave a step out, never silently: the reason stays beside it. Raises `Conflict` where the tree forbids it."""
    way = _at(actor, tx, number, step)
    asked = way.tree.steps[step]
    if not asked.skip:
        raise Conflict(
            "This step cannot be left out.",
            remedy=N_("Do it, or begin with another tree and say why."),
        )
    text = _said("reason", reason)
    _behind(actor, tx, way, step, "", text)
    _change(tx, way.row["id"], step=asked.skip)
    data = {"step": step, "tree": way.tree.key, "ask": trees.words(asked.ask, actor.language), "reason": text}
    events.record(actor, tx, "diagnosis.skipped", key=number, data=data)


def leave(actor: Actor, tx: Tx, number: str, *, reason: str) -> None:
    """The case is solved before its diagnosis has come to an end: what is left of it is left out for a ``reason``.

    Nothing happens where no way is under way. Raises `Conflict` naming the step that waits when no reason is given.
    """
    require(actor, "case.solve")
    row = _running(tx, number)
    if row is None:
        return
    asked = trees.words(_tree(tx, row).steps[row["step"]].ask, actor.language)
    if not reason.strip():
        raise Conflict(
            "The diagnosis of case %(number)s is not finished: “%(step)s” waits for its outcome.",
            remedy=N_("Finish it on the page of the case, or say why the rest is left out."),
            number=number,
            step=asked,
        )
    text = _said("left_out", reason)
    _change(tx, row["id"], state=ABANDONED, reason=text, ended_at=tx.now)
    data = {"step": row["step"], "tree": row["tree"], "ask": asked, "reason": text}
    events.record(actor, tx, "diagnosis.skipped", key=number, data=data)


def note_finding(
    actor: Actor, tx: Tx, number: str, *, kind: str, text: str, diagnosis_id: str | None = None
) -> Finding:
    """Write down the cause or the draft of a solution. Raises `Invalid` for an empty text or another kind."""
    _open(actor, tx, number)
    if kind not in (CAUSE, DRAFT):
        raise Invalid("Choose cause or draft.", fields={"kind": [Phrase("Choose cause or draft.")]})
    new = Finding(new_id(), kind, _said("text", text), diagnosis_id, tx.now, actor.id, actor.name[:200])
    values = {name: getattr(new, name) for name in Finding.__slots__}
    tx.conn.execute(sa.insert(finding).values(case=number, **values))
    events.record(actor, tx, f"diagnosis.{kind}", key=number, data={"text": new.text})
    return new


def ways(tx: Tx, number: str) -> list[Way]:
    """The case's ways, the newest first; the caller has asked whether the case may be seen."""
    query = sa.select(diagnosis).where(diagnosis.c.case == number)
    rows = tx.conn.execute(query.order_by(diagnosis.c.begun_at.desc(), diagnosis.c.id.desc())).mappings().all()
    if not rows:
        return []
    query = sa.select(diagnosis_step).where(diagnosis_step.c.diagnosis.in_([row["id"] for row in rows]))
    steps = tx.conn.execute(query.order_by(diagnosis_step.c.at, diagnosis_step.c.id)).mappings().all()
    return [
        Way(dict(row), _tree(tx, dict(row)), tuple(dict(step) for step in steps if step["diagnosis"] == row["id"]))
        for row in rows
    ]


def findings(tx: Tx, number: str) -> list[Finding]:
    """What was found, the newest first; the caller has asked whether the case may be seen."""
    query = sa.select(finding).where(finding.c.case == number).order_by(finding.c.at.desc(), finding.c.id.desc())
    return [row_as(Finding, row) for row in tx.conn.execute(query).mappings()]


def latest(tx: Tx, number: str, kind: str) -> str:
    """The text of the latest finding of ``kind``, empty for none: ``case.diagnosis`` and ``case.draft``."""
    query = sa.select(finding.c.text).where(finding.c.case == number, finding.c.kind == kind)
    return tx.ask(query.order_by(finding.c.at.desc(), finding.c.id.desc()).limit(1)).scalar() or ""


def under_way(tx: Tx, number: str) -> bool:
    """Whether a step of a diagnosis waits for its outcome: ``case.diagnosing``."""
    return _running(tx, number) is not None


def _open(actor: Actor, tx: Tx, number: str) -> Case:
    require(actor, "case.diagnose")
    record.get(tx, number, visible=visible_to(actor))
    case = record.get(tx, number, lock=True)
    if case.status == "closed":
        raise Conflict("Case %(number)s is closed.", remedy=N_("Reopen it first."), number=number)
    return case


def _running(tx: Tx, number: str) -> dict[str, Any] | None:
    query = sa.select(diagnosis).where(diagnosis.c.case == number, diagnosis.c.state == RUNNING)
    row = tx.ask(query).mappings().first()
    return dict(row) if row else None


def _at(actor: Actor, tx: Tx, number: str, step: str) -> Way:
    """The way that waits at ``step``; the case stays locked, so that nobody else answers it meanwhile."""
    _open(actor, tx, number)
    row = _running(tx, number)
    if row is None or row["step"] != step:
        raise Conflict(
            "This step does not wait for an outcome any more.",
            remedy=N_("Look at the case again: somebody may have been quicker."),
        )
    return Way(row, _tree(tx, row), ())


def _tree(tx: Tx, row: Mapping[str, Any]) -> Tree:
    return trees.all_of(bundles.get(tx, row["bundle_id"]))[row["tree"]]


def _behind(actor: Actor, tx: Tx, way: Way, step: str, outcome: str, note: str) -> None:
    new = {"id": new_id(), "diagnosis": way.row["id"], "step": step, "outcome": outcome, "note": note}
    by = {"at": tx.now, "by_id": actor.id, "by_name": actor.name[:200]}
    tx.conn.execute(sa.insert(diagnosis_step).values(**new, **by))


def _change(tx: Tx, way: str, **values: object) -> None:
    tx.conn.execute(sa.update(diagnosis).where(diagnosis.c.id == way).values(**values))


def _said(name: str, text: str, *, needed: bool = True) -> str:
    said = text.strip()
    if needed and not said:
        raise Invalid("Please say a little more.", fields={name: [Phrase("This is needed.")]})
    if len(said) > LONGEST:
        raise Invalid(
            "This text is too long.", fields={name: [Phrase("At most %(most)s characters.", most=f"{LONGEST:,}")]}
        )
    return said
