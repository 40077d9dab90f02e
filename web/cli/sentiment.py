"""`loopdesk sentiment`: the mood of a text, and how good such scores are (COM-6)."""

import sys
from pathlib import Path
from typing import Any

import click

from loopdesk.desk import policy
from loopdesk.desk.classification import lessons
from loopdesk.desk.classification.text import LANGUAGES, language_of
from loopdesk.desk.sentiment import learning, moods, report
from loopdesk.desk.sentiment.look import own_words
from loopdesk.engine.errors import N_
from loopdesk.web.cli import translation
from loopdesk.web.cli._data import show
from loopdesk.web.cli._desk import desk

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path, allow_dash=True)
NEVER = N_("There is no model for this language yet, or nothing in this text is known: it gets no score.")
LOW = N_("A service recovery begins at %(threshold)s or below.")


@click.command("sentiment")
@click.argument("text", required=False)
@click.option("--file", type=FILE, help="Read the text from a file, “-” for what comes in.")
@click.option("--evaluate", is_flag=True, help="Measure the scores by cross-validation; takes a while.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def command(text: str | None, file: Path | None, evaluate: bool, as_json: bool) -> None:
    """Score the mood of TEXT between -1 and 1, with the model that this house uses.

    With --evaluate measure instead how good the scores are: the examples of the house and the corrections of its
    people, each asked of a model that has not seen its theme. Prints the page docs/sentiment.md.
    """
    if evaluate == bool(text or file):
        raise click.UsageError(translation()(N_("Give a TEXT, or --file, or --evaluate.")))
    if evaluate:
        _evaluate(as_json)
        return
    _score(text or _read(file), as_json)


def _read(file: Path | None) -> str:
    assert file is not None
    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    return content.decode("utf-8", errors="replace")


def _score(text: str, as_json: bool) -> None:
    own = own_words(text)
    language = language_of(own)
    with desk().engine.read() as tx:
        model_id, model = moods.current(tx, language)
        guess = moods.taken_for(model, own) if model else None
        threshold, margin = float(policy.said(tx, moods.POLICY, "threshold")), moods.margin(tx)
    known = guess is not None and bool(guess.type)
    score = moods.score_of(guess) if guess is not None and known else None
    label = moods.label_of(guess, margin) if guess is not None else ""
    if as_json:
        found: dict[str, Any] = {"language": language, "model": model_id, "label": label, "score": score}
        click.echo(show(found | {"threshold": threshold}))
        return
    translate = translation()
    if score is None:
        click.echo(translate(NEVER))
        return
    click.echo(f"{score:+.2f}  {label}")
    click.echo(translate(LOW) % {"threshold": f"{threshold:+.2f}"})


def _evaluate(as_json: bool) -> None:
    with desk().engine.read() as tx:
        threshold, margin = float(policy.said(tx, moods.POLICY, "threshold")), moods.margin(tx)
        found = [lessons.lesson(tx, learning.MOODS, language) for language in LANGUAGES]
    measured = {
        one.language: report.measure(one.present, one.language, one.digest, threshold=threshold, margin=margin)
        for one in found
        if one.present
    }
    click.echo(show(measured) if as_json else report.page(measured))
