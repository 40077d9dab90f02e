"""Plays a drill: the alert, the clock, what the participants did at which minute; then each step counts (EMG-10)."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from loopdesk.desk import runbooks
from loopdesk.desk.drills import outcome
from loopdesk.desk.drills.history import UPDATE
from loopdesk.desk.drills.outcome import BROKEN, REFUSED, Answer, Found, Outcome
from loopdesk.desk.drills.plans import Drill
from loopdesk.desk.drills.score import STEP, TASK, Figures, Line
from loopdesk.desk.emergency import AUDIENCES, acts, alerts
from loopdesk.desk.runbooks.plans import Text, words
from loopdesk.engine import bundles, messages
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid, LoopdeskError, Missing
from loopdesk.engine.host import Files
from loopdesk.engine.tx import Tx
from loopdesk.web.drill_sandbox import MONDAY, Sandbox

Folders = Mapping[str, Files]
Done = dict[tuple[str, str], Answer]
OFTEN = 10
"""Minutes between two updates of a rehearsal."""


def live(tx: Tx, **versions: str) -> dict[str, Files]:
    """The folders of the house as they stand now; ``versions`` (name -> bundle id) are taken instead for some."""
    found = {row["name"]: row["id"] for row in bundles.listing(SYSTEM, tx)} | versions
    return {name: bundles.get(tx, bundle_id).files for name, bundle_id in found.items()}


def of_path(path: Path) -> dict[str, Files]:
    """The process folders below ``path``, as a deployment would take them."""
    folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir() and folder.name[0] not in "._"]
    return {folder.name: files for folder in folders if (files := bundles.read_folder(folder))}


def play(
    drill: Drill,
    folders: Folders,
    answers: Sequence[Answer],
    figures: Figures,
    language: str = "en",
    *,
    until: int | None = None,
) -> Outcome:
    """Play ``drill`` in a sandbox made of ``folders`` and tell how it went; one that is ended early ``until`` a minute.

    An answer that the house refuses at its minute (the task does not wait, the emergency is not declared) is a finding,
    not an error. Raises `Missing` for a runbook that is not there, `Invalid` for an answer after the end.
    """
    book, end = _book(drill, folders), drill.minutes if until is None else min(until, drill.minutes)
    late = next((one for one in answers if not 0 <= one.minute <= end), None)
    if late is not None:
        raise Invalid("Minute %(minute)s lies outside of the drill.", minute=late.minute)
    with tempfile.TemporaryDirectory(prefix="loopdesk-drill-") as folder:
        sandbox = Sandbox(Path(folder), folders)
        try:
            alert(sandbox, drill, language)
            done, refused = _follow(sandbox, drill, book, answers)
            sandbox.go_to(end)
            lines = list(_lines(sandbox, drill, book, done, end))
            further = [*refused, *_broken(sandbox)]
            return outcome.of(
                drill.key,
                end,
                lines,
                further,
                figures,
                updates=sandbox.missed(),
                messages=len(sandbox.recorder.sent),
            )
        finally:
            sandbox.close()


def rehearsal(drill: Drill, folders: Folders) -> list[Answer]:
    """Everybody does everything exactly at its limit and says every few minutes how it stands.

    It shows whether a plan can be played at all: that each task waits when it is done, and nothing breaks.
    """
    tasks = [Answer(task.limit, TASK, task.id, "Rehearsal", {}) for task in drill.tasks]
    steps = [Answer(limit(drill, step), STEP, step.id, "Rehearsal", {}) for step in _book(drill, folders).steps]
    pauses = range(OFTEN, drill.minutes, OFTEN)
    updates = [Answer(minute, UPDATE, audience, "Rehearsal", {}) for minute in pauses for audience in AUDIENCES]
    return [one for one in [*steps, *updates, *tasks] if one.minute <= drill.minutes]


def _book(drill: Drill, folders: Folders) -> runbooks.Plan:
    files = folders.get("runbooks", {})
    name = f"{drill.runbook}.yaml"
    if name not in files:
        raise Missing("There is no runbook “%(runbook)s”.", runbook=drill.runbook or "-")
    return runbooks.read(drill.runbook, files[name])


def alert(sandbox: Sandbox, drill: Drill, language: str) -> None:
    """Let the alert come in, as from monitoring."""
    said = {name: str(value) for name, value in drill.alert.items() if name != "text"}
    cause = said.pop("cause", "") or drill.key
    text = words(drill.alert.get("text") or {}, language)
    given = {"interface": cause, "cause": cause, "text": text, "language": language} | said
    with sandbox.desk.engine.begin() as tx:
        taken = alerts.report(SYSTEM, tx, alerts.Alert(source="drill", id=drill.key, **given))
        if not taken.starts:
            # What is no core interface is raised by a person, who says the same.
            payload = {"cause": cause, "alert": drill.key} | said
            messages.publish(SYSTEM, tx, alerts.REQUESTED, key=taken.case, payload=payload)
    sandbox.rest()


def _follow(sandbox: Sandbox, drill: Drill, book: runbooks.Plan, answers: Sequence[Answer]) -> tuple[Done, list[Found]]:
    """What was done, by kind and id, and what the house refused."""
    done: Done = {}
    refused: list[Found] = []
    for one in sorted(answers, key=lambda one: one.minute):
        sandbox.go_to(one.minute)
        try:
            _do(sandbox, drill, book, one)
            done.setdefault((one.kind, one.id), one)
        except LoopdeskError as error:
            fields = getattr(error, "fields", None) or {}
            said = "; ".join([str(error), *(f"{name}: {text[0]}" for name, text in fields.items())])
            refused.append(Found(REFUSED, one.id, _name(drill, book, one), round(one.minute), said[:500]))
    return done, refused


def _do(sandbox: Sandbox, drill: Drill, book: runbooks.Plan, one: Answer) -> None:
    actor = sandbox.person(one.by)
    if one.kind == TASK:
        given = next((task.given for task in drill.tasks if task.id == one.id), {})
        sandbox.complete(actor, one.id, {**given, **one.data})
        return
    running = sandbox.running()
    with sandbox.desk.engine.begin() as tx:
        if one.kind == STEP:
            kept = runbooks.progress(tx, running.id)
            if kept is None or kept.plan.key != book.key:
                runbooks.choose(actor, tx, running.id, book.key)
            runbooks.tick(actor, tx, running.id, one.id)
        else:
            said: dict[str, Any] = {"text": str(one.data.get("text") or "…"), "audience": one.id}
            acts.update(actor, tx, running.id, **said)
    sandbox.rest()


def _lines(sandbox: Sandbox, drill: Drill, book: runbooks.Plan, done: Done, end: int) -> Iterator[Line]:
    """Each expected task and step; a step's limit begins with the declaration, as in earnest.

    What has its limit only after the ``end`` of the drill counts when it was done, and is not missed when it was not.
    """
    expected = [_line(TASK, task.id, task.name, task.limit, task.weight, done) for task in drill.tasks]
    try:
        began = (sandbox.running().declared_at - MONDAY).total_seconds() / 60
    except LoopdeskError:
        began = 0.0
    expected += [
        _line(STEP, step.id, step.text, began + limit(drill, step), weight(drill, step), done) for step in book.steps
    ]
    yield from (line for line in expected if line.minute is not None or line.due <= end)


def limit(drill: Drill, step: runbooks.Step) -> int:
    """Within how many minutes of the declaration a step is expected: as the plan says, else as the runbook."""
    change = drill.steps.get(step.id)
    return (change.limit if change else 0) or step.limit


def weight(drill: Drill, step: runbooks.Step) -> float:
    """How much a step counts: as the plan says, else as the runbook."""
    change = drill.steps.get(step.id)
    return (change.weight if change else 0) or step.weight


def _line(kind: str, id_: str, name: Text, due: float, counts: float, done: Done) -> Line:
    found = done.get((kind, id_))
    return Line(kind, id_, dict(name), due, counts, found.minute if found else None, found.by if found else "")


def _broken(sandbox: Sandbox) -> list[Found]:
    return [Found(BROKEN, element, {}, round(sandbox.minute), said[:500]) for element, said in sandbox.broken()]


def _name(drill: Drill, book: runbooks.Plan, one: Answer) -> Text:
    step = book.step(one.id) if one.kind == STEP else None
    task = next((task for task in drill.tasks if task.id == one.id), None) if one.kind == TASK else None
    return dict(step.text) if step else dict(task.name) if task else {}
