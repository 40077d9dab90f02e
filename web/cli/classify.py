"""`loopdesk classify`: what a text is taken for, and how good such guesses are (INT-4)."""

import sys
from pathlib import Path
from typing import Any

import click

from loopdesk.desk.classification import guess as classification
from loopdesk.desk.classification import learning as classification_learning
from loopdesk.desk.classification import report as classification_report
from loopdesk.desk.classification.examples import BUNDLE, classes
from loopdesk.desk.classification.model import NOTHING
from loopdesk.desk.classification.text import LANGUAGES, language_of
from loopdesk.engine import bundles
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.errors import N_, Missing
from loopdesk.engine.tx import Tx
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk

UNSURE = N_("Not sure enough (%(confidence)s %% at best, %(needed)s %% needed): a person chooses the type.")
SURE = N_("%(name)s (%(type)s), %(confidence)s %% sure")
NEVER = N_("There is no model for this language yet: nothing is guessed.")
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path, allow_dash=True)


@click.command("classify")
@click.argument("text", required=False)
@click.option("--file", type=FILE, help="Read the text from a file, “-” for what comes in.")
@click.option("--evaluate", is_flag=True, help="Measure the guesses by cross-validation; takes a while.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def command(text: str | None, file: Path | None, evaluate: bool, as_json: bool) -> None:
    """Say what kind of problem TEXT is taken for, with the model that this house uses.

    With --evaluate measure instead how good the guesses are: the examples of the house and the types that its people
    chose, each asked of a model that has not seen its theme. Prints the page docs/classification.md.
    """
    if evaluate == bool(text or file):
        raise click.UsageError(translation()(N_("Give a TEXT, or --file, or --evaluate.")))
    if evaluate:
        _evaluate(as_json)
        return
    _guess(text or _read(file), as_json)


def _read(file: Path | None) -> str:
    assert file is not None
    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    return content.decode("utf-8", errors="replace")


def _guess(text: str, as_json: bool) -> None:
    language = language_of(text)
    with desk().engine.read() as tx:
        model_id, model = classification.current(tx, language)
        found = classification.answer(tx, model.guess(text) if model else NOTHING)
        needed = classification.threshold(tx)
        names = _names(tx)
    if as_json:
        click.echo(show({"language": language, "model": model_id, "needed": needed, **found}))
        return
    for line in _told(found, needed, names, known=model is not None):
        click.echo(line)


def _told(found: dict[str, Any], needed: float, names: dict[str, str], *, known: bool) -> list[str]:
    translate = translation()
    if not known:
        return [translate(NEVER)]
    values = {"confidence": f"{found['confidence']:.0%}".rstrip("%"), "needed": f"{needed:.0%}".rstrip("%")}
    kind = found["type"]
    first = translate(SURE) % {"name": names.get(kind, kind), "type": kind, **values} if kind else None
    lines = [first or translate(UNSURE) % values]
    return lines + [f"  {one['confidence']:6.1%}  {names.get(one['type'], one['type'])}" for one in found["ranked"]]


def _names(tx: Tx) -> dict[str, str]:
    """The names of the classes, in every language that the folder has."""
    bundle = _examples(tx)
    if bundle is None:
        return {}
    kept = {name: [bundle.text(name, "name", language) for language in LANGUAGES] for name in classes(bundle.files)}
    return {name: " / ".join(dict.fromkeys(filter(None, words))) for name, words in kept.items()}


def _examples(tx: Tx) -> Bundle | None:
    try:
        return bundles.current(tx, BUNDLE)
    except Missing:
        return None


def _evaluate(as_json: bool) -> None:
    with desk().engine.read() as tx:
        needed = classification.threshold(tx)
        lessons = [classification_learning.lesson(tx, language) for language in LANGUAGES]
    found = {
        one.language: classification_report.measure(one.present, one.language, one.digest, abstain_below=needed)
        for one in lessons
        if one.present
    }
    click.echo(show(found) if as_json else classification_report.page(found))
