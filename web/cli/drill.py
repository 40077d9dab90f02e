"""`loopdesk drill`: plays drills in a sandbox, scores them, and says what the house has drilled and what is due."""

from pathlib import Path
from typing import Any

import click

from loopdesk.desk import policy, runbooks
from loopdesk.desk.drills import answers as drill_answers
from loopdesk.desk.drills import checks, coverage, history, outcome, plans, score
from loopdesk.desk.drills.outcome import Answer, Outcome
from loopdesk.desk.drills.plans import Drill
from loopdesk.desk.runbooks.plans import words
from loopdesk.engine.errors import N_, Invalid, Missing
from loopdesk.engine.host import Files
from loopdesk.web import drill_words, drilling
from loopdesk.web.cli import translation
from loopdesk.web.cli._by import actor_of, by_option
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk
from loopdesk.web.cli._folder import SHIPPED
from loopdesk.web.cli._language import LANGUAGES

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
IN = click.option("--in", "language", type=click.Choice(LANGUAGES), default="en", help="Language of the plan's texts.")
SCORED = N_("Drill %(drill)s is recorded; %(count)s actions are open.")


@click.group("drill")
def command() -> None:
    """Drills: a simulated event on a virtual clock, played in a house of its own from which nothing leaves."""


@command.command("run")
@click.argument("plan")
@click.option("--answers", "file", type=FILE, help="What the participants did; without it everybody is just in time.")
@click.option("--record", is_flag=True, help="Keep the result in the house and make actions of the findings.")
@by_option
@IN
@JSON
def run(plan: str, file: Path | None, record: bool, login: str, language: str, as_json: bool) -> None:
    """Play PLAN: a file of a folder of drills with the process folders beside it, or a drill of the house by its name.

    Each step is done, late or missed against its limit; the score is what counted, in percent of all weights.
    """
    if record and not login:
        raise Invalid("Somebody has led this drill.", remedy=N_("Say who with --by LOGIN; the actions are theirs."))
    folders, drill = _house(plan) if record or not Path(plan).is_file() else _beside(Path(plan))
    book = runbooks.read(drill.runbook, _runbook(folders, drill))
    given = drill_answers.read(file.read_bytes(), file.name, drill, book) if file else []
    played = given if file else drilling.rehearsal(drill, folders)
    found = drilling.play(drill, folders, played, _figures(folders), language)
    kept = _record(drill, played, found, login) if record else None
    if as_json:
        click.echo(show(found.as_json() | ({"id": kept.id} if kept else {})))
        return
    _print(drill, found, folders.get(plans.BUNDLE, {}), language)
    if kept:
        click.echo(translation()(SCORED) % {"drill": kept.id, "count": len(found.findings)})


@command.command("score")
@click.argument("drill_id", metavar="DRILL")
@IN
@JSON
def score_of(drill_id: str, language: str, as_json: bool) -> None:
    """Print how a recorded DRILL of the house went: its steps, its findings, its score."""
    with desk().engine.read() as tx:
        kept = history.get(tx, drill_id)
        if kept.score is None:
            raise Invalid("This drill is not recorded.", remedy=N_("Bring it to its end first."))
        drill, _ = history.expected(tx, kept)
        files = drilling.live(tx).get(plans.BUNDLE, {})
    found = outcome.read(kept.result)
    if as_json:
        click.echo(show(found.as_json() | {"id": kept.id}))
        return
    _print(drill, found, files, language)


@command.command("list")
@IN
@JSON
def listing(language: str, as_json: bool) -> None:
    """The library of the house, what is due by when, and the drills so far."""
    with desk().engine.read() as tx:
        library, dues, runs = plans.current(tx), coverage.coverage(tx), history.listing(tx)
    if as_json:
        told: dict[str, Any] = {"library": sorted(library)}
        names = ("id", "covers", "overdue")
        told["due"] = [{name: getattr(due, name) for name in names} | {"by": str(due.due_at)} for due in dues]
        told["drills"] = [{name: getattr(one, name) for name in ("id", "plan", "state", "score")} for one in runs]
        click.echo(show(told))
        return
    for key, drill in sorted(library.items()):
        click.echo(f"{key:<24} {', '.join(drill.covers):<10} {drill.minutes:>4} min  {words(drill.name, language)}")
    for due in dues:
        mark = "!" if due.overdue else " "
        click.echo(f"{mark} {words(due.name, language)} {due.covers} → {due.due_at:%Y-%m-%d}")
    for one in runs:
        reached = "–" if one.score is None else one.score
        click.echo(f"{one.id}  {one.planned_at:%Y-%m-%d}  {one.state:<10} {reached:>4}  {one.plan}")


def _beside(path: Path) -> tuple[dict[str, Files], Drill]:
    """The folders beside the plan's, those that we ship for what is not there."""
    folders = drilling.of_path(SHIPPED) | drilling.of_path(path.resolve().parent.parent)
    return folders, checks.require(path.name.partition(".")[0], path.read_bytes())


def _house(plan: str) -> tuple[dict[str, Files], Drill]:
    with desk().engine.read() as tx:
        return drilling.live(tx), plans.get(tx, plan)


def _runbook(folders: dict[str, Files], drill: Drill) -> bytes:
    found = folders.get("runbooks", {}).get(f"{drill.runbook}.yaml")
    if found is None:
        raise Missing("There is no runbook “%(runbook)s”.", runbook=drill.runbook or "-")
    return found


def _figures(folders: dict[str, Files]) -> score.Figures:
    content = folders.get(policy.BUNDLE, {}).get(score.FILE)
    return score.figures(policy.parse(content, score.FILE) if content else None)


def _record(drill: Drill, played: list[Answer], found: Outcome, login: str) -> history.Run:
    with desk().engine.begin() as tx:
        actor = actor_of(tx, login)
        begun = history.plan(actor, tx, drill.key)
        return history.record(actor, tx, begun.id, found, played)


def _print(drill: Drill, found: Outcome, files: Files, language: str) -> None:
    click.echo(words(drill.name, language))
    for line in drill_words.lines(found, files, language, translation()):
        click.echo(line)
